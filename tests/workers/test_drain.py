"""The drain loop: every report compared with all of the other side, stored once, whoever dies in the middle."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from matching.ranked import Ranked
from reunite import jobs, reports, submission
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.reunite.leased import claim_one
from workers.drain import Drain


@pytest.fixture
def drain(service: Service) -> Drain:
    return Drain(service)


def file(service: Service, **changes: str) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(**changes)), actor="family")


def candidates(service: Service) -> dict[tuple[int, int], bool]:
    with service.database.read() as session:
        rows = session.execute(select(CandidateRow.missing_id, CandidateRow.found_id, CandidateRow.current))
        return {(missing, found): current for missing, found, current in rows}


def job_states(service: Service) -> set[str]:
    with service.database.read() as session:
        return set(session.scalars(select(MatchJobRow.state)))


@pytest.mark.parametrize("first", ["missing", "found"])
def test_a_pair_is_found_whichever_side_came_first(service: Service, drain: Drain, first: str) -> None:
    second = "found" if first == "missing" else "missing"
    ids = {first: file(service, kind=first).report_id}
    assert drain.run() == 1
    assert candidates(service) == {}
    ids[second] = file(service, kind=second).report_id
    assert drain.run() == 1
    assert candidates(service) == {(ids["missing"], ids["found"]): True}


def test_reports_filed_together_meet_once(service: Service, drain: Drain) -> None:
    pair = file(service).report_id, file(service, kind="found").report_id
    assert drain.run() == 2
    assert candidates(service) == {pair: True}
    assert job_states(service) == {"done"}


def test_the_evidence_of_a_stored_candidate_sums_to_its_total(service: Service, drain: Drain) -> None:
    file(service)
    file(service, kind="found")
    drain.run()
    with service.database.read() as session:
        row = session.scalars(select(CandidateRow)).one()
    assert row.prior + sum(line["bits"] for line in row.evidence) == pytest.approx(row.total)
    assert row.probability == pytest.approx(1 / (1 + 2**-row.total))
    assert row.evidence


def test_an_amended_report_makes_what_no_longer_holds_stale_and_keeps_it(
    service: Service, drain: Drain
) -> None:
    filed = file(service)
    found = file(service, kind="found")
    drain.run()
    other = {"name": "Pierre Dubois", "other_names": "", "sex": "female", "birth_date": "2011-01-05",
             "event_date": "2019-03-01", "place_event": "Paris, France", "place_home": "Paris, France", "marks": "",
             "relatives": "father:Jean Dubois", "languages": "French", "memories": ""}  # fmt: skip
    with service.database.write() as session:
        row = session.get_one(ReportRow, filed.report_id)
        reports.amend(session, service.keys, row, submission.parse(report_fields(**other)), actor="family")
    drain.run()
    assert candidates(service) == {(filed.report_id, found.report_id): False}
    with service.database.write() as session:
        row = session.get_one(ReportRow, filed.report_id)
        reports.amend(session, service.keys, row, submission.parse(report_fields()), actor="family")
    drain.run()
    assert candidates(service) == {(filed.report_id, found.report_id): True}


def test_scoring_again_never_touches_what_people_decided(service: Service, drain: Drain) -> None:
    file(service)
    found = file(service, kind="found")
    drain.run()
    with service.database.write() as session:
        duties.remove(session.connection(), "referral_by_two")
        session.execute(update(CandidateRow).values(stage="referred"))
        jobs.enqueue(session, found.report_id, 1)
    drain.run()
    with service.database.read() as session:
        assert session.scalars(select(CandidateRow.stage)).all() == ["referred"]


def test_a_withdrawn_report_takes_its_candidates_out_of_the_queue(service: Service, drain: Drain) -> None:
    filed = file(service)
    file(service, kind="found")
    drain.run()
    with service.database.write() as session:
        reports.withdraw(session, service.keys, filed.case_number, filed.secret)
    drain.run()
    assert list(candidates(service).values()) == [False]


def test_a_worker_that_comes_too_late_stores_nothing(service: Service, drain: Drain) -> None:
    file(service)
    file(service, kind="found")
    with service.database.write() as session:
        lease = claim_one(session, lease_seconds=0)
    assert lease is not None
    with service.database.write() as session:
        quicker = claim_one(session, lease_seconds=60)
    assert quicker is not None
    assert quicker.report_id == lease.report_id
    assert not drain._attempt(drain._match, [lease])
    assert candidates(service) == {}


def test_a_poison_report_is_set_aside_and_the_others_go_on(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison = file(service, name="毒")
    healthy = Drain._match

    def match(self: Drain, leases: Sequence[jobs.Lease]) -> None:
        if poison.report_id in [lease.report_id for lease in leases]:
            raise ValueError("a message that holds what somebody wrote: 毒")
        healthy(self, leases)

    monkeypatch.setattr(Drain, "_match", match)
    file(service, kind="found")
    for _ in range(jobs.MOST_ATTEMPTS):
        drain.run()
        with service.database.write() as session:
            session.execute(update(MatchJobRow).values(due=now(session) - timedelta(seconds=1)))
    with service.database.read() as session:
        ((_, report_id, _, problem),) = jobs.quarantined(session)
    assert (report_id, problem) == (poison.report_id, "ValueError")
    assert job_states(service) == {"done", "quarantined"}


def as_bulk_work(service: Service) -> None:
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(bulk=True))


def test_jobs_are_done_some_at_a_time_and_store_the_same(service: Service, drain: Drain) -> None:
    ids = [
        file(service, name=f"王{n}", kind=kind).report_id for n in range(20) for kind in ("missing", "found")
    ]
    assert drain.run() == 40
    alone = candidates(service)
    with service.database.write() as session:
        session.execute(update(CandidateRow).values(current=False))
        for report_id in ids:
            jobs.enqueue(session, report_id, 1, bulk=True)
    assert drain.run() == 40
    assert candidates(service) == alone
    assert len(alone) >= 20
    assert job_states(service) == {"done"}


def test_a_poison_report_in_bulk_work_holds_up_none_of_the_others(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair = file(service).report_id, file(service, kind="found").report_id
    poison = file(service, name="毒").report_id
    as_bulk_work(service)
    rank = drain._rank

    def chokes(report: ReportRow, *more: Any) -> tuple[Ranked, ...]:
        if report.id == poison:
            raise ValueError("choked")
        return rank(report, *more)

    monkeypatch.setattr(drain, "_rank", chokes)
    assert drain.run() == 2
    assert candidates(service)[pair]
    with service.database.read() as session:
        assert session.get_one(MatchJobRow, poison).state == "ready"
        assert session.get_one(MatchJobRow, pair[0]).attempts == 1


def test_a_report_that_changes_while_bulk_work_is_done_is_matched_as_it_is_now(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing, found = file(service), file(service, kind="found")
    as_bulk_work(service)
    rank, changed = drain._rank, []

    def changes(report: ReportRow, *more: Any) -> tuple[Ranked, ...]:
        if not changed:
            changed.append(True)
            with service.database.write() as session:
                row = session.get_one(ReportRow, found.report_id)
                told = submission.parse(report_fields(kind="found", memories="石桥"))
                assert reports.amend(session, service.keys, row, told, actor="family")
        return rank(report, *more)

    monkeypatch.setattr(drain, "_rank", changes)
    drain.run()
    with service.database.read() as session:
        pair = session.get_one(CandidateRow, (missing.report_id, found.report_id))
        assert (pair.missing_rev, pair.found_rev) == (1, 2)
    assert job_states(service) == {"done"}


def test_what_people_wait_for_comes_between_two_lots_of_bulk_work(service: Service, drain: Drain) -> None:
    for n in range(40):
        file(service, name=f"王{n}")
    as_bulk_work(service)
    urgent = file(service, kind="found").report_id
    lots = []
    for _ in range(3):
        with service.database.write() as session:
            lots.append([lease.report_id for lease in drain._next(session, True)[1]])
    assert lots[0] == [urgent]
    assert [len(lot) for lot in lots[1:]] == [24, 16]


def test_bulk_work_is_handed_back_whole_when_the_worker_must_end(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(5):
        file(service, name=f"王{n}")
    as_bulk_work(service)

    def must_end(*_: object) -> None:
        raise SystemExit

    monkeypatch.setattr(drain, "_rank", must_end)
    with pytest.raises(SystemExit):
        drain.run()
    with service.database.read() as session:
        rows = session.scalars(select(MatchJobRow)).all()
        assert {(row.state, row.attempts) for row in rows} == {("ready", 0)}


def test_a_pair_that_another_worker_stores_meanwhile_stays_current(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = file(service).report_id
    found: list[int] = []
    rank = drain._rank

    def slowly(report: ReportRow, person: dict[str, str], kept: list[int]) -> tuple[Ranked, ...]:
        ranked = rank(report, person, kept)
        if not found:
            found.append(file(service, kind="found").report_id)
            other = Drain(service)
            lease = claimed(service)
            other._match([lease])
        return ranked

    monkeypatch.setattr(drain, "_rank", slowly)
    drain.run()
    assert candidates(service) == {(missing, found[0]): True}


def claimed(service: Service) -> jobs.Lease:
    """The next job, taken by another worker."""
    with service.database.write() as session:
        lease = claim_one(session, lease_seconds=120, boot_id=None)
    assert lease is not None
    return lease


def test_work_that_can_wait_is_left_alone_by_who_is_there_for_people(service: Service, drain: Drain) -> None:
    bulk = file(service).report_id
    with service.database.write() as session:
        jobs.enqueue(session, bulk, 1, bulk=True)
    mine = file(service, kind="found").report_id
    assert drain.run(bulk=False) == 1
    with service.database.read() as session:
        assert session.get_one(MatchJobRow, mine).state == "done"
        assert session.get_one(MatchJobRow, bulk).state == "ready"
        assert (jobs.are_due(session, bulk=False), jobs.are_due(session, bulk=True)) == (False, True)
    assert drain.run() == 1


def test_a_worker_that_must_end_hands_its_job_back_untouched(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = file(service).report_id

    def ends(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patched:
        patched.setattr(Drain, "_match", ends)
        with pytest.raises(SystemExit):
            drain.run()
    with service.database.read() as session:
        job = session.get_one(MatchJobRow, report)
        assert (job.state, job.attempts, job.lease_token) == ("ready", 0, None)
    assert drain.run() == 1, "at once, not when the lease has run out"


def test_a_job_of_a_newer_version_waits_for_it(
    service: Service, drain: Drain, capfd: pytest.CaptureFixture[str]
) -> None:
    report = file(service).report_id
    with service.database.write() as session:
        session.get_one(MatchJobRow, report).needs = jobs.VERSION + 1
    assert drain.run() == 0
    drain.housekeeping()
    assert "jobs_wait_for_a_newer_version" in capfd.readouterr().out
    with service.database.read() as session:
        job = session.get_one(MatchJobRow, report)
        assert (job.state, job.attempts) == ("ready", 0)
        assert jobs.too_new(session) == 1
