"""Filing, amending, withdrawing and looking at one's own case."""

import pytest
from sqlalchemy import func, select

from reunite import contacts, reports, submission
from reunite.problems import Conflict, Invalid
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.storage.vault_tables import SealedRow
from tests.factory import report_fields


def file(service: Service, key: str | None = None, **changes: str) -> reports.Receipt:
    with service.database.write() as session:
        parsed = submission.parse(report_fields(**changes))
        return reports.file(session, service.keys, parsed, actor="family", idempotency_key=key)


def count(service: Service, table: type) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_a_filed_report_has_its_job_and_its_line_in_the_log(service: Service) -> None:
    receipt = file(service)
    with service.database.read() as session:
        job = session.get_one(MatchJobRow, receipt.report_id)
        line = session.scalars(select(AuditRow)).one()
    assert (job.state, job.rev) == ("ready", 1)
    assert (line.action, line.subject) == ("report.filed", f"report:{receipt.report_id}")


def test_a_filing_that_fails_leaves_nothing(service: Service) -> None:
    def fail_after_filing() -> None:
        with service.database.write() as session:
            reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_filing()
    assert [count(service, table) for table in (ReportRow, MatchJobRow, AuditRow, SealedRow)] == [
        0,
        0,
        0,
        0,
    ]


def test_the_receipt_opens_the_case_however_it_is_typed(service: Service) -> None:
    receipt = file(service)
    typed = receipt.secret.lower().replace("-", " ").replace("0", "o").replace("1", "l")
    with service.database.read() as session:
        status = reports.status(session, service.keys, f" {receipt.case_number.lower()} ", typed)
    assert status is not None
    assert status.step == "received"


@pytest.mark.parametrize("case_number", ["M-0000-0000", "", "nonsense", "M-🙂", "\ud800", "X" * 10_000])
def test_a_wrong_receipt_opens_nothing(service: Service, case_number: str) -> None:
    receipt = file(service)
    with service.database.read() as session:
        assert reports.status(session, service.keys, case_number, receipt.secret) is None
        assert reports.status(session, service.keys, receipt.case_number, receipt.secret[:-1] + "!") is None


def test_the_secret_is_stored_nowhere(service: Service) -> None:
    receipt = file(service, reporter_phone="10005550199")
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        sealed = session.get_one(SealedRow, (receipt.report_id, "reporter")).sealed
    assert receipt.secret not in str(vars(report))
    assert b"10005550199" not in sealed


def test_the_same_request_again_gets_the_same_answer(service: Service) -> None:
    assert file(service, key="one") == file(service, key="one")
    assert count(service, ReportRow) == 1


def test_the_same_key_with_another_report_is_a_conflict(service: Service) -> None:
    file(service, key="one")
    with pytest.raises(Conflict):
        file(service, key="one", name="李晓明")
    assert count(service, ReportRow) == 1


def test_importing_the_same_source_id_again_amends_and_is_matched_again(service: Service) -> None:
    first = submission.parse(report_fields(source_id="A-1"), source="ngo")
    second = submission.parse(report_fields(source_id="A-1", name="李晓明"), source="ngo")
    answers = []
    for row in (first, second, second):
        with service.database.write() as session:
            answers.append(
                reports.take(session, service.keys, row, reports.known(session, [row]), actor="operator")[0]
            )
    assert answers == ["filed", "amended", "unchanged"]
    with service.database.read() as session:
        report = session.scalars(select(ReportRow)).one()
        job = session.get_one(MatchJobRow, report.id)
    assert (report.rev, job.rev, job.state, report.person["name"]) == (2, 2, "ready", "李晓明")


def test_amending_only_the_contact_data_is_no_reason_to_match_again(service: Service) -> None:
    for phone in ("10005550101", "10005550102"):
        with service.database.write() as session:
            row = submission.parse(report_fields(source_id="A-1", reporter_phone=phone), source="ngo")
            reports.take(session, service.keys, row, reports.known(session, [row]), actor="operator")
    with service.database.read() as session:
        report = session.scalars(select(ReportRow)).one()
        assert report.rev == 1
        assert contacts.reporter(session, service.keys, report.id)["reporter_phone"] == "10005550102"


def test_a_source_id_cannot_change_sides(service: Service) -> None:
    def take(kind: str) -> None:
        with service.database.write() as session:
            row = submission.parse(report_fields(kind=kind, source_id="A-1"), source="ngo")
            reports.take(session, service.keys, row, reports.known(session, [row]), actor="operator")

    take("missing")
    with pytest.raises(Invalid, match="already a missing report"):
        take("found")


def test_a_withdrawn_report_says_so_to_its_family(service: Service) -> None:
    receipt = file(service)
    with service.database.write() as session:
        assert reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    with service.database.read() as session:
        status = reports.status(session, service.keys, receipt.case_number, receipt.secret)
    assert status is not None
    assert status.step == "withdrawn"
