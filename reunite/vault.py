"""What is sealed of a report: AES-256-GCM under a data key of the report's own.

The data key is wrapped by the installation's newest wrapping key, which lies outside the database. A sealed value is
bound to its report and column, a wrapped key to its report and the wrapping key's number: moved elsewhere, neither
opens. Destroying the data key makes everything sealed of the report unreadable, in backups too.
"""

import secrets
from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite.keys import Keys, opened_with, sealed_with
from reunite.problems import NotFound
from reunite.storage.many import New
from reunite.storage.vault_tables import ReportKeyRow, SealedRow

_BATCH = 500


def seal(session: Session, keys: Keys, report_id: int, column: str, plain: bytes) -> bytes:
    """Encrypt a value of the report for this column; makes the report's data key at the first."""
    return sealed_with(_data_key(session, keys, report_id), _place(report_id, column), plain)


def sealer(session: Session, keys: Keys, report_id: int) -> Callable[[str, bytes], bytes]:
    """`seal` for many values of one report, by column and value: its data key is unwrapped once."""
    data_key = _data_key(session, keys, report_id)
    return lambda column, plain: sealed_with(data_key, _place(report_id, column), plain)


class Fresh:
    """What is sealed of a report that is being filed, without asking the database what is there: `rows` are to be
    stored."""

    def __init__(self, keys: Keys, report_id: int) -> None:
        self._keys, self._report_id = keys, report_id
        self._data_key = b""
        self.rows: list[New] = []

    def put(self, column: str, text: str) -> None:
        """Seal a text for this column; an empty one needs nothing."""
        if not text:
            return
        if not self._data_key:
            self._data_key, row = _made(self._keys, self._report_id)
            self.rows.append((ReportKeyRow, row))
        sealed = sealed_with(self._data_key, _place(self._report_id, column), text.encode())
        self.rows.append((SealedRow, {"report_id": self._report_id, "column": column, "sealed": sealed}))


def open(session: Session, keys: Keys, report_id: int, column: str, sealed: bytes) -> bytes:
    """Decrypt what `seal` gave. Raises NotFound where the report's key was destroyed, ValueError where the value is of
    another report or column, or was changed."""
    row = session.get(ReportKeyRow, report_id)
    if row is None:
        raise NotFound
    return opened(keys, report_id, row.version, row.wrapped, column, sealed)


def opened(keys: Keys, report_id: int, version: int, wrapped: bytes, column: str, sealed: bytes) -> bytes:
    """`open` for who has read the report's key row already, as a worker does that reads all reports."""
    data_key = opened_with(keys.wrapping(version), _owner(report_id, version), wrapped)
    return opened_with(data_key, _place(report_id, column), sealed)


def put(session: Session, keys: Keys, report_id: int, column: str, text: str) -> None:
    """Keep a text sealed in the database; an empty one removes what was there."""
    if text:
        sealed = seal(session, keys, report_id, column, text.encode())
        session.merge(SealedRow(report_id=report_id, column=column, sealed=sealed))
    else:
        session.execute(delete(SealedRow).where(SealedRow.report_id == report_id, SealedRow.column == column))


def get(session: Session, keys: Keys, report_id: int, column: str) -> str:
    """The text that `put` kept; empty where there is none, or the report's key was destroyed."""
    row = session.get(SealedRow, (report_id, column))
    if row is None:
        return ""
    try:
        return open(session, keys, report_id, column, row.sealed).decode()
    except NotFound:
        return ""


def read_ahead(session: Session, report_ids: Collection[int], column: str) -> list[object]:
    """Read what `get` needs of many reports in two queries; it finds them in the session as long as the result of this
    is held."""
    sealed = select(SealedRow).where(SealedRow.report_id.in_(report_ids), SealedRow.column == column)
    keys = select(ReportKeyRow).where(ReportKeyRow.report_id.in_(report_ids))
    return [*session.scalars(sealed), *session.scalars(keys)]


def destroy(session: Session, report_id: int) -> None:
    """Throw the report's data key and everything sealed in the database away."""
    for table in (SealedRow, ReportKeyRow):
        session.execute(delete(table).where(table.report_id == report_id))


def versions(session: Session) -> set[int]:
    """The numbers of the wrapping keys that some report needs."""
    return set(session.scalars(select(ReportKeyRow.version).distinct()))


def rewrap(session: Session, keys: Keys) -> int:
    """Wrap the next data keys, a few hundred, with the newest wrapping key; how many there were, 0 when all are."""
    version, key = keys.newest()
    old = (
        select(ReportKeyRow)
        .where(ReportKeyRow.version != version)
        .order_by(ReportKeyRow.report_id)
        .limit(_BATCH)
    )
    rows = session.scalars(old.with_for_update()).all()
    for row in rows:
        data_key = opened_with(keys.wrapping(row.version), _owner(row.report_id, row.version), row.wrapped)
        row.version, row.wrapped = version, sealed_with(key, _owner(row.report_id, version), data_key)
    session.flush()
    return len(rows)


def _data_key(session: Session, keys: Keys, report_id: int) -> bytes:
    row = session.get(ReportKeyRow, report_id)
    if row is not None:
        return opened_with(keys.wrapping(row.version), _owner(report_id, row.version), row.wrapped)
    data_key, made = _made(keys, report_id)
    session.add(ReportKeyRow(**made))
    session.flush()
    return data_key


def _made(keys: Keys, report_id: int) -> tuple[bytes, dict[str, Any]]:
    data_key = secrets.token_bytes(32)
    version, key = keys.newest()
    wrapped = sealed_with(key, _owner(report_id, version), data_key)
    return data_key, {"report_id": report_id, "version": version, "wrapped": wrapped}


def _place(report_id: int, column: str) -> str:
    return f"report:{report_id}/{column}"


def _owner(report_id: int, version: int) -> str:
    return f"report:{report_id}/key/{version}"
