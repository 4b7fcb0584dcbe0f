"""The queue in the database: leases, fences, attempts, quarantine, reconciliation."""

import threading
from datetime import timedelta

from sqlalchemy import delete, update

from reunite import jobs, reports, submission
from reunite.jobs import Lease
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.reunite.leased import claim_one


def file(service: Service) -> int:
    with service.database.write() as session:
        receipt = reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
    return receipt.report_id


def claim(service: Service, seconds: float = 60, boot_id: str | None = None) -> Lease | None:
    with service.database.write() as session:
        return claim_one(session, lease_seconds=seconds, boot_id=boot_id)


def complete(service: Service, lease: Lease) -> bool:
    with service.database.write() as session:
        return jobs.complete(session, [lease], "engine")


def due_now(service: Service) -> None:
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(due=now(session) - timedelta(seconds=1)))


def state(service: Service, report_id: int) -> str:
    with service.database.read() as session:
        return session.get_one(MatchJobRow, report_id).state


def test_a_job_is_claimed_by_one_only_and_done_once(service: Service) -> None:
    report_id = file(service)
    lease = claim(service)
    assert lease is not None
    assert claim(service) is None
    assert complete(service, lease)
    assert not complete(service, lease)
    assert state(service, report_id) == "done"


def test_the_job_that_waits_longest_comes_first(service: Service) -> None:
    first, second = file(service), file(service)
    assert [lease.report_id for lease in (claim(service), claim(service)) if lease] == [first, second]


def test_some_jobs_are_claimed_at_once_those_of_people_first(service: Service) -> None:
    ids = [file(service) for _ in range(7)]
    with service.database.write() as session:
        session.execute(update(MatchJobRow).where(MatchJobRow.report_id.in_(ids[:4])).values(bulk=True))
    claimed = []
    for _ in range(4):
        with service.database.write() as session:
            claimed.append([one.report_id for one in jobs.claim_some(session, 3, lease_seconds=60)])
    assert [sorted(some) for some in claimed] == [ids[4:], ids[:3], ids[3:4], []]


def test_a_job_that_ended_its_worker_takes_no_others_along_again(service: Service) -> None:
    ids = [file(service) for _ in range(3)]
    with service.database.write() as session:
        assert len(jobs.claim_some(session, 3, lease_seconds=0)) == 3  # and the worker dies
    file(service)
    for report_id in ids:
        with service.database.write() as session:
            assert [one.report_id for one in jobs.claim_some(session, 3, lease_seconds=60)] == [report_id]


def test_a_job_that_ends_its_worker_at_every_start_is_set_aside(service: Service) -> None:
    report_id = file(service)
    for boot in range(jobs.MOST_ATTEMPTS):
        assert claim(service, boot_id=f"{boot}") is not None  # and the process dies with all that it held
        with service.database.write() as session:
            jobs.release_other_boots(session, f"{boot + 1}")
    assert claim(service) is None
    assert state(service, report_id) == "quarantined"


