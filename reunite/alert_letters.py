"""What subscribers are told, written when it is sent: an alert that is over by then is not, and nobody who has left."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from matching import dates
from reunite import alerts, letters, push_letters, subscriptions
from reunite.alerts import Alert
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.problems import NotFound
from reunite.storage.clock import now

ALERT, ENDS = "alert", "ends"
"""What the payload of such a delivery holds: the alert's ref, and whether it tells that it is over."""


def written(session: Session, keys: Keys, settings: Settings, told: Delivery) -> Delivery | None:
    """The delivery with its words; any other as it is. None where there is nothing to tell or nobody to be told."""
    if ALERT not in told.payload:
        return told
    row = subscriptions.of_hash(session, told.to_hash or "")
    try:
        alert = alerts.find(session, keys, settings, told.payload[ALERT])
    except NotFound:
        return None
    ends = ENDS in told.payload
    if row is None or ends == (alert.poster is not None):
        return None
    what, filled = "alert_end" if ends else "alert", _filling(alert, settings, row.language)
    address = subscriptions.address_of(keys, row)
    if told.channel is Channel.PUSH:
        # That it is over waits as long as a device may have shown it.
        lasts = alerts.LASTS - (timedelta() if ends else now(session) - alert.at)
        said = push_letters.payload(
            keys, what, row.language, filled, device=address, to_hash=row.to_hash, about=f"alert:{alert.ref}",
            opens=f"/posters/{alert.poster.ref}" if alert.poster else "/alerts",
            stop=subscriptions.stop_path(keys, row.to_hash), lasts=lasts,
        )  # fmt: skip
        return replace(told, payload=said)
    stop = subscriptions.stop_address(keys, settings, row.to_hash)
    said = letters.mail(what, row.language, {**filled, "organisation": settings.organisation, "stop": stop})
    return replace(told, payload={"to": address, "stop": stop, **said})


def _filling(alert: Alert, settings: Settings, language: str) -> dict[str, str]:
    day = format_date(alert.at.astimezone(ZoneInfo(settings.time_zone)), "long", language)
    place = subscriptions.name_of(alert.place, language)
    if alert.poster is None:
        return {"day": day, "place": place}
    facts, base = alert.poster.facts, settings.public_url.rstrip("/")
    when = dates.reckoned(facts.get("event_date", ""), language)
    seen = ", ".join(one for one in (facts.get("place_event", ""), when) if one)
    address = f"{base}/posters/{alert.poster.ref}"
    return {"name": _line(name_on(alert) or place), "seen": _line(seen), "poster": address,
            "address": f"{address}/sighting"}  # fmt: skip


def name_on(alert: Alert) -> str:
    """The child's name as the poster has it; empty where it has none."""
    facts = alert.poster.facts if alert.poster else {}
    return _line(facts.get("name") or facts.get("other_names", ""))


def _line(text: str) -> str:
    """In one line, as a subject must be."""
    return " ".join(text.split())
