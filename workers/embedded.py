"""`reunite worker`: the drain loop as a plain process, supervised by the server or as the poller beside Celery."""

import fcntl
import os
import select
import signal
import sys
import time
import uuid
from types import FrameType
from typing import IO

import structlog

from reunite import jobs
from reunite.service import Service
from workers.drain import Drain

log = structlog.get_logger()
_MINUTE = 60.0
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
    with _turn(service):
        boot_id = uuid.uuid4().hex
        if service.database.is_sqlite:
            with service.database.write() as session:
                jobs.release_other_boots(session, boot_id)
        drain = Drain(service, boot_id if service.database.is_sqlite else None)
        log.info("worker_ready", reports=drain.warm_up())
        done, kept_at = 0, float("-inf")
        while not stop.asked:
            if time.monotonic() - kept_at >= _MINUTE:
                drain.housekeeping()
                kept_at = time.monotonic()
            worked = drain.run(seconds=_SLICE)
            done += worked
            if until_empty and not worked and not _left(service):
                break
            if not _wait(0 if worked else service.settings.poll_seconds, embedded):
                break
        return done


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


def _turn(service: Service) -> IO[bytes]:
    """On SQLite one worker at a time: the second waits here until the first has ended."""
    if not service.database.is_sqlite:
        return open(os.devnull, "rb")
    lock = (service.settings.data_dir / "worker.lock").open("wb")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        log.info("another_worker_runs")
        fcntl.flock(lock, fcntl.LOCK_EX)
    return lock
