"""Workers as processes of their own, killed in the middle of a job: the embedded child, the poller, Celery."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from celery import Celery
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from reunite import jobs, reports, submission
from reunite.config import Settings
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow, MatchJobRow
from tests.factory import report_fields
from tests.processes import celery_worker, command, environment, wait_until
from tests.reunite.leased import claim_one
from workers.doorbell import BULK, MATCHING

# A worker that says when it holds a lease and then hangs, so that it can be killed in the middle for certain.
_HANGING = """
import time
from workers import drain
def hang(self, leases):
    print(f"HOLDS {leases[0].report_id}", flush=True)
    time.sleep(600)
drain.Drain._match = hang
"""


def file(service: Service, **changes: str) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(**changes)), actor="family")


def done(service: Service) -> bool:
    with service.database.read() as session:
        summary = jobs.summary(session)
    return summary.done > 0 and summary.ready + summary.leased == 0


def pairs(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(CandidateRow)).one()


def attempts(service: Service, report_id: int) -> int:
    with service.database.read() as session:
        return session.get_one(MatchJobRow, report_id).attempts


def test_the_poller_works_without_any_bell(settings: Settings, service: Service) -> None:
    with command(settings, "-m", "reunite", "worker") as worker:
        worker.wait_for("worker_ready")
        file(service)
        file(service, kind="found")
        wait_until(lambda: done(service), worker.output)
        assert worker.stop() == 0
    assert pairs(service) == 1


def test_a_worker_killed_in_the_middle_of_a_job_loses_nothing(settings: Settings, service: Service) -> None:
    quick = settings.model_copy(update={"lease_seconds": 1})
    held = file(service).report_id
    file(service, kind="found")
    hanging = _HANGING + "from reunite.cli import app; app(['worker'])"
    with command(quick, "-c", hanging) as worker:
        worker.wait_for(f"HOLDS {held}")
        assert worker.stop(signal.SIGKILL) == -signal.SIGKILL
    assert pairs(service) == 0
    with command(quick, "-m", "reunite", "worker") as worker:
        wait_until(lambda: done(service), worker.output)
    assert pairs(service) == 1
    assert attempts(service, held) == 2


def test_a_worker_told_to_stop_finishes_its_job_first(settings: Settings, service: Service) -> None:
    slow = "import time; from workers import drain; match = drain.Drain._match\n"
    slow += "def wait(self, leases): print('HOLDS', flush=True); time.sleep(1); match(self, leases)\n"
    slow += "drain.Drain._match = wait\nfrom reunite.cli import app; app(['worker'])"
    filed = file(service)
    with command(settings, "-c", slow) as worker:
        worker.wait_for("HOLDS")
        assert worker.stop() == 0
    with service.database.read() as session:
        assert session.get_one(MatchJobRow, filed.report_id).state == "done"


def test_on_sqlite_a_second_worker_waits_for_the_first_to_end(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    service = open_service(settings)
    with command(settings, "-m", "reunite", "worker") as first:
        first.wait_for("worker_ready")
        with command(settings, "-m", "reunite", "worker") as second:
            second.wait_for("another_worker_runs")
            file(service)
            wait_until(lambda: done(service), first.output)
            assert "worker_ready" not in second.output()
            first.stop(signal.SIGKILL)
            second.wait_for("worker_ready")
    service.close()


@pytest.fixture
def embedded(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", lease_seconds=600)


def stop_between_two_writes(service: Service, pid: int) -> None:
    """Stop the process where it holds no lock on the database: it looks for jobs every second."""

    def stopped() -> bool:
        os.kill(pid, signal.SIGSTOP)
        try:
            with service.database.write() as session:
                session.execute(text("SELECT 1"))
        except OperationalError:
            os.kill(pid, signal.SIGCONT)
            return False
        return True

    wait_until(stopped)


def test_a_killed_child_is_started_again_and_takes_up_the_job_it_held(embedded: Settings) -> None:
    service = open_service(embedded)
    service.start_background()
    try:
        first = wait_until(_pid(service))
        wait_until(lambda: _is_ready(service))
        stop_between_two_writes(service, first)
        held = file(service).report_id
        file(service, kind="found")
        with service.database.write() as session:
            lease = claim_one(session, lease_seconds=600, boot_id="that of the child")
        assert lease is not None
        assert lease.report_id == held
        os.kill(first, signal.SIGKILL)
        # The lease would last ten minutes, but the next child knows that no other worker lives.
        wait_until(lambda: done(service))
        assert service.background is not None
        assert service.background.pid != first
        assert pairs(service) == 1
    finally:
        service.close()


def test_a_ring_wakes_the_child_long_before_it_would_look_by_itself(embedded: Settings) -> None:
    service = open_service(embedded.model_copy(update={"poll_seconds": 300.0}))
    service.start_background()
    try:
        wait_until(lambda: _is_ready(service))
        file(service)
        service.doorbell.ring()
        wait_until(lambda: done(service))
    finally:
        service.close()


def test_the_child_ends_when_its_server_is_killed(embedded: Settings) -> None:
    server = "import time; from reunite.config import Settings; from reunite.service import open_service\n"
    server += "service = open_service(Settings()); service.start_background()\n"
    server += "while not service.background.pid: time.sleep(0.01)\nprint('CHILD', service.background.pid, flush=True)\n"
    server += "time.sleep(600)"
    with command(embedded, "-c", server) as process:
        child = int(process.wait_for(r"CHILD (\d+)")[1])
        process.wait_for("worker_ready")
        process.stop(signal.SIGKILL)
    wait_until(lambda: not _alive(child))


def test_celery_workers_over_a_real_redis_match_what_is_filed(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=postgres_url, redis_url=redis_url, lease_seconds=2
    )
    service = open_service(settings)
    service.start_background()
    with command(settings, *celery_worker()) as worker:
        worker.wait_for("ready")
        file(service)
        file(service, kind="found")
        service.doorbell.ring()
        wait_until(lambda: done(service), worker.output)
        worker.stop()
    assert pairs(service) == 1
    service.close()


def test_what_others_put_into_the_broker_harms_nobody(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url, redis_url=redis_url)
    service = open_service(settings)
    service.start_background()
    stranger = Celery("stranger", broker=redis_url)
    with redis.Redis.from_url(redis_url) as client, command(settings, *celery_worker()) as worker:
        worker.wait_for("ready")
        for queue in (MATCHING, BULK):
            stranger.send_task("stranger.task", args=["words of a stranger"], queue=queue)
            stranger.send_task("reunite.drain", args=["too many"], queue=queue, serializer="pickle")
            stranger.send_task("reunite.drain", args=["too many"], queue=queue)
            client.lpush(queue, "no message at all", "{}", b"\xff\x00")
        for number in range(200):
            stranger.send_task(f"stranger.{number}")
        file(service)
        file(service, kind="found")
        service.doorbell.ring()
        wait_until(lambda: done(service), worker.output)
        assert client.llen("celery") == 200, "what is in another queue is not touched"
        assert worker.stop() == 0
        assert "words of a stranger" not in worker.output()
    assert pairs(service) == 1
    service.close()


def test_an_import_rings_for_workers_of_bulk_work_and_none_else(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url, redis_url=redis_url)
    service = open_service(settings)
    service.start_background()
    for_people, for_all = [*celery_worker(), "--queues", MATCHING], [*celery_worker(), "--queues", BULK]
    with command(settings, *for_people) as first:
        first.wait_for("ready")
        with service.database.write() as session:
            jobs.enqueue(session, file(service).report_id, 1, bulk=True)
        file(service, kind="found")
        service.doorbell.ring()
        service.doorbell.ring(bulk=True)
        wait_until(lambda: _count(service, "done") == 1, first.output)
        with command(settings, *for_all) as second:
            wait_until(lambda: done(service), second.output)
            assert "job_done" in second.output()
    assert pairs(service) == 1
    service.close()


def _count(service: Service, state: str) -> int:
    with service.database.read() as session:
        return int(getattr(jobs.summary(session), state))


def test_a_celery_worker_killed_in_the_middle_loses_nothing(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=postgres_url, redis_url=redis_url, lease_seconds=2
    )
    service = open_service(settings)
    service.start_background()
    held = file(service).report_id
    file(service, kind="found")
    arguments = list(celery_worker())[1:]
    hanging = f"{_HANGING}import sys; sys.argv = {arguments!r}\nfrom celery.__main__ import main; main()"
    with command(settings, "-c", hanging) as worker:
        worker.wait_for("ready")
        service.doorbell.ring()
        worker.wait_for(f"HOLDS {held}")
        _kill_with_children(worker.popen.pid)
        worker.popen.wait(30)
    # The message is gone with the worker; the plain poller beside Celery finds the job by itself.
    with command(settings, "-m", "reunite", "worker") as poller:
        wait_until(lambda: done(service), poller.output)
    assert pairs(service) == 1
    assert attempts(service, held) == 2
    service.close()


def test_a_dead_redis_delays_no_filing_and_loses_nothing(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(
        data_dir=tmp_path / "data", database_url=postgres_url, redis_url="redis://127.0.0.1:1/0"
    )
    service = open_service(settings)
    service.start_background()
    file(service)
    service.doorbell.ring()
    file(service, kind="found")
    service.doorbell.ring()
    with command(settings, "-m", "reunite", "worker") as poller:
        wait_until(lambda: done(service), poller.output)
    assert pairs(service) == 1
    service.close()


def test_jobs_tells_how_the_work_stands(settings: Settings, service: Service) -> None:
    file(service)
    while True:
        with service.database.write() as session:
            if claim_one(session, lease_seconds=0) is None:
                break
    told = subprocess.run(
        [sys.executable, "-m", "reunite", "jobs"],
        env=environment(settings),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "quarantined" in told
    assert "the worker ended" in " ".join(told.split())


def _pid(service: Service) -> Callable[[], int | None]:
    return lambda: service.background.pid if service.background else None


def _is_ready(service: Service) -> bool:
    """The first housekeeping leaves the anchor: the worker has taken its turn."""
    return (service.settings.data_dir / "audit.anchor").exists()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"


def _kill_with_children(pid: int) -> None:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in (pid, *(int(child) for child in children)):
        os.kill(process, signal.SIGKILL)


def test_a_waiting_worker_can_be_stopped(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    with command(settings, "-m", "reunite", "worker") as first:
        first.wait_for("worker_ready")
        with command(settings, "-m", "reunite", "worker") as second:
            second.wait_for("another_worker_runs")
            assert second.stop() == 0


_FAILING_ONCE = """
from sqlalchemy.exc import OperationalError
from workers import drain
run, failed = drain.Drain.run, []
def fail(self, seconds, **more):
    if not failed:
        failed.append(1)
        raise OperationalError("SELECT SECRETNAME", {"name": "SECRETNAME"}, Exception("SECRETNAME"))
    return run(self, seconds, **more)
drain.Drain.run = fail
from reunite.cli import app; app(['worker'])
"""


def test_a_worker_outlives_a_database_that_fails_for_a_while(settings: Settings, service: Service) -> None:
    file(service)
    with command(settings, "-c", _FAILING_ONCE) as worker:
        worker.wait_for("database_failed")
        wait_until(lambda: done(service), worker.output)
        assert worker.stop() == 0
        assert "SECRETNAME" not in worker.output()
