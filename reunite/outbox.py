"""Deliveries: what is told outside, by mail, gateway or webhook. The database is the queue.

A row a delivery, written in the transaction that caused it, and once however often that runs. A claim is a lease in a
transaction of its own and counts as an attempt; who finishes must still hold it (the fence). Between the two the
delivery is on its way, outside of any transaction: a worker that is killed then may have sent it, and it is sent again
under the same id. What fails is tried for almost two days. Address and words are sealed, and gone when it has ended.
"""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, case, event, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reunite import vault
from reunite.keys import Keys
from reunite.problems import NotFound
from reunite.storage import many
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow

MOST_ATTEMPTS = 9
PAUSES = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
"""Seconds until the next try after the first, second … failure: 46 hours in all."""
RING = "ring"
"""Under this name a session carries what rings for who delivers; see `Database.carries`."""


class Channel(StrEnum):
    """How something is told."""

    EMAIL = "email"
    GATEWAY = "gateway"
    WEBHOOK = "webhook"
    PUSH = "push"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be told, once; the columns of the row, with what is sealed in it open."""

    channel: Channel
    once: str
    payload: dict[str, str]
    report_id: int | None = None
    to_hash: str | None = None
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to send one delivery until the lease runs out."""

    id: int
    channel: Channel
    once: str
    token: str
    attempts: int


def queue(session: Session, keys: Keys, told: Delivery) -> bool:
    """Have it delivered once the caller's transaction has committed; False where it was queued before."""
    at = now(session)
    row = {
        "channel": told.channel.value, "once": told.once, "report_id": told.report_id, "to_hash": told.to_hash,
        "sealed": _sealed(session, keys, told), "urgent": told.urgent, "state": "ready", "attempts": 0,
        "at": at, "due": at,
    }  # fmt: skip
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    new = insert(DeliveryRow).values(row).on_conflict_do_nothing().returning(DeliveryRow.id)
    if not session.execute(new).all():
        return False
    _ring_after_commit(session)
    return True


def queue_all(session: Session, keys: Keys, report_id: int, told: Sequence[Delivery]) -> None:
    """Queue many deliveries about one report, all urgent or none, as fast as the database takes them; what was queued
    before is passed over."""
    at, seal = now(session), vault.sealer(session, keys, report_id)
    many.put(session, DeliveryRow, [
        {"channel": one.channel.value, "once": one.once, "report_id": report_id, "to_hash": one.to_hash,
         "sealed": seal(_column(one.once), _said(one)), "urgent": one.urgent, "state": "ready", "attempts": 0,
         "at": at, "due": at}
        for one in told
    ], passing=True)  # fmt: skip
    _ring_after_commit(session)


def _ring_after_commit(session: Session) -> None:
    ring = session.info.pop(RING, None)  # once a transaction
    if ring is not None:
        event.listen(session, "after_commit", lambda _: ring())


def claim_some(
    session: Session, most: int, *, channels: Collection[Channel], lease_seconds: float, quiet: bool,
    boot_id: str | None = None,
) -> list[Lease]:  # fmt: skip
    """Lease as many as `most` of the deliveries by these channels that have been due longest, under one token; in
    `quiet` hours the urgent ones alone. One that was begun before is leased alone, so that it takes no others along if
    it ends the worker again. Commit before sending."""
    at, token = now(session), secrets.token_hex(16)
    expired = select(DeliveryRow.id).where(_ran_out(at))
    _take_back(session, at, DeliveryRow.id.in_(expired.with_for_update(skip_locked=True)))
    held = {"state": "leased", "lease_token": token, "boot_id": boot_id,
            "lease_until": at + timedelta(seconds=lease_seconds)}  # fmt: skip
    for urgent, by in _turns(channels, quiet):
        due = (DeliveryRow.state == "ready", DeliveryRow.urgent.is_(urgent), DeliveryRow.due <= at,
               DeliveryRow.channel.in_(by))  # fmt: skip
        leases = _lease(session, due, 1, held)
        if leases and most > 1 and leases[0].attempts == 1:
            leases += _lease(session, (*due, DeliveryRow.attempts == 0), most - 1, held)
        if leases:
            return leases
    return []


def _turns(channels: Collection[Channel], quiet: bool) -> list[tuple[bool, list[Channel]]]:
    """In which order deliveries go: urgent ones, then what people are told, unless it is night, then programs, which
    keep nobody waiting and are not woken."""
    people: list[Channel] = [channel for channel in channels if channel is not Channel.WEBHOOK]
    programs: list[Channel] = [channel for channel in channels if channel is Channel.WEBHOOK]
    turns: list[tuple[bool, list[Channel]]] = [
        (True, list(channels)),
        (False, [] if quiet else people),
        (False, programs),
    ]
    return [(urgent, by) for urgent, by in turns if by]


