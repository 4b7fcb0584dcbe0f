"""Sightings: anybody may tell, only coordinators and the police read, and nothing of who told is kept but what they
wrote."""

import pytest
from sqlalchemy import select

from reunite import erasure, reserved, sightings
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.poster_tables import SightingRow
from reunite.storage.tables import ReportRow
from tests.api.objects import an
from tests.reunite.hanging import a_coordinator, a_poster
from tests.reunite.test_vault import everything_written

SEEN = {
    "what": "穿红毛衣，跟着一个老人",
    "place": "郑州火车站",
    "time": "今天下午三点",
    "reach": "10005550177",
}


def send(service: Service, ref: str, **told: str) -> None:
    with service.database.write() as session:
        sightings.send(session, service.keys, ref, {**SEEN, **told})


def read(service: Service, receipt: Receipt) -> list[sightings.Sighting]:
    who = a_coordinator(service)
    with service.database.write() as session:
        return sightings.of_report(session, service.keys, who, receipt.case_number)[1]


def waiting(service: Service, role: Role = Role.COORDINATOR) -> list[tuple[str, int]]:
    with service.database.read() as session:
        return [(one.case_number, one.count) for one in sightings.waiting(session, an(role))]


def test_what_somebody_saw_is_read_by_a_coordinator_until_it_is_dealt_with(service: Service) -> None:
    receipt, ref = a_poster(service)
    send(service, ref)
    send(service, ref, what="又见到了", reach="")
    assert waiting(service) == [(receipt.case_number, 2)]
    newest, first = read(service, receipt)
    assert (newest.what, newest.reach) == ("又见到了", "")
    assert {name: getattr(first, name) for name in SEEN} == SEEN
    who = a_coordinator(service)
    with service.database.write() as session:
        sightings.settle(session, service.keys, who, receipt.case_number, first.id)
    assert waiting(service) == [(receipt.case_number, 1)], "what nobody has read yet still waits"
    with service.database.write() as session:
        sightings.settle(session, service.keys, who, receipt.case_number, newest.id)
    assert waiting(service) == []
    assert [one.settled for one in read(service, receipt)] == [True, True]


def test_the_same_words_sent_twice_are_kept_once(service: Service) -> None:
    receipt, ref = a_poster(service)
    for _ in range(2):
        send(service, ref)
    assert len(read(service, receipt)) == 1


@pytest.mark.parametrize(("name", "limit"), sightings.LIMITS.items())
def test_too_long_and_empty_ones_are_refused_with_words(service: Service, name: str, limit: int) -> None:
    _, ref = a_poster(service)
    with pytest.raises(Invalid, match=f"{name}: .*{limit}"):
        send(service, ref, **{name: "长" * (limit + 1)})
    send(service, ref, **{name: "长" * limit})
    with pytest.raises(Invalid, match="what you saw"):
        send(service, ref, what=" \u202e ")


@pytest.mark.parametrize("ref", ["", "nothing-here", "ABCDEFGH", "A" * 40, "%' OR 1=1"])
def test_a_poster_that_does_not_hang_takes_no_sighting(service: Service, ref: str) -> None:
    a_poster(service)
    with pytest.raises(NotFound):
        send(service, ref)
    assert waiting(service) == []


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.COORDINATOR, Role.POLICE}))
def test_nobody_else_reads_or_settles_them(service: Service, role: Role) -> None:
    receipt, ref = a_poster(service)
    send(service, ref)
    with service.database.write() as session:
        with pytest.raises(Forbidden):
            sightings.waiting(session, an(role))
        with pytest.raises(Forbidden):
            sightings.of_report(session, service.keys, an(role), receipt.case_number)
        with pytest.raises(Forbidden):
            sightings.settle(session, service.keys, an(role), receipt.case_number, 99)


def test_those_of_a_reserved_report_are_for_the_police(service: Service) -> None:
    receipt, ref = a_poster(service)
    send(service, ref)
    with service.database.write() as session:
        row = session.get_one(ReportRow, receipt.report_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), row, on=True)
    assert waiting(service) == []
    assert waiting(service, Role.POLICE) == [(receipt.case_number, 1)]
    with pytest.raises(NotFound):
        read(service, receipt)


def test_they_lie_sealed_and_go_with_the_report(service: Service) -> None:
    receipt, ref = a_poster(service)
    send(service, ref, what="独一无二的话")
    assert "独一无二的话".encode() not in everything_written(service)
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)
        assert session.scalars(select(SightingRow)).all() == []


def test_telling_and_reading_are_lines_in_the_log(service: Service) -> None:
    receipt, ref = a_poster(service)
    send(service, ref)
    read(service, receipt)
    with service.database.read() as session:
        query = select(AuditRow.actor, AuditRow.action).where(AuditRow.action.like("sighting.%"))
        lines = session.execute(query.order_by(AuditRow.no)).all()
    assert [tuple(line) for line in lines] == [
        ("public", "sighting.sent"), (a_coordinator(service).actor, "sighting.viewed"),
    ]  # fmt: skip
