"""The worker erases what is due, and a disk that refuses keeps no report from being matched."""

import pytest
from sqlalchemy import delete

from reunite import reports
from reunite.service import Service
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.reunite.test_retention import file, pass_days, state
from workers.drain import Drain


def full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_housekeeping_erases_what_is_due(service: Service) -> None:
    file(service)
    pass_days(service, 1825)
    drain = Drain(service)
    drain.housekeeping()
    pass_days(service, service.settings.retain_withdrawn_days)
    drain.housekeeping()
    assert state(service) == ("expired", True)


@pytest.mark.parametrize("broken", ["reunite.erasure.os.fsync", "workers.housekeeping.photos.sweep"])
def test_a_full_disk_keeps_no_lost_job_from_being_found(
    service: Service, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    due, lost = file(service).report_id, file(service, "found").report_id
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, due), "withdrawn")
        session.execute(delete(MatchJobRow).where(MatchJobRow.report_id == lost))
    pass_days(service, service.settings.retain_withdrawn_days)
    drain = Drain(service)
    with monkeypatch.context() as patched:
        patched.setattr(broken, full)
        drain.housekeeping()
    with service.database.read() as session:
        assert session.get(MatchJobRow, lost) is not None
    drain.housekeeping()
    with service.database.read() as session:
        assert session.get_one(ReportRow, due).erased_at is not None
