"""What an administrator does with those who work here: roles, locks, factors, sessions, links for a new password."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, true
from sqlalchemy.orm import Session

from matching import places
from matching.places import Place
from reunite import accounts, audit, factors, passwords, regions, sessions
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Role
from reunite.problems import Conflict, Invalid, NotFound
from reunite.storage.clock import now
from reunite.storage.session import Database
from reunite.storage.sign_in_tables import FactorRow, ResetRow, SessionRow
from reunite.storage.staff_tables import InvitationRow, StaffRow

RESET_HOURS = 24
PAGE = 50
"""Members on one page."""


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works here, as the administrator sees them."""

    id: int
    name: str
    email: str
    role: Role
    locked: bool
    has_factor: bool
    sessions: int
    regions: tuple[Place, ...]
    """Of a volunteer; none is all."""


@dataclass(frozen=True, slots=True)
class Pending:
    """An invitation that nobody has accepted yet; `ref` names it and opens nothing."""

    ref: str
    email: str
    role: Role
    region: Place | None
    expires_at: datetime


def members(
    session: Session, sought: str = "", role: Role | None = None, page: int = 1
) -> tuple[Sequence[Member], bool]:
    """One page of those who work here, by name, and whether there are more: all, or those in whose name or e-mail
    address `sought` stands, or of one role."""
    at = now(session)
    opened = (
        select(func.count()).select_from(SessionRow)
        .where(SessionRow.staff_id == StaffRow.id, SessionRow.expires_at > at).scalar_subquery()
    )  # fmt: skip
    rows = session.execute(
        select(StaffRow, FactorRow.staff_id, opened)
        .outerjoin(FactorRow, FactorRow.staff_id == StaffRow.id)
        .where(or_(StaffRow.name.icontains(sought, autoescape=True),
                   StaffRow.email.icontains(sought, autoescape=True)) if sought else true())
        .where(StaffRow.role == role.value if role else true())
        .order_by(StaffRow.name, StaffRow.id)
        .limit(PAGE + 1)
        .offset((page - 1) * PAGE)
    ).all()  # fmt: skip
    theirs = regions.of_people(session, [row.id for row, _, _ in rows[:PAGE]])
    return [
        Member(row.id, row.name, row.email, Role(row.role), row.state == "locked", factor is not None, count,
               theirs.get(row.id, ()))
        for row, factor, count in rows[:PAGE]
    ], len(rows) > PAGE  # fmt: skip


def set_role(session: Session, keys: Keys, admin: Staff, staff_id: int, role: Role) -> None:
    """Give another role; sessions end, so that nothing goes on under the old one."""
    row = _another(session, admin, staff_id)
    if row.role == role.value:
        return
    row.role = role.value
    sessions.end_all(session, row.id)
    _note(session, keys, admin, "staff.role_changed", row, role.value)


def lock(session: Session, keys: Keys, admin: Staff, staff_id: int) -> None:
    """Let somebody in no more; sessions end."""
    row = _another(session, admin, staff_id)
    row.state = "locked"
    sessions.end_all(session, row.id)
    _note(session, keys, admin, "staff.locked", row)


def unlock(session: Session, keys: Keys, admin: Staff, staff_id: int) -> None:
    """Let somebody in again."""
    row = _another(session, admin, staff_id)
    row.state = "active"
    _note(session, keys, admin, "staff.unlocked", row)


def reset_factor(session: Session, keys: Keys, admin: Staff, staff_id: int) -> None:
    """Take the second factor away: where the role wants one, the next sign-in asks to set up another."""
    row = _another(session, admin, staff_id)
    factors.remove(session, row.id)
    _note(session, keys, admin, "staff.factor_reset", row)


def end_sessions(session: Session, keys: Keys, admin: Staff, staff_id: int) -> None:
    """End all sessions of somebody."""
    row = _another(session, admin, staff_id)
    sessions.end_all(session, row.id)
    _note(session, keys, admin, "staff.sessions_ended", row)


