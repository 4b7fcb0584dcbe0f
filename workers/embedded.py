"""`reunite worker`: the drain loop as a plain process, supervised by the server or as the poller beside Celery."""

import fcntl
import os
import select
import signal
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog
from sqlalchemy.exc import DBAPIError

from reunite import jobs, outbox, sighting_jobs
from reunite.service import Service
from workers.bounces import BounceReader
from workers.drain import Drain
from workers.importer import Importer
from workers.post import Post, Postman

log = structlog.get_logger()
_MINUTE = 60.0
_LONGEST_PAUSE = 30.0
_LOOK_AGAIN = 0.2
_SLICE = 1.0  # seconds of work after which the worker looks whether it should stop


class Stop:
    """Set by SIGTERM and SIGINT: finish the job in hand, then end."""

    def __init__(self) -> None:
        self.asked = False
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True


def run(service: Service, *, embedded: bool = False, until_empty: bool = False) -> int:
    """Work until told to stop; `embedded`: standard input is doorbell and lifeline; `until_empty`: end when no job
    is due. Gives the number of jobs done."""
    stop = Stop()
    service.connect_doorbell()
    with _turn(service, stop) as ours:
        if not ours:
            return 0
        boot_id = uuid.uuid4().hex
        if service.database.is_sqlite:
            with service.database.write() as session:
                jobs.release_other_boots(session, boot_id)
                outbox.release_other_boots(session, boot_id)
                sighting_jobs.release_other_boots(session, boot_id)
        boot = boot_id if service.database.is_sqlite else None
        with _postman(service, boot) as postman:
            done = _work(service, Drain(service, boot), postman, stop, embedded, until_empty)
        if until_empty:
            Post(service, boot).run(stopped=lambda: stop.asked)
        return done


def _work(
    service: Service, drain: Drain, postman: Postman, stop: Stop, embedded: bool, until_empty: bool
) -> int:
    log.info("worker_ready", reports=drain.warm_up())
    importer = Importer(service)
    done, kept_at, pause = 0, float("-inf"), service.settings.poll_seconds
    while not stop.asked:
        try:
            if time.monotonic() - kept_at >= _MINUTE:
                drain.housekeeping()
                kept_at = time.monotonic()
            # What people wait for, then tables that were sent, then what those and other bulk work leave to match.
            worked = drain.run(seconds=_SLICE, bulk=False) + importer.run(_SLICE) if importer.waits() else 0
            worked = worked or drain.run(seconds=_SLICE)
            if until_empty and not worked and not _left(service):
                break
            done, pause = done + worked, 0 if worked else service.settings.poll_seconds
            if worked:
                _call(service)
        except DBAPIError as error:
            # The database is restarted or busy: it comes back, and so must we.
            pause = min(max(pause, 1.0) * 2, _LONGEST_PAUSE)
            log.error("database_failed", problem=type(error.orig).__name__, again_in_s=pause)
        if not _wait(pause, embedded):
            break
        postman.wake()
    importer.rest()
    return done


@contextmanager
def _postman(service: Service, boot_id: str | None) -> Iterator[Postman]:
    """Deliveries are sent beside the work, and what comes back is read, each by a thread of its own."""
    postman, reader = Postman(service, boot_id), BounceReader(service)
    postman.start()
    reader.start()
    try:
        yield postman
    finally:
        reader.stop()
        postman.stop()


def _call(service: Service) -> None:
    """Ring for Celery's workers where there is more to do than this process gets done: no ring may have been heard."""
    if service.settings.redis_url:
        with service.database.read() as session:
            waiting = [bulk for bulk in (False, True) if jobs.are_due(session, bulk=bulk)]
        for bulk in waiting:
            service.doorbell.ring(bulk=bulk)


def _left(service: Service) -> int:
    with service.database.read() as session:
        summary = jobs.summary(session)
    return summary.ready + summary.leased


def _wait(seconds: float, embedded: bool) -> bool:
    """Wait for the bell or the time; False when the server has gone."""
    if not embedded:
        time.sleep(seconds)
        return True
    ready, _, _ = select.select([sys.stdin.fileno()], [], [], seconds)
    return not ready or os.read(sys.stdin.fileno(), 4096) != b""


@contextmanager
def _turn(service: Service, stop: Stop) -> Iterator[bool]:
    """On SQLite one worker at a time: the second waits here until the first has ended; False when told to stop."""
    if not service.database.is_sqlite:
        yield True
        return
    with (service.settings.data_dir / "worker.lock").open("wb") as lock:
        told = False
        while not stop.asked:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if not told:
                    log.info("another_worker_runs")
                told = True
                time.sleep(_LOOK_AGAIN)
            else:
                yield True
                return
        yield False
