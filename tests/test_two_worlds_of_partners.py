"""A partner organisation learns nothing of the other side: the two worlds of test_two_worlds.py, asked with a key by
the API at every step, with the names of editions compared by when they change."""

import re

import httpx2

from reunite import partners
from reunite.policy import Scope
from tests import images
from tests.factory import report_fields
from tests.test_two_worlds import Answer, World, shown, worlds

__all__ = ["worlds"]
REPORTS = "/api/v1/reports"
PHOTO = images.saved(images.picture())
_MASKS = (
    (r"(?<![\w-])[\w-]{64}(?![\w-])", "#CURSOR"),
    (r"(?<![\w-])[\w-]{24}(?![\w-])", "#PHOTO"),
)


class Asking:
    """A partner of one of the worlds and all that it was answered."""

    def __init__(self, world: World) -> None:
        self.world, self.answers, self.tags = world, list[Answer](), list[str]()
        with world.service.database.write() as session:
            key = partners.create(
                session, world.service.keys, actor="test", source="shelter-a", scopes=list(Scope)
            )
        self.headers = {"Authorization": f"Bearer {key}"}

    def ask(self, method: str, path: str, **more: object) -> httpx2.Response:
        headers = {**self.headers, **more.pop("headers", {})}  # type: ignore[dict-item]
        answer = self.world.client.request(method, f"{REPORTS}{path}", headers=headers, **more)  # type: ignore[arg-type]
        status, said, text, size = shown(answer)
        for pattern, word in _MASKS:
            text = re.sub(pattern, word, text)
            said = [(name, re.sub(pattern, word, value)) for name, value in said]
        said = [(name, self._when(value) if name == "etag" else value) for name, value in said]
        self.answers.append((status, said, text, size))
        return answer

    def _when(self, tag: str) -> str:
        """An edition is called by when it was first seen: its own name hangs on the case number."""
        if tag not in self.tags:
            self.tags.append(tag)
        return f"#EDITION{self.tags.index(tag)}"

    def look(self, number: str) -> None:
        """By every way."""
        known = self.tags[-1] if self.tags else '"none"'
        self.ask("GET", f"/{number}", headers={"If-None-Match": known})
        for path in ("", "/content", "/photos", "/messages", "/poster"):
            self.ask("GET", f"/{number}{path}")
        for asked in ({}, {"limit": 1}, {"step": "news"}, {"step": "compared"}, {"kind": "missing"},
                      {"changed_after": "2020-01-01T00:00:00Z"}):  # fmt: skip
            self.ask("GET", "", params=asked)


def script(asking: Asking) -> None:
    """What the partner does, and what happens meanwhile."""
    world = asking.world
    number = asking.ask("POST", "", json=report_fields(source_id="A-1")).json()["case_number"]
    asking.ask("POST", "", json=report_fields(source_id="A-2", memories="石桥"))
    asking.look(number)
    world.file_found()
    asking.look(number)
    world.work()
    asking.look(number)
    asking.ask("POST", f"/{number}/photos", files={"photo": PHOTO})
    world.judge(world.staff[3], "need_more")
    asking.look(number)
    world.ask(number)
    asking.look(number)
    asking.ask("POST", f"/{number}/messages/read")
    asking.ask("POST", f"/{number}/messages", json={"text": "Of stone"})
    asking.ask("PATCH", f"/{number}", json={"marks": "左手臂红色胎记;右眉上有疤"})
    world.work()
    asking.look(number)
    for volunteer in world.staff[:2]:
        world.judge(volunteer)
        asking.look(number)
    world.rule_out()
    world.work()
    asking.look(number)
    asking.ask("PUT", f"/{number}/poster", json={"columns": "name", "agree": "yes"})
    asking.ask("POST", f"/{number}/extend")
    asking.ask("PATCH", f"/{number}", json={"marks": None}, headers={"If-Match": '"none"'})
    asking.ask(
        "PUT", f"/{number}", json=report_fields(source_id="A-1"), headers={"If-Match": asking.tags[-1]}
    )
    asking.ask("DELETE", f"/{number}")
    world.work()
    asking.look(number)
    asking.ask("POST", f"/{number}/erase")
    asking.look(number)


def test_nothing_a_partner_is_answered_depends_on_the_other_side(worlds: tuple[World, World]) -> None:
    there, absent = (Asking(world) for world in worlds)
    for asking in (there, absent):
        script(asking)
    assert len(there.world.pairs()) >= 2, "there was something to be learnt"
    assert absent.world.pairs() == []
    assert len(there.answers) == len(absent.answers) >= 130
    assert {200, 201, 204, 304, 404, 412} <= {answer[0] for answer in there.answers}
    assert len(there.tags) == len(absent.tags) >= 6
    for step, (one, other) in enumerate(zip(there.answers, absent.answers, strict=True)):
        assert one == other, f"step {step} tells the worlds apart"


def test_the_comparison_would_notice_news(worlds: tuple[World, World]) -> None:
    """The proof that the test above can fail."""
    there, absent = (Asking(world) for world in worlds)
    for asking in (there, absent):
        world = asking.world
        number = asking.ask("POST", "", json=report_fields(source_id="A-1")).json()["case_number"]
        world.bring_news()
        asking.look(number)
    assert there.answers != absent.answers
    assert '"step":"news"' in str(there.answers)
    assert '"step":"news"' not in str(absent.answers)