def reset_link(session: Session, keys: Keys, admin: Staff, staff_id: int) -> str:
    """The token of a link that sets a new password once, within a day; it replaces an earlier one."""
    row = _another(session, admin, staff_id)
    session.execute(delete(ResetRow).where(ResetRow.staff_id == row.id))
    token = secrets.token_urlsafe(24)
    ends = now(session) + timedelta(hours=RESET_HOURS)
    session.add(ResetRow(staff_id=row.id, token_hash=keys.mac("reset", token), expires_at=ends))
    _note(session, keys, admin, "staff.reset_offered", row)
    return token


def reset_of(session: Session, keys: Keys, token: str) -> StaffRow | None:
    """Whose password the link sets; None where it is unknown, used or expired, or its owner locked."""
    return session.scalars(
        select(StaffRow)
        .join(ResetRow, ResetRow.staff_id == StaffRow.id)
        .where(ResetRow.token_hash == keys.mac("reset", token), ResetRow.expires_at > now(session))
        .where(StaffRow.state == "active")
    ).one_or_none()


def reset_password(database: Database, keys: Keys, token: str, password: str) -> Staff:
    """Set a new password by a link, which is used up; all sessions end, the second factor stays. Raises NotFound, or
    Invalid where the password will not do."""
    with database.read() as session:
        row = reset_of(session, keys, token)
    if row is None:
        raise NotFound
    if problems := passwords.problems(password, (row.email, row.name)):
        raise Invalid(problems)
    password_hash = passwords.hashed(password)
    with database.write() as session:
        used = delete(ResetRow).where(
            ResetRow.token_hash == keys.mac("reset", token), ResetRow.expires_at > now(session)
        )
        owner = session.scalars(used.returning(ResetRow.staff_id)).one_or_none()
        there = session.get(StaffRow, owner) if owner is not None else None
        if there is None or there.state != "active":
            raise NotFound
        accounts.set_password(session, keys, f"staff:{there.id}", there, password_hash)
        return sessions.staff_of(keys, there)


def pending(session: Session) -> Sequence[Pending]:
    """Invitations that may still be accepted, the newest last."""
    rows = session.scalars(
        select(InvitationRow)
        .where(InvitationRow.used_at.is_(None), InvitationRow.expires_at > now(session))
        .order_by(InvitationRow.expires_at)
    )
    known = places.gazetteer().places
    return [
        Pending(row.token_hash[:16], row.email, Role(row.role), known.get(row.province), row.expires_at)
        for row in rows
    ]


def revoke(session: Session, keys: Keys, admin: Staff, ref: str) -> None:
    """Take an invitation back; one that is not there is left alone."""
    for row in session.scalars(select(InvitationRow).where(InvitationRow.used_at.is_(None))):
        if row.token_hash[:16] == ref:
            session.delete(row)
            audit.append(session, keys, actor=admin.actor, action="staff.invitation_revoked",
                         subject=f"role:{row.role}")  # fmt: skip


def _another(session: Session, admin: Staff, staff_id: int) -> StaffRow:
    """The row to change, which is never the administrator's own. All administrators' rows are locked in one order, and
    the one who acts must still be one: so two cannot lock out each other at the same time, and one is always left."""
    admins = select(StaffRow.id).where(StaffRow.role == Role.ADMIN.value, StaffRow.state == "active")
    if admin.id not in session.scalars(admins.order_by(StaffRow.id).with_for_update()).all():
        raise NotFound
    if admin.id == staff_id:
        raise Conflict("Nobody changes their own account here. Ask another administrator.")
    row = session.get(StaffRow, staff_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound
    return row


def _note(session: Session, keys: Keys, admin: Staff, action: str, row: StaffRow, detail: str = "") -> None:
    audit.append(session, keys, actor=admin.actor, action=action, subject=f"staff:{row.id}", detail=detail)
