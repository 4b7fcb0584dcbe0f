"""Durable jobs: the database is the queue.

One row a report, written in the transaction that caused it. A claim is a lease in a transaction of its own and
counts as an attempt, so that a kill counts too; who finishes must still hold the lease, on the same revision (the
fence). What fails more than five times is set aside for people, never dropped.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from reunite import webhook_events
from reunite.storage.clock import now
from reunite.storage.tables import MatchJobRow, ReportRow

VERSION = 1
"""What this program's workers can do. A version that files jobs which older workers would do wrong raises it and writes
it into `MatchJobRow.needs`: while both versions run, the older ones leave such jobs to the newer."""
MOST_ATTEMPTS = 5
_STATES = ("ready", "leased", "done", "quarantined")
PAUSES = (1, 5, 30, 120, 600)
"""Seconds until the next try after the first, second … failure."""


class LostLeaseError(Exception):
    """The job is no longer ours: another holds it, or the report has changed. What was done is rolled back."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on one report's job, on that revision, until the lease runs out."""

    report_id: int
    rev: int
    token: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Summary:
    """How the queue stands; `oldest_s` is the age in seconds of the oldest report that waits to be matched."""

    ready: int
    leased: int
    done: int
    quarantined: int
    oldest_s: float


def enqueue(session: Session, report_id: int, rev: int, *, bulk: bool = False) -> None:
    """Have the report matched at this revision, in the transaction that changed it; bulk work waits for people's."""
    fresh = {"rev": rev, "state": "ready", "bulk": bulk, "attempts": 0, "due": now(session), "problem": None}
    released = {"lease_token": None, "lease_until": None, "boot_id": None}
    was_compared = webhook_events.anybody_listens(session) and _is_done(session, report_id)
    # One statement, not read and write: a worker may claim the job in between.
    again = update(MatchJobRow).where(MatchJobRow.report_id == report_id).values(**fresh, **released)
    if not session.execute(
        again.returning(MatchJobRow.report_id).execution_options(synchronize_session=False)
    ).all():
        session.add(MatchJobRow(report_id=report_id, **fresh))
        session.flush()
    if was_compared:
        webhook_events.stepped(session, [report_id], "received")


def _is_done(session: Session, report_id: int) -> bool:
    """Whether the job is done, and nobody changes that before the end of the transaction."""
    done = select(MatchJobRow.report_id).where(
        MatchJobRow.report_id == report_id, MatchJobRow.state == "done"
    )
    return session.scalars(done.with_for_update()).one_or_none() is not None


def claim_some(
    session: Session, most: int, *, lease_seconds: float, boot_id: str | None = None, bulk: bool = True
) -> list[Lease]:
    """Lease jobs of people, or if there are none and `bulk` work may be done of that: as many as `most` of those that
    have been due longest, under one token. A job that was begun before and not ended is leased alone: should it end
    the worker again, it takes no others along. Commit before working."""
    at, token = now(session), secrets.token_hex(16)
    _take_back_expired(session, at)
    held = {"state": "leased", "lease_token": token, "boot_id": boot_id,
            "lease_until": at + timedelta(seconds=lease_seconds)}  # fmt: skip
    for of_bulk in (False, True)[: 1 + bulk]:
        due = (MatchJobRow.state == "ready", MatchJobRow.bulk.is_(of_bulk), MatchJobRow.due <= at,
               MatchJobRow.needs <= VERSION)  # fmt: skip
        leases = _lease(session, due, 1, held)
        if leases and most > 1 and leases[0].attempts == 1:
            leases += _lease(session, (*due, MatchJobRow.attempts == 0), most - 1, held)
        if leases:
            return leases
    return []


