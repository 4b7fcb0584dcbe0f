"""The report page of coordinators and police: warnings, contact data for a reason, what only the police read."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from reunite import reports, submission
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.policy_tables import ContactAccessRow, ReportFlagRow, StaffRegionRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import a_pair, case_number
from tests.api.test_review_pages import judge
from tests.factory import report_fields
from tests.visitor import Visitor

WHY = "the officer has to call the family"


@pytest.fixture
def pair(service: Service) -> CandidateRow:
    return a_pair(service)


@pytest.fixture
def case(service: Service, pair: CandidateRow) -> str:
    """The address of the missing report's page."""
    return f"/reports/{case_number(service, pair.missing_id)}"


def lines(service: Service, action: str) -> int:
    with service.database.read() as session:
        return len(session.scalars(select(AuditRow).where(AuditRow.action == action)).all())


def test_a_report_is_found_by_its_number_in_any_spelling_and_each_view_is_logged(
    service: Service, staff: Callable[..., Visitor], case: str, pair: CandidateRow
) -> None:
    visitor = staff("coordinator").open("/search")
    visitor.press("/search", name=case.removeprefix("/reports/").lower().replace("-", " "))
    assert visitor.page.url.path == case
    assert "王晓明" in visitor.text
    assert f"/candidates/{pair.ref}" in visitor.links
    assert case in visitor.open(f"/candidates/{pair.ref}").links
    assert lines(service, "report.viewed") == 1
    for wrong, status in (("M-0000-0001", 404), ("M-0000-0000", 404), ("", 422), ("\0" + "x" * 500, 422)):
        assert visitor.open("/search").press("/search", name=wrong).status == status


def test_the_language_of_a_report_is_named_not_coded(staff: Callable[..., Visitor], case: str) -> None:
    assert "Chinese (Simplified)" in staff("coordinator").open(case).text
    assert "中文 (简体)" in staff("coordinator", "other", "zh-CN").open(case).text


def test_contact_data_is_shown_once_for_a_reason_that_the_auditor_reads(
    service: Service, staff: Callable[..., Visitor], case: str
) -> None:
    visitor = staff("coordinator", "Coordinator One").open(case)
    assert "10005550100" not in visitor.page.text
    assert visitor.press(f"{case}/contact", reason="?").status == 422
    assert "Please say why" in visitor.text
    assert "10005550100" not in visitor.page.text
    assert lines(service, "contact.seen") == 0
    assert "10005550100" in visitor.press(f"{case}/contact", reason=WHY).page.text
    assert "10005550100" not in visitor.open(case).page.text
    assert lines(service, "contact.seen") == 1
    auditor = staff("auditor").open("/contact-access")
    assert WHY in auditor.text
    assert "Coordinator One" in auditor.text
    assert WHY not in auditor.open("/log").text


def test_a_warning_is_seen_by_coordinator_and_police_and_must_be_read_before_a_confirmation(
    service: Service, staff: Callable[..., Visitor], case: str, pair: CandidateRow
) -> None:
    page = f"/candidates/{pair.ref}"
    coordinator = staff("coordinator").open(case).press(f"{case}/flag", "yes")
    assert coordinator.page.url.path == case
    warning = "Custody dispute"
    assert warning in coordinator.open(page).text
    volunteers = [staff("volunteer", name) for name in ("one", "two")]
    for volunteer in volunteers:
        assert warning not in judge(volunteer, page).open(page).text
    officer = staff("police").open(page)
    assert warning in officer.text
    finding = {"basis": "dna", "reference": "DNA 1"}
    assert officer.press(f"{page}/decision", "confirmed", **finding).status == 422
    assert "Please read the warning" in officer.text
    officer.press(f"{page}/decision", "confirmed", warning_read="yes", **finding)
    assert officer.status == 200
    with service.database.read() as session:
        assert set(session.scalars(select(CandidateRow.stage))) == {"confirmed"}


