"""Reports are kept for a time: told before, ended, erased; extended by who filed."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reunite import reports, retention, submission
from reunite.reports import Receipt
from reunite.retention import Swept
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.tables import ReportRow
from tests.factory import report_fields

YEARS = 1825


def file(service: Service, kind: str = "missing", **changes: str) -> Receipt:
    with service.database.write() as session:
        parsed = submission.parse(report_fields(kind, **changes))
        return reports.file(session, service.keys, parsed, actor="family")


def sweep(service: Service) -> Swept:
    return retention.sweep(service.database, service.keys, service.settings)


def pass_days(service: Service, days: float, column: str = "kept_from") -> None:
    with service.database.write() as session:
        moved = getattr(ReportRow, column)
        for report_id, at in session.execute(select(ReportRow.id, moved)).all():
            session.execute(
                update(ReportRow).where(ReportRow.id == report_id).values({column: at - timedelta(days=days)})
            )


def state(service: Service) -> tuple[str, bool]:
    with service.database.read() as session:
        report = session.scalars(select(ReportRow)).one()
        return report.state, report.erased_at is not None


@pytest.mark.parametrize("kind", ["missing", "found"])
def test_a_report_is_told_of_its_end_then_ends_then_is_erased(service: Service, kind: str) -> None:
    file(service, kind)
    assert sweep(service) == Swept()
    pass_days(service, YEARS - retention.NOTICE_DAYS + 1)
    assert sweep(service) == Swept(noticed=1)
    assert sweep(service) == Swept()
    pass_days(service, retention.NOTICE_DAYS)
    assert sweep(service) == Swept(expired=1)
    assert state(service) == ("expired", False)
    assert sweep(service) == Swept()
    pass_days(service, service.settings.retain_withdrawn_days)
    assert sweep(service) == Swept(erased=1)
    assert state(service) == ("expired", True)
    assert sweep(service) == Swept()
    with service.database.read() as session:
        said = session.scalars(
            select(AuditRow.action).where(AuditRow.actor == "system").order_by(AuditRow.no)
        ).all()
    assert said == ["report.end_noticed", "report.expired", "report.erased"]


def test_who_filed_keeps_it_on_and_is_told_again_the_next_time(service: Service) -> None:
    receipt = file(service)
    pass_days(service, YEARS - 10)
    assert sweep(service).noticed == 1
    with service.database.write() as session:
        assert retention.extend(session, service.keys, receipt.case_number, receipt.secret)
        assert not retention.extend(session, service.keys, receipt.case_number, "wrong")
    pass_days(service, 20)
    assert sweep(service) == Swept()
    pass_days(service, YEARS - 40)
    assert sweep(service).noticed == 1


def test_a_withdrawn_report_is_erased_after_its_time(service: Service) -> None:
    receipt = file(service)
    with service.database.write() as session:
        assert reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    pass_days(service, service.settings.retain_withdrawn_days - 1)
    assert sweep(service) == Swept()
    pass_days(service, 1)
    assert sweep(service) == Swept(erased=1)


def test_a_closed_case_is_kept_for_its_own_time(service: Service) -> None:
    file(service)
    with service.database.write() as session:
        reports.leave(session, session.scalars(select(ReportRow)).one(), "closed")
    pass_days(service, service.settings.retain_closed_days - 1)
    assert sweep(service) == Swept()
    pass_days(service, 1)
    assert sweep(service) == Swept(erased=1)


def test_kept_for_good_means_for_good(service: Service) -> None:
    file(service)
    service.settings = service.settings.model_copy(update={"retain_missing_days": 0})
    pass_days(service, 40_000)
    assert sweep(service) == Swept()


def test_the_source_s_own_end_counts_with_one_day_of_grace(service: Service) -> None:
    file(service)
    with service.database.write() as session:
        report = session.scalars(select(ReportRow)).one()
        report.expires_at = now(session)
        assert retention.until(report, service.settings) == report.expires_at + timedelta(days=1)
    assert sweep(service) == Swept()
    pass_days(service, 1, "expires_at")
    assert sweep(service) == Swept(erased=1)


def test_many_are_swept_in_batches_and_nothing_twice(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reunite.retention._BATCH", 2)
    for _ in range(5):
        file(service)
    pass_days(service, YEARS)
    assert [sweep(service).expired for _ in range(4)] == [2, 2, 1, 0]
