"""Two workers with one job, clocks that jump, reports that no worker survives; and that this suite would notice."""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reunite import candidates
from reunite.config import Settings
from tests.faults import mischief
from tests.faults.conftest import FULL, Make, Record
from tests.faults.field import Field, Row, rows
from tests.faults.outages import Outage
from workers.drain import Drain

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
AT_ONCE = "from reunite import jobs; jobs._PAUSES = (0.2,)\n"
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


NO_FENCE = """
from sqlalchemy import update
from reunite import jobs
from reunite.storage.tables import MatchJobRow
jobs._held = lambda lease: (MatchJobRow.report_id == lease.report_id,)
"""
JOB_OUTSIDE = """
import os, random, signal
from reunite import jobs, reports
from reunite.storage.session import Database
from contextlib import contextmanager, suppress
enqueue = jobs.enqueue
jobs.enqueue = lambda session, report_id, rev, bulk=False: session.info.setdefault("later", []).append((report_id, rev))
write = Database.write
@contextmanager
def then_the_job(self):
    with write(self) as session:
        yield session
    for job in session.info.get("later", ()):
        if random.random() < 0.3:
            os.kill(os.getpid(), signal.SIGKILL)
        with suppress(Exception), write(self) as again:
            enqueue(again, *job)
Database.write = then_the_job
"""


def revived(field: Field, what: list[Row], times: int) -> int:
    """File, and start the server again whenever it has killed itself."""
    killed, over = [0], [False]

    def nurse() -> None:
        while not over[0]:
            time.sleep(0.05)
            killed[0] += mischief.revive(field, "api")

    nursing = mischief.in_background(nurse)
    with field.filing(what, per_second=5):
        pass
    over[0] = True
    nursing.join()
    field.settle()
    return killed[0]


@pytest.mark.parametrize(
    ("name", "broken", "storm"),
    [
        ("no fence", {"worker": NO_FENCE + LAGGARD, "poller": NO_FENCE + LAGGARD}, overtaken),
        ("job written outside the filing transaction", {"api": JOB_OUTSIDE}, revived),
    ],
)
def test_this_suite_notices_what_would_lose_reports(
    name: str, broken: dict[str, str], storm: Callable[[Field, list[Row], int], int],
    database: str, broker: Outage, make: Make, tmp_path: Path,
) -> None:  # fmt: skip
    random.seed(1)
    field = make(database, broker.url, broken, lease_seconds=1)
    storm(field, rows(PAIRS, 12), TIMES * 2)
    assert field.wrong(tmp_path) != [], f"{name}: not noticed"


class _Anything:
    """Revisions of which every one seems to fit, and which are still known."""

    def __init__(self, real: Mapping[int, int]) -> None:
        self._real = real

    def __getitem__(self, key: int) -> int:
        return self._real[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self._real)

    def get(self, _: int) -> int:
        return 1


def without_revision_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store pairs whatever the other report has said since."""
    revs, store = candidates._open_revs, candidates.store
    monkeypatch.setattr(candidates, "_open_revs", lambda *args: _Anything(revs(*args)))
    monkeypatch.setattr(
        candidates,
        "store",
        lambda session, said, seen, floor: store(session, said, _Anything(seen), floor),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("broken", [False, True], ids=["as it is", "no revision check"])
def test_the_other_report_changes_and_is_matched_while_this_one_is_ranked(
    broken: bool, database: str, record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field = Field(Settings(data_dir=tmp_path / "data", database_url=database), {})
    slow, quick = Drain(field.service), Drain(field.service)
    for row in rows(PAIRS, 13):
        field.file_here(row)
    slow.run()
    rank, changes = slow._rank, [0]

    def overtaken_while_ranking(*args: Any) -> Any:
        ranked = rank(*args)
        changes[0] += field.amend_one(partners=True)
        quick.run()
        return ranked

    monkeypatch.setattr(slow, "_rank", overtaken_while_ranking)
    if broken:
        without_revision_check(monkeypatch)
    for number in list(field.filed):
        field.amend(number)
        slow.run()
    monkeypatch.undo()
    if broken:
        assert field.wrong(tmp_path) != [], "not noticed"
    else:
        record("the other report changed while this one was ranked", changes[0], field)
        assert field.wrong(tmp_path) == []
