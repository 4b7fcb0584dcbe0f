"""Two workers with one job, clocks that jump, reports that no worker survives."""

from pathlib import Path

import pytest

from tests.faults import mischief
from tests.faults.conftest import FULL, Make, Record
from tests.faults.field import Field, Row, rows
from tests.faults.outages import Outage

TIMES = 60 if FULL else 10
PAIRS = 60 if FULL else 10
LAGGARD = mischief.SLOW.replace("random.uniform(0, {seconds})", "random.choice((0, 0, 2.0))")
"""Now and then slower than a lease of a second: another worker takes the job over, and then both store it."""


def overtaken(field: Field, what: list[Row], times: int) -> int:
    """File, and have reports say something else while two workers work on them."""

    with field.filing(what, per_second=4):
        done = mischief.until(lambda done: done >= times, field.amend_one, 0.15)
    field.settle()
    return done


def test_two_workers_with_one_job_and_a_report_that_changes_meanwhile(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    field = make(database, broker.url, {"worker": LAGGARD, "poller": LAGGARD}, lease_seconds=1)
    changes = overtaken(field, rows(PAIRS, 9), TIMES)
    assert any("lease_lost" in process.output() for process in field.running.values()), "nobody was overtaken"
    record("a report changed while two workers had its job", changes, field)
    assert field.wrong(tmp_path) == []


def test_the_clock_of_the_leases_jumps(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    slow = mischief.SLOW.format(seconds=0.5)
    field = make(database, broker.url, {"worker": slow, "poller": slow})
    with field.filing(rows(PAIRS, 10), per_second=4):
        jumps = mischief.until(lambda done: done >= TIMES, lambda: mischief.jump(database), 0.2)
    field.settle()
    record("a lease or due time moved by a jump of the clock", jumps, field)
    assert field.wrong(tmp_path) == []


POISON = "毒药"
AT_ONCE = "from reunite import jobs; jobs.PAUSES = (0.2,)\n"
RAISES = f"""{AT_ONCE}
from workers import drain
rank = drain.Drain._rank
def choke(self, report, *args):
    if "{POISON}" in report.person.get("memories", ""):
        raise ValueError("what nobody foresaw")
    return rank(self, report, *args)
drain.Drain._rank = choke
"""
DIES = RAISES.replace(
    'raise ValueError("what nobody foresaw")', "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.mark.parametrize("kind", ["raises", "dies"])
def test_a_report_that_no_worker_survives_keeps_no_other_waiting(
    kind: str, database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    prelude = {"raises": RAISES, "dies": DIES}[kind]
    field = make(database, broker.url, {"worker": prelude, "poller": AT_ONCE if kind == "dies" else prelude},
                 lease_seconds=1)  # fmt: skip
    if kind == "dies":
        field.kill("poller")  # it alone would survive
    what = rows(PAIRS, 11)
    what[len(what) // 2]["memories"] = POISON
    with field.filing(what, per_second=6):
        pass
    field.ring_until_settled()
    set_aside = field.quarantined()
    record(f"a report whose matching {kind}", len(set_aside), field)
    assert len(set_aside) == 1
    assert field.wrong(tmp_path, set_aside=set_aside) == []