def _lease(
    session: Session, due: tuple[ColumnElement[bool], ...], most: int, held: dict[str, Any]
) -> list[Lease]:
    # A walk along the index from its beginning, however much is due; made once, for PostgreSQL may run what stands in
    # IN (…) again and again, and would lock others each time.
    first = select(MatchJobRow.report_id).where(*due).order_by(MatchJobRow.due).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")
    rows = session.execute(
        update(MatchJobRow)
        .where(MatchJobRow.report_id.in_(select(chosen.c.report_id)))
        .values(attempts=MatchJobRow.attempts + 1, **held)
        .returning(MatchJobRow.report_id, MatchJobRow.rev, MatchJobRow.attempts)
        .execution_options(synchronize_session=False)
    )
    return [Lease(row.report_id, row.rev, held["lease_token"], row.attempts) for row in rows]


def _take_back_expired(session: Session, at: datetime) -> None:
    expired = (
        select(MatchJobRow.report_id)
        .where(MatchJobRow.state == "leased", MatchJobRow.lease_until <= at, MatchJobRow.needs <= VERSION)
        .with_for_update(skip_locked=True)
    )
    _take_back(session, MatchJobRow.report_id.in_(expired))


def _take_back(session: Session, *which: ColumnElement[bool]) -> None:
    """These leases are nobody's any more; after too many of them people look at the job."""
    often = MatchJobRow.attempts >= MOST_ATTEMPTS
    ended = func.coalesce(MatchJobRow.problem, "the worker ended in the middle, every time")
    session.execute(
        update(MatchJobRow)
        .where(*which)
        .values(state=case((often, "quarantined"), else_="ready"), lease_token=None, lease_until=None,
                problem=case((often, ended), else_=MatchJobRow.problem))
        .execution_options(synchronize_session=False)
    )  # fmt: skip


def holds(session: Session, lease: Lease) -> bool:
    """Whether the lease still holds; it does then until the end of the transaction. The report is locked first, as who
    changes it does."""
    session.execute(select(ReportRow.id).where(ReportRow.id == lease.report_id).with_for_update(read=True))
    mine = select(MatchJobRow.report_id).where(*_held(lease)).with_for_update()
    return session.scalars(mine).one_or_none() is not None


