"""The search page: words that are looked for stand in no address and no log, and what is shown is masked."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from reunite import reserved
from reunite.policy import Role
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import a_pair, an, case_number
from tests.visitor import Visitor

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{7777*7777}} \u202e"


@pytest.fixture
def pair(service: Service) -> CandidateRow:
    return a_pair(service)


def look_for(visitor: Visitor, **said: str) -> Visitor:
    return visitor.open("/search").press("/search", **said)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_name_as_it_sounds_leads_to_the_report(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow, language: str
) -> None:
    visitor = look_for(staff("coordinator", language=language), name="wang xiaoming")
    case = f"/reports/{case_number(service, pair.missing_id)}"
    assert case in visitor.links
    assert visitor.open(case).status == 200


def test_words_are_sent_in_the_form_and_stand_in_no_address_and_not_in_the_log(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow, caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    visitor = look_for(staff("police"), name="王晓明", born="1994")
    assert str(visitor.page.url).endswith("/search")
    assert "referrer-policy" in visitor.page.headers
    assert visitor.page.headers["cache-control"] == "no-store"
    assert visitor.field("/search", "name") == "王晓明", "what was asked stays in the form"
    assert not [link for link in visitor.links if "?" in link]
    with service.database.read() as session:
        lines = [(one.subject, one.detail) for one in session.scalars(select(AuditRow))]
    assert "王" not in str(lines)
    assert [one for one in lines if one[0].startswith("search:")]
    said = caplog.text + "".join(capsys.readouterr())
    assert "王晓明" not in said
    assert "1994" not in said
    assert "王晓明" not in visitor.open("/search").field("/search", "name")


def test_asked_by_an_address_nothing_is_looked_for(staff: Callable[..., Visitor], pair: CandidateRow) -> None:
    visitor = staff("coordinator").open("/search?name=王晓明&born=1994")
    assert visitor.field("/search", "name") == ""
    assert "王晓明" not in visitor.text.replace("王晓明, wang xiaoming", "")


def test_a_hit_shows_no_contact_and_not_where_a_person_is(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    visitor = look_for(staff("coordinator"), name="黄小鸣")
    assert case_number(service, pair.found_id) in visitor.text
    for hidden in ("10005550100", "Invented Reporter", "reporter@example.invalid", "广东省广州市"):
        assert hidden not in visitor.page.text


def test_what_is_reserved_answers_as_what_is_not_there(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    coordinator = staff("coordinator")
    with service.database.write() as session:
        report = session.get_one(ReportRow, pair.missing_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), report, on=True)
    number = report.case_number
    assert number not in look_for(coordinator, name="王晓明").page.text
    there = look_for(coordinator, name=number)
    nowhere = look_for(coordinator, name="M-0000-0000")
    assert there.status == nowhere.status == 404
    assert number in look_for(staff("police"), name="王晓明").text


def test_words_that_would_be_code_are_shown_as_words(staff: Callable[..., Visitor]) -> None:
    visitor = look_for(staff("coordinator"), name=HOSTILE)
    assert visitor.status in (200, 404, 422)
    assert "<script>alert" not in visitor.page.text
    assert "<img src=x" not in visitor.page.text
    assert "60481729" not in visitor.text


@pytest.mark.parametrize(
    ("said", "told"),
    [({"born": "99999"}, "a year with four figures"), ({"age": "four"}, "an age in whole years"), ({}, "write a name"),
     ({"name": "x" * 90}, "too long")],
)  # fmt: skip
def test_what_cannot_be_asked_is_said_at_the_top_and_beside_the_field(
    staff: Callable[..., Visitor], said: dict[str, str], told: str
) -> None:
    visitor = look_for(staff("coordinator"), **said)
    assert visitor.status == 422
    assert visitor.text.count(told) == 2
    field = next(iter(said), "name")
    assert f"#{field}" in visitor.links
    for name, value in said.items():
        assert visitor.field("/search", name) == value, "nothing written is lost"


def test_nine_letters_that_look_like_a_case_number_are_a_name(staff: Callable[..., Visitor]) -> None:
    visitor = look_for(staff("coordinator"), name="MAAAAAAAA")
    assert visitor.status == 200


@pytest.mark.parametrize("role", ["admin", "auditor"])
def test_nobody_else_has_the_page_or_its_entry(staff: Callable[..., Visitor], role: str) -> None:
    visitor = staff(role)
    assert "/search" not in visitor.links
    assert visitor.open("/search").status == 403


def test_a_volunteer_is_led_to_the_candidate_and_to_no_report(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    visitor = staff("volunteer")
    number = case_number(service, pair.missing_id)
    for asked in ("wang xiaoming", number):
        look_for(visitor, name=asked)
        assert f"/candidates/{pair.ref}" in visitor.links
        assert not [link for link in visitor.links if link.startswith("/reports")]
    with service.database.write() as session:
        report = session.get_one(ReportRow, pair.found_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), report, on=True)
    # Without any figure a case number can be a name, and is looked for as one.
    assert look_for(visitor, name=number).status == 404 or not re.search("[0-9]", number)
    assert number not in look_for(visitor, name="王晓明").page.text


def test_searching_very_often_is_noticed_like_opening_cases(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    from reunite import alarms

    for _ in range(3):
        a_pair(service)
    visitor = staff("coordinator")
    for asked in ({"name": "王晓明"}, {"name": "黄小鸣"}, {"name": "欧阳"}):
        look_for(visitor, **asked)
    with service.database.write() as session:
        alarms.watch_openings(session, service.keys, 1)
        assert alarms.unseen(session) == 1
