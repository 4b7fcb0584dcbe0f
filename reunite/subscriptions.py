"""Who wants to hear of children missing near a place: asks, confirms, leaves with one click.

Kept is a place no finer than a county, a language, and the address, sealed. Who has left is not kept at all, and who
did not confirm is forgotten after a day. Whether somebody subscribes nobody can find out: every answer is the same.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from matching.gazetteer import ancestors
from matching.places import Place
from matching.traditional import said_in
from reunite import alerts, letters, outbox, outbox_care, push_letters, silence, subscription_form
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.problems import NotFound
from reunite.receipts import same
from reunite.storage import many
from reunite.storage.alert_tables import SubscriptionRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import SilencedRow
from reunite.subscription_form import Wish

UNCONFIRMED = timedelta(days=1)
MOST_PLACES = 5
"""Of one address."""
MOST_ASKED = 3
"""So often a day an address is asked to confirm: whoever writes other people's addresses must not flood them."""
_DAY = timedelta(days=1)
_ASKS = "alert-confirm:"
_HASH, _ID, _SIGNATURE = 16, 8, 12  # bytes of a link's token


@dataclass(frozen=True, slots=True)
class Asked:
    """A subscription as the pages that a link opens show it; `done`: it is confirmed."""

    place: Place
    channel: Channel
    done: bool


def subscribe(session: Session, keys: Keys, settings: Settings, fields: Mapping[str, str]) -> None:
    """Keep what the form says (see subscription_form.read) and ask the address to confirm. Raises Invalid, and
    Conflict where nothing is sent that way."""
    wish = subscription_form.read(settings, fields)
    to_hash = hash_of(keys, wish.channel, wish.known_by)
    asked = outbox_care.recent(session, to_hash, _ASKS, _DAY)
    if silence.why(session, to_hash) or asked >= MOST_ASKED:
        return
    row = _keep(session, keys, wish, to_hash)
    if row is None:
        return
    outbox.queue(session, keys, Delivery(
        wish.channel, f"{_ASKS}{row.id}:{now(session):%Y%m%d%H%M%S%f}", _to_confirm(keys, settings, wish, row),
        to_hash=to_hash, urgent=True,
    ))  # fmt: skip


def asked(session: Session, keys: Keys, token: str) -> Asked:
    """What a link to confirm is about; raises NotFound for any other link, and for one that is too old."""
    return _asked(_of_token(session, keys, token))


def confirm(session: Session, keys: Keys, token: str) -> Asked:
    """Who got the message wants alerts. Raises NotFound as `asked` does."""
    row = _of_token(session, keys, token)
    row.confirmed_at = row.confirmed_at or now(session)
    session.flush()
    return _asked(row)


def confirm_device(session: Session, keys: Keys, token: str) -> None:
    """The device got its first message. Raises NotFound as `asked` does, also for who must read a mail."""
    if asked(session, keys, token).channel is not Channel.PUSH:
        raise NotFound
    confirm(session, keys, token)


def leave(session: Session, keys: Keys, token: str) -> None:
    """Who holds the link wants no alerts any more, for no place: nothing of them is kept, and nothing that waits is
    sent. Raises NotFound for what we did not make."""
    remove(session, read_leave_token(keys, token))


def leave_device(session: Session, keys: Keys, address: str) -> None:
    """The browser with this push address wants no alerts any more. Nobody but it and its push service knows that."""
    remove(session, hash_of(keys, Channel.PUSH, address))


def read_leave_token(keys: Keys, token: str) -> str:
    """The hash that a link to leave was made for; raises NotFound for what we did not make."""
    to_hash, number = _read_token(keys, token)
    if number:
        raise NotFound
    return to_hash


def remove(session: Session, to_hash: str) -> None:
    """Keep nothing of this address, and send nothing that waits."""
    outbox_care.drop_to(session, to_hash)
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
    spelt = address if channel is Channel.PUSH else address.strip().casefold()
    return keys.mac("alert-address", channel.value, spelt)[: 2 * _HASH]


def stop_address(keys: Keys, settings: Settings, to_hash: str) -> str:
    """The link by which somebody leaves."""
    return settings.public_url.rstrip("/") + stop_path(keys, to_hash)


def stop_path(keys: Keys, to_hash: str) -> str:
    """The same within our pages."""
    return f"/alerts/leave/{_token(keys, to_hash, 0)}"


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


def _asked(row: SubscriptionRow) -> Asked:
    return Asked(alerts.place_of(row.place), Channel(row.channel), row.confirmed_at is not None)


def _to_confirm(keys: Keys, settings: Settings, wish: Wish, row: SubscriptionRow) -> dict[str, str]:
    """The message that only who is at the address can read: the link in it confirms."""
    token, place = _token(keys, row.to_hash, row.id), name_of(wish.place, wish.language)
    address = address_of(keys, row)
    if wish.channel is Channel.PUSH:
        return push_letters.payload(
            keys, "push_confirm", wish.language, {"place": place}, device=address, to_hash=row.to_hash,
            about=f"{_ASKS}{row.id}", opens=f"/alerts/confirm/{token}", stop=stop_path(keys, row.to_hash),
            lasts=UNCONFIRMED, confirm=f"/alerts/device/{token}",
        )  # fmt: skip
    filled = {"place": place, "organisation": settings.organisation,
              "address": f"{settings.public_url.rstrip('/')}/alerts/confirm/{token}",
              "stop": stop_address(keys, settings, row.to_hash)}  # fmt: skip
    said = letters.mail("alert_confirm", wish.language, filled)
    return {"to": address, "stop": filled["stop"], **said}


def _keep(session: Session, keys: Keys, wish: Wish, to_hash: str) -> SubscriptionRow | None:
    """The subscription of this address and place; None where it has too many places already."""
    mine = select(SubscriptionRow).where(SubscriptionRow.to_hash == to_hash)
    here = mine.where(SubscriptionRow.place == wish.place.code)
    sealed = keys.seal(_PURPOSE, to_hash, wish.address)
    if (row := session.scalars(here).one_or_none()) is not None:
        row.at = now(session)
        if row.confirmed_at is None:  # somebody else may have named this device with keys of their own
            row.sealed = sealed
        return row
    if session.scalars(select(func.count()).select_from(mine.subquery())).one() >= MOST_PLACES:
        return None
    new = {"place": wish.place.code, "latitude": wish.place.lat, "longitude": wish.place.lon,
           "language": wish.language, "channel": wish.channel.value, "sealed": sealed, "to_hash": to_hash,
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
