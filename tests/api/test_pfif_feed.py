"""The feed of posters over HTTP: by key, as Atom and as a document, the same whatever is known of the other side."""

import io

import httpx2
import pytest

from reunite import partners
from reunite.exchange import pfif_reading
from reunite.exchange.pfif import PersonRecord
from reunite.policy import USUAL_SCOPES, Scope
from reunite.service import Service
from tests.reunite.hanging import a_poster
from tests.test_two_worlds import World, shown, worlds

__all__ = ["worlds"]
FEED, EXPORT = "/api/v1/pfif/person", "/api/v1/pfif/export.xml"
Key = dict[str, str]


def key_of(service: Service, *scopes: Scope) -> Key:
    with service.database.write() as session:
        key = partners.create(
            session, service.keys, actor="test", source="elsewhere", scopes=scopes or [Scope.READ_FEED]
        )
    return {"Authorization": f"Bearer {key}"}


def persons(answer: httpx2.Response) -> list[PersonRecord]:
    assert answer.status_code == 200, answer.text
    found = [one.record for one in pfif_reading.read(io.BytesIO(answer.content))]
    return [one for one in found if isinstance(one, PersonRecord)]


def test_a_key_for_the_feed_reads_it_and_nothing_else_and_no_new_key_is_offered_it(
    service: Service, client: httpx2.Client
) -> None:
    a_poster(service)
    assert Scope.READ_FEED not in USUAL_SCOPES
    reads, others = key_of(service), key_of(service, *(set(Scope) - {Scope.READ_FEED}))
    for path in (FEED, EXPORT):
        assert len(persons(client.get(path, headers=reads))) == 1
        assert client.get(path, headers=others).status_code == 403
        assert client.get(path).status_code == 401
    assert client.get("/api/v1/reports", headers=reads).status_code == 403
    assert client.get(FEED, headers=reads).headers["content-type"] == "application/atom+xml"


@pytest.mark.parametrize("version", ["1.3", "1.4"])
def test_both_forms_and_versions_say_the_same(service: Service, client: httpx2.Client, version: str) -> None:
    for _ in range(3):
        a_poster(service)
    key = key_of(service)
    asked = {"version": version}
    fed, whole = (persons(client.get(path, headers=key, params=asked)) for path in (FEED, EXPORT))
    assert fed == whole
    assert len(fed) == 3
    assert f"http://zesty.ca/pfif/{version}" in client.get(FEED, headers=key, params=asked).text


def test_pages_follow_one_another_by_their_links(service: Service, client: httpx2.Client) -> None:
    refs = [a_poster(service)[1] for _ in range(5)]
    key, seen, address = key_of(service), list[str](), f"{FEED}?max_results=2"
    while address:
        answer = client.get(address, headers=key)
        seen += [one.person_record_id.partition("/")[2] for one in persons(answer)]
        following = answer.text.partition('rel="next" href="')[2].partition('"')[0]
        address = following.replace("&amp;", "&")
    assert seen == refs
    skipped = persons(client.get(FEED, headers=key, params={"skip": 4}))
    assert skipped[0].person_record_id.endswith(refs[4])
    since = {"min_entry_date": skipped[0].entry_date}
    assert persons(client.get(FEED, headers=key, params=since)) == skipped


@pytest.mark.parametrize(
    "asked",
    [
        {"min_entry_date": "yesterday"},
        {"min_entry_date": "20260101"},
        {"min_entry_date": "0001-01-01T00:00:00+23:59"},
        {"max_results": "0"},
        {"max_results": "201"},
        {"skip": "-1"},
        {"version": "1.2"},
    ],
)
def test_what_cannot_be_asked_is_a_problem(
    service: Service, client: httpx2.Client, asked: dict[str, str]
) -> None:
    answer = client.get(FEED, headers=key_of(service), params=asked)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_the_feed_is_the_same_with_and_without_a_matching_child(worlds: tuple[World, World]) -> None:
    """Two worlds, with a found child whose candidate two volunteers and the police look at, and without."""
    said = []
    for world in worlds:
        key, answers = key_of(world.service), []

        def look(world: World = world, key: Key = key, answers: list[object] = answers) -> None:
            for path in (FEED, EXPORT):
                answers.append(shown(world.client.get(path, headers=key)))

        receipt, ref = a_poster(world.service)
        look()
        world.file_found()
        look()
        world.work()
        look()
        for volunteer in world.staff[:2]:
            world.judge(volunteer)
            look()
        world.rule_out()
        world.work()
        look()
        said.append(masked_ref(answers, ref, receipt.case_number))
    assert worlds[0].pairs()
    assert worlds[1].pairs() == []
    assert "#REF" in said[0]
    assert said[0] == said[1]


def masked_ref(answers: list[object], ref: str, number: str) -> str:
    text = str(answers)
    assert number not in text
    return text.replace(ref, "#REF")
