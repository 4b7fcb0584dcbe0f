"""Who wants to hear of children missing near a place: asks, confirms, leaves with one click.

Kept is a place no finer than a county, a language, and the address, sealed. Who has left is not kept at all, and who
did not confirm is forgotten after a day. Whether somebody subscribes nobody can find out: every answer is the same.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from matching.gazetteer import ancestors
from matching.places import Place
from matching.traditional import said_in
from reunite import alerts, i18n, letters, outbox, outbox_care, silence
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.receipts import same
from reunite.storage import many
from reunite.storage.alert_tables import SubscriptionRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import SilencedRow

UNCONFIRMED = timedelta(days=1)
MOST_PLACES = 5
"""Of one address."""
MOST_ASKED = 3
"""So often a day an address is asked to confirm: whoever writes other people's addresses must not flood them."""
LONGEST = {"place": 200, "email": 254}
_DAY = timedelta(days=1)
_EMAIL = re.compile(r"[!#-'*+\-/-9=?A-Z^-~.]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_ASKS = "alert-confirm:"
_HASH, _ID, _SIGNATURE = 16, 8, 12  # bytes of a link's token
_NO_MAIL = "No e-mail is sent from here. Please use the feed."
_NO_PLACE = "We do not know this place. Please write a county, district or city."
_NO_EMAIL = "This is no e-mail address. Write it like name@example.org."
_DISAGREES = "Please tick that we may keep this. Without that we cannot tell you."


def subscribe(session: Session, keys: Keys, settings: Settings, fields: Mapping[str, str]) -> None:
    """Keep what the form says (place, email, language, agree) and ask the address to confirm. Raises Invalid, and
    Conflict where no e-mail is sent."""
    if not settings.smtp_url:
        raise Conflict(_NO_MAIL)
    place, address = _read(fields)
    to_hash = hash_of(keys, Channel.EMAIL, address)
    asked = outbox_care.recent(session, to_hash, _ASKS, _DAY)
    if silence.why(session, to_hash) or asked >= MOST_ASKED:
        return
    language = i18n.spoken(fields.get("language", "")) or "en"
    row = _keep(session, keys, place, address, to_hash, language)
    if row is None:
        return
    base = settings.public_url.rstrip("/")
    filled = {"place": name_of(place, language), "organisation": settings.organisation,
              "address": f"{base}/alerts/confirm/{_token(keys, to_hash, row.id)}",
              "stop": stop_address(keys, settings, to_hash)}  # fmt: skip
    said = letters.mail("alert_confirm", language, filled)
    outbox.queue(session, keys, Delivery(
        Channel.EMAIL, f"{_ASKS}{row.id}:{now(session):%Y%m%d%H%M%S%f}",
        {"to": address, "stop": filled["stop"], **said}, to_hash=to_hash, urgent=True,
    ))  # fmt: skip


def asked(session: Session, keys: Keys, token: str) -> tuple[Place, bool]:
    """The place that a link to confirm is about, and whether that was done; raises NotFound for any other link, and
    for one that is too old."""
    row = _of_token(session, keys, token)
    return alerts.place_of(row.place), row.confirmed_at is not None


def confirm(session: Session, keys: Keys, token: str) -> Place:
    """Who got the mail wants alerts; gives the place. Raises NotFound as `asked` does."""
    row = _of_token(session, keys, token)
    row.confirmed_at = row.confirmed_at or now(session)
    session.flush()
    return alerts.place_of(row.place)


def leave(session: Session, keys: Keys, token: str) -> None:
    """Who holds the link wants no alerts any more, for no place: nothing of them is kept, and nothing that waits is
    sent. Raises NotFound for what we did not make."""
    to_hash = read_leave_token(keys, token)
    outbox_care.drop_to(session, to_hash)
    remove(session, to_hash)


def read_leave_token(keys: Keys, token: str) -> str:
    """The hash that a link to leave was made for; raises NotFound for what we did not make."""
    to_hash, number = _read_token(keys, token)
    if number:
        raise NotFound
    return to_hash


def remove(session: Session, to_hash: str) -> None:
    """Keep nothing of this address."""
    session.execute(delete(SubscriptionRow).where(SubscriptionRow.to_hash == to_hash))


def of_hash(session: Session, to_hash: str) -> SubscriptionRow | None:
    """A confirmed subscription of this address."""
    query = select(SubscriptionRow).where(
        SubscriptionRow.to_hash == to_hash, SubscriptionRow.confirmed_at.is_not(None)
    )
    return session.scalars(query.order_by(SubscriptionRow.id).limit(1)).one_or_none()


def address_of(keys: Keys, row: SubscriptionRow) -> str:
    """The address of a subscription."""
    return keys.open(_PURPOSE, row.to_hash, row.sealed)


def hash_of(keys: Keys, channel: Channel, address: str) -> str:
    """The keyed hash by which a subscriber is known again. It is another than that of reporters: who wants no messages
    about a report may want alerts, and nobody can see that both are one."""
    return keys.mac("alert-address", channel.value, address.strip().casefold())[: 2 * _HASH]


def stop_address(keys: Keys, settings: Settings, to_hash: str) -> str:
    """The link by which somebody leaves."""
    return f"{settings.public_url.rstrip('/')}/alerts/leave/{_token(keys, to_hash, 0)}"


def name_of(place: Place, language: str) -> str:
    """What a place is called in this language, with what it lies in below China: many counties share a name."""
    all_of = [place, *(one for one in ancestors(place) if one.code != "CN")]
    if language.startswith("zh") and all(one.name_zh for one in all_of):
        return said_in("".join(one.name_zh for one in reversed(all_of)), language)
    return ", ".join(one.name_en or one.name_zh for one in all_of)


def forget_old(session: Session) -> None:
    """Forget who did not confirm within a day, and addresses where nobody is."""
    late = SubscriptionRow.confirmed_at.is_(None) & (SubscriptionRow.at <= now(session) - UNCONFIRMED)
    gone = SubscriptionRow.to_hash.in_(select(SilencedRow.to_hash))
    session.execute(delete(SubscriptionRow).where(or_(late, gone)))


_PURPOSE = "subscription"


def _read(fields: Mapping[str, str]) -> tuple[Place, str]:
    said = {name: fields.get(name, "").strip() for name in ("place", "email")}
    place = alerts.known_place(said["place"]) if len(said["place"]) <= LONGEST["place"] else None
    problems = [] if place else [Problem("place", "", _NO_PLACE)]
    if len(said["email"]) > LONGEST["email"] or not _EMAIL.fullmatch(said["email"]):
        problems.append(Problem("email", "", _NO_EMAIL))
    if not fields.get("agree"):
        problems.append(Problem("agree", "", _DISAGREES))
    if place is None or problems:
        raise Invalid(problems)
    return place, said["email"]


def _keep(
    session: Session, keys: Keys, place: Place, address: str, to_hash: str, language: str
) -> SubscriptionRow | None:
    """The subscription of this address and place; None where it has too many places already."""
    mine = select(SubscriptionRow).where(SubscriptionRow.to_hash == to_hash)
    here = mine.where(SubscriptionRow.place == place.code)
    if (row := session.scalars(here).one_or_none()) is not None:
        row.at = now(session)
        return row
    if session.scalars(select(func.count()).select_from(mine.subquery())).one() >= MOST_PLACES:
        return None
    new = {"place": place.code, "latitude": place.lat, "longitude": place.lon, "language": language,
           "channel": Channel.EMAIL.value, "sealed": keys.seal(_PURPOSE, to_hash, address), "to_hash": to_hash,
           "at": now(session)}  # fmt: skip
    many.put(session, SubscriptionRow, [new], passing=True)  # who clicks twice subscribes once
    return session.scalars(here).one_or_none()


def _of_token(session: Session, keys: Keys, token: str) -> SubscriptionRow:
    to_hash, number = _read_token(keys, token)
    row = session.get(SubscriptionRow, number)
    if row is None or row.to_hash != to_hash:
        raise NotFound
    return row


def _token(keys: Keys, to_hash: str, number: int) -> str:
    """What stands in a link: whose it is, which subscription (0: all), and our signature."""
    signature = bytes.fromhex(keys.mac("alert-link", to_hash, str(number)))[:_SIGNATURE]
    return base64.urlsafe_b64encode(bytes.fromhex(to_hash) + number.to_bytes(_ID, "big") + signature).decode()


def _read_token(keys: Keys, written: str) -> tuple[str, int]:
    try:
        raw = base64.b64decode(written.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise NotFound from None
    to_hash, number = raw[:_HASH].hex(), int.from_bytes(raw[_HASH : _HASH + _ID], "big")
    if len(raw) != _HASH + _ID + _SIGNATURE or not same(_token(keys, to_hash, number), written):
        raise NotFound
    return to_hash, number
