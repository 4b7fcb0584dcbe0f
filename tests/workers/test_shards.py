"""Workers of several shards rank a report together, and store what one worker of all reports would."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from pydantic import ValidationError
from sqlalchemy import func, select, update

from benchmarks import generator
from reunite import erasure, jobs, parts, reports, submission
from reunite.config import Settings
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage.part_tables import RankingPartRow
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.processes import celery_worker, command, wait_until
from tests.reunite.leased import claim_one
from workers.doorbell import DRAIN, queue_of
from workers.drain import Drain

OF = 3


@pytest.fixture
def scaled(postgres_url: str, tmp_path: Path) -> Iterator[Service]:
    """A service on PostgreSQL, for only there several workers are at work."""
    service = open_service(Settings(data_dir=tmp_path / "data", database_url=postgres_url))
    yield service
    service.close()


def crew(service: Service) -> list[Drain]:
    """A worker of each shard."""
    settings = [service.settings.model_copy(update={"shards": OF, "shard": shard}) for shard in range(OF)]
    return [Drain(Service(one, service.database, service.keys)) for one in settings]


def work(drains: list[Drain]) -> None:
    while any([drain.run() for drain in drains]):
        pass


def file(service: Service, **changes: str) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(**changes)), actor="family")


def file_many(service: Service) -> None:
    made = generator.generate(30, 30, 24, 3, "demo")
    with service.database.write() as session:
        for row in (*made.missing, *made.found):
            said = {name: text for name, text in row.items() if text and name != "source_id"}
            reports.file(session, service.keys, submission.parse(said), actor="family")


def candidates(service: Service) -> dict[tuple[int, int], float]:
    with service.database.read() as session:
        rows = session.scalars(select(CandidateRow).where(CandidateRow.current.is_(True)))
        return {(row.missing_id, row.found_id): round(row.total, 2) for row in rows}


def left(service: Service) -> tuple[int, int]:
    """Jobs that are not done, and parts."""
    with service.database.read() as session:
        undone = select(func.count()).select_from(MatchJobRow).where(MatchJobRow.state != "done")
        return session.scalars(undone).one(), session.scalars(select(func.count(RankingPartRow.shard))).one()


def ask_of_missing(service: Service) -> None:
    """Have the missing reports ranked and no other: whose job is last, the missing report's or the found one's, weighs
    by how common things are on the other side."""
    missing = select(ReportRow.id).where(ReportRow.kind == "missing")
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(state="done"))
        for job in session.scalars(select(MatchJobRow).where(MatchJobRow.report_id.in_(missing))):
            jobs.enqueue(session, job.report_id, job.rev)


def test_three_shards_store_the_candidates_that_one_worker_stores(scaled: Service) -> None:
    file_many(scaled)
    ask_of_missing(scaled)
    work(crew(scaled))
    together = candidates(scaled)
    assert left(scaled) == (0, 0)
    ask_of_missing(scaled)
    Drain(scaled).run()
    alone = candidates(scaled)
    assert len(alone) > 20
    # At the end of a list of fifty, what is equally unlikely may change places.
    likely = {pair for pair, total in alone.items() if total > -5}
    assert likely <= set(together)
    assert [together[pair] for pair in likely] == pytest.approx([alone[pair] for pair in likely], abs=0.02)


def test_the_slowest_shard_sets_the_pace(scaled: Service) -> None:
    file_many(scaled)
    first, second, third = crew(scaled)
    work([first, second])
    with scaled.database.read() as session:
        begun = session.scalars(select(func.count()).where(MatchJobRow.state == "leased")).one()
    assert begun == parts.MOST_AHEAD
    work([first, second, third])
    assert left(scaled) == (0, 0)


def test_a_part_that_is_lost_with_its_worker_is_ranked_again(scaled: Service) -> None:
    missing, found = file(scaled).report_id, file(scaled, kind="found").report_id
    drains = crew(scaled)
    drains[0].run()
    with scaled.database.write() as session:
        assert parts.take(session, 1) is not None  # and dies
    work(drains)
    assert left(scaled)[0] == 1
    with scaled.database.write() as session:
        session.execute(update(MatchJobRow).values(lease_until=MatchJobRow.due))
    work(drains)
    assert set(candidates(scaled)) == {(missing, found)}
    assert left(scaled) == (0, 0)


def test_what_was_found_for_an_earlier_revision_or_lease_counts_no_more(scaled: Service) -> None:
    missing = file(scaled)
    file(scaled, kind="found")
    drains = crew(scaled)
    drains[0].run()
    drains[1].run()
    with scaled.database.write() as session:
        assert reports.withdraw(session, scaled.keys, missing.case_number, missing.secret)
    work(drains)
    assert candidates(scaled) == {}
    assert left(scaled)[0] == 0
    for drain in drains:
        drain.housekeeping()
    assert left(scaled) == (0, 0)


def test_nothing_of_an_erased_report_stays_in_what_shards_found(scaled: Service) -> None:
    missing = file(scaled)
    file(scaled, kind="found")
    drains = crew(scaled)
    drains[0].run()
    drains[1].run()
    with scaled.database.read() as session:
        stored = session.scalars(select(RankingPartRow.found)).all()
        assert any(one and one["ranked"] for one in stored)
    ledger = erasure.Ledger(scaled.settings.data_dir, scaled.keys)
    with scaled.database.write() as session:
        report = session.get_one(ReportRow, missing.report_id, with_for_update=True)
        erasure.erase(session, scaled.keys, ledger, report, actor="test")
    with scaled.database.read() as session:
        stored = session.scalars(select(RankingPartRow.found)).all()
        assert not any(one for one in stored)
    work(drains)
    assert candidates(scaled) == {}
    assert left(scaled)[0] == 0


def test_a_pair_that_another_job_stored_meanwhile_stays(scaled: Service) -> None:
    missing, found = file(scaled).report_id, file(scaled, kind="found").report_id
    drains = crew(scaled)
    for drain in drains:
        drain.warm_up()
    with scaled.database.write() as session:
        lease = claim_one(session, lease_seconds=60)
        assert lease is not None
        assert lease.report_id == missing
        parts.fan_out(session, lease, OF)
    for drain in drains[: OF - 1]:  # they look while the pair is not there yet
        with scaled.database.write() as session:
            mine = parts.take(session, drain._shard.number)
        assert mine is not None
        drain._rank_part([mine])
    Drain(scaled).run()  # the other report's job stores it
    assert set(candidates(scaled)) == {(missing, found)}
    work(drains)
    assert set(candidates(scaled)) == {(missing, found)}


def test_celery_workers_of_two_shards_hear_of_each_others_rankings(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    given = {"database_url": postgres_url, "redis_url": redis_url, "shards": 2}
    first, second = (Settings(data_dir=tmp_path / "data", shard=shard, **given) for shard in range(2))
    service = open_service(first)
    ringing = Celery("ringing", broker=redis_url)
    with command(first, *celery_worker()) as one, command(second, *celery_worker()) as other:
        for worker in (one, other):
            worker.wait_for("worker_ready")
        file(service)
        file(service, kind="found")
        ringing.send_task(DRAIN, queue=queue_of(DRAIN, 0).name)  # the second shard hears it from the first
        wait_until(lambda: left(service) == (0, 0), lambda: one.output() + other.output())
        assert [worker.stop() for worker in (one, other)] == [0, 0]
    assert len(candidates(service)) == 1
    service.close()


@pytest.mark.parametrize(
    ("given", "said"),
    [({"shards": 2, "shard": 2, "database_url": "postgresql://there/it"}, "REUNITE_SHARD is 2"),
     ({"shards": 2}, "REUNITE_SHARDS needs PostgreSQL")],
)  # fmt: skip
def test_shards_that_cannot_be_are_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        Settings.model_validate(given)
