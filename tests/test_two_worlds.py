"""A family learns nothing of the other side: with and without the matching found child, every answer is the same.

Two installations with one key run one script of a family. In one of them the found child is there, is suggested,
reviewed by two volunteers, referred to the police and ruled out meanwhile. Case numbers, secrets, tokens and times
are masked; all else must be the same byte for byte, and of the same size.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import event, select
from starlette.testclient import TestClient

from api.app import create_app
from reunite import (
    accounts,
    confirmations,
    erasure,
    messages,
    more_requests,
    poster_decisions,
    raising,
    receipts,
    reports,
    reviews,
    submission,
)
from reunite.actors import Staff
from reunite.config import Settings
from reunite.policy import Role
from reunite.service import Service, open_service
from reunite.storage.poster_tables import SightingRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.visitor import Visitor
from workers.drain import Drain

MASKS = (
    (r"(?<![0-9A-Z-])[0-9A-Z]{4}(?:-[0-9A-Z]{4}){5}", "#SECRET"),
    (r"(?<![0-9A-Z-])[MF]-[0-9A-Z]{4}-[0-9A-Z]{4}", "#CASE"),
    (r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", "#TOKEN"),
    (r"(?<![0-9A-Z-])[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}(?![0-9A-Z-])", "#DRAFT"),
    (r"(?<=posters/)[0-9A-Z]{8}", "#POSTER"),
    (r"visitor=[\w-]{24}", "#VISITOR"),
    (r'viewBox="0 0 37 37" class="segno">(?s:.*?)</svg>', "#QR"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)", "#TIME"),
)
Answer = tuple[int, list[tuple[str, str]], str, int]


def masked(text: str) -> str:
    for pattern, word in MASKS:
        text = re.sub(pattern, word, text)
    return text


def shown(answer: httpx2.Response) -> Answer:
    """Everything of an answer that its reader gets, with its size; fractions of seconds are not always as long."""
    headers = sorted(
        (name, masked(value))
        for name, value in answer.headers.multi_items()
        if name not in ("content-length", "x-request-id")  # a random word for each answer
    )
    # A QR code is as long as its modules happen to lie: its own receipt's, nothing else's.
    size = len(re.sub(MASKS[-1][0], "#TIME", re.sub(MASKS[-2][0], "#QR", answer.text)).encode())
    return answer.status_code, headers, masked(answer.text), size


class World:
    """One installation, its staff, and a family that looks at it."""

    def __init__(self, service: Service, *, found: bool) -> None:
        self.service, self.found = service, found
        self.answers: list[Answer] = []
        app = create_app(service)
        app.state.rates.limits = ()  # how often the script looks is no part of the question
        self.client = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        self.family = Visitor(self.client, "en")
        with service.database.write() as session:
            self.staff = [
                accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name,
                             role=role, password_hash="-")
                for name, role in (("one", Role.VOLUNTEER), ("two", Role.VOLUNTEER), ("officer", Role.POLICE),
                                   ("three", Role.VOLUNTEER), ("coordinator", Role.COORDINATOR))
            ]  # fmt: skip

    def keep(self, answer: httpx2.Response) -> httpx2.Response:
        self.answers.append(shown(answer))
        return answer

    def look(self, number: str, secret: str) -> None:
        """By every way: the page in both languages, and the API."""
        for language in ("en", "zh-CN"):
            self.client.headers["Accept-Language"] = language
            self.family.open("/case")
            self.keep(self.family.press("/case", case_number=number, secret=secret).page)
        self.client.headers["Accept-Language"] = "en"
        self.keep(self.client.post("/api/v1/case", json={"case_number": number, "secret": secret}))

    def work(self) -> None:
        """What the machine does."""
        Drain(self.service).run()

    def file_found(self) -> None:
        """The found child, where it is there; somebody else files it."""
        if self.found:
            with self.service.database.write() as session:
                parsed = submission.parse(report_fields("found"))
                reports.file(session, self.service.keys, parsed, actor="test")

    def judge(self, who: Staff, verdict: str = "plausible") -> None:
        """A volunteer finds the pair plausible, where there is one, or needs to know more of the family."""
        for ref in self.pairs():
            with self.service.database.write() as session:
                reviews.claim(session, self.service.keys, who, ref, 30)
                reviews.judge(session, self.service.keys, who, ref, verdict, "the same bridge", "missing")

    def ask(self, number: str) -> None:
        """A coordinator writes to the family, in both worlds the same."""
        with self.service.database.write() as session:
            messages.write(session, self.service.keys, self.staff[4], number, "Was there a bridge?")

    def correct(self, number: str, secret: str) -> None:
        """The family changes a topic, with a mistake first, and keeps its receipt as a picture."""
        self.family.open("/case")
        self.keep(self.family.press("/case", case_number=number, secret=secret).page)
        self.keep(self.family.press("/case/correct", topic="memories").page)
        self.keep(self.family.press("/case/correct", memories="").page)
        self.keep(self.family.press("/case/correct", memories="石桥边有榕树").page)

    def hang(self, number: str, secret: str) -> None:
        """The family asks for a poster, it is published, and somebody tells what they saw; everybody looks at it."""
        self.keep(self.family.press("/case/poster", show_name="yes", show_marks="yes", agree="yes").page)
        with self.service.database.write() as session:
            wish = poster_decisions.of_report(session, self.service.keys, self.staff[4], number)
            ref = poster_decisions.publish(
                session, self.service.keys, self.staff[4], number, wish.reviewed, ["name", "marks"],
                {"pdf": b"%PDF", "png": b"png"},
            )  # fmt: skip
        self.look(number, secret)
        for path in ("/posters", f"/posters/{ref}", f"/posters/{ref}/poster.pdf", "/posters/nothing-here"):
            self.keep(self.client.get(path))
        self.keep(self.family.open(f"/posters/{ref}/sighting").page)
        self.keep(self.family.press(f"/posters/{ref}/sighting", what="by the bridge").page)
        self.look(number, secret)

    def rule_out(self) -> None:
        """The officer's finding."""
        for ref in self.pairs():
            with self.service.database.write() as session:
                confirmations.decide(session, self.service.keys, self.staff[2], ref, outcome="ruled_out", basis="dna",
                                     reference="DNA 1")  # fmt: skip

    def bring_news(self) -> None:
        """The found child is filed, where it is there, and the police confirm every pair."""
        self.file_found()
        self.work()
        for ref in self.pairs():
            for volunteer in self.staff[:2]:
                self.judge(volunteer)
            with self.service.database.write() as session:
                confirmations.decide(session, self.service.keys, self.staff[2], ref, outcome="confirmed", basis="dna",
                                     reference="DNA 1")  # fmt: skip

    def pairs(self) -> list[str]:
        with self.service.database.read() as session:
            return list(session.scalars(select(CandidateRow.ref)))

    def script(self) -> None:
        """What the family does, and what happens meanwhile."""
        words = {
            name: text
            for name, text in report_fields(name_origin="").items()
            if name not in ("kind", "language")
        }
        self.keep(self.family.open("/report/missing").page)
        self.keep(self.family.tell("missing", **words).page)
        filed = self.keep(self.family.press("/report/missing/check", "file").page)
        number, secret = re.findall(r"M-\w{4}-\w{4}|\w{4}(?:-\w{4}){5}", self.family.text)[:2]
        api = self.keep(self.client.post("/api/v1/reports", json=report_fields(memories="石桥"))).json()
        assert filed.status_code == 201
        self.look(number, secret)
        self.file_found()
        self.look(number, secret)
        self.work()
        self.look(number, secret)
        self.judge(self.staff[3], "need_more")
        self.look(number, secret)
        self.correct(number, secret)
        self.work()
        self.look(number, secret)
        self.ask(number)
        self.look(number, secret)
        self.keep(self.family.press("/case/answer", text="Yes, of stone").page)
        self.hang(number, secret)
        for volunteer in self.staff[:2]:
            self.judge(volunteer)
            self.look(number, secret)
        self.look(**{"number": api["case_number"], "secret": api["secret"]})
        self.keep(self.client.post("/api/v1/reports", json=report_fields(memories="一座桥")))
        self.rule_out()
        self.work()
        self.look(number, secret)
        for path in ("/", "/case", "/healthz", "/no/such/page", "/candidates/nothing-here", "/queue", "/log"):
            self.keep(self.client.get(path, follow_redirects=False))
        self.family.open("/case").press("/case", case_number=number, secret=secret)
        self.keep(self.family.press("/case/withdraw").page)
        self.keep(self.family.press("/case/withdraw", sure="yes").page)
        self.work()
        self.look(number, secret)


