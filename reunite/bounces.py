"""Mails that came back. Every mail leaves under an address of its own, to which servers return what does not arrive.

The address says, signed, whose mail it was: a report (RFC 3464) is believed where it came to an address that we made,
and nobody else can make one. Kept of one is a keyed hash and, at most, a day.
"""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reunite import silence
from reunite.keys import Keys
from reunite.receipts import same
from reunite.storage import many
from reunite.storage.abuse_tables import RateRow
from reunite.storage.clock import now

MOST_BYTES = 128 * 1024
"""So much of a message is read: the report stands before what was sent."""
TOKEN = 39
"""Characters of a token: 192 bits in the letters and digits that survive servers which write everything small."""
DAYS, WITHIN = 3, 30
"""On so many different days, within so many, mail came back from an address that is there (full, refused): it is
believed like one where nobody is."""
OURS = re.compile(r"5\.(7\.|1\.[78]\b)")
"""Enhanced status codes (RFC 3463) of rules, sign-in and the sender's address: the fault is not the address's, and may
be mended."""
NOBODY = re.compile(r"5\.(1\.|2\.1\b)")
"""Bad address, mailbox closed."""
_HASH, _SIGNATURE = 16, 8  # bytes of a token
_SENT_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To")
_TOKEN = re.compile(rf"\+([a-z2-7]{{{TOKEN}}})@")
_FOR_GOOD = re.compile(r"\s*(5\.[0-9]{1,3}\.[0-9]{1,3})\b")


@dataclass(frozen=True, slots=True)
class Returned:
    """A message to an address that we made. `to_hash`: whose mail it answers; `status`: the enhanced status code, like
    5.1.1, where that mail came back for good, else empty (late, an automatic answer)."""

    to_hash: str
    status: str


def sender(keys: Keys, bounces: str, to_hash: str) -> str:
    """The envelope's sender of mails to this address, `bounces+token@example.org` where ours is bounces@example.org."""
    local, _, domain = bounces.rpartition("@")
    return f"{local}+{_token(keys, to_hash)}@{domain}"


def read(keys: Keys, message: bytes) -> Returned | None:
    """What a message tells; None for one that came to no address of ours. Never raises, whatever the bytes are."""
    try:
        said = message_from_bytes(message[:MOST_BYTES])
        to_hash = next(filter(None, (_hash_in(keys, str(line)) for line in _sent_to(said))), None)
        return Returned(to_hash, _status(said)) if to_hash else None
    except Exception:  # the library's parser has raised about everything in its time
        return None


def note(session: Session, returned: Returned) -> bool:
    """Take it in; True where nothing is sent to the address from now on. The same, told twice a day, counts once."""
    if not returned.status or OURS.match(returned.status):
        return False
    if not NOBODY.match(returned.status) and _days(session, returned.to_hash) < DAYS:
        return False
    silence.stop(session, returned.to_hash, silence.BOUNCED)
    return True


def _token(keys: Keys, to_hash: str) -> str:
    signature = bytes.fromhex(keys.mac("bounce", to_hash))[:_SIGNATURE]
    return base64.b32encode(bytes.fromhex(to_hash) + signature).decode().rstrip("=").lower()


def _sent_to(said: Message) -> Iterable[Any]:
    return (line for name in _SENT_TO for line in said.get_all(name, []))


def _hash_in(keys: Keys, line: str) -> str | None:
    """The hash in the first token of this line that we made."""
    for written in _TOKEN.findall(line.lower()):
        try:
            to_hash = base64.b32decode(f"{written.upper()}=")[:_HASH].hex()
        except binascii.Error:
            continue
        if same(_token(keys, to_hash), written):
            return to_hash
    return None


def _status(said: Message) -> str:
    """The status of a report by which nothing was delivered and nothing will be; of several recipients, as a list
    behind an address has them, all must agree that it is for good."""
    about = _recipients(said)
    codes = [code[1] for one in about if _failed(one) and (code := _FOR_GOOD.match(str(one["Status"])))]
    return min(codes, key=_weight) if codes and len(codes) == len(about) else ""


def _weight(code: str) -> int:
    """How much a status says against the address."""
    return 0 if OURS.match(code) else 2 if NOBODY.match(code) else 1


def _failed(recipient: Message) -> bool:
    return str(recipient["Action"]).strip().lower() == "failed"


def _recipients(said: Message) -> list[Message]:
    """The report's parts that are about a recipient; none where this is no report."""
    if said.get_content_type() != "multipart/report":
        return []
    reports = [part for part in _parts(said) if part.get_content_type() == "message/delivery-status"]
    return [block for report in reports for block in _parts(report) if "Status" in block or "Action" in block]


def _parts(said: Message) -> list[Message]:
    parts = said.get_payload()
    return [part for part in parts if isinstance(part, Message)] if isinstance(parts, list) else []


def _days(session: Session, to_hash: str) -> int:
    """Count today; on how many of the last days mail came back from there."""
    at = now(session).astimezone(UTC)
    days = [f"bounce:{to_hash}:{(at - timedelta(days=ago)).date().isoformat()}" for ago in range(WITHIN)]
    today = {"key": days[0], "count": 1, "expires_at": at + timedelta(days=WITHIN)}
    many.put(session, RateRow, [today], passing=True)
    return session.scalars(select(func.count()).select_from(RateRow).where(RateRow.key.in_(days))).one()
