"""Alerts on their way: who lives near enough is told, ring by ring, and who was told is told that it is over.

A step a transaction, of some thousand people; what is done is noted in the alert's own row, so that after a crash it
goes on where the last step had committed. Nobody is told twice: a delivery's `once` names the alert and the address.
"""

from functools import lru_cache

from sqlalchemy import exists, literal, or_, select
from sqlalchemy.orm import Session

from matching import places
from reunite import alert_ends, alerts, outbox, outbox_care, posters, rings
from reunite.alert_letters import ALERT, ENDS
from reunite.outbox import Channel, Delivery
from reunite.service import Service
from reunite.storage.alert_tables import AlertRow, SubscriptionRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.poster_tables import PosterRow
from reunite.storage.tables import ReportRow

A_STEP = 5_000


def step(service: Service, most: int = A_STEP) -> bool:
    """Tell up to `most` subscribers, in one transaction; False where there is nobody to tell now."""
    with service.database.read() as session:
        if _next(session, service) is None:
            return False
    with service.database.write() as session:
        sweep(session)
        row = _next(session, service, lock=True)
        if row is None:
            return False
        if row.state == "active":
            _grow(session, service, row, most)
        else:
            _tell_end(session, service, row, most)
    return True


def sweep(session: Session) -> None:
    """End alerts whose posters hang no more: a warning was set, or the report was reserved. What is over by its time is
    told to nobody."""
    at = now(session)
    shown = (
        select(PosterRow.report_id)
        .join(ReportRow, ReportRow.id == PosterRow.report_id)
        .where(posters.is_shown())
    )
    old = AlertRow.at <= at - alerts.LASTS
    query = select(AlertRow.report_id).where(
        AlertRow.state == "active", or_(old, AlertRow.report_id.not_in(shown))
    )
    for report_id in session.scalars(query).all():
        alert_ends.end(session, report_id)
    late = select(AlertRow).where(AlertRow.state == "withdrawn", AlertRow.told_at.is_(None), old)
    for row in session.scalars(late.with_for_update(skip_locked=True)).all():
        row.told_at = at
    session.flush()


def _next(session: Session, service: Service, *, lock: bool = False) -> AlertRow | None:
    """An alert of which somebody is to be told: that it is over comes first."""
    all_, at = service.settings.rings(), now(session)
    query = select(AlertRow).where(AlertRow.told_at.is_(None)).order_by(AlertRow.state.desc(), AlertRow.id)
    for row in session.scalars(query.with_for_update(skip_locked=True) if lock else query):
        if row.state == "withdrawn" or row.ring < rings.begun(all_, at - row.at):
            return row
    return None


def _grow(session: Session, service: Service, row: AlertRow, most: int) -> None:
    near = _near(row.place, service.settings.rings()[row.ring].km)
    if not near:  # a newer gazetteer does not know the place any more
        row.ring += 1
        return
    south, north = min(near.values())[0], max(near.values())[0]
    west, east = (edge(lon for _, lon in near.values()) for edge in (min, max))
    begins = f"alert:{row.id}:"
    told = exists().where(DeliveryRow.once == literal(begins) + SubscriptionRow.to_hash)
    query = (
        select(SubscriptionRow.id, SubscriptionRow.place, SubscriptionRow.to_hash, SubscriptionRow.channel)
        .where(SubscriptionRow.id > row.cursor, SubscriptionRow.confirmed_at.is_not(None),
               SubscriptionRow.latitude.between(south, north), SubscriptionRow.longitude.between(west, east))
        .order_by(SubscriptionRow.id)
        .limit(most)
    )  # fmt: skip
    # In the first ring nobody was told before, but for two places of one address, of which the second is passed over.
    found = session.execute(query.where(~told) if row.ring else query).all()
    # In the order of the index that they go into: a database that keeps little of it at hand need not look around.
    by_hash = sorted((one for one in found if one.place in near), key=lambda one: one.to_hash)
    queued = [
        Delivery(Channel(one.channel), f"{begins}{one.to_hash}", {ALERT: row.ref}, row.report_id, one.to_hash,
                 urgent=True)
        for one in by_hash
    ]  # fmt: skip
    outbox.queue_all(session, service.keys, row.report_id, queued)
    if len(found) < most:
        row.ring, row.cursor = row.ring + 1, 0
    else:
        row.cursor = found[-1].id
    session.flush()


def _tell_end(session: Session, service: Service, row: AlertRow, most: int) -> None:
    """Drop what waits, and tell the others that it is over."""
    query = (
        select(DeliveryRow.id, DeliveryRow.to_hash, DeliveryRow.channel, DeliveryRow.state)
        .where(DeliveryRow.report_id == row.report_id, DeliveryRow.once.startswith(f"alert:{row.id}:"),
               DeliveryRow.id > row.cursor)
        .order_by(DeliveryRow.id)
        .limit(most)
    )  # fmt: skip
    found = session.execute(query).all()
    outbox_care.drop(session, [one.id for one in found if one.state == "ready"], "withdrawn")
    ends = [
        Delivery(Channel(one.channel), f"alert-end:{row.id}:{one.to_hash}", {ALERT: row.ref, ENDS: "yes"},
                 row.report_id, one.to_hash, urgent=True)
        for one in found if one.state in ("sent", "leased")
    ]  # fmt: skip
    outbox.queue_all(session, service.keys, row.report_id, ends)
    if len(found) < most:
        row.told_at = now(session)
    else:
        row.cursor = found[-1].id
    session.flush()


@lru_cache(maxsize=64)
def _near(code: str, km: float) -> dict[str, tuple[float, float]]:
    """Every place of the gazetteer that lies so near, and where."""
    centre = places.gazetteer().places.get(code)
    if centre is None:
        return {}
    return {
        one.code: (one.lat, one.lon)
        for one in places.gazetteer().places.values()
        if places.distance_km(centre, one) <= km
    }
