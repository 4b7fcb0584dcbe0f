"""A partner's list of its own reports: page by page, whatever is filed meanwhile, and nobody else's."""

from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from reunite.service import Service
from tests.api.test_partner_api import REPORTS, Key, file, key, rows
from tests.factory import report_fields
from workers.drain import Drain

__all__ = ["key"]


def numbers(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["case_number"] for one in answer.json()["reports"]]


def look(client: httpx2.Client, headers: Key, **asked: Any) -> httpx2.Response:
    return client.get(REPORTS, headers=headers, params=asked)


def test_pages_go_on_where_the_last_ended_while_others_are_filed_and_changed(
    client: httpx2.Client, key: Callable[..., Key]
) -> None:
    mine = key()
    filed = [file(client, mine, source_id=f"A-{number}")["case_number"] for number in range(5)]
    first = look(client, mine, limit=2)
    assert numbers(first) == filed[:2]
    late = file(client, mine, source_id="A-late")["case_number"]
    client.put(f"{REPORTS}/{filed[0]}", json=report_fields(name="王芳"), headers=mine)
    second = look(client, mine, limit=2, cursor=first.json()["next"])
    assert numbers(second) == filed[2:4]
    third = look(client, mine, limit=2, cursor=second.json()["next"])
    assert numbers(third) == [filed[4], late]
    assert "next" not in third.json()
    assert "link" not in third.headers


def test_the_address_in_link_is_the_next_page_with_the_same_filters(
    client: httpx2.Client, key: Callable[..., Key]
) -> None:
    mine = key()
    filed = [file(client, mine, source_id=f"A-{number}")["case_number"] for number in range(2)]
    file(client, mine, kind="found", source_id="A-found")
    first = look(client, mine, limit=1, kind="missing", changed_after="2001-01-01T00:00:00+08:00")
    address, _, relation = first.headers["link"].partition("; ")
    assert relation == 'rel="next"'
    second = client.get(address.strip("<>"), headers=mine)
    assert numbers(first) + numbers(second) == filed
    assert "next" not in second.json()


def test_a_cursor_counts_only_for_whom_and_what_it_was_made(
    client: httpx2.Client, key: Callable[..., Key]
) -> None:
    mine, other = key(), key("shelter-b")
    for number in range(2):
        file(client, mine, source_id=f"A-{number}")
        file(client, other, source_id=f"A-{number}")
    cursor = look(client, mine, limit=1).json()["next"]
    assert look(client, mine, limit=1, cursor=cursor).status_code == 200
    assert look(client, mine, limit=200, cursor=cursor).status_code == 200, "pages may grow"
    changed = ("A" if cursor[20] != "A" else "B").join((cursor[:20], cursor[21:]))
    wrong = [
        look(client, other, cursor=cursor),
        look(client, mine, cursor=cursor, kind="missing"),
        *(look(client, mine, cursor=one) for one in (changed, cursor[:-2], "1", "é", "x" * 500)),
    ]
    assert {answer.status_code for answer in wrong} == {422}
    assert {answer.json()["problems"][0]["field"] for answer in wrong} == {"cursor"}


def test_filters_narrow_the_list(client: httpx2.Client, service: Service, key: Callable[..., Key]) -> None:
    mine = key()
    missing, found, gone = (
        file(client, mine, kind=kind, source_id=name)["case_number"]
        for name, kind in (("A-1", "missing"), ("A-2", "found"), ("A-3", "missing"))
    )
    Drain(service).run()
    client.delete(f"{REPORTS}/{gone}", headers=mine)
    assert numbers(look(client, mine)) == [missing, found, gone]
    assert numbers(look(client, mine, kind="found")) == [found]
    assert numbers(look(client, mine, source_id="A-3")) == [gone]
    assert numbers(look(client, mine, source_id="A-9")) == []
    assert numbers(look(client, mine, step="withdrawn")) == [gone]
    assert numbers(look(client, mine, step="compared")) == [missing, found]
    assert numbers(look(client, mine, step="news")) == []
    since = max(row.changed_at for row in rows(service) if row.case_number != gone).isoformat()
    assert numbers(look(client, mine, changed_after=since)) == [gone]


def test_what_the_list_says_of_a_report_is_what_the_report_says_of_itself(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine = key()
    file(client, mine)
    Drain(service).run()
    (listed,) = look(client, mine).json()["reports"]
    assert listed == client.get(f"{REPORTS}/{listed['case_number']}", headers=mine).json()
    assert (listed["source_id"], listed["step"], listed["unread"]) == ("A-1", "compared", 0)


def test_others_reports_and_erased_ones_are_not_in_the_list(
    client: httpx2.Client, service: Service, key: Callable[..., Key]
) -> None:
    mine, other = key(), key("shelter-b")
    own = file(client, mine)["case_number"]
    erased = file(client, mine, source_id="A-2")["case_number"]
    file(client, other)
    client.post(REPORTS, json=report_fields())
    assert client.post(f"{REPORTS}/{erased}/erase", headers=mine).status_code == 204
    assert len(rows(service)) == 4
    assert numbers(look(client, mine)) == [own]


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"limit": 0}, "limit"), ({"limit": 201}, "limit"), ({"limit": "many"}, "limit"), ({"kind": "lost"}, "kind"),
     ({"step": "candidate"}, "step"), ({"changed_after": "2026-03-01T08:30:00"}, "changed_after"),
     ({"changed_after": "yesterday"}, "changed_after"), ({"source-id": "A-1"}, "query"),
     ({"source_id": "x" * 201}, "source_id")],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_by_name_and_not_repeated(
    client: httpx2.Client, key: Callable[..., Key], asked: dict[str, Any], field: str
) -> None:
    answer = look(client, key(), **asked)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["problems"]] == [field]
    assert answer.json()["problems"][0]["message"]
    said = str(next(iter(asked.values())))
    assert len(said) < 4 or said not in answer.text


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_moments_at_the_ends_of_the_calendar_are_no_error_of_ours(
    client: httpx2.Client, key: Callable[..., Key], moment: str
) -> None:
    mine = key()
    file(client, mine)
    assert look(client, mine, changed_after=moment).status_code in (200, 422)
    assert look(client, mine, source_id="A\0").status_code == 200


def test_ids_in_the_database_cannot_be_read_from_a_cursor(
    client: httpx2.Client, service: Service, key: Callable[..., Key], monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = key()
    for number in range(2):
        file(client, mine, source_id=f"A-{number}")
    sealed: list[str] = []
    seal = service.keys.seal
    monkeypatch.setattr(service.keys, "seal", lambda *said: sealed.append(said[2]) or seal(*said))
    cursors = {look(client, mine, limit=1).json()["next"] for _ in range(2)}
    assert len(cursors) == 2, "the same place looks different every time"
    assert {len(plain) for plain in sealed} == {20}, "a small number is as long as a large one"