def test_a_pair_with_a_warning_is_ruled_out_without_the_tick(
    service: Service, staff: Callable[..., Visitor], case: str, pair: CandidateRow
) -> None:
    page, officer = f"/candidates/{pair.ref}", staff("police")
    officer.open(case).press(f"{case}/reserve", "yes").press(f"{case}/flag", "yes")
    officer.open(page).press(f"{page}/decision", "ruled_out", basis="dna", reference="DNA 1")
    assert officer.status == 200
    assert "Ruled out" in officer.text


def test_a_warning_is_cleared_again(service: Service, staff: Callable[..., Visitor], case: str) -> None:
    officer = staff("police").open(case).press(f"{case}/flag", "yes").press(f"{case}/flag", "no")
    assert officer.status == 200
    with service.database.read() as session:
        assert session.scalars(select(ReportFlagRow)).all() == []
    assert lines(service, "report.flagged") == lines(service, "report.unflagged") == 1


def test_the_family_tells_of_a_danger_and_of_what_only_it_knows(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    secret = "a tin soldier under the pillow"
    family = visit().open("/report/missing/safety")
    assert "Nobody but the police reads it" in family.text
    family.file_report("missing", name="李晓明", place_event="成都", withheld=secret, flag="danger")
    assert family.status == 201
    with service.database.read() as session:
        number = session.scalars(select(ReportRow.case_number)).one()
        assert session.scalars(select(ReportFlagRow.kind)).one() == "danger"
        assert secret not in str(session.scalars(select(ReportRow.person)).one())
    officer, coordinator = (
        staff("police").open(f"/reports/{number}"),
        staff("coordinator").open(f"/reports/{number}"),
    )
    assert secret in officer.text
    assert secret not in coordinator.text
    for visitor in (officer, coordinator):
        assert "Danger to the child" in visitor.text


def test_the_api_takes_withheld_facts_and_an_exchange_file_does_not(visit: Callable[..., Visitor]) -> None:
    client = visit()._client
    assert client.post("/api/v1/reports", json=report_fields(withheld="a tin soldier")).status_code == 201
    assert client.post("/api/v1/reports", json=report_fields(flag="nonsense")).status_code == 422
    assert not {"withheld", "flag"} & set(submission.COLUMNS)


def test_the_officer_reserves_a_report_and_ends_it(
    service: Service, staff: Callable[..., Visitor], case: str, pair: CandidateRow
) -> None:
    coordinator = staff("coordinator").open(case)
    assert f"{case}/reserve" not in coordinator.actions()
    officer = staff("police").open(case)
    assert f"/candidates/{pair.ref}" not in officer.links, "it is not with the police yet"
    officer.press(f"{case}/reserve", "yes")
    assert "reserved to the police" in officer.text
    assert f"/candidates/{pair.ref}" in officer.links
    assert coordinator.open(case).status == 404
    other = f"/reports/{case_number(service, pair.found_id)}"
    assert case.removeprefix("/reports/") not in coordinator.open(other).text
    officer.press(f"{case}/reserve", "no")
    assert coordinator.open(case).status == 200


def test_a_coordinator_gives_and_takes_regions(service: Service, staff: Callable[..., Visitor]) -> None:
    staff("volunteer", "one")
    coordinator = staff("coordinator").open("/regions")
    assert "all regions" in coordinator.text
    coordinator.press("/regions", province="510000")
    with service.database.read() as session:
        assert session.scalars(select(StaffRegionRow.province)).all() == ["510000"]
    assert coordinator.press("/regions", "510000").status == 200
    with service.database.read() as session:
        assert session.scalars(select(StaffRegionRow)).all() == []
    assert coordinator.press("/regions", province="").status == 422


def test_an_import_keeps_what_the_family_told_apart(service: Service) -> None:
    with service.database.write() as session:
        told = submission.parse(report_fields(withheld="a tin soldier", flag="danger"))
        receipt = reports.file(session, service.keys, told, actor="family")
        report = session.get_one(ReportRow, receipt.report_id)
        reports.amend(
            session, service.keys, report, submission.parse(report_fields(height_cm="99")), actor="family"
        )
        assert session.scalars(select(ReportFlagRow.kind)).one() == "danger"
        assert session.scalars(select(ContactAccessRow)).all() == []
