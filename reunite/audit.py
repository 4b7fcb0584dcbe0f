"""The append-only log: every change and every view of a case, ids only, chained by keyed hashes.

Each entry's hash covers its content and its predecessor's hash; a sealed head row covers the count, so that a cut
tail shows too; an anchor file outside the database shows a database put back to an older state.
"""

import json
import os
from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from reunite.keys import Keys
from reunite.problems import Problem
from reunite.storage.audit_tables import AuditHeadRow, AuditRow
from reunite.storage.clock import now
from reunite.storage.many import put

_GENESIS = "0" * 64
_ON = update(AuditHeadRow).values(
    count=bindparam("to_count"), hash=bindparam("to_hash"), seal=bindparam("to_seal")
)
SYSTEM = "system"


def append(session: Session, keys: Keys, *, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Add one entry in the caller's transaction; writers are serialised by the head's row."""
    append_each(session, keys, actor=actor, action=action, subjects=[subject], detail=detail)


def append_each(
    session: Session, keys: Keys, *, actor: str, action: str, subjects: Sequence[str], detail: str = ""
) -> None:
    """Add one entry for each subject, in this order, in two statements that are sent at once however many there are."""
    head = session.execute(select(AuditHeadRow.count, AuditHeadRow.hash).with_for_update()).one()
    at, (count, previous) = now(session).astimezone(UTC).isoformat(timespec="microseconds"), head
    entries, heads = [], []
    for subject in subjects:
        entry = {"no": count + 1, "at": at, "actor": actor, "action": action, "subject": subject, "detail": detail,
                 "previous": previous}  # fmt: skip
        count, previous = count + 1, keys.mac("audit", *map(str, entry.values()))
        entries.append({**entry, "hash": previous})
        # The database lets the head go on by one entry at a time.
        heads.append({"to_count": count, "to_hash": previous, "to_seal": _seal(keys, count, previous)})
    put(session, AuditRow, entries)
    if heads:
        session.connection().execute(_ON, heads)


def start_chain(session: Session, keys: Keys) -> None:
    """Lay the head of an empty chain; done once, when the database is made."""
    session.add(AuditHeadRow(id=1, count=0, hash=_GENESIS, seal=_seal(keys, 0, _GENESIS)))


def entries(session: Session, limit: int, before: int | None = None) -> Sequence[AuditRow]:
    """The newest entries first, older than number `before` where given."""
    query = select(AuditRow).order_by(AuditRow.no.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(AuditRow.no < before)).all()


def verify(session: Session, keys: Keys, anchor: Path, since: int = 0) -> list[Problem]:
    """Walk the chain, wholly or what follows on entry `since`; a sentence for each thing that is wrong."""
    problems: list[Problem] = []
    known = session.get(AuditRow, since) if since else None
    previous, expected = (known.hash, known.no + 1) if known else (_GENESIS, 1)
    anchored = _read_anchor(keys, anchor, problems)
    walk = select(AuditRow).where(AuditRow.no >= expected).order_by(AuditRow.no)
    for entry in session.scalars(walk).yield_per(1000):
        if entry.no != expected:
            _add(problems, "Entry {no} is missing: the next one there is {next}.", no=expected, next=entry.no)
        elif entry.previous != previous:
            _add(problems, "Entry {no} does not follow on the one before.", no=entry.no)
        if entry.hash != _entry_hash(keys, entry):
            _add(problems, "Entry {no} was changed after it was written.", no=entry.no)
        if anchored and entry.no == anchored[0] and entry.hash != anchored[1]:
            _add(problems, "Entry {no} is another than the one anchored outside the database.", no=entry.no)
        previous, expected = entry.hash, entry.no + 1
    head = session.scalars(select(AuditHeadRow)).one_or_none()
    if head is None or head.seal != _seal(keys, head.count, head.hash):
        _add(problems, "The sealed head of the log is missing or was changed.")
    elif (head.count, head.hash) != (expected - 1, previous):
        text = "The log ends at entry {last}, but {count} were written: its end was cut."
        _add(problems, text, last=expected - 1, count=head.count)
    if anchored and anchored[0] >= expected:
        text = "Entry {no} was anchored outside, but the log ends at {last}."
        _add(problems, text, no=anchored[0], last=expected - 1)
    return problems


def anchor(session: Session, keys: Keys, path: Path) -> bool:
    """Write count and head of the chain to a file outside the database, never back to a shorter chain.

    False, and the file stays, where it contradicts the log: it is then the only witness of what was changed.
    """
    problems: list[Problem] = []
    anchored = _read_anchor(keys, path, problems)
    if problems:
        return False
    head = session.scalars(select(AuditHeadRow)).one()
    if anchored is not None:
        if anchored[0] >= head.count:
            return anchored == (head.count, head.hash)
        entry = session.get(AuditRow, anchored[0])
        if entry is None or entry.hash != anchored[1]:
            return False
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    scratch.write_text(json.dumps({"count": head.count, "hash": head.hash, "seal": head.seal}) + "\n")
    scratch.replace(path)
    return True


def _add(problems: list[Problem], text: str, **params: int | str) -> None:
    problems.append(Problem("log", "", text, {name: str(value) for name, value in params.items()}))


def _read_anchor(keys: Keys, path: Path, problems: list[Problem]) -> tuple[int, str] | None:
    if not path.exists():
        return None
    try:
        said = json.loads(path.read_text())
        count, digest, seal = int(said["count"]), str(said["hash"]), str(said["seal"])
    except (OSError, ValueError, KeyError, TypeError):
        _add(problems, "The anchor file {name} cannot be read.", name=path.name)
        return None
    if seal != _seal(keys, count, digest):
        _add(problems, "The anchor file {name} was changed.", name=path.name)
        return None
    return (count, digest) if count else None


def _entry_hash(keys: Keys, entry: AuditRow) -> str:
    content = (
        str(entry.no),
        entry.at,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
        entry.previous,
    )
    return keys.mac("audit", *content)


def _seal(keys: Keys, count: int, digest: str) -> str:
    return keys.mac("audit-head", str(count), digest)
