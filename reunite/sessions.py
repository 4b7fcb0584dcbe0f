"""Sessions of staff, kept on the server as keyed hashes: they end by the clock, by idleness, and when told to."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Role
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import FactorRow, ResetRow, SessionRow
from reunite.storage.staff_tables import StaffRow

FRESH_MINUTES = 10
"""Minutes for which a password or code that was shown counts for what needs a fresh proof."""
MOST_TRIES = 5
"""Wrong codes or passwords after which a session ends and the person signs in again."""
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun; the token goes into the cookie and is kept nowhere else."""

    token: str
    staff: Staff
    whole: bool


@dataclass(frozen=True, slots=True)
class Known:
    """Whom a token belongs to. `whole`: the second factor is not missing; `has_factor`: there is one; `fresh`: they
    proved who they are within the last minutes; `stale`: it is time to note that they were seen."""

    staff: Staff
    whole: bool
    has_factor: bool
    fresh: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Open:
    """One open session, for its owner; `ref` names it and opens nothing."""

    ref: str
    began_at: datetime
    seen_at: datetime
    here: bool


def begin(session: Session, keys: Keys, row: StaffRow, hours: int, *, whole: bool, how: str = "") -> SignedIn:
    """Begin a session for somebody who gave their password, or whom a provider proved (`how`)."""
    at = now(session)
    return _begin(
        session, keys, row, whole=whole, began_at=at, expires_at=at + timedelta(hours=hours), how=how
    )


def complete(session: Session, keys: Keys, token: str) -> SignedIn | None:
    """The second factor was shown: the session goes on, whole, under a new token, and the old one opens nothing."""
    old = _row(session, keys, token)
    row = session.get(StaffRow, old.staff_id) if old else None
    if old is None or row is None:
        return None
    session.delete(old)
    session.flush()
    return _begin(session, keys, row, whole=True, began_at=old.began_at, expires_at=old.expires_at)


def known(session: Session, keys: Keys, token: str, idle_minutes: int) -> Known | None:
    """Whom the cookie's token belongs to; None where it is unknown, over, idle too long, or its owner locked."""
    found = session.execute(
        select(StaffRow, SessionRow, FactorRow.staff_id)
        .join(SessionRow, SessionRow.staff_id == StaffRow.id)
        .outerjoin(FactorRow, FactorRow.staff_id == StaffRow.id)
        .where(SessionRow.token_hash == _hash(keys, token), StaffRow.state == "active")
    ).one_or_none()
    at = now(session)
    if found is None:
        return None
    row, of, factor = found
    if of.expires_at <= at or of.seen_at + timedelta(minutes=idle_minutes) <= at:
        return None
    fresh = of.whole and of.proved_at + timedelta(minutes=FRESH_MINUTES) > at
    staff = staff_of(keys, row, token)
    return Known(staff, of.whole, factor is not None, fresh, of.seen_at + _SEEN_EVERY <= at)


def seen(session: Session, keys: Keys, token: str) -> None:
    """Note that the session is in use."""
    which = SessionRow.token_hash == _hash(keys, token)
    session.execute(update(SessionRow).where(which).values(seen_at=now(session)))


def prove(session: Session, keys: Keys, token: str) -> None:
    """Note that its owner proved again who they are."""
    which = SessionRow.token_hash == _hash(keys, token)
    session.execute(update(SessionRow).where(which).values(proved_at=now(session), tries=0))


def count_try(session: Session, keys: Keys, token: str) -> None:
    """Count a wrong code or password; the session ends with the last one."""
    row = _row(session, keys, token)
    if row is None:
        return
    row.tries += 1
    if row.tries >= MOST_TRIES:
        session.delete(row)


def end(session: Session, keys: Keys, token: str) -> None:
    """End the session."""
    session.execute(delete(SessionRow).where(SessionRow.token_hash == _hash(keys, token)))


def end_all(session: Session, staff_id: int) -> None:
    """End every session of somebody whose password, role or factor changed, or who was locked; a link for a new
    password ends with them."""
    session.execute(delete(SessionRow).where(SessionRow.staff_id == staff_id))
    session.execute(delete(ResetRow).where(ResetRow.staff_id == staff_id))


def end_others(session: Session, keys: Keys, staff: Staff, token: str) -> None:
    """End all of one's own sessions but this one."""
    others = (SessionRow.staff_id == staff.id, SessionRow.token_hash != _hash(keys, token))
    session.execute(delete(SessionRow).where(*others))
    _note(session, keys, staff)


def end_one(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """End one of one's own sessions; a name that is none of them ends nothing."""
    for row in session.scalars(select(SessionRow).where(SessionRow.staff_id == staff.id)):
        if _ref(row) == ref:
            session.delete(row)
            _note(session, keys, staff)


def listed(session: Session, keys: Keys, staff: Staff, token: str, idle_minutes: int) -> Sequence[Open]:
    """One's own sessions that are open, the newest first."""
    at = now(session)
    rows = session.scalars(
        select(SessionRow)
        .where(SessionRow.staff_id == staff.id, SessionRow.expires_at > at)
        .where(SessionRow.seen_at > at - timedelta(minutes=idle_minutes))
        .order_by(SessionRow.began_at.desc())
    )
    here = _hash(keys, token)
    return [Open(_ref(row), row.began_at, row.seen_at, row.token_hash == here) for row in rows]


def forget_old(session: Session, idle_minutes: int) -> None:
    """Remove sessions and links that are over."""
    at = now(session)
    idle = SessionRow.seen_at <= at - timedelta(minutes=idle_minutes)
    session.execute(delete(SessionRow).where((SessionRow.expires_at <= at) | idle))
    session.execute(delete(ResetRow).where(ResetRow.expires_at <= at))


def staff_of(keys: Keys, row: StaffRow, token: str = "") -> Staff:
    """The domain's view of a row; with the token of their forms where there is a session."""
    csrf = keys.mac("csrf", token) if token else ""
    return Staff(row.id, row.name, row.email, Role(row.role), csrf)


def _begin(
    session: Session, keys: Keys, row: StaffRow, *,
    whole: bool, began_at: datetime, expires_at: datetime, how: str = "",
) -> SignedIn:  # fmt: skip
    token, at = secrets.token_urlsafe(32), now(session)
    session.add(
        SessionRow(token_hash=_hash(keys, token), staff_id=row.id, whole=whole, began_at=began_at, seen_at=at,
                   proved_at=at, expires_at=expires_at, tries=0)
    )  # fmt: skip
    if whole:
        who = f"staff:{row.id}"
        audit.append(session, keys, actor=who, action="staff.signed_in", subject=who, detail=how)
    return SignedIn(token, staff_of(keys, row, token), whole)


def _row(session: Session, keys: Keys, token: str) -> SessionRow | None:
    return session.get(SessionRow, _hash(keys, token), with_for_update=True)


def _hash(keys: Keys, token: str) -> str:
    return keys.mac("session", token)


def _ref(row: SessionRow) -> str:
    return row.token_hash[:16]


def _note(session: Session, keys: Keys, staff: Staff) -> None:
    audit.append(session, keys, actor=staff.actor, action="staff.sessions_ended", subject=staff.actor)