def complete(session: Session, leases: Sequence[Lease], engine_version: str) -> bool:
    """Set these jobs done if all leases still hold; where one does not (False), roll back what was done under them."""
    result = session.execute(
        update(MatchJobRow)
        .where(*_held(*leases))
        .values(state="done", engine_version=engine_version, done_at=now(session), problem=None,
                lease_token=None, lease_until=None)
        .returning(MatchJobRow.report_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    done = [row.report_id for row in result]
    webhook_events.stepped(session, done, "compared")
    return len(done) == len(leases)


def fail(session: Session, lease: Lease, problem: str) -> bool:
    """Give the job back to be tried later; True when it was set aside instead, having failed too often.

    `problem` is a class of error, never a message: messages can hold what people wrote.
    """
    set_aside = lease.attempts >= MOST_ATTEMPTS
    pause = PAUSES[min(lease.attempts, len(PAUSES)) - 1]
    session.execute(
        update(MatchJobRow)
        .where(*_held(lease))
        .values(state="quarantined" if set_aside else "ready", due=now(session) + timedelta(seconds=pause),
                problem=problem[:200], lease_token=None, lease_until=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return set_aside


def hand_back(session: Session, *leases: Lease) -> None:
    """Give jobs back untouched, because the worker must end: they are due at once, and this was no attempt."""
    session.execute(
        update(MatchJobRow)
        .where(*_held(*leases))
        .values(
            state="ready",
            due=now(session),
            attempts=MatchJobRow.attempts - 1,
            lease_token=None,
            lease_until=None,
        )
        .execution_options(synchronize_session=False)
    )


def are_due(session: Session, *, bulk: bool) -> bool:
    """Whether a job of people, or of bulk work, is due now."""
    there = MatchJobRow.state == "ready", MatchJobRow.bulk.is_(bulk), MatchJobRow.due <= now(session)
    return session.scalars(select(MatchJobRow.report_id).where(*there).limit(1)).first() is not None


def too_new(session: Session) -> int:
    """How many jobs wait for a newer version of this program."""
    waiting = MatchJobRow.state.in_(("ready", "leased")), MatchJobRow.needs > VERSION
    return session.scalars(select(func.count()).select_from(MatchJobRow).where(*waiting)).one()


def release_other_boots(session: Session, boot_id: str) -> None:
    """On SQLite, at the start of its one worker: leases of earlier runs are nobody's any more."""
    earlier = or_(MatchJobRow.boot_id.is_(None), MatchJobRow.boot_id != boot_id)
    _take_back(session, MatchJobRow.state == "leased", earlier)


def reconcile(session: Session) -> int:
    """Enqueue open reports whose job is missing or for another revision; there should be none: how many there were."""
    rows = session.execute(
        select(ReportRow.id, ReportRow.rev)
        .outerjoin(MatchJobRow, MatchJobRow.report_id == ReportRow.id)
        .where(
            ReportRow.state == "open", or_(MatchJobRow.report_id.is_(None), MatchJobRow.rev != ReportRow.rev)
        )
        .limit(1000)
    ).all()
    for report_id, rev in rows:
        enqueue(session, report_id, rev, bulk=True)
    return len(rows)


def rematch(session: Session, engine_version: str) -> int:
    """Have every open report that other weights matched compared again, after what people wait for; how many."""
    open_reports = select(ReportRow.id).where(ReportRow.state == "open")
    again = (
        update(MatchJobRow)
        .where(MatchJobRow.state == "done", MatchJobRow.engine_version != engine_version,
               MatchJobRow.report_id.in_(open_reports))
        .values(state="ready", bulk=True, attempts=0, due=now(session), problem=None)
        .returning(MatchJobRow.report_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    begun = [row.report_id for row in session.execute(again)]
    webhook_events.stepped(session, begun, "received")
    return len(begun)


def retry(session: Session, report_id: int) -> bool:
    """Try a quarantined job again, with fresh attempts; False where there is none."""
    job = session.get(MatchJobRow, report_id)
    if job is None or job.state != "quarantined":
        return False
    enqueue(session, report_id, job.rev)
    return True


def summary(session: Session) -> Summary:
    """Count the jobs by state."""
    counts: dict[str, int] = {
        state: count
        for state, count in session.execute(
            select(MatchJobRow.state, func.count()).group_by(MatchJobRow.state)
        )
    }
    waiting = select(func.min(ReportRow.changed_at)).join(MatchJobRow, MatchJobRow.report_id == ReportRow.id)
    # A report that is compared again after new weights has been matched: it waits for nothing.
    never = or_(MatchJobRow.done_at.is_(None), MatchJobRow.done_at < ReportRow.changed_at)
    oldest: datetime | None = session.scalar(waiting.where(MatchJobRow.state.in_(("ready", "leased")), never))
    age = (now(session) - oldest).total_seconds() if oldest else 0.0
    ready, leased, done, quarantined = (counts.get(state, 0) for state in _STATES)
    return Summary(ready, leased, done, quarantined, max(0.0, age))


def quarantined(session: Session, limit: int = 100) -> Sequence[tuple[str, int, int, str]]:
    """The jobs set aside for people: case number, report id, attempts and class of problem."""
    query = (
        select(
            ReportRow.case_number, ReportRow.id, MatchJobRow.attempts, func.coalesce(MatchJobRow.problem, "")
        )
        .join(MatchJobRow, MatchJobRow.report_id == ReportRow.id)
        .where(MatchJobRow.state == "quarantined")
        .order_by(MatchJobRow.due)
        .limit(limit)
    )
    return [
        (case, report_id, attempts, problem) for case, report_id, attempts, problem in session.execute(query)
    ]


def _held(*leases: Lease) -> tuple[ColumnElement[bool], ...]:
    job = tuple_(MatchJobRow.report_id, MatchJobRow.lease_token, MatchJobRow.rev)
    held = [(lease.report_id, lease.token, lease.rev) for lease in leases]
    return MatchJobRow.state == "leased", job.in_(held)
