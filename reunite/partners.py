"""Partner organisations' keys to the JSON API: random, shown once, kept as keyed hashes, with scopes and an end."""

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Partner
from reunite.keys import Keys
from reunite.policy import Scope
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.partner_tables import PartnerKeyRow
from reunite.storage.session import Database
from reunite.submission import tidy

DAYS, MOST_DAYS = 365, 1095
BEGINS = "reunite_"
_LONGEST_SOURCE = 200
_SHAPE = re.compile(r"reunite_[0-9a-f]{8}_[\w-]{43}", re.ASCII)
_USE_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PartnerKey:
    """A key as lists show it: never the key itself. `state` is one of valid, expired, revoked."""

    id: int
    source: str
    scopes: tuple[Scope, ...]
    prefix: str
    expires_at: datetime
    last_used_at: datetime | None
    state: str


def create(
    session: Session, keys: Keys, *, actor: str, source: str, scopes: Iterable[str], days: int = DAYS
) -> str:
    """Make a key of the organisation and give it, the only time; raises Invalid. A second key of the same `source`
    is the same organisation: so a key is replaced."""
    name, wanted = tidy(source).strip(), sorted(set(scopes))
    if problems := [*_problems(name, wanted, days)]:
        raise Invalid(problems)
    prefix = f"{BEGINS}{secrets.token_hex(4)}"
    key, at = f"{prefix}_{secrets.token_urlsafe(32)}", now(session)
    row = PartnerKeyRow(
        source=name, scopes=" ".join(wanted), prefix=prefix, key_hash=keys.mac("partner-key", key),
        created_at=at, expires_at=at + timedelta(days=days),
    )  # fmt: skip
    session.add(row)
    session.flush()
    _log(session, keys, actor, "partner.key_made", row)
    return key


def revoke(session: Session, keys: Keys, key_id: int, *, actor: str) -> None:
    """The key counts no longer, from now on; raises NotFound where there is none of this id."""
    row = session.get(PartnerKeyRow, key_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.revoked_at is None:
        row.revoked_at = now(session)
        _log(session, keys, actor, "partner.key_revoked", row)


def list_keys(session: Session) -> Sequence[PartnerKey]:
    """Every key, by organisation, the newest first."""
    at = now(session)
    query = select(PartnerKeyRow).order_by(PartnerKeyRow.source, PartnerKeyRow.id.desc())
    return [
        PartnerKey(row.id, row.source, _scopes(row), row.prefix, row.expires_at, row.last_used_at, _state(row, at))
        for row in session.scalars(query)
    ]  # fmt: skip


def caller(database: Database, keys: Keys, key: str) -> Partner | None:
    """Whose key it is; None where it is unknown, revoked or expired: which of them is not told. Notes the use at most
    once an hour."""
    if not _SHAPE.fullmatch(key):
        return None
    query = select(PartnerKeyRow).where(PartnerKeyRow.key_hash == keys.mac("partner-key", key))
    with database.read() as session:
        row, at = session.scalars(query).one_or_none(), now(session)
        if row is None or _state(row, at) != "valid":
            return None
    if row.last_used_at is None or row.last_used_at <= at - _USE_NOTED_EVERY:
        with database.write() as session:
            session.get_one(PartnerKeyRow, row.id).last_used_at = at
    return Partner(row.id, row.source, frozenset(_scopes(row)))


def _state(row: PartnerKeyRow, at: datetime) -> str:
    if row.revoked_at is not None:
        return "revoked"
    return "valid" if row.expires_at > at else "expired"


def _scopes(row: PartnerKeyRow) -> tuple[Scope, ...]:
    return tuple(Scope(name) for name in row.scopes.split())


def _problems(name: str, scopes: list[str], days: int) -> Iterable[Problem]:
    if not 1 <= len(name) <= _LONGEST_SOURCE:
        text = "Please write the organisation's name, at most {limit} characters."
        yield Problem("source", "", text, {"limit": str(_LONGEST_SOURCE)})
    if not scopes or not set(scopes) <= set(Scope):
        yield Problem("scopes", "", "Please choose at least one thing that the key may be used for.")
    if not 1 <= days <= MOST_DAYS:
        yield Problem("days", "", "A key lasts from 1 to {limit} days.", {"limit": str(MOST_DAYS)})


def _log(session: Session, keys: Keys, actor: str, action: str, row: PartnerKeyRow) -> None:
    audit.append(session, keys, actor=actor, action=action, subject=f"partner:{row.id}", detail=row.scopes)
