"""Subscribers and alerts for tests."""

import re

from sqlalchemy import func, select

from reunite import accounts, alerts, subscriptions
from reunite.actors import Staff
from reunite.outbox import Channel
from reunite.policy import Role
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.alert_tables import AlertRow, SubscriptionRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.staff_tables import StaffRow
from reunite.subscription_form import Wish
from tests.devices import Device
from tests.outside import Gateway
from tests.reunite import hanging

NEAR, DEYANG, XIAN, BEIJING = "四川省成都市武侯区", "四川省德阳市", "陕西省西安市", "北京市"
"""Chengdu, and places 60, 600 and 1,500 km from it."""


def an_officer(service: Service) -> Staff:
    """The officer who approves, made at the first call."""
    with service.database.write() as session:
        row = session.scalars(
            select(StaffRow).where(StaffRow.email == "alerts@example.invalid")
        ).one_or_none()
        if row is None:
            return accounts.add(session, service.keys, actor="test", email="alerts@example.invalid", name="alerts",
                                role=Role.POLICE, password_hash="-")  # fmt: skip
        return Staff(row.id, row.name, row.email, Role.POLICE)


def an_alert(service: Service, place: str = "四川省成都市武侯区") -> tuple[Receipt, str]:
    """An alert about a child last seen in Chengdu, and the receipt of its report."""
    receipt, _ = hanging.a_poster(service, place_event=place)
    return receipt, approve(service, receipt)


def approve(service: Service, receipt: Receipt) -> str:
    """The officer approves; gives the alert's ref."""
    officer = an_officer(service)
    with service.database.write() as session:
        return alerts.approve(session, service.keys, officer, receipt.case_number)


def subscribe(service: Service, address: str, place: str = NEAR, *, confirmed: bool = True) -> str:
    """Somebody subscribes; gives the hash of their address. No mail is queued."""
    found = alerts.known_place(place)
    assert found
    with service.database.write() as session:
        to_hash = subscriptions.hash_of(service.keys, Channel.EMAIL, address)
        wish = Wish(found, Channel.EMAIL, address, address, "en")
        row = subscriptions._keep(session, service.keys, wish, to_hash)
        assert row
        row.confirmed_at = now(session) if confirmed else None
    return to_hash


def a_link(service: Service, what: str, place: str = NEAR) -> str:
    """What stands in the link by which somebody confirms or leaves."""
    to_hash = subscribe(service, "reader@example.invalid", place, confirmed=False)
    with service.database.read() as session:
        number = session.scalars(select(SubscriptionRow.id).where(SubscriptionRow.to_hash == to_hash)).one()
    return subscriptions._token(service.keys, to_hash, number if what == "confirm" else 0)


def a_link_of_a_device(service: Service) -> str:
    """What stands in the link by which a device confirms."""
    found = alerts.known_place(NEAR)
    assert found
    said = Device(Gateway("https://push.example.invalid/send"))
    with service.database.write() as session:
        to_hash = subscriptions.hash_of(service.keys, Channel.PUSH, said.address)
        wish = Wish(found, Channel.PUSH, said.said(), said.address, "en")
        row = subscriptions._keep(session, service.keys, wish, to_hash)
        assert row
        return subscriptions._token(service.keys, to_hash, row.id)


def queued(service: Service, begins: str = "alert:") -> dict[str, str]:
    """Who is told: the state of the delivery by the address's hash."""
    with service.database.read() as session:
        rows = session.execute(
            select(DeliveryRow.once, DeliveryRow.state).where(DeliveryRow.once.startswith(begins))
        ).all()
    found = {re.sub(".*:", "", row.once): row.state for row in rows}
    assert len(found) == len(rows), "nobody twice"
    return found


def row_of(service: Service, ref: str) -> AlertRow:
    """The alert's row."""
    with service.database.read() as session:
        return session.scalars(select(AlertRow).where(AlertRow.ref == ref)).one()


def how_many(service: Service) -> int:
    """How many subscriptions there are."""
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(SubscriptionRow)).one()
