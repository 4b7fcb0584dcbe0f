"""With a key a partner does to its own report what a family does on its page: read, change, keep, erase, and talk."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from reunite import accounts, contacts, messages
from reunite.policy import Role, Scope
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from tests import images
from tests.api.test_partner_api import REPORTS, Key, file, key, rows, told
from tests.factory import report_fields
from workers.drain import Drain

__all__ = ["key"]
PHOTO = images.saved(images.picture(), quality=95, exif=images.exif(turn=1), comment=images.MARK)


@pytest.fixture
def mine(key: Callable[..., Key]) -> Key:
    return key()


@pytest.fixture
def address(client: httpx2.Client, mine: Key) -> str:
    """Of a found report with a word that is withheld."""
    return f"{REPORTS}/{file(client, mine, kind='found', withheld='a tin soldier')['case_number']}"


def logged(service: Service) -> list[tuple[str, str]]:
    with service.database.read() as session:
        return [(row.actor, row.action) for row in session.scalars(select(AuditRow).order_by(AuditRow.no))]


def write(service: Service, text: str) -> None:
    """A coordinator writes to who filed the only report."""
    with service.database.write() as session:
        writer = accounts.add(session, service.keys, actor="test", email=f"{text}@example.invalid", name="writer",
                              role=Role.COORDINATOR, password_hash="-")  # fmt: skip
        messages.write(session, service.keys, writer, rows(service)[0].case_number, text)


def tag(client: httpx2.Client, address: str, headers: Key) -> str:
    said: str = client.get(address, headers=headers).headers["etag"]
    assert said.startswith('"')
    return said


def test_the_etag_changes_with_what_may_be_known_or_read_and_with_nothing_else(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    seen = [tag(client, address, mine)]
    assert tag(client, address, mine) == seen[0]
    assert tag(client, f"{address}/content", mine) == seen[0]

    def is_new() -> bool:
        seen.append(tag(client, address, mine))
        return seen[-1] not in seen[:-1]

    Drain(service).run()
    assert is_new(), "the step"
    client.patch(address, json={"marks": "scar"}, headers=mine)
    assert is_new(), "the person"
    client.patch(address, json={"reporter_phone": "10005550199"}, headers=mine)
    assert is_new(), "contact data, as it is shown"
    client.patch(address, json={"language": "en"}, headers=mine)
    assert is_new(), "the language"
    write(service, "Was there a bridge?")
    assert is_new(), "a message"
    client.post(f"{address}/extend", headers=mine)
    assert is_new(), "its end"


def test_no_guess_at_what_may_not_be_read_can_be_tried_on_the_etag(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    before = tag(client, address, mine)
    for guess in (
        {"withheld": "a red kite"},
        {"withheld": "a tin soldier"},
        {"reporter_name": "Somebody Else"},
    ):
        client.patch(address, json=guess, headers=mine)
        assert tag(client, address, mine) == before, guess


def test_what_is_known_already_is_not_sent_again(client: httpx2.Client, mine: Key, address: str) -> None:
    for path in (address, f"{address}/content"):
        now = tag(client, path, mine)
        for known in (now, f'"x", {now}', f"W/{now}", "*"):
            answer = client.get(path, headers={**mine, "If-None-Match": known})
            assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", now), known
        for other in ('"x"', "x", "", now.strip('"')):
            assert client.get(path, headers={**mine, "If-None-Match": other}).status_code == 200, other


def test_a_change_of_what_has_changed_meanwhile_is_refused_and_nothing_is_done(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    old = tag(client, address, mine)
    fields = report_fields("found", name="王芳")
    changed = client.put(address, json=fields, headers={**mine, "If-Match": old})
    assert (changed.status_code, changed.headers["etag"]) == (200, tag(client, address, mine))
    for condition in (old, f"W/{changed.headers['etag']}", "nonsense", ""):
        wanted = {**mine, "If-Match": condition}
        for answer in (
            client.put(address, json=report_fields("found", name="李四"), headers=wanted),
            client.patch(address, json={"name": "李四"}, headers=wanted),
            client.delete(address, headers=wanted),
        ):
            assert answer.status_code == 412, condition
            assert answer.headers["content-type"] == "application/problem+json"
    assert (rows(service)[0].person["name"], rows(service)[0].state) == ("王芳", "open")
    assert client.patch(address, json={"name": "李四"}, headers={**mine, "If-Match": "*"}).status_code == 200
    ok = client.delete(address, headers={**mine, "If-Match": f'"x", {tag(client, address, mine)}'})
    assert (ok.status_code, ok.json()["step"]) == (200, "withdrawn")


def test_a_condition_tells_nothing_of_others_reports(
    client: httpx2.Client, key: Callable[..., Key], mine: Key, address: str
) -> None:
    other = {**key("shelter-b"), "If-Match": tag(client, address, mine), "If-None-Match": "*"}
    answers = [
        client.request(method, path, headers=other, **({"json": {"name": "a"}} if method != "GET" else {}))
        for path in (address, f"{REPORTS}/M-0000-0000")
        for method in ("GET", "PUT", "PATCH")
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({told(answer) for answer in answers}) == 1


def test_the_content_is_what_was_filed_with_contact_data_masked_and_withheld_facts_left_out(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    said = client.get(f"{address}/content", headers=mine)
    filed = report_fields("found", source_id="A-1")
    assert said.json()["report"] == {
        name: text for name, text in filed.items() if not name.startswith("reporter_")
    }
    assert said.json()["report"]["place_found"] == "广东省广州市", "it told that itself"
    assert said.json()["reporter"]["reporter_phone"] == "•••••100"
    assert "10005550100" not in said.text
    assert "tin soldier" not in said.text
    assert logged(service)[-1] == ("partner:1", "report.viewed")


def test_content_needs_a_scope_of_its_own_that_a_new_key_is_not_offered(
    client: httpx2.Client, key: Callable[..., Key], mine: Key, address: str
) -> None:
    usual = key("shelter-a", Scope.WRITE_REPORTS, Scope.READ_CASES)
    for path in ("content", "messages", "photos"):
        assert client.get(f"{address}/{path}", headers=usual).status_code == 403
    assert client.post(f"{address}/erase", headers=usual).status_code == 403
    assert client.get(f"{address}/content", headers=key("shelter-a", Scope.READ_REPORTS)).status_code == 200


def test_fields_are_written_and_taken_away_and_all_others_stay(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    patch = {
        "marks": "右眉上有疤",
        "clothing": "red coat",
        "memories": None,
        "reporter_email": "",
        "language": "en",
    }
    answer = client.patch(
        address, json=patch, headers={**mine, "Content-Type": "application/merge-patch+json"}
    )
    assert answer.status_code == 200
    said = client.get(f"{address}/content", headers=mine).json()["report"]
    before = report_fields(
        "found", source_id="A-1", marks="右眉上有疤", clothing="red coat", language="en", memories=""
    )
    assert said == {name: text for name, text in before.items() if not name.startswith("reporter_")}
    with service.database.read() as session:
        contact = contacts.reporter(session, service.keys, rows(service)[0].id)
    assert contact.keys() == {"reporter_name", "reporter_relation", "reporter_phone"}
    assert rows(service)[0].rev == 2
    assert client.patch(address, json={}, headers=mine).status_code == 200
    assert rows(service)[0].rev == 2


@pytest.mark.parametrize(
    ("patch", "field"),
    [({"kind": "missing"}, "kind"), ({"kind": None}, "kind"), ({"source_id": "A-2"}, "source_id"),
     ({"flag": None}, "flag"),
     ({"birth_date": "1998年"}, "birth_date"), ({"height_cm": 170}, "height_cm"), ({"secret": "x"}, "body"),
     ({"reporter_phone": "•••••100"}, "reporter_phone")],
)  # fmt: skip
def test_a_field_that_cannot_be_changed_like_that_is_named_and_none_is(
    client: httpx2.Client, service: Service, mine: Key, address: str, patch: dict[str, Any], field: str
) -> None:
    answer = client.patch(address, json={"marks": "scar", **patch}, headers=mine)
    assert answer.status_code == 422
    assert field in [one["field"] for one in answer.json()["problems"]]
    assert rows(service)[0].rev == 1


def test_contact_data_as_it_is_shown_never_takes_the_place_of_the_true(
    client: httpx2.Client, mine: Key, address: str
) -> None:
    shown = client.get(f"{address}/content", headers=mine).json()
    del shown["reporter"]["reporter_email"]  # its mask is no address, and refused as such
    whole = {**shown["report"], **shown["reporter"]}
    for answer in (
        client.put(address, json=whole, headers=mine),
        client.post(REPORTS, json=whole, headers=mine),
    ):
        assert answer.status_code == 422
        assert {one["field"] for one in answer.json()["problems"]} == set(shown["reporter"])


def test_a_report_is_kept_on_and_one_that_ended_is_not(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    began = rows(service)[0].kept_from
    assert client.post(f"{address}/extend", headers=mine).status_code == 200
    assert rows(service)[0].kept_from > began
    assert logged(service)[-1] == ("partner:1", "report.extended")
    client.delete(address, headers=mine)
    ended = rows(service)[0].kept_from
    assert client.post(f"{address}/extend", headers=mine).json()["step"] == "withdrawn"
    assert rows(service)[0].kept_from == ended


def test_an_erased_report_is_not_there_any_more_for_key_and_receipt(
    client: httpx2.Client, service: Service, mine: Key
) -> None:
    filed = file(client, mine)
    address = f"{REPORTS}/{filed['case_number']}"
    assert client.post(f"{address}/erase", headers=mine).status_code == 204
    assert client.get(address, headers=mine).status_code == 404
    assert client.post(f"{address}/erase", headers=mine).status_code == 404
    assert client.post("/api/v1/case", json=filed).status_code == 404
    assert rows(service)[0].person == {}
    assert ("partner:1", "report.erased") in logged(service)
    assert file(client, mine)["case_number"] != filed["case_number"], "its id is free again"


def test_photos_are_added_listed_looked_at_and_removed(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    added = client.post(f"{address}/photos", files={"photo": PHOTO}, headers=mine)
    assert added.status_code == 201, added.text
    assert client.post(f"{address}/photos", files={"photo": PHOTO}, headers=mine).json() == added.json()
    assert client.get(f"{address}/photos", headers=mine).json() == {"photos": [added.json()]}
    one = f"{address}/photos/{added.json()['ref']}"
    shown = client.get(one, headers=mine)
    assert (shown.headers["content-type"], shown.content[:2]) == ("image/jpeg", b"\xff\xd8")
    assert images.MARK not in shown.content
    assert logged(service)[-1] == ("partner:1", "photo.viewed")
    assert client.delete(one, headers=mine).status_code == 204
    assert client.delete(one, headers=mine).status_code == 404
    assert client.get(one, headers=mine).status_code == 404
    assert client.get(f"{address}/photos", headers=mine).json() == {"photos": []}


def test_a_photo_that_cannot_be_taken_is_refused_like_by_receipt(
    client: httpx2.Client, mine: Key, address: str
) -> None:
    for files, data, status in (
        ({"photo": b"no picture"}, {}, 422), ({"other": PHOTO}, {}, 422), ({"photo": PHOTO}, {"secret": "x"}, 422)
    ):  # fmt: skip
        assert client.post(f"{address}/photos", files=files, data=data, headers=mine).status_code == status
    assert client.post(f"{address}/photos", json={}, headers=mine).status_code == 400
    client.delete(address, headers=mine)
    assert client.post(f"{address}/photos", files={"photo": PHOTO}, headers=mine).status_code == 409


def test_a_message_is_read_noted_and_answered(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    early = client.post(f"{address}/messages", json={"text": "hello"}, headers=mine)
    assert early.status_code == 409
    write(service, "Was there a bridge?")
    assert client.get(address, headers=mine).json()["unread"] == 1
    (letter,) = client.get(f"{address}/messages", headers=mine).json()["messages"]
    assert (letter["writer"], letter["text"], letter["settled"]) == ("service", "Was there a bridge?", False)
    assert logged(service)[-1] == ("partner:1", "messages.viewed")
    assert client.get(address, headers=mine).json()["unread"] == 1, "a program looked, not yet a person"
    assert client.post(f"{address}/messages/read", headers=mine).status_code == 204
    assert client.get(address, headers=mine).json()["unread"] == 0
    for _ in range(2):
        answer = client.post(f"{address}/messages", json={"text": " Of stone "}, headers=mine)
        assert (answer.status_code, answer.json()["text"]) == (201, "Of stone")
    thread = client.get(f"{address}/messages", headers=mine).json()["messages"]
    assert [(one["writer"], one["settled"]) for one in thread] == [("service", True), ("you", False)]
    for wrong in ({"text": ""}, {}, {"text": "x" * 2001}, {"text": "a", "to": "b"}):
        assert client.post(f"{address}/messages", json=wrong, headers=mine).status_code == 422


def test_a_poster_is_asked_for_with_the_familys_consent_and_ended(
    client: httpx2.Client, service: Service, mine: Key, address: str
) -> None:
    child = f"{REPORTS}/{file(client, mine, source_id='A-child')['case_number']}/poster"
    before = client.get(child, headers=mine).json()
    assert (before["state"], before["page"]) == ("", "")
    assert "name" in before["can_show"]
    wish = {"columns": "name; marks", "agree": "yes"}
    assert client.put(child, json={**wish, "agree": "no"}, headers=mine).status_code == 422
    asked = client.put(child, json=wish, headers=mine)
    assert (asked.status_code, asked.json()["state"], asked.json()["shows"]) == (
        200,
        "asked",
        ["name", "marks"],
    )
    assert ("partner:1", "poster.asked") in logged(service)
    assert client.delete(child, headers=mine).status_code == 204
    assert client.get(child, headers=mine).json()["state"] == "taken_back"
    for answer in (
        client.get(f"{address}/poster", headers=mine),
        client.put(f"{address}/poster", json=wish, headers=mine),
    ):
        assert answer.status_code == 409, "a found person never hangs"
