"""Invitations, passwords and sessions of staff."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import VerifyMismatchError
from sqlalchemy import select, update

from reunite import accounts, audit, passwords, sessions
from reunite.policy import Role
from reunite.problems import Conflict, Invalid, NotFound
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import SessionRow, SignInFailureRow
from reunite.storage.staff_tables import InvitationRow, StaffRow

EMAIL, PASSWORD = "lin@example.org", "correct horse battery"


@pytest.fixture
def staff(service: Service) -> str:
    with service.database.write() as session:
        accounts.add(session, service.keys, actor="operator", email=EMAIL, name="Lin", role=Role.VOLUNTEER,
                     password_hash=passwords.hashed(PASSWORD))  # fmt: skip
    return EMAIL


def sign_in(service: Service, email: str, password: str) -> accounts.SignedIn | None:
    return accounts.sign_in(service.database, service.keys, email, password)


def who(service: Service, token: str) -> str | None:
    with service.database.read() as session:
        known = sessions.known(session, service.keys, token, idle_minutes=60)
        return known.staff.email if known else None


def test_signing_in_and_out(service: Service, staff: str) -> None:
    signed = sign_in(service, " LIN@example.org ", PASSWORD)
    assert signed is not None
    assert who(service, signed.token) == EMAIL
    with service.database.write() as session:
        sessions.end(session, service.keys, signed.token)
    assert who(service, signed.token) is None


@pytest.mark.parametrize("token", ["", "nonsense", "\x00", "é" * 1000])
def test_an_unknown_token_is_nobody(service: Service, staff: str, token: str) -> None:
    assert who(service, token) is None


def test_a_wrong_password_and_an_unknown_account_look_the_same(service: Service, staff: str) -> None:
    assert sign_in(service, EMAIL, "wrong") is None
    assert sign_in(service, "nobody@example.org", "wrong") is None


def test_guessing_becomes_slow_and_the_wait_ends(service: Service, staff: str) -> None:
    for _ in range(5):
        sign_in(service, EMAIL, "wrong")
    with pytest.raises(Conflict):
        sign_in(service, EMAIL, PASSWORD)
    with service.database.write() as session:
        waits = session.scalars(select(SignInFailureRow.not_before)).one() - now(session)
        assert waits < timedelta(seconds=61)
        session.execute(update(SignInFailureRow).values(not_before=now(session)))
    assert sign_in(service, EMAIL, PASSWORD) is not None


def test_neither_password_nor_token_is_stored(service: Service, staff: str) -> None:
    signed = sign_in(service, EMAIL, PASSWORD)
    assert signed is not None
    with service.database.read() as session:
        stored = session.scalars(select(StaffRow.password_hash)).one()
        tokens = session.scalars(select(SessionRow.token_hash)).all()
    assert stored.startswith("$argon2id$")
    assert signed.token not in tokens


def test_a_session_ends_with_its_time_and_with_a_locked_account(service: Service, staff: str) -> None:
    first, second = sign_in(service, EMAIL, PASSWORD), sign_in(service, EMAIL, PASSWORD)
    assert first is not None
    assert second is not None
    with service.database.write() as session:
        hashed = service.keys.mac("session", first.token)
        session.execute(
            update(SessionRow).where(SessionRow.token_hash == hashed).values(expires_at=now(session))
        )
    assert who(service, first.token) is None
    assert who(service, second.token) == EMAIL
    with service.database.write() as session:
        session.execute(update(StaffRow).values(state="locked"))
    assert who(service, second.token) is None
    assert sign_in(service, EMAIL, PASSWORD) is None


def invite(service: Service, email: str = "new@example.org") -> str:
    with service.database.write() as session:
        return accounts.invite(session, service.keys, actor="operator", email=email, role=Role.POLICE)


def accept(service: Service, token: str, password: str = PASSWORD) -> None:
    accounts.accept(service.database, service.keys, token, "New", password)


def test_an_invitation_makes_one_account_of_its_role(service: Service) -> None:
    token = invite(service)
    accept(service, token)
    signed = sign_in(service, "new@example.org", PASSWORD)
    assert signed is not None
    assert signed.staff.role is Role.POLICE
    with pytest.raises(NotFound):
        accept(service, token)


def test_an_expired_a_replaced_and_an_invented_invitation_are_not_found(service: Service) -> None:
    replaced, token = invite(service), invite(service)
    for wrong in (replaced, "nonsense", ""):
        with pytest.raises(NotFound):
            accept(service, wrong)
    with service.database.write() as session:
        session.execute(update(InvitationRow).values(expires_at=now(session)))
    with pytest.raises(NotFound):
        accept(service, token)


def test_a_short_password_is_refused_and_the_invitation_stays(service: Service) -> None:
    token = invite(service)
    with pytest.raises(Invalid, match="at least 12"):
        accept(service, token, "short")
    accept(service, token)


def test_staff_are_not_invited_twice_and_nobody_without_an_address(service: Service, staff: str) -> None:
    with pytest.raises(Conflict):
        invite(service, EMAIL.upper())
    with pytest.raises(Invalid):
        invite(service, "not an address")


def test_checking_a_password_keeps_nobody_from_writing(
    service: Service, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fits_while_others_write(stored: str | None, password: str) -> bool:
        with service.database.write() as session:
            audit.append(session, service.keys, actor="test", action="other.work", subject="report:1")
        return True

    monkeypatch.setattr(passwords, "fits", fits_while_others_write)
    assert sign_in(service, EMAIL, PASSWORD) is not None


def test_a_password_changed_while_the_old_one_was_checked_lets_nobody_in(
    service: Service, staff: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def change(stored: str | None, password: str) -> bool:
        with service.database.write() as session:
            session.execute(update(StaffRow).values(password_hash="another"))
        return True

    monkeypatch.setattr(passwords, "fits", change)
    assert sign_in(service, EMAIL, PASSWORD) is None


@pytest.mark.parametrize(
    ("password", "taken"),
    [("qwertyuiop123", False), ("passwordpassword", False), ("Lin-Reunite-2026", False), ("huijia huijia lin!", False),
     ("x" * 11, False), ("correct horse battery", True),
     (" correct horse battery ", True), ("竹林后面有一口老井和一棵树", True),
     ("k7" * 100 + "x", False)],
)  # fmt: skip
def test_what_is_easily_guessed_is_refused(password: str, taken: bool) -> None:
    assert (passwords.problems(password, (EMAIL, "Lin")) == []) is taken


def test_a_stored_password_costs_whoever_guesses_it_what_rfc_9106_asks_for() -> None:
    cost = extract_parameters(passwords.hashed(PASSWORD))
    assert (cost.type, cost.memory_cost, cost.time_cost) == (Type.ID, 65536, 3)
    assert extract_parameters(passwords._NOBODY) == cost, "an account that is not there costs the same"
    with pytest.raises(VerifyMismatchError):  # it was looked at to the end
        PasswordHasher().verify(passwords._NOBODY, PASSWORD)


def test_a_password_counts_exactly_as_written(service: Service) -> None:
    token = invite(service)
    accept(service, token, " correct horse battery ")
    assert sign_in(service, "new@example.org", "correct horse battery") is None
    assert sign_in(service, "new@example.org", " correct horse battery ") is not None
