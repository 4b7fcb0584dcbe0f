"""Addresses that nothing is sent to: whose owners want nothing, and where nobody is. Known by keyed hashes only."""

import base64
import binascii
import unicodedata
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from reunite import contacts, outbox_care
from reunite.keys import Keys
from reunite.outbox import Channel
from reunite.receipts import same
from reunite.storage.clock import now
from reunite.storage.outbox_tables import SilencedRow

OPTED_OUT, BOUNCED = "opted_out", "bounced"
_BOUNCES_COUNT = timedelta(days=180)
"""A mailbox that was full or closed may be there again; who opted out has opted out."""
_HASH, _SIGNATURE = 16, 8  # bytes of a link's token


def hash_of(keys: Keys, channel: Channel, address: str) -> str:
    """The keyed hash of an address, the same in every spelling, 128 bits in hex; empty for what is none."""
    if channel is Channel.GATEWAY:
        spelt = contacts.phone_hash(keys, address)
    else:
        spelt = unicodedata.normalize("NFKC", address).strip().casefold()
    return keys.mac("address", channel.value, spelt)[: 2 * _HASH] if spelt else ""


def token(keys: Keys, to_hash: str) -> str:
    """What stands in the link of a message, by which who got it stops all others: 32 characters. Only we can make it,
    and it tells no address."""
    signature = bytes.fromhex(keys.mac("opt-out", to_hash))[:_SIGNATURE]
    return base64.urlsafe_b64encode(bytes.fromhex(to_hash) + signature).decode()


def read_token(keys: Keys, written: str) -> str | None:
    """The hash of the address that `token` was made for; None for what we did not make."""
    try:
        raw = base64.b64decode(written.encode("ascii"), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    to_hash = raw[:_HASH].hex()
    return to_hash if len(raw) == _HASH + _SIGNATURE and same(token(keys, to_hash), written) else None


def why(session: Session, to_hash: str) -> str:
    """Why nothing goes to this address; empty where something may."""
    row = session.get(SilencedRow, to_hash)
    return row.why if row else ""


def stop(session: Session, to_hash: str, why: str = OPTED_OUT) -> None:
    """Nothing goes to this address from now on, nor what waits already. That its owner wants nothing is never forgotten
    for a bounce."""
    row = session.get(SilencedRow, to_hash, with_for_update=True)
    if row is None or row.why == BOUNCED:
        session.merge(SilencedRow(to_hash=to_hash, why=why, at=now(session)))
    session.flush()
    outbox_care.drop_to(session, to_hash)


def resume(session: Session, to_hash: str) -> None:
    """The owner of the address wants to be told again."""
    session.execute(delete(SilencedRow).where(SilencedRow.to_hash == to_hash))


def forget_old(session: Session) -> None:
    """Bounces of long ago count no more."""
    old = SilencedRow.why == BOUNCED, SilencedRow.at <= now(session) - _BOUNCES_COUNT
    session.execute(delete(SilencedRow).where(*old))
