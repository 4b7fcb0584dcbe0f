"""Do not disclose: what is reserved to the police leaves everybody else at once, also what is suggested later."""

import threading

import pytest
from sqlalchemy import select, update

from matching.model import load_model
from reunite import candidates, cases, moderation, queues, reserved, reviews
from reunite.actors import Staff
from reunite.candidates import Suggestion
from reunite.policy import Role
from reunite.problems import Conflict, Forbidden, NotFound
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.reunite.ranked import ranked
from tests.reunite.test_regions import Add, add, file, opens, pair, sees  # noqa: F401

OFFICER = Staff(0, "officer", "", Role.POLICE)


def reserve(service: Service, report_id: int, *, on: bool = True) -> None:
    with service.database.write() as session:
        query = select(ReportRow).where(ReportRow.id == report_id).with_for_update(key_share=True)
        reserved.reserve(session, service.keys, OFFICER, session.scalars(query).one(), on=on)


def row_of(service: Service, ref: str) -> CandidateRow:
    with service.database.read() as session:
        return session.scalars(select(CandidateRow).where(CandidateRow.ref == ref)).one()


@pytest.mark.parametrize("side", ["missing_id", "found_id"])
def test_open_pairs_go_to_the_police_and_claims_end(service: Service, add: Add, side: str) -> None:  # noqa: F811
    ref, other = pair(service, {}, {}), pair(service, {}, {})
    volunteer, coordinator = add(Role.VOLUNTEER), add(Role.COORDINATOR)
    with service.database.write() as session:
        reviews.claim(session, service.keys, volunteer, ref, 10)
    reserve(service, getattr(row_of(service, ref), side))
    row = row_of(service, ref)
    assert (row.stage, row.claimed_by, row.claimed_until) == ("referred", None, None)
    for person in (volunteer, coordinator):
        assert sees(service, person) == [other]
        assert not opens(service, person, ref)
        with pytest.raises((NotFound, Conflict)), service.database.write() as session:
            reviews.judge(session, service.keys, person, ref, "plausible", "the same mark")
    assert opens(service, OFFICER, ref)
    with service.database.read() as session:
        assert [item.ref for item in queues.referrals(session, service.keys, OFFICER)] == [ref]


def test_pairs_suggested_later_begin_with_the_police_until_it_ends(service: Service, add: Add) -> None:  # noqa: F811
    missing, found, later = file(service, "missing"), file(service, "found"), file(service, "found")

    def suggest(other: int) -> str:
        with service.database.write() as session:
            suggestion = Suggestion(missing, "missing", 1, load_model().version, (ranked(other),))
            candidates.store(session, [suggestion], {other: 1}, 0.0)
            return session.scalars(select(CandidateRow.stage).where(CandidateRow.found_id == other)).one()

    reserve(service, missing)
    assert suggest(found) == "referred"
    assert sees(service, add(Role.VOLUNTEER)) == []
    reserve(service, missing, on=False)
    assert suggest(found) == "referred", "what is with the police stays there"
    assert suggest(later) == "open"


def test_a_reserved_report_is_there_for_the_police_alone(service: Service) -> None:
    missing = file(service, "missing")
    coordinator = Staff(0, "c", "", Role.COORDINATOR)
    with service.database.read() as session:
        number = session.get_one(ReportRow, missing).case_number
        assert cases.find(session, coordinator, number).id == missing
    reserve(service, missing)
    with service.database.read() as session:
        assert cases.find(session, OFFICER, number).id == missing
        with pytest.raises(NotFound):
            cases.find(session, coordinator, number)
        assert moderation.waiting(session) == 0
    with pytest.raises(Forbidden), service.database.write() as session:
        reserved.reserve(session, service.keys, coordinator, session.get_one(ReportRow, missing), on=False)
    with service.database.read() as session:
        lines = session.scalars(select(AuditRow.action).where(AuditRow.subject == f"report:{missing}")).all()
    assert lines == ["report.filed", "report.reserved"]


def test_a_job_that_stores_a_candidate_meanwhile_does_not_open_it(service: Service) -> None:
    """Either order: the job waits for the flag or the flag for the job; the pair is never open afterwards."""
    for _ in range(5):
        missing, found = file(service, "missing"), file(service, "found")
        ready = threading.Barrier(2)

        def job(missing: int = missing, found: int = found, ready: threading.Barrier = ready) -> None:
            ready.wait()
            with service.database.write() as session:
                suggestion = Suggestion(missing, "missing", 1, load_model().version, (ranked(found),))
                candidates.store(session, [suggestion], {found: 1}, 0.0)

        worker = threading.Thread(target=job)
        worker.start()
        ready.wait()
        reserve(service, missing)
        worker.join()
        with service.database.read() as session:
            query = select(CandidateRow.stage).where(CandidateRow.missing_id == missing)
            assert session.scalars(query).all() == ["referred"]


def test_without_the_flag_the_database_lets_no_pair_begin_referred(service: Service) -> None:
    ref = pair(service, {}, {})
    with pytest.raises(Conflict), service.database.write() as session:
        session.execute(update(CandidateRow).where(CandidateRow.ref == ref).values(stage="referred"))
