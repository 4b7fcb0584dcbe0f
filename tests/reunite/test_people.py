"""What an administrator does with accounts, and what housekeeping removes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reunite import accounts, passwords, people, sessions, throttling
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, NotFound
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import SessionRow, SignInFailureRow
from reunite.storage.staff_tables import StaffRow

HASH = passwords.hashed("correct horse battery")


def add(service: Service, name: str, role: Role) -> Staff:
    with service.database.write() as session:
        return accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name, role=role,
                            password_hash=HASH)  # fmt: skip


def test_of_two_administrators_who_lock_each_other_one_stays(service: Service) -> None:
    first, second = add(service, "first", Role.ADMIN), add(service, "second", Role.ADMIN)
    with service.database.write() as session:
        people.lock(session, service.keys, first, second.id)
    with service.database.write() as session, pytest.raises(NotFound):
        people.lock(session, service.keys, second, first.id)
    with service.database.write() as session, pytest.raises(Conflict):
        people.set_role(session, service.keys, first, first.id, Role.AUDITOR)
    with service.database.read() as session:
        active = select(StaffRow.name).where(StaffRow.state == "active", StaffRow.role == "admin")
        assert session.scalars(active).all() == ["first"]


def test_who_is_no_administrator_any_more_changes_nothing(service: Service) -> None:
    admin, other = add(service, "admin", Role.ADMIN), add(service, "other", Role.VOLUNTEER)
    with service.database.write() as session:
        session.execute(update(StaffRow).where(StaffRow.id == admin.id).values(role="volunteer"))
    with service.database.write() as session, pytest.raises(NotFound):
        people.reset_link(session, service.keys, admin, other.id)


def test_housekeeping_removes_what_is_over_and_nothing_else(service: Service) -> None:
    add(service, "kept", Role.VOLUNTEER)
    for _ in range(3):
        accounts.sign_in(service.database, service.keys, "kept@example.invalid", "correct horse battery")
    for email in ("old@example.invalid", "new@example.invalid"):
        accounts.sign_in(service.database, service.keys, email, "wrong")
    with service.database.write() as session:
        idle, over, _ = session.scalars(select(SessionRow)).all()
        idle.seen_at = now(session) - timedelta(minutes=61)
        over.expires_at = now(session)
        old = throttling.account_of(service.keys, "old@example.invalid")
        session.get_one(SignInFailureRow, old).not_before = now(session) - timedelta(days=2)
    with service.database.write() as session:
        sessions.forget_old(session, idle_minutes=60)
        throttling.forget_old(session)
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SessionRow)) == 1
        assert session.scalar(select(func.count()).select_from(SignInFailureRow)) == 1
