"""Alerts for machines: an Atom feed (RFC 4287), and each as a message of the Common Alerting Protocol (CAP 1.2)."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from api.report_form import FIELDS, N_, chosen
from matching import dates
from reunite import alerts, i18n
from reunite.alert_letters import name_on
from reunite.alerts import Alert
from reunite.config import Settings
from reunite.policy import ON_POSTERS
from reunite.subscriptions import name_of

ATOM, CAP = "http://www.w3.org/2005/Atom", "urn:oasis:names:tc:emergency:cap:1.2"
_EVENT = N_("Missing child")
_OVER = N_("This alert is over.")
_INSTRUCTION = N_(
    "If you see the child, call the police at once. Please do not follow or question anybody yourself."
)
_TITLE = N_("Missing children: alerts")
_DATES = frozenset({"birth_date", "event_date"})


def base_of(settings: Settings) -> str:
    """The address that people reach us at."""
    return (settings.public_url or f"http://{settings.host}:{settings.port}").rstrip("/")


def atom(found: Iterable[Alert], settings: Settings, language: str) -> bytes:
    """The alerts that go on, the newest first, each with a link to its poster and to its CAP message."""
    said, base, found = i18n.catalogue(language), base_of(settings), list(found)
    feed = Element("feed", {"xmlns": ATOM, "xml:lang": said.tag})
    _put(feed, "title", said.gettext(_TITLE))
    _put(feed, "id", f"{base}/alerts/feed.atom")
    SubElement(feed, "link", {"rel": "self", "href": f"{base}/alerts/feed.atom?language={language}"})
    SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/alerts"})
    newest = max((_sent(alert, settings) for alert in found), default=datetime(2000, 1, 1, tzinfo=UTC))
    _put(feed, "updated", _zulu(newest))
    _put(SubElement(feed, "author"), "name", settings.organisation)
    for alert in found:
        entry = SubElement(feed, "entry")
        _put(entry, "title", _headline(alert, language))
        _put(entry, "id", f"{base}/alerts/cap/{alert.ref}.xml")
        _put(entry, "published", _zulu(alert.at))
        _put(entry, "updated", _zulu(_sent(alert, settings)))
        _put(entry, "summary", _described(alert, language))
        if alert.poster:
            SubElement(entry, "link", {"rel": "alternate", "href": f"{base}/posters/{alert.poster.ref}"})
        cap_link = {
            "rel": "related",
            "type": "application/cap+xml",
            "href": f"{base}/alerts/cap/{alert.ref}.xml",
        }
        SubElement(entry, "link", cap_link)
    return _written(feed)


def cap(alert: Alert, settings: Settings) -> bytes:
    """One alert: Alert at first, Update whenever it reaches farther, Cancel when it is over, which says nothing of the
    child. Elements stand in the order of the standard."""
    sent, over = _sent(alert, settings), alert.poster is None
    root = Element("alert", {"xmlns": CAP})
    _put(root, "identifier", _identifier(alert, alert.number, over=over))
    _put(root, "sender", _sender(settings))
    _put(root, "sent", _cap_time(sent))
    _put(root, "status", "Actual")
    _put(root, "msgType", "Cancel" if over else "Alert" if alert.number == 1 else "Update")
    _put(root, "scope", "Public")
    before = alert.number if over else alert.number - 1
    if before:
        earlier = [
            (_identifier(alert, number), _ring_at(alert, settings, number)) for number in range(1, before + 1)
        ]
        _put(root, "references", " ".join(f"{_sender(settings)},{id},{_cap_time(at)}" for id, at in earlier))
    for language in i18n.languages():
        _info(root, alert, settings, language)
    return _written(root)


def tag_of(body: bytes) -> str:
    """The ETag of a body."""
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _info(root: Element, alert: Alert, settings: Settings, language: str) -> None:
    said, over = i18n.catalogue(language), alert.poster is None
    info = SubElement(root, "info")
    _put(info, "language", said.tag)
    _put(info, "category", "Rescue")
    _put(info, "event", said.gettext(_EVENT))
    _put(info, "responseType", "AllClear" if over else "Monitor")
    _put(info, "urgency", "Past" if over else "Immediate")
    _put(info, "severity", "Minor" if over else "Severe")
    _put(info, "certainty", "Observed")
    _put(info, "expires", _cap_time(alert.at + alerts.LASTS))
    _put(info, "senderName", settings.organisation)
    _put(info, "headline", said.gettext(_OVER) if over else _headline(alert, language))
    if not over:
        _put(info, "description", _described(alert, language))
        _put(info, "instruction", said.gettext(_INSTRUCTION))
    _put(
        info,
        "web",
        f"{base_of(settings)}/posters/{alert.poster.ref}" if alert.poster else f"{base_of(settings)}/alerts",
    )
    area = SubElement(info, "area")
    _put(area, "areaDesc", name_of(alert.place, language))
    _put(area, "circle", f"{alert.place.lat:.4f},{alert.place.lon:.4f} {alert.km:g}")


def _headline(alert: Alert, language: str) -> str:
    said = i18n.catalogue(language).gettext(_EVENT)
    return " · ".join(one for one in (said, name_on(alert), name_of(alert.place, language)) if one)


def _described(alert: Alert, language: str) -> str:
    """What the poster says, a line a fact."""
    said, facts = i18n.catalogue(language), alert.poster.facts if alert.poster else {}
    lines = []
    for column in ON_POSTERS:
        if told := facts.get(column, ""):
            shown = dates.reckoned(told, language) if column in _DATES else said.gettext(chosen(column, told))
            lines.append(f"{said.gettext(FIELDS[column].label)}: {shown}")
    return "\n".join(lines)


def _sent(alert: Alert, settings: Settings) -> datetime:
    """When what is said now was said first."""
    return alert.ended_at or _ring_at(alert, settings, alert.number)


def _ring_at(alert: Alert, settings: Settings, number: int) -> datetime:
    return alert.at + settings.rings()[number - 1].after


def _identifier(alert: Alert, number: int, *, over: bool = False) -> str:
    return f"{alert.ref}.{'end' if over else number}"


def _sender(settings: Settings) -> str:
    """Without spaces, commas, < and &, as the standard wants."""
    return settings.mail_from or f"alerts@{urlsplit(base_of(settings)).hostname}"


def _cap_time(at: datetime) -> str:
    """The standard wants a zone in numbers, and -00:00 for UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}-00:00"


def _zulu(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _put(above: Element, name: str, text: str) -> None:
    SubElement(above, name).text = text


def _written(root: Element) -> bytes:
    indent(root)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written
