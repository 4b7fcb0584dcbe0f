"""Whoever is killed at whatever moment: what was answered 'filed' is there, and is matched."""

import threading
from pathlib import Path

from tests.faults import mischief
from tests.faults.conftest import FULL, Make, Record
from tests.faults.field import rows
from tests.faults.outages import Outage

KILLS = 200 if FULL else 8
PAIRS = 250 if FULL else 15


def test_workers_killed_in_the_middle_of_jobs(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    slow = mischief.SLOW.format(seconds=0.3)
    field = make(database, broker.url, {"worker": slow, "poller": slow})
    with field.filing(rows(PAIRS, 1), per_second=6):
        killed = mischief.until(lambda done: done >= KILLS, lambda: mischief.kill_a_worker(field), 0.35)
    field.settle()
    record("SIGKILL of a worker or the poller", killed, field)
    assert field.wrong(tmp_path) == []


DIES_BEFORE_THE_BELL = """
import os, random, signal
from workers import doorbell
def ring(self, **_):
    if random.random() < 0.4:
        os.kill(os.getpid(), signal.SIGKILL)
doorbell.CeleryDoorbell.ring = ring
"""


def test_the_server_killed_between_commit_and_doorbell(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    field = make(database, broker.url, {"api": DIES_BEFORE_THE_BELL})
    over, killed = threading.Event(), [0]

    def nurse() -> None:
        while not over.wait(0.05):
            killed[0] += mischief.revive(field, "api")

    nursing = mischief.in_background(nurse)
    with field.filing(rows(25 if FULL else 8, 2), per_second=5):
        pass
    over.set()
    nursing.join()
    field.settle()
    record("SIGKILL of the server between commit and doorbell", killed[0], field)
    assert field.wrong(tmp_path) == []


def test_the_embedded_worker_killed_in_the_middle_of_jobs(make: Make, record: Record, tmp_path: Path) -> None:
    field = make(lease_seconds=60)  # on SQLite the next child knows at once that nobody else lives
    with field.filing(rows(PAIRS // 5, 3), per_second=4):
        enough = 8 if FULL else 3  # it is started again later each time
        killed = mischief.until(lambda done: done >= enough, lambda: mischief.kill_the_child(field), 1.0)
    field.settle()
    record("SIGKILL of the embedded worker (SQLite)", killed, field)
    assert field.wrong(tmp_path) == []
