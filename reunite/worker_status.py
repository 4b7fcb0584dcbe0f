"""What worker processes tell of themselves, in the database, so that every server can tell what all workers do.

A process writes its own row every few seconds while it works, and none writes another's: nobody waits for it. Rows of
processes that have gone are added to one row in the end, so that the sums never fall.
"""

import bisect
import time
import uuid
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reunite.storage.clock import now
from reunite.storage.tables import ReportRow
from reunite.storage.worker_tables import WorkerRow

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Seconds a job took, at most; the last count of `WorkerRow.buckets` is of those that took longer."""
ALIVE = timedelta(seconds=60)
"""A process that has not been seen for so long is gone, or idle."""
_GONE = timedelta(days=1)
_PAST = "past"
_SOON_S, _LATER_S, _ANEW_S = 3.0, 20.0, 12 * 3600.0
_COUNTS = ("done", "failed", "set_aside", "lost")


@dataclass(slots=True)
class Counts:
    """How jobs ended, and how long they took. `lost`: another process took the job over, or the report changed."""

    done: int = 0
    failed: int = 0
    set_aside: int = 0
    lost: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))

    def took(self, seconds: float) -> None:
        """One more job was done."""
        self.done += 1
        self.seconds += seconds
        self.buckets[bisect.bisect_left(BUCKETS, seconds)] += 1

    def add(self, row: WorkerRow) -> None:
        """Add what a process told."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(row, name))
        self.seconds += row.seconds
        self.buckets = [mine + theirs for mine, theirs in zip(self.buckets, row.buckets, strict=True)]


@dataclass(frozen=True, slots=True)
class Crew:
    """All workers together: what they did, how many are alive, and how many changed reports the index that is
    furthest behind has yet to take in."""

    counts: Counts
    alive: int
    lag: int
    indexed: int


class Teller:
    """One process's counts, and when it told them last."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._begin()

    def _begin(self) -> None:
        self.id, self.counts = uuid.uuid4().hex, Counts()
        self._told, self._at = -1, float("-inf")

    def is_due(self) -> bool:
        """Whether it is time to tell again: soon after something happened, and now and then when nothing does."""
        quiet = time.monotonic() - self._at
        if quiet > _ANEW_S and self._told >= 0:
            self._begin()  # its row may have been added up by now: what comes is told under a new name
            return True
        return quiet >= (_SOON_S if self._all() != self._told else _LATER_S)

    def tell(self, session: Session, change_no: int, reports: int) -> None:
        """Write the process's row."""
        at, row = now(session), session.get(WorkerRow, self.id)
        if row is None:
            row = WorkerRow(id=self.id, started_at=at)
            session.add(row)
        row.seen_at, row.change_no, row.reports = at, change_no, reports
        for name in _COUNTS:
            setattr(row, name, getattr(self.counts, name))
        row.seconds, row.buckets = self.counts.seconds, list(self.counts.buckets)
        self._told, self._at = self._all(), time.monotonic()

    def _all(self) -> int:
        return sum(getattr(self.counts, name) for name in _COUNTS)


def crew(session: Session) -> Crew:
    """What all workers have told."""
    counts, since = Counts(), now(session) - ALIVE
    rows = session.scalars(select(WorkerRow)).all()
    for row in rows:
        counts.add(row)
    alive = [row for row in rows if row.id != _PAST and row.seen_at > since]
    lag = 0
    if alive:
        behind = ReportRow.change_no >= min(row.change_no for row in alive)
        lag = session.scalars(select(func.count()).select_from(ReportRow).where(behind)).one()
    return Crew(counts, len(alive), lag, min((row.reports for row in alive), default=0))


def forget_old(session: Session) -> None:
    """Add the rows of processes that were last seen a day ago to one row, and remove them."""
    old = select(WorkerRow).where(WorkerRow.id != _PAST, WorkerRow.seen_at < now(session) - _GONE)
    rows = session.scalars(old.order_by(WorkerRow.id).with_for_update()).all()
    if not rows:
        return
    past, counts = session.get(WorkerRow, _PAST, with_for_update=True), Counts()
    if past is None:
        past = WorkerRow(id=_PAST, started_at=rows[0].started_at, change_no=0, reports=0)
        session.add(past)
    else:
        counts.add(past)
    for row in rows:
        counts.add(row)
        session.delete(row)
    past.seen_at = max(row.seen_at for row in rows)
    for name in (*_COUNTS, "seconds", "buckets"):
        setattr(past, name, getattr(counts, name))
