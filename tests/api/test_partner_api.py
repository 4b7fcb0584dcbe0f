"""Partner organisations at the JSON API: their own reports by key, and no others."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update

from reunite import audit, partners
from reunite.policy import Scope
from reunite.rates import Limit, Per, Then, What
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.partner_tables import PartnerKeyRow
from reunite.storage.tables import ReportRow
from tests.factory import report_fields
from tests.visitor import Visitor

REPORTS = "/api/v1/reports"
Key = dict[str, str]


@pytest.fixture
def key(service: Service) -> Callable[..., Key]:
    """Makes the header of a new key."""

    def make(source: str = "shelter-a", *scopes: Scope) -> Key:
        with service.database.write() as session:
            made = partners.create(session, service.keys, actor="test", source=source, scopes=scopes or Scope)
        return {"Authorization": f"Bearer {made}"}

    return make


def rows(service: Service) -> list[ReportRow]:
    with service.database.read() as session:
        return list(session.scalars(select(ReportRow).order_by(ReportRow.id)))


def file(client: httpx2.Client, headers: Key, **changes: str) -> dict[str, Any]:
    answer = client.post(REPORTS, json=report_fields(**{"source_id": "A-1", **changes}), headers=headers)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def told(answer: httpx2.Response) -> tuple[bytes, tuple[tuple[str, str], ...]]:
    """All that an answer says, but for its own name."""
    return answer.content, tuple(
        (name, text) for name, text in answer.headers.items() if name != "x-request-id"
    )


def test_a_partner_files_under_its_own_source_and_sees_the_status(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine = key()
    filed = file(client, mine)
    assert set(filed) == {"case_number", "secret"}
    (report,) = rows(service)
    assert (report.source, report.source_id) == ("shelter-a", "A-1")
    seen = client.get(f"{REPORTS}/{filed['case_number']}", headers=mine)
    assert seen.status_code == 200
    assert set(seen.json()) == {
        *(
            "case_number",
            "kind",
            "filed_at",
            "step",
            "call",
            "source_id",
            "changed_at",
            "kept_until",
            "unread",
        )
    }
    with service.database.read() as session:
        assert audit.entries(session, 1)[0].actor.startswith("partner:")


def test_without_a_key_the_public_files_and_has_no_source(client: httpx2.Client, service: Service) -> None:
    assert client.post(REPORTS, json=report_fields(source_id="A-1")).status_code == 201
    assert rows(service)[0].source is None
    with service.database.read() as session:
        assert audit.entries(session, 1)[0].actor == "family"


def test_the_same_source_id_amends_and_gives_no_second_receipt(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine = key()
    filed = file(client, mine)
    body = report_fields(source_id="A-1", name="王小明")
    again = client.post(REPORTS, json=body, headers=mine)
    assert again.status_code == 200
    assert again.json() == {"case_number": filed["case_number"]}
    (report,) = rows(service)
    assert (report.person["name"], report.rev) == ("王小明", 2)
    other_kind = client.post(REPORTS, json=report_fields("found", source_id="A-1"), headers=mine)
    assert other_kind.status_code == 422


def test_an_answer_that_was_lost_is_given_again(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine = {**key(), "Idempotency-Key": "one"}
    filed = file(client, mine)
    assert file(client, mine) == filed
    other = client.post(REPORTS, json=report_fields(source_id="A-2"), headers=mine)
    assert other.status_code == 409
    assert len(rows(service)) == 1


def test_with_a_key_every_report_needs_the_partners_own_id(
    client: httpx2.Client, key: Callable[..., Key]
) -> None:
    answer = client.post(REPORTS, json=report_fields(), headers=key())
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "source_id"


def test_a_partner_amends_and_withdraws_what_it_filed(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine = key()
    address = f"{REPORTS}/{file(client, mine)['case_number']}"
    fields = report_fields(name="王芳")
    del fields["kind"]
    assert client.put(address, json=fields, headers=mine).status_code == 200
    assert rows(service)[0].person["name"] == "王芳"
    for wrong in ({"source_id": "A-2"}, {"kind": "found"}):
        assert client.put(address, json={**fields, **wrong}, headers=mine).status_code == 422
    gone = client.delete(address, headers=mine)
    assert (gone.status_code, gone.json()["step"]) == (200, "withdrawn")
    assert client.delete(address, headers=mine).status_code == 200
    assert client.put(address, json=fields, headers=mine).status_code == 409
    assert client.post(REPORTS, json=report_fields(source_id="A-1"), headers=mine).status_code == 409
    assert rows(service)[0].state == "withdrawn"


def test_a_report_of_others_looks_like_one_that_is_not_there(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine, other = key(), key("shelter-b")
    number = file(client, other)["case_number"]
    family = client.post(REPORTS, json=report_fields()).json()["case_number"]
    before = [(row.rev, row.state) for row in rows(service)]
    for method in ("GET", "PUT", "DELETE"):
        answers = [
            client.request(method, f"{REPORTS}/{one}", headers=mine,
                           **({"json": report_fields(source_id="A-1")} if method == "PUT" else {}))
            for one in (number, family, "M-0000-0000", "nothing", "%00", "x" * 500)
        ]  # fmt: skip
        assert {answer.status_code for answer in answers} == {404}
        assert len({told(answer) for answer in answers}) == 1
    assert [(row.rev, row.state) for row in rows(service)] == before


def test_two_keys_of_one_organisation_see_the_same_reports(
    client: httpx2.Client, key: Callable[..., Key]
) -> None:
    number = file(client, key())["case_number"]
    assert client.get(f"{REPORTS}/{number}", headers=key()).status_code == 200


def test_a_source_id_belongs_to_its_source(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    assert file(client, key())["case_number"] != file(client, key("shelter-b"))["case_number"]
    assert len(rows(service)) == 2


def test_unknown_revoked_expired_and_misplaced_keys_get_one_answer(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    revoked, expired, good = key(), key(), key()
    plain = good["Authorization"].removeprefix("Bearer ")
    with service.database.write() as session:
        partners.revoke(session, service.keys, 1, actor="test")
        session.execute(
            update(PartnerKeyRow).where(PartnerKeyRow.id == 2).values(expires_at=now(session) - timedelta(1))
        )
    sent: list[tuple[str, Any]] = [
        (REPORTS, revoked),
        (REPORTS, expired),
        (REPORTS, {"Authorization": f"Bearer {plain[:-1]}"}),
        (REPORTS, {"Authorization": plain}),
        (REPORTS, {"Authorization": f"Basic {plain}"}),
        (REPORTS, {"Authorization": "Bearer"}),
        (REPORTS, [("Authorization", f"Bearer {plain}"), ("Authorization", f"Bearer {plain}")]),
        (f"{REPORTS}?access_token={plain}", {}),
        (f"{REPORTS}?key={plain}", good),
    ]
    answers = [
        client.post(address, json=report_fields(source_id="A-1"), headers=headers)
        for address, headers in sent
    ]
    answers.append(client.get(f"{REPORTS}/M-0000-0000"))
    assert {answer.status_code for answer in answers} == {401}
    assert len({told(answer) for answer in answers}) == 1
    assert answers[0].headers["www-authenticate"] == 'Bearer realm="reunite"'
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert rows(service) == []


def test_a_key_without_the_scope_is_refused(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    number = file(client, key())["case_number"]
    reads, writes = key("shelter-a", Scope.READ_CASES), key("shelter-a", Scope.WRITE_REPORTS)
    body = report_fields(source_id="A-2")
    assert client.post(REPORTS, json=body, headers=reads).status_code == 403
    assert client.put(f"{REPORTS}/{number}", json=body, headers=reads).status_code == 403
    assert client.delete(f"{REPORTS}/{number}", headers=reads).status_code == 403
    assert client.get(f"{REPORTS}/{number}", headers=writes).status_code == 403
    assert client.post("/api/v1/case", json={}, headers=writes).status_code == 403
    assert len(rows(service)) == 1


def test_a_key_opens_no_page(client: httpx2.Client, key: Callable[..., Key]) -> None:
    answer = client.get("/queue", headers=key(), follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_the_administrator_makes_a_key_that_is_shown_once_and_revokes_it(
    staff: Callable[..., Visitor], client: httpx2.Client
) -> None:
    admin = staff("admin").open("/partners").press("/partners", source="shelter-a", **{"cases:read": "yes"})
    shown = next(word for word in admin.text.split() if word.startswith("reunite_") and len(word) > 40)
    headers = {"Authorization": f"Bearer {shown}"}
    assert client.get(f"{REPORTS}/M-0000-0000", headers=headers).status_code == 404
    assert client.delete(f"{REPORTS}/M-0000-0000", headers=headers).status_code == 403
    assert shown not in admin.open("/partners").page.text
    admin.open("/partners")
    asked = re.search(
        r"<details[^>]*>((?!</details>).)*/partners/1/revoke.*?</details>", admin.page.text, re.S
    )
    assert asked
    assert "cannot be undone" in asked[0]
    admin.press("/partners/1/revoke")
    assert admin.status == 200
    assert client.get(f"{REPORTS}/M-0000-0000", headers=headers).status_code == 401


def test_a_key_that_cannot_be_made_is_said_in_words(staff: Callable[..., Visitor]) -> None:
    admin = staff("admin").open("/partners").press("/partners", source=" ", days="many")
    assert admin.status == 422
    for told in ("Please write the organisation's name", "Please choose at least one", "A key lasts from 1"):
        assert told in admin.text
    for wrong in ("0", "-1", "x", "9" * 30):
        token = admin.field("/partners", "csrf")
        answer = admin._client.post(f"/partners/{wrong}/revoke", data={"csrf": token})
        assert answer.status_code == 404


def test_the_description_tells_of_keys(client: httpx2.Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["components"]["securitySchemes"]["partnerKey"]["scheme"] == "bearer"
    paths = described["paths"]
    assert paths[REPORTS]["post"]["security"] == [{"partnerKey": ["reports:write"]}, {}]
    own = paths[f"{REPORTS}/{{case_number}}"]
    assert own["get"]["security"] == [{"partnerKey": ["cases:read"]}]
    assert {"401", "403", "404"} <= set(own["delete"]["responses"])


def test_a_key_that_asks_too_often_is_told_to_wait_on_every_route_and_nothing_is_stored(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    busy, calm = key(), key()
    client.app.state.rates.limits = (Limit(What.PARTNER, Per.KEY, 1, 86_400, Then.REFUSE),)  # type: ignore[attr-defined]
    file(client, busy)
    for answer in (
        client.post(REPORTS, json=report_fields(source_id="A-2"), headers=busy),
        client.get(REPORTS, headers=busy),
        client.get(f"{REPORTS}/M-0000-0000/content", headers=busy),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "86400")
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["status"] == 429
    assert len(rows(service)) == 1
    assert client.get(REPORTS, headers=calm).status_code == 200, (
        "another key of the same organisation is its own"
    )
    assert client.post(REPORTS, json=report_fields()).status_code == 201, "and a family has none"
