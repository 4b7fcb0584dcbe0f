"""Staff: invitations and passwords (argon2id)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import audit, factors, passwords, regions, sessions, throttling
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import SECOND_FACTOR, Role
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.sessions import SignedIn
from reunite.storage.clock import now
from reunite.storage.session import Database
from reunite.storage.staff_tables import InvitationRow, StaffRow

INVITATION_DAYS = 7


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that may still be accepted."""

    email: str
    role: Role


def sign_in(
    database: Database, keys: Keys, email: str, password: str, *, hours: int = 12, device: str = ""
) -> SignedIn | None:
    """Begin a session, which is not whole where a second factor is still to be shown; None where e-mail or password
    is wrong, which of them is not told. Raises Conflict where too many failed and the wait (a minute at most, and
    not for a `device` that is known) is not over.

    The password is checked between two transactions: it takes long, and nobody who files shall wait for it.
    """
    counter = throttling.passwords_of(keys, email, device)
    with database.read() as session:
        throttling.refuse_while_waiting(session, counter)
        row = _active(session, email)
    fits = passwords.fits(row.password_hash if row else None, password)
    with database.write() as session:
        throttling.refuse_while_waiting(session, counter)
        now_there = _active(session, email)
        # Changed or locked while we checked: what was checked no longer counts.
        if not fits or row is None or now_there is None or now_there.password_hash != row.password_hash:
            throttling.count_failure(session, counter, throttling.PASSWORD_WAIT_S)
            subject = f"account:{throttling.account_of(keys, email)[:12]}"
            audit.append(session, keys, actor="unknown", action="staff.sign_in_failed", subject=subject)
            return None
        throttling.clear(session, counter)
        asked = factors.has(session, now_there.id) or Role(now_there.role) in SECOND_FACTOR
        return sessions.begin(session, keys, now_there, hours, whole=not asked)


def knows_password(database: Database, keys: Keys, staff: Staff, token: str, password: str) -> bool:
    """Whether somebody who is signed in knows their password; a wrong one is counted and may end the session."""
    with database.read() as session:
        row = session.get(StaffRow, staff.id)
    fits = passwords.fits(row.password_hash if row else None, password)
    if not fits:
        with database.write() as session:
            sessions.count_try(session, keys, token)
    return fits


def change_password(database: Database, keys: Keys, staff: Staff, token: str, old: str, new: str) -> None:
    """Set another password, by showing the old one; all sessions end. Raises Invalid where one of both will not do."""
    if not knows_password(database, keys, staff, token, old):
        raise Invalid([Problem("old", "", "This is not your password.")])
    if problems := passwords.problems(new, (staff.email, staff.name)):
        raise Invalid(problems)
    password_hash = passwords.hashed(new)
    with database.write() as session:
        set_password(session, keys, staff.actor, session.get_one(StaffRow, staff.id), password_hash)


def set_password(session: Session, keys: Keys, actor: str, row: StaffRow, password_hash: str) -> None:
    """Store it and end all sessions."""
    row.password_hash = password_hash
    sessions.end_all(session, row.id)
    audit.append(session, keys, actor=actor, action="staff.password_changed", subject=f"staff:{row.id}")


def begin_proved(
    session: Session, keys: Keys, email: str, *, hours: int, second_factor: bool
) -> SignedIn | None:
    """Begin a session of whom an OpenID Connect provider has proved; None, and no account is made, where nobody active
    has this e-mail. `second_factor`: whether the provider has proved one too; without it ours is still owed."""
    row = _active(session, email)
    if row is None:
        audit.append(session, keys, actor="unknown", action="staff.sign_in_failed", subject="provider")
        return None
    asked = factors.has(session, row.id) or Role(row.role) in SECOND_FACTOR
    how = "provider, second factor" if second_factor else "provider"
    return sessions.begin(session, keys, row, hours, whole=second_factor or not asked, how=how)


