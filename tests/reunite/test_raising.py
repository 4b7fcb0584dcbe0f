"""A sighting raised to a found report: once, from its own words alone, and matched like any other."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from reunite import accounts, raising, reports, reserved, sightings
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid, NotFound
from reunite.raising import Raised, Raising
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.poster_tables import SightingRow
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.api.objects import an
from tests.factory import report_fields
from tests.reunite.hanging import a_coordinator, a_sighting
from tests.reunite.sighting_cases import SEEN, told_of_another
from workers.drain import Drain

ZONE = ZoneInfo("Asia/Shanghai")


def prepared(service: Service, who: Staff, number: str, sighting: int) -> Raising:
    with service.database.write() as session:
        return raising.prepare(session, service.keys, who, number, sighting, ZONE)


def raised(service: Service, who: Staff, number: str, sighting: int, **changes: str) -> Raised:
    said = {**prepared(service, who, number, sighting).fields, **changes}
    with service.database.write() as session:
        return raising.raise_report(session, service.keys, who, number, sighting, said, "en")


def found_reports(service: Service) -> list[ReportRow]:
    with service.database.read() as session:
        return list(session.scalars(select(ReportRow).where(ReportRow.kind == "found")))


def an_officer(service: Service) -> Staff:
    with service.database.write() as session:
        return accounts.add(session, service.keys, actor="test", email="officer@example.invalid", name="officer",
                            role=Role.POLICE, password_hash="-")  # fmt: skip


def test_nothing_of_the_missing_child_is_copied_in(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    begun = prepared(service, a_coordinator(service), poster.case_number, sighting)
    assert set(begun.fields) == {
        "place_found",
        "found_date",
        "birth_date",
        "sex",
        "clothing",
        "marks",
        "memories",
    }
    assert begun.fields["memories"] == SEEN["what"]
    for column, text in report_fields().items():
        if column != "language":
            assert text not in begun.fields.values(), column


@pytest.mark.parametrize(
    ("reach", "column"),
    [("10005550177", "reporter_phone"), ("told@example.invalid", "reporter_email"), ("ask at the kiosk", "")],
)
def test_who_told_it_can_be_asked_where_that_is_plain(service: Service, reach: str, column: str) -> None:
    poster, sighting = a_sighting(service, reach=reach)
    begun = prepared(service, a_coordinator(service), poster.case_number, sighting)
    assert {name: text for name, text in begun.fields.items() if name.startswith("reporter")} == (
        {column: reach} if column else {}
    )


def test_it_is_filed_once_however_often_the_button_is_pressed(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    who = a_coordinator(service)
    first = raised(service, who, poster.case_number, sighting)
    assert first.receipt is not None
    second = raised(service, who, poster.case_number, sighting, name="另一个")
    assert second == Raised(first.case_number, None), "the receipt comes once"
    (found,) = found_reports(service)
    with service.database.read() as session:
        assert session.get_one(SightingRow, sighting).raised_report_id == found.id
        assert session.get_one(MatchJobRow, found.id).state == "ready"
        query = select(AuditRow.actor, AuditRow.subject, AuditRow.detail)
        lines = session.execute(query.where(AuditRow.action == "sighting.raised")).all()
        assert reports.status(session, service.keys, first.case_number, first.receipt.secret) is not None
    assert [tuple(line) for line in lines] == [
        (who.actor, f"report:{poster.report_id}", f"report:{found.id}")
    ]  # fmt: skip
    assert prepared(service, who, poster.case_number, sighting).raised_case == first.case_number


def test_it_is_matched_like_any_other(service: Service) -> None:
    poster, other, sighting = told_of_another(service)
    raised(service, a_coordinator(service), poster.case_number, sighting)
    Drain(service).run()
    with service.database.read() as session:
        best = session.scalars(select(CandidateRow).order_by(CandidateRow.probability.desc())).first()
    assert best is not None
    assert best.missing_id == other.report_id


def test_what_cannot_be_filed_leaves_nothing(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    who = a_coordinator(service)
    with pytest.raises(Invalid, match="birth_date"):
        raised(service, who, poster.case_number, sighting, birth_date="when the plums were ripe")
    assert found_reports(service) == []
    assert not prepared(service, who, poster.case_number, sighting).raised


def test_nobody_decides_what_it_says_besides(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    hidden = {"kind": "missing", "withheld": "x", "flag": "danger", "source_id": "A-1", "language": "fr"}
    raised(service, a_coordinator(service), poster.case_number, sighting, **hidden)
    (found,) = found_reports(service)
    assert (found.kind, found.source_id, found.language) == ("found", None, "en")


def test_of_a_reserved_report_it_is_reserved_too(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    officer = an_officer(service)
    with service.database.write() as session:
        row = session.get_one(ReportRow, poster.report_id)
        reserved.reserve(session, service.keys, officer, row, on=True)
    with pytest.raises(NotFound):
        raised(service, a_coordinator(service), poster.case_number, sighting)
    raised(service, officer, poster.case_number, sighting)
    assert [row.do_not_disclose for row in found_reports(service)] == [True]


def test_a_sighting_of_another_report_is_not_found_under_this_one(service: Service) -> None:
    poster, _ = a_sighting(service)
    _, other = a_sighting(service)
    for number in (other, 0, 999_999):
        with pytest.raises(NotFound):
            raised(service, a_coordinator(service), poster.case_number, number)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COORDINATOR, Role.POLICE}))
def test_nobody_else_raises_one(service: Service, role: Role) -> None:
    poster, sighting = a_sighting(service)
    with service.database.write() as session:
        with pytest.raises(Forbidden):
            raising.prepare(session, service.keys, an(role), poster.case_number, sighting, ZONE)
        with pytest.raises(Forbidden):
            raising.raise_report(session, service.keys, an(role), poster.case_number, sighting, {}, "en")
        assert session.scalars(select(func.count()).select_from(ReportRow)).one() == 1


def test_the_page_of_sightings_says_that_it_was_raised(service: Service) -> None:
    poster, _, sighting = told_of_another(service)
    who = a_coordinator(service)
    made = raised(service, who, poster.case_number, sighting)
    with service.database.write() as session:
        (one,) = sightings.of_report(session, service.keys, who, poster.case_number)[1]
    assert (one.raised, one.raised_case) == (True, made.case_number)
