"""Staff: invitations, passwords (argon2id), sessions kept on the server as keyed hashes."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import audit, passwords
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Role
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.session import Database
from reunite.storage.staff_tables import InvitationRow, SessionRow, SignInFailureRow, StaffRow

_FREE_TRIES = 5
_LONGEST_WAIT_S = 60
INVITATION_DAYS = 7


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session that has begun; the token goes into the cookie and is kept nowhere else."""

    token: str
    staff: Staff


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that may still be accepted."""

    email: str
    role: Role


def sign_in(database: Database, keys: Keys, email: str, password: str, *, hours: int = 12) -> SignedIn | None:
    """Begin a session; None where e-mail or password is wrong, which of them is not told. Raises Conflict where
    too many failed and the wait (a minute at most, so that nobody is locked out) is not over.

    The password is checked between two transactions: it takes long, and nobody who files shall wait for it.
    """
    account = keys.mac("account", _plain(email))
    with database.read() as session:
        _refuse_while_waiting(session, account)
        row = _active(session, email)
    fits = passwords.fits(row.password_hash if row else None, password)
    with database.write() as session:
        failure = _refuse_while_waiting(session, account)
        now_there = _active(session, email)
        # Changed or locked while we checked: what was checked no longer counts.
        if not fits or row is None or now_there is None or now_there.password_hash != row.password_hash:
            _count_failure(session, account, failure)
            subject = f"account:{account[:12]}"
            audit.append(session, keys, actor="unknown", action="staff.sign_in_failed", subject=subject)
            return None
        if failure is not None:
            session.delete(failure)
        return _begin(session, keys, now_there, hours)


def begin_proved(
    session: Session, keys: Keys, email: str, *, hours: int, second_factor: bool
) -> SignedIn | None:
    """Begin a session of whom an OpenID Connect provider has proved; None, and no account is made, where nobody active
    has this e-mail. `second_factor`: whether the provider has proved one too; without it ours is still owed."""
    row = _active(session, email)
    if row is None:
        audit.append(session, keys, actor="unknown", action="staff.sign_in_failed", subject="provider")
        return None
    return _begin(session, keys, row, hours, "provider, second factor" if second_factor else "provider")


def _begin(session: Session, keys: Keys, row: StaffRow, hours: int, how: str = "") -> SignedIn:
    token, ends = secrets.token_urlsafe(32), now(session) + timedelta(hours=hours)
    session.add(SessionRow(token_hash=keys.mac("session", token), staff_id=row.id, expires_at=ends))
    who = f"staff:{row.id}"
    audit.append(session, keys, actor=who, action="staff.signed_in", subject=who, detail=how)
    return SignedIn(token, _staff(keys, row, token))


def _active(session: Session, email: str) -> StaffRow | None:
    query = select(StaffRow).where(StaffRow.email == _plain(email), StaffRow.state == "active")
    return session.scalars(query).one_or_none()


def _refuse_while_waiting(session: Session, account: str) -> SignInFailureRow | None:
    failure = session.get(SignInFailureRow, account)
    if failure is not None and failure.not_before > now(session):
        raise Conflict("Too many wrong passwords for this account. Please wait a minute and try again.")
    return failure


def staff_for(session: Session, keys: Keys, token: str) -> Staff | None:
    """Who the cookie's token belongs to; None where it is unknown, expired or its owner locked."""
    row = session.execute(
        select(StaffRow, SessionRow.expires_at)
        .join(SessionRow, SessionRow.staff_id == StaffRow.id)
        .where(SessionRow.token_hash == keys.mac("session", token), StaffRow.state == "active")
    ).one_or_none()
    return None if row is None or row.expires_at <= now(session) else _staff(keys, row.StaffRow, token)


def sign_out(session: Session, keys: Keys, token: str) -> None:
    """End the session."""
    session.execute(delete(SessionRow).where(SessionRow.token_hash == keys.mac("session", token)))


def invite(session: Session, keys: Keys, *, actor: str, email: str, role: Role) -> str:
    """Make an invitation that lasts seven days and replaces an earlier one; gives its token, kept only as a hash."""
    plain = read_email(email)
    if session.scalars(select(StaffRow.id).where(StaffRow.email == plain)).one_or_none() is not None:
        raise Conflict("Somebody with this e-mail address already works here.")
    session.execute(
        delete(InvitationRow).where(InvitationRow.email == plain, InvitationRow.used_at.is_(None))
    )
    token = secrets.token_urlsafe(24)
    session.add(
        InvitationRow(token_hash=keys.mac("invitation", token), email=plain, role=role.value,
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
        if invitation(session, keys, token) is None:
            raise NotFound
    if problems := [*_name_problems(name), *passwords.problems(password)]:
        raise Invalid(problems)
    password_hash = passwords.hashed(password)
    with database.write() as session:
        row = session.get(InvitationRow, keys.mac("invitation", token), with_for_update=True)
        at = now(session)
        if row is None or row.used_at is not None or row.expires_at <= at:
            raise NotFound
        row.used_at = at
        return add(session, keys, actor="invited", email=row.email, name=name, role=Role(row.role),
                   password_hash=password_hash)  # fmt: skip


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
    return _staff(keys, row, "")


def _name_problems(name: str) -> list[Problem]:
    if 1 <= len(name.strip()) <= 80:
        return []
    return [Problem("name", "", "Please write your name, at most 80 characters.")]


def list_staff(session: Session) -> Sequence[Staff]:
    """Everybody who works here, by name."""
    rows = session.scalars(select(StaffRow).order_by(StaffRow.name))
    return [Staff(row.id, row.name, row.email, Role(row.role)) for row in rows]


def _staff(keys: Keys, row: StaffRow, token: str) -> Staff:
    return Staff(row.id, row.name, row.email, Role(row.role), keys.mac("csrf", token) if token else "")


def _plain(email: str) -> str:
    return email.strip().lower()


def _count_failure(session: Session, account: str, failure: SignInFailureRow | None) -> None:
    if failure is None:
        failure = SignInFailureRow(account_hash=account, failures=0, not_before=now(session))
        session.add(failure)
    failure.failures += 1
    over = failure.failures - _FREE_TRIES
    wait = min(4 * 2**over, _LONGEST_WAIT_S) if over >= 0 else 0
    failure.not_before = now(session) + timedelta(seconds=wait)