def _active(session: Session, email: str) -> StaffRow | None:
    query = select(StaffRow).where(StaffRow.email == _plain(email), StaffRow.state == "active")
    return session.scalars(query).one_or_none()


def invite(session: Session, keys: Keys, *, actor: str, email: str, role: Role, province: str = "") -> str:
    """Make an invitation that lasts seven days and replaces an earlier one; gives its token, kept only as a hash. A
    volunteer may be invited for one province, by its code. Raises Invalid, and Conflict where they are here already."""
    plain = read_email(email)
    if province:
        regions.check(role, province)
    if session.scalars(select(StaffRow.id).where(StaffRow.email == plain)).one_or_none() is not None:
        raise Conflict("Somebody with this e-mail address already works here.")
    session.execute(
        delete(InvitationRow).where(InvitationRow.email == plain, InvitationRow.used_at.is_(None))
    )
    token = secrets.token_urlsafe(24)
    session.add(
        InvitationRow(token_hash=keys.mac("invitation", token), email=plain, role=role.value, province=province,
                      expires_at=now(session) + timedelta(days=INVITATION_DAYS))
    )  # fmt: skip
    audit.append(session, keys, actor=actor, action="staff.invited", subject=f"role:{role.value}")
    return token


def read_email(text: str) -> str:
    """The address as it is stored; raises Invalid where it cannot be one."""
    plain = _plain(text)
    if len(plain) <= 254 and re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+", plain):
        return plain
    expected = "{value} is not an e-mail address. Write it like name@example.org."
    raise Invalid([Problem("email", text[:60], expected)])


def invitation(session: Session, keys: Keys, token: str) -> Invitation | None:
    """The invitation of this token; None where it is unknown, used or expired."""
    row = session.get(InvitationRow, keys.mac("invitation", token))
    open_ = row is not None and row.used_at is None and row.expires_at > now(session)
    return Invitation(row.email, Role(row.role)) if row is not None and open_ else None


def accept(database: Database, keys: Keys, token: str, name: str, password: str) -> Staff:
    """Become staff by an invitation; raises NotFound, or Invalid where name or password will not do."""
    with database.read() as session:
        offered = invitation(session, keys, token)
    if offered is None:
        raise NotFound
    if problems := [*_name_problems(name), *passwords.problems(password, (offered.email, name))]:
        raise Invalid(problems)
    password_hash = passwords.hashed(password)
    with database.write() as session:
        row = session.get(InvitationRow, keys.mac("invitation", token), with_for_update=True)
        at = now(session)
        if row is None or row.used_at is not None or row.expires_at <= at:
            raise NotFound
        row.used_at = at
        staff = add(session, keys, actor="invited", email=row.email, name=name, role=Role(row.role),
                    password_hash=password_hash)  # fmt: skip
        if row.province:
            regions.begin(session, keys, staff, row.province)
        return staff


def add(
    session: Session, keys: Keys, *, actor: str, email: str, name: str, role: Role, password_hash: str
) -> Staff:
    """Make an account at once: for an accepted invitation, and for the demo."""
    if problems := _name_problems(name):
        raise Invalid(problems)
    row = StaffRow(
        email=_plain(email), name=name.strip(), role=role.value, password_hash=password_hash,
        created_at=now(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    audit.append(
        session, keys, actor=actor, action="staff.added", subject=f"staff:{row.id}", detail=role.value
    )
    return sessions.staff_of(keys, row)


def _name_problems(name: str) -> list[Problem]:
    if 1 <= len(name.strip()) <= 80:
        return []
    return [Problem("name", "", "Please write your name, at most 80 characters.")]


def list_staff(session: Session) -> Sequence[Staff]:
    """Everybody who works here, by name."""
    rows = session.scalars(select(StaffRow).order_by(StaffRow.name))
    return [Staff(row.id, row.name, row.email, Role(row.role)) for row in rows]


def _plain(email: str) -> str:
    return email.strip().lower()
