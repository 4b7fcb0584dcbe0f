"""What hangs on a report goes with it: warnings, regions, reasons, withheld facts; and older databases get regions."""

import pytest
from sqlalchemy import func, select

from reunite import audit, cases, concerns, erasure, reports, submission, vault
from reunite.actors import Staff
from reunite.config import Settings
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid, NotFound
from reunite.service import Service, open_service
from reunite.storage.policy_tables import ContactAccessRow, ReportFlagRow, ReportRegionRow
from reunite.storage.tables import ReportRow
from tests.factory import report_fields
from tests.reunite.test_cli_keys import old  # noqa: F401
from tests.reunite.test_regions import Add, add  # noqa: F401

SECRET = "a tin soldier under the pillow"


@pytest.fixture
def report(service: Service) -> ReportRow:
    with service.database.write() as session:
        told = submission.parse(report_fields(withheld=SECRET, flag="danger"))
        receipt = reports.file(session, service.keys, told, actor="family")
        return session.get_one(ReportRow, receipt.report_id)


@pytest.mark.parametrize("role", list(Role))
def test_warnings_are_for_coordinators_and_police_and_withheld_facts_for_the_police(
    service: Service, report: ReportRow, role: Role
) -> None:
    with service.database.read() as session:
        told = concerns.of(session, service.keys, Staff(0, "", "", role), report.id)
    assert told.flags == (("danger",) if role in (Role.COORDINATOR, Role.POLICE) else ())
    assert told.withheld == (SECRET if role is Role.POLICE else "")


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COORDINATOR, Role.POLICE}))
def test_nobody_else_sets_a_warning_or_looks_at_contact_data(
    service: Service, report: ReportRow, role: Role
) -> None:
    who = Staff(0, "", "", role)
    for act in (
        lambda session: concerns.flag(session, service.keys, who, report.id, "danger", on=False),
        lambda session: cases.contact(session, service.keys, who, report.case_number, "to call them"),
        lambda session: cases.view(session, service.keys, who, report.case_number),
    ):
        with pytest.raises(Forbidden), service.database.write() as session:
            act(session)


def test_a_warning_that_there_is_not_is_refused(service: Service, report: ReportRow) -> None:
    officer = Staff(0, "", "", Role.POLICE)
    with pytest.raises(Invalid), service.database.write() as session:
        concerns.flag(session, service.keys, officer, report.id, "nonsense", on=True)


@pytest.mark.parametrize("more", [{"withheld": "a song about a crane"}, {"flag": "protection_order"}])
def test_a_fact_or_a_warning_told_later_is_an_amendment_in_the_log(
    service: Service, report: ReportRow, more: dict[str, str]
) -> None:
    parsed = submission.parse({**report_fields(report.kind), **more})
    for new in (True, False):
        with service.database.write() as session:
            row = session.get_one(ReportRow, report.id)
            before = audit.entries(session, 1)[0].no
            assert reports.amend(session, service.keys, row, parsed, actor="test") is new
            assert (audit.entries(session, 1)[0].no > before) is new


def test_erasing_a_report_takes_all_of_it(service: Service, report: ReportRow, add: Add) -> None:  # noqa: F811
    officer = add(Role.POLICE)
    with service.database.write() as session:
        cases.contact(session, service.keys, officer, report.case_number, "to call Invented Reporter")
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        row = session.get_one(ReportRow, report.id, with_for_update=True)
        erasure.erase(session, service.keys, ledger, row, actor="operator")
    with service.database.read() as session:
        for table in (ReportFlagRow, ReportRegionRow):
            assert session.scalar(select(func.count()).select_from(table)) == 0
        assert session.scalars(select(ContactAccessRow.reason)).all() == [""]
        assert vault.get(session, service.keys, report.id, concerns.WITHHELD) == ""
        with pytest.raises(NotFound):
            cases.find(session, officer, report.case_number)


def test_reports_of_an_older_database_get_their_regions(old: Settings) -> None:  # noqa: F811
    service = open_service(old)
    with service.database.read() as session:
        query = select(ReportRegionRow.report_id, ReportRegionRow.province)
        found = {(report_id, province) for report_id, province in session.execute(query)}
    service.close()
    assert {report_id for report_id, _ in found} == {1, 2}
    assert "" not in {province for _, province in found}
