"""The job of each sighting, written in the transaction that keeps it: to be compared with all missing reports.

It is worked on as the jobs of reports are (`reunite.jobs`): leased in a transaction of its own, fenced by the lease,
tried again, set aside after too many failures. A sighting never changes, so there is no revision; but reports do, so a
young one that nobody has dealt with is compared again every day. Of several shards one follows the other: the job goes
from each to the next, and each stores what it finds among its own reports.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, case, func, or_, select, update
from sqlalchemy.orm import Session

from matching.shard import Shard
from reunite.jobs import MOST_ATTEMPTS, PAUSES
from reunite.storage.clock import now
from reunite.storage.many import put
from reunite.storage.poster_tables import SightingRow
from reunite.storage.sighting_tables import SightingJobRow

YOUNG = timedelta(days=30)
"""How long a sighting that nobody has dealt with is compared again, for new and changed reports."""
AGAIN = timedelta(days=1)
_FREE = {"lease_token": None, "lease_until": None, "boot_id": None}
_MOST_MISSING = 1000


@dataclass(frozen=True, slots=True)
class SightingLease:
    """The right to compare one sighting until the lease runs out."""

    sighting_id: int
    token: str
    attempts: int


def enqueue(session: Session, *sighting_ids: int) -> None:
    """Have these sightings compared, in the transaction that keeps them."""
    at = now(session)
    rows = [{"sighting_id": id, "due": at} for id in sighting_ids]
    put(session, SightingJobRow, rows, instead=("due",))


def claim(
    session: Session, shard: Shard, *, lease_seconds: float, boot_id: str | None = None
) -> SightingLease | None:
    """Lease the sighting that has been due longest and is with this shard; None when nothing is due. Commit before
    working."""
    at, token = now(session), secrets.token_hex(16)
    _take_back(session, SightingJobRow.lease_until <= at)
    # The last shard takes those of shards that there are no more.
    last = shard.number == shard.of - 1
    mine = SightingJobRow.shard >= shard.number if last else SightingJobRow.shard == shard.number
    due = SightingJobRow.state == "ready", SightingJobRow.due <= at, mine
    first = select(SightingJobRow.sighting_id).where(*due).order_by(SightingJobRow.due).limit(1)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")
    row = session.execute(
        update(SightingJobRow)
        .where(SightingJobRow.sighting_id.in_(select(chosen.c.sighting_id)))
        .values(state="leased", attempts=SightingJobRow.attempts + 1, lease_token=token, boot_id=boot_id,
                lease_until=at + timedelta(seconds=lease_seconds))
        .returning(SightingJobRow.sighting_id, SightingJobRow.attempts)
        .execution_options(synchronize_session=False)
    ).one_or_none()  # fmt: skip
    return SightingLease(row.sighting_id, token, row.attempts) if row else None


def complete(session: Session, lease: SightingLease, shard: Shard) -> bool:
    """Hand the sighting on to the next shard, or set it done after the last; where the lease no longer holds (False),
    roll back what was done under it."""
    if shard.number < shard.of - 1:
        return _end(session, lease, state="ready", shard=shard.number + 1, attempts=0, due=now(session))
    return _end(session, lease, state="done", done_at=now(session), problem=None)


def fail(session: Session, lease: SightingLease, problem: str) -> bool:
    """Give the job back to be tried later; True when it was set aside instead. `problem` is a class of error, never a
    message."""
    set_aside = lease.attempts >= MOST_ATTEMPTS
    pause = timedelta(seconds=PAUSES[min(lease.attempts, len(PAUSES)) - 1])
    state = "quarantined" if set_aside else "ready"
    _end(session, lease, state=state, due=now(session) + pause, problem=problem[:200])
    return set_aside


def hand_back(session: Session, lease: SightingLease) -> None:
    """Give the job back untouched, because the worker must end."""
    _end(session, lease, state="ready", due=now(session), attempts=SightingJobRow.attempts - 1)


def release_other_boots(session: Session, boot_id: str) -> None:
    """On SQLite, at the start of its one worker: leases of earlier runs are nobody's any more."""
    _take_back(session, or_(SightingJobRow.boot_id.is_(None), SightingJobRow.boot_id != boot_id))


def reconcile(session: Session) -> int:
    """Enqueue young sightings that have no job, as the version before this kept them; how many there were."""
    there = select(SightingJobRow.sighting_id).where(SightingJobRow.sighting_id == SightingRow.id)
    query = select(SightingRow.id).where(*_young(session), ~there.exists()).limit(_MOST_MISSING)
    found = session.scalars(query).all()
    enqueue(session, *found)
    return len(found)


def again(session: Session) -> int:
    """Have young sightings compared once more whose last time was a day ago, for reports that are new or say something
    else since; those set aside too, with fresh attempts. How many."""
    young = select(SightingRow.id).where(*_young(session))
    rows = session.scalars(
        update(SightingJobRow)
        .where(SightingJobRow.state.in_(("done", "quarantined")), SightingJobRow.sighting_id.in_(young),
               SightingJobRow.due <= now(session) - AGAIN)
        .values(state="ready", shard=0, attempts=0, due=now(session))
        .returning(SightingJobRow.sighting_id)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return len(rows.all())


def compared(session: Session, sighting_ids: Collection[int]) -> set[int]:
    """Which of these were compared with all shards' reports at least once."""
    ever = SightingJobRow.sighting_id.in_(sighting_ids), SightingJobRow.done_at.is_not(None)
    return set(session.scalars(select(SightingJobRow.sighting_id).where(*ever)))


def quarantined(session: Session) -> int:
    """How many jobs are set aside."""
    aside = SightingJobRow.state == "quarantined"
    return session.scalars(select(func.count()).select_from(SightingJobRow).where(aside)).one()


def _young(session: Session) -> tuple[ColumnElement[bool], ...]:
    return (SightingRow.settled_at.is_(None), SightingRow.at > now(session) - YOUNG,
            SightingRow.raised_report_id.is_(None))  # fmt: skip


def _end(session: Session, lease: SightingLease, **values: object) -> bool:
    held = SightingJobRow.sighting_id == lease.sighting_id, SightingJobRow.lease_token == lease.token
    ended = session.execute(
        update(SightingJobRow)
        .where(*held, SightingJobRow.state == "leased")
        .values(**_FREE, **values)
        .returning(SightingJobRow.sighting_id)
        .execution_options(synchronize_session=False)
    )
    return len(ended.all()) == 1


def _take_back(session: Session, which: ColumnElement[bool]) -> None:
    """These leases are nobody's any more; after too many of them the job is set aside."""
    often = SightingJobRow.attempts >= MOST_ATTEMPTS
    left = select(SightingJobRow.sighting_id).where(SightingJobRow.state == "leased", which)
    session.execute(
        update(SightingJobRow)
        .where(SightingJobRow.sighting_id.in_(left.with_for_update(skip_locked=True)))
        .values(state=case((often, "quarantined"), else_="ready"), **_FREE)
        .execution_options(synchronize_session=False)
    )
