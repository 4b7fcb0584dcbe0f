"""What an administrator does with accounts, and what housekeeping removes."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reunite import accounts, passwords, people, regions, sessions, throttling
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, Invalid, NotFound
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


def names(
    service: Service, sought: str = "", role: Role | None = None, page: int = 1
) -> tuple[list[str], bool]:
    with service.database.read() as session:
        found, more = people.members(session, sought, role, page)
    return [one.name for one in found], more


def test_many_people_are_shown_in_pages_and_found_by_name_address_and_role(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "PAGE", 3)
    for name in ("chen", "An", "bai_1", "bai%2", "李秀英"):
        add(service, name, Role.VOLUNTEER)
    add(service, "chief", Role.POLICE)
    (first, more), (second, last) = names(service), names(service, page=2)
    assert sorted(first + second) == sorted(("chen", "An", "bai_1", "bai%2", "李秀英", "chief"))
    assert (more, last) == (True, False)
    assert names(service, "秀英") == (["李秀英"], False)
    assert names(service, "an@EXAMPLE") == (["An"], False)
    assert names(service, "bai_") == (["bai_1"], False), "signs of the database are letters like others"
    assert names(service, "%") == (["bai%2"], False)
    assert names(service, role=Role.POLICE) == (["chief"], False)
    assert names(service, "ch", Role.VOLUNTEER) == (["chen"], False)
    assert names(service, page=9) == ([], False)


def test_a_volunteer_invited_for_a_region_begins_there(service: Service) -> None:
    with service.database.write() as session:
        invited = accounts.invite(session, service.keys, actor="test", email="v@example.invalid", role=Role.VOLUNTEER,
                                  province="510000")  # fmt: skip
        [pending] = people.pending(session)
        assert pending.region is not None
        assert pending.region.code == "510000"
    volunteer = accounts.accept(
        service.database, service.keys, invited, "Invented Person", "correct horse battery"
    )
    with service.database.read() as session:
        [member], _ = people.members(session)
        assert [place.code for place in member.regions] == ["510000"]
        assert [place.code for place in regions.offered(session, volunteer)] == ["510000"]


@pytest.mark.parametrize(
    ("role", "province"), [(Role.POLICE, "510000"), (Role.VOLUNTEER, "510100"), (Role.VOLUNTEER, "x")]
)
def test_nobody_is_invited_for_what_is_no_region_of_theirs(
    service: Service, role: Role, province: str
) -> None:
    with service.database.write() as session, pytest.raises(Invalid):
        accounts.invite(
            session, service.keys, actor="test", email="p@example.invalid", role=role, province=province
        )