def test_two_who_claim_at_once_get_different_jobs(service: Service) -> None:
    ids = {file(service) for _ in range(12)}
    got: list[int] = []

    def claim_all() -> None:
        while True:
            with service.database.write() as session:
                leases = jobs.claim_some(session, 2, lease_seconds=60)
            if not leases:
                return
            got.extend(lease.report_id for lease in leases)

    threads = [threading.Thread(target=claim_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(got) == sorted(ids)


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_is_fenced_off(service: Service) -> None:
    file(service)
    slow = claim(service, seconds=0)
    quick = claim(service)
    assert slow is not None
    assert quick is not None
    assert not complete(service, slow)
    assert complete(service, quick)


def test_a_report_amended_meanwhile_fences_off_the_old_revision(service: Service) -> None:
    report_id = file(service)
    lease = claim(service)
    assert lease is not None
    with service.database.write() as session:
        jobs.enqueue(session, report_id, lease.rev + 1)
    assert not complete(service, lease)
    again = claim(service)
    assert again is not None
    assert again.rev == lease.rev + 1


def test_a_job_that_kills_its_worker_is_set_aside_after_five_times(service: Service) -> None:
    report_id = file(service)
    for attempt in range(1, jobs.MOST_ATTEMPTS + 1):
        lease = claim(service, seconds=0)
        assert lease is not None
        assert lease.attempts == attempt
    assert claim(service) is None
    assert state(service, report_id) == "quarantined"
    with service.database.read() as session:
        ((_, listed, attempts, problem),) = jobs.quarantined(session)
    assert (listed, attempts) == (report_id, 5)
    assert "ended in the middle" in problem


def test_a_job_that_fails_is_tried_later_and_set_aside_in_the_end(service: Service) -> None:
    report_id = file(service)
    outcomes = []
    for _ in range(jobs.MOST_ATTEMPTS):
        lease = claim(service)
        assert lease is not None
        with service.database.write() as session:
            outcomes.append(jobs.fail(session, lease, "ValueError"))
        assert claim(service) is None
        due_now(service)
    assert outcomes == [False] * 4 + [True]
    assert state(service, report_id) == "quarantined"


def test_a_human_can_have_a_quarantined_job_tried_again(service: Service) -> None:
    report_id = file(service)
    while claim(service, seconds=0):
        pass
    with service.database.write() as session:
        assert jobs.retry(session, report_id)
        assert not jobs.retry(session, report_id)
        assert not jobs.retry(session, report_id + 1)
    lease = claim(service)
    assert lease is not None
    assert lease.attempts == 1


def test_a_new_start_releases_the_leases_of_the_last_one_only(service: Service) -> None:
    file(service)
    lease = claim(service, boot_id="before")
    assert lease is not None
    with service.database.write() as session:
        jobs.release_other_boots(session, "before")
    assert claim(service) is None
    with service.database.write() as session:
        jobs.release_other_boots(session, "now")
    assert claim(service) is not None
    assert not complete(service, lease)


def test_the_reconciler_finds_a_missing_and_an_outdated_job_and_then_nothing(service: Service) -> None:
    missing, outdated, sound = file(service), file(service), file(service)
    with service.database.write() as session:
        session.execute(delete(MatchJobRow).where(MatchJobRow.report_id == missing))
        session.execute(
            update(MatchJobRow).where(MatchJobRow.report_id == outdated).values(rev=0, state="done")
        )
    with service.database.write() as session:
        assert jobs.reconcile(session) == 2
    with service.database.write() as session:
        assert jobs.reconcile(session) == 0
    assert {state(service, report) for report in (missing, outdated, sound)} == {"ready"}


def test_many_workers_never_share_a_job(service: Service) -> None:
    expected = sorted(file(service) for _ in range(30))
    taken: list[int] = []

    def work() -> None:
        while lease := claim(service):
            taken.append(lease.report_id)
            assert complete(service, lease)

    workers = [threading.Thread(target=work) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sorted(taken) == expected


def test_the_summary_counts_and_tells_the_age_of_what_waits_longest(service: Service) -> None:
    file(service)
    file(service)
    lease = claim(service)
    assert lease is not None
    complete(service, lease)
    with service.database.read() as session:
        summary = jobs.summary(session)
    assert (summary.ready, summary.leased, summary.done, summary.quarantined) == (1, 0, 1, 0)
    assert 0 <= summary.oldest_s < 60


def test_a_family_need_not_wait_for_an_import(service: Service) -> None:
    with service.database.write() as session:
        row = submission.parse(report_fields(source_id="A-1"), source="ngo")
        reports.take(session, service.keys, row, reports.known(session, [row]), actor="operator")
    family = file(service)
    lease = claim(service)
    assert lease is not None
    assert lease.report_id == family


def test_new_weights_have_every_open_report_compared_again_after_what_people_wait_for(
    service: Service,
) -> None:
    first, second = file(service), file(service)
    for _ in range(2):
        lease = claim(service)
        assert lease is not None
        complete(service, lease)
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, second), "withdrawn")
    lease = claim(service)
    assert lease is not None
    complete(service, lease)
    with service.database.write() as session:
        assert jobs.rematch(session, "engine") == 0
        assert jobs.rematch(session, "other") == 1
        assert jobs.rematch(session, "other") == 0
        assert jobs.summary(session).oldest_s == 0, "it has been matched before: nobody waits for it"
    family = file(service)
    claimed = [claim(service), claim(service), claim(service)]
    assert [lease.report_id for lease in claimed if lease] == [family, first]
