"""Alarms: one a day for each thing, ids only, and nobody puts away one about themselves."""

import pytest
from sqlalchemy import func, select

from reunite import accounts, alarms, audit
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, Forbidden, NotFound
from reunite.service import Service
from reunite.storage.abuse_tables import AlarmRow
from reunite.storage.audit_tables import AuditRow
from workers.drain import Drain


def person(service: Service, role: Role = Role.COORDINATOR) -> Staff:
    with service.database.write() as session:
        return accounts.add(session, service.keys, actor="test", email=f"{role}@example.invalid", name=role.value,
                            role=role, password_hash="-")  # fmt: skip


def opens(service: Service, staff: Staff, count: int, *, same: bool = False) -> None:
    with service.database.write() as session:
        for number in range(count):
            subject = f"pair:1:{1 if same else number}"
            audit.append(session, service.keys, actor=staff.actor, action="candidate.viewed", subject=subject)


def kept(service: Service) -> list[tuple[str, str]]:
    with service.database.read() as session:
        return [(row.kind, row.subject) for row in session.scalars(select(AlarmRow))]


def test_the_same_alarm_is_kept_once_a_day_and_is_a_line_in_the_log(service: Service) -> None:
    with service.database.write() as session:
        assert alarms.raise_alarm(session, service.keys, "receipt_guessing", "address:abc")
        assert not alarms.raise_alarm(session, service.keys, "receipt_guessing", "address:abc")
        assert alarms.raise_alarm(session, service.keys, "receipt_guessing", "address:def")
        lines = session.scalars(select(AuditRow.subject).where(AuditRow.action == "alarm.raised")).all()
    assert lines == ["address:abc", "address:def"]
    assert len(kept(service)) == 2


def test_ever_new_addresses_do_not_fill_the_table(service: Service) -> None:
    with service.database.write() as session:
        for number in range(alarms.MOST_A_DAY + 20):
            alarms.raise_alarm(session, service.keys, "receipt_guessing", f"address:{number}")
        assert session.scalar(select(func.count()).select_from(AlarmRow)) == alarms.MOST_A_DAY
        assert alarms.raise_alarm(session, service.keys, "many_cases_opened", "staff:1")


def test_an_account_that_opens_unusually_many_cases_raises_one_alarm(service: Service) -> None:
    staff, other = person(service), person(service, Role.VOLUNTEER)
    service.settings = service.settings.model_copy(update={"opened_per_hour": 10})
    drain = Drain(service)
    opens(service, other, 10)
    opens(service, staff, 50, same=True)
    drain.housekeeping()
    assert kept(service) == [], "ten cases, or one case many times, are not unusual"
    opens(service, other, 11)
    drain.housekeeping()
    drain.housekeeping()
    assert kept(service) == [("many_cases_opened", other.actor)]
    opens(service, other, 81)
    drain.housekeeping()
    assert kept(service)[1:] == [("many_cases_in_a_day", other.actor)]


def test_a_log_that_contradicts_its_anchor_raises_an_alarm(service: Service) -> None:
    drain = Drain(service)
    person(service)
    drain.housekeeping()
    anchor = service.settings.data_dir / "audit.anchor"
    anchor.write_text(anchor.read_text().replace('"hash": "', '"hash": "0'))
    drain.housekeeping()
    assert kept(service) == [("log_contradicts_anchor", "log")]


def test_who_looked_into_an_alarm_is_kept_and_nobody_settles_their_own(service: Service) -> None:
    coordinator, admin = person(service), person(service, Role.ADMIN)
    with service.database.write() as session:
        alarms.raise_alarm(session, service.keys, "many_cases_opened", coordinator.actor)
        assert alarms.unseen(session) == 1
        number = alarms.newest(session, coordinator)[0].id
        with pytest.raises(Conflict):
            alarms.mark_seen(session, service.keys, coordinator, number)
        with pytest.raises(NotFound):
            alarms.mark_seen(session, service.keys, coordinator, number + 1)
        assert alarms.unseen(session) == 1
        alarms.mark_seen(session, service.keys, admin, number)
        assert alarms.unseen(session) == 0
        assert alarms.newest(session, admin)[0].seen_by == "admin"


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.POLICE, Role.AUDITOR])
def test_others_settle_no_alarm(service: Service, role: Role) -> None:
    staff = person(service, role)
    with service.database.write() as session:
        alarms.raise_alarm(session, service.keys, "receipt_guessing", "address:abc")
        with pytest.raises(Forbidden):
            alarms.mark_seen(session, service.keys, staff, 1)