def _lease(
    session: Session, due: tuple[ColumnElement[bool], ...], most: int, held: dict[str, Any]
) -> list[Lease]:
    first = select(DeliveryRow.id).where(*due).order_by(DeliveryRow.due).limit(most)
    chosen = first.with_for_update(skip_locked=True).cte("chosen")  # made once: see reunite.jobs
    rows = session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.id.in_(select(chosen.c.id)))
        .values(attempts=DeliveryRow.attempts + 1, **held)
        .returning(DeliveryRow.id, DeliveryRow.channel, DeliveryRow.once, DeliveryRow.attempts)
        .execution_options(synchronize_session=False)
    )
    return [Lease(row.id, Channel(row.channel), row.once, held["lease_token"], row.attempts) for row in rows]


def opened(session: Session, keys: Keys, lease: Lease) -> Delivery | None:
    """What the lease is for; None where it was erased, or is no longer ours."""
    row = session.scalars(select(DeliveryRow).where(*_held(lease))).one_or_none()
    if row is None or row.sealed is None:
        return None
    try:
        if row.report_id is None:
            said = keys.open(_PURPOSE, row.once, row.sealed)
        else:
            said = vault.open(session, keys, row.report_id, _column(row.once), row.sealed).decode()
    except NotFound:
        return None
    return Delivery(lease.channel, row.once, json.loads(said), row.report_id, row.to_hash, row.urgent)


def complete(session: Session, lease: Lease, state: str = "sent", problem: str | None = None) -> bool:
    """The delivery has ended in this state, and loses its words; False where the lease no longer holds."""
    ended = (
        update(DeliveryRow)
        .where(*_held(lease))
        .values(state=state, problem=problem, **at_end(now(session)))
        .returning(DeliveryRow.id)
        .execution_options(synchronize_session=False)
    )
    return bool(session.execute(ended).all())


def fail(session: Session, lease: Lease, problem: str) -> bool:
    """Try it again later; True when it has failed for good, having been tried often enough.

    `problem` is a class of error, never a message: messages can hold addresses.
    """
    if lease.attempts >= MOST_ATTEMPTS:
        return complete(session, lease, "failed", problem[:200])
    pause = PAUSES[min(lease.attempts, len(PAUSES)) - 1]
    _release(session, lease, due=now(session) + timedelta(seconds=pause), problem=problem[:200])
    return False


def hand_back(session: Session, *leases: Lease) -> None:
    """Give deliveries back untouched, because the worker must end: they are due at once, and this was no attempt."""
    for lease in leases:
        _release(session, lease, due=now(session), attempts=DeliveryRow.attempts - 1)


def _release(session: Session, lease: Lease, **values: Any) -> None:
    session.execute(
        update(DeliveryRow)
        .where(*_held(lease))
        .values(state="ready", lease_token=None, lease_until=None, **values)
        .execution_options(synchronize_session=False)
    )


def release_other_boots(session: Session, boot_id: str) -> None:
    """On SQLite, at the start of its one worker: leases of earlier runs are nobody's any more."""
    earlier = or_(DeliveryRow.boot_id.is_(None), DeliveryRow.boot_id != boot_id)
    _take_back(session, now(session), DeliveryRow.state == "leased", earlier)


def _take_back(session: Session, at: datetime, *which: ColumnElement[bool]) -> None:
    """These leases are nobody's any more; after too many of them the delivery has failed."""
    often = DeliveryRow.attempts >= MOST_ATTEMPTS
    ended = {name: case((often, value), else_=getattr(DeliveryRow, name)) for name, value in
             (("sealed", None), ("done_at", at), ("problem", "the worker ended in the middle"))}  # fmt: skip
    session.execute(
        update(DeliveryRow)
        .where(*which)
        .values(state=case((often, "failed"), else_="ready"), lease_token=None, lease_until=None, **ended)
        .execution_options(synchronize_session=False)
    )


def are_due(session: Session, *, channels: Collection[Channel], quiet: bool) -> bool:
    """Whether there is something to send now by one of these channels, or a lease of anybody's that ran out."""
    at = now(session)
    ready = and_(DeliveryRow.state == "ready", DeliveryRow.due <= at)
    turns = [and_(ready, DeliveryRow.urgent.is_(urgent), DeliveryRow.channel.in_(by))
             for urgent, by in _turns(channels, quiet)]  # fmt: skip
    return any(session.scalars(select(DeliveryRow.id).where(one).limit(1)).first() is not None
               for one in (*turns, _ran_out(at)))  # fmt: skip


_PURPOSE = "delivery"


def _sealed(session: Session, keys: Keys, told: Delivery) -> bytes:
    if told.report_id is None:
        return keys.seal_bytes(_PURPOSE, told.once, _said(told))
    return vault.seal(session, keys, told.report_id, _column(told.once), _said(told))


def _said(told: Delivery) -> bytes:
    return json.dumps(told.payload, ensure_ascii=False, sort_keys=True).encode()


def _column(once: str) -> str:
    return f"{_PURPOSE}:{once}"


def _ran_out(at: datetime) -> ColumnElement[bool]:
    return and_(DeliveryRow.state == "leased", DeliveryRow.lease_until <= at)


def at_end(at: datetime) -> dict[str, Any]:
    """What is kept of a delivery that has ended: that it was."""
    return {"sealed": None, "done_at": at, "lease_token": None, "lease_until": None}


def _held(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return DeliveryRow.state == "leased", DeliveryRow.id == lease.id, DeliveryRow.lease_token == lease.token