@pytest.fixture
def worlds(
    settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[tuple[World, World]]:
    """With and without the found child; both have the same key."""
    opened = []
    for name in ("with", "without"):
        own = settings.model_copy(update={"data_dir": tmp_path / name})
        if settings.database_url:
            databases = request.getfixturevalue("databases")
            own.database_url = databases.url(databases.clone(request.getfixturevalue("postgres_template")))
        own.data_dir.mkdir(mode=0o700)
        if opened:
            shutil.copy2(opened[0].settings.key_path(), own.key_path())
        opened.append(open_service(own))
    first, second = (
        World(service, found=found) for service, found in zip(opened, (True, False), strict=True)
    )
    yield first, second
    for world in (first, second):
        world.client.close()
        world.service.close()


def test_nothing_a_family_is_shown_depends_on_the_other_side(worlds: tuple[World, World]) -> None:
    there, absent = worlds
    for world in worlds:
        world.script()
    assert len(there.pairs()) == 3, "there was something to be learnt"
    assert absent.pairs() == []
    assert len(there.answers) == len(absent.answers) >= 52
    for step, (one, other) in enumerate(zip(there.answers, absent.answers, strict=True)):
        assert one == other, f"step {step} tells the worlds apart"


def test_the_comparison_would_notice_one_word(worlds: tuple[World, World]) -> None:
    """The proof that the test above can fail: the one thing that a family may learn is news."""
    there, absent = worlds
    for world in worlds:
        number = world.client.post("/api/v1/reports", json=report_fields()).json()
        world.bring_news()
        world.look(number["case_number"], number["secret"])
    assert there.answers != absent.answers


def test_filing_what_others_filed_before_is_answered_like_anything_else(worlds: tuple[World, World]) -> None:
    """Marks for copies and floods are for coordinators: who files learns nothing of other reports by them."""
    known, unknown = worlds
    with known.service.database.write() as session:
        parsed = submission.parse(report_fields())
        reports.file(session, known.service.keys, parsed, actor="test")
    for world in worlds:
        for _ in range(2):
            filed = world.keep(world.client.post("/api/v1/reports", json=report_fields())).json()
            world.look(filed["case_number"], filed["secret"])
    assert known.answers == unknown.answers


def test_a_message_is_what_a_family_may_learn_and_no_more(worlds: tuple[World, World]) -> None:
    """Whether a coordinator wrote because of a candidate or without one, the family sees the same."""
    there, absent = worlds
    for world in worlds:
        filed = world.client.post("/api/v1/reports", json=report_fields()).json()
        world.file_found()
        world.work()
        world.judge(world.staff[3], "need_more")
        with world.service.database.write() as session:
            requests = more_requests.waiting(session, world.staff[4])
            asked = requests[0].ref if requests else ""
            number = filed["case_number"]
            messages.write(session, world.service.keys, world.staff[4], number, "Was there a bridge?", asked)
        world.look(number, filed["secret"])
    assert len(there.pairs()) == 1
    assert there.answers == absent.answers
    assert "Was there a bridge?" in str(there.answers)


def test_what_is_made_of_a_sighting_nobody_outside_learns(worlds: tuple[World, World]) -> None:
    """Whether it fits another child and was raised to a found report, or not: who told it and the families see the
    same."""
    there, absent = worlds
    for world in worlds:
        filed = [world.client.post("/api/v1/reports", json=report_fields(memories=words)).json()
                 for words in ("石桥", "榕树")]  # fmt: skip
        number, secret = (filed[0][name] for name in ("case_number", "secret"))
        world.family.open("/case")
        world.family.press("/case", case_number=number, secret=secret)
        world.hang(number, secret)
        world.work()
        if world.found:
            _raise(world, number)
            world.work()
        for one in filed:
            world.look(one["case_number"], one["secret"])
        for path in (
            "/posters",
            "/sightings",
            "/sightings/elsewhere",
            f"/reports/{number}/sightings/1/raise",
        ):
            world.keep(world.client.get(path, follow_redirects=False))
    assert len(there.pairs()) == 2, "there was something to be learnt"
    assert there.answers == absent.answers


def _raise(world: World, number: str) -> None:
    with world.service.database.write() as session:
        sighting = session.scalars(select(SightingRow.id)).one()
        said = {"memories": "石桥", "sex": "male", "place_event": "四川省成都市"}
        raising.raise_report(session, world.service.keys, world.staff[4], number, sighting, said, "en")


def receipts_that_do_not_fit(world: World) -> dict[str, dict[str, str]]:
    """One of each kind."""
    client = world.client
    mine, other, erased = (
        client.post("/api/v1/reports", json=report_fields(memories=f"{n}")).json() for n in range(3)
    )
    with world.service.database.write() as session:
        ledger = erasure.Ledger(world.service.settings.data_dir, world.service.keys)
        assert erasure.by_receipt(
            session, world.service.keys, ledger, erased["case_number"], erased["secret"]
        )
    secret = mine["secret"]
    return {
        "unknown": {**mine, "case_number": receipts.new_case_number("missing")},
        "wrong": {**mine, "secret": ("0" if secret[0] != "0" else "1") + secret[1:]},
        "foreign": {**mine, "secret": other["secret"]},
        "erased": erased,
        "other side": {**mine, "case_number": "F" + mine["case_number"][1:]},
        "impossible": {**mine, "case_number": "M-0000-0001"},
        "empty": {"case_number": "", "secret": ""},
        "long": {"case_number": "M" * 3000, "secret": "0" * 3000},
        "not letters": {"case_number": "🙂\u202e", "secret": "'; DROP TABLE report; --"},
    }


def test_every_receipt_that_does_not_fit_gets_the_same_bytes_and_headers(worlds: tuple[World, World]) -> None:
    world, _ = worlds
    family = world.family.open("/case")
    token = family.field("/case", "csrf")
    more = {"topic": "who", "step": "save", "name": "李四", "text": "hello"}
    pages = ("", "/withdraw", "/extend", "/erase", "/correct", "/answer", "/receipt")
    for path in (*(f"/case{page}" for page in pages), "/api/v1/case"):
        answers = {}
        for kind, receipt in receipts_that_do_not_fit(world).items():
            api = path.startswith("/api/")
            sent = {"json": receipt} if api else {"data": {**receipt, "csrf": token, "sure": "yes", **more}}
            answer = world.client.post(path, **sent)
            said = [one for one in answer.headers.multi_items() if one[0] != "x-request-id"]
            answers[kind] = (answer.status_code, said, answer.content)
        assert answers["unknown"][0] == 404
        assert {kind for kind, said in answers.items() if said != answers["unknown"]} == set(), path


def test_every_receipt_that_does_not_fit_costs_the_same_look_ups(service: Service) -> None:
    with service.database.write() as session:
        filed = reports.file(session, service.keys, submission.parse(report_fields()), actor="test")
    statements: list[str] = []
    event.listen(service.database._reader, "before_cursor_execute", lambda *said: statements.append(said[2]))

    def look_ups(number: str, secret: str) -> list[str]:
        statements.clear()
        with service.database.read() as session:
            reports.status(session, service.keys, number, secret)
        return list(statements)

    right = look_ups(filed.case_number, filed.secret)
    assert len(right) >= 3
    assert look_ups(filed.case_number, "0" * 24) == right
    assert look_ups(receipts.new_case_number("missing"), filed.secret) == right
    assert look_ups("nonsense", "") == right


def test_a_hundred_thousand_random_receipts_find_nothing(tmp_path: Path) -> None:
    service = open_service(Settings(data_dir=tmp_path / "data"))
    with service.database.write() as session:
        filed = [reports.file(session, service.keys, submission.parse(report_fields(memories=f"{n}")), actor="test")
                 for n in range(50)]  # fmt: skip
    with service.database.read() as session:
        stored = {row.case_number: row.secret_hash for row in session.scalars(select(ReportRow))}
        for number in range(100_000):
            guess = receipts.new_case_number(("missing", "found")[number % 2])
            # Also with a number that is there: the secret is what protects it.
            known, secret = filed[number % 50].case_number, receipts.new_secret()
            assert stored.get(guess) != receipts.hash_secret(service.keys, guess, secret)
            assert stored[known] != receipts.hash_secret(service.keys, known, secret)
        for _ in range(1_000):
            guess = receipts.new_case_number("missing")
            assert reports.status(session, service.keys, guess, receipts.new_secret()) is None
    service.close()
