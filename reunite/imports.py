"""Tables that a coordinator sends by a page: looked through by a worker, looked at by people, then imported, stopped,
gone on with. What was sent lies sealed in the database until it is a week old."""

import json
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Staff
from reunite.exchange import importing, mapped, refused, remembered
from reunite.exchange.mapping import Guess
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.import_tables import ImportJobRow, ImportPieceRow
from reunite.submission import COLUMNS, tidy

KEPT = timedelta(days=7)
MOST_BYTES = 64_000_000
"""The largest file that a page takes; the command takes larger ones."""
_PIECE = 1 << 20
_SEAL, _MOST_OPEN = "import", 20
_CHANGEABLE = ("sent", "checked", "failed", "stopped")
_LATER = "This import is being worked on. Stop it first."


@dataclass(frozen=True, slots=True)
class Import:
    """A table that was sent. `told`: what the dry run found, in the words of `reunite.exchange.planning`."""

    ref: str
    name: str
    source: str
    kind: str
    state: str
    mapping: tuple[Guess, ...]
    examples: tuple[tuple[str, ...], ...]
    counts: Counter[str]
    position: int
    size: int
    told: dict[str, list[dict[str, Any]]]
    at: datetime


def too_large() -> Invalid:
    """What is said of a file that is larger than a page takes."""
    text = (
        "This file is too large: at most {limit} MB. Save the sheet alone, or let the technician import it."
    )
    return Invalid([Problem("table", "", text, {"limit": str(MOST_BYTES // 1_000_000)})])


def send(
    session: Session, keys: Keys, staff: Staff, *, name: str, source: str, kind: str, file: BinaryIO,
    mapping: Sequence[Guess], examples: Sequence[Sequence[str]], size: int,
) -> str:  # fmt: skip
    """Keep a table whose columns were guessed; gives its reference. Raises Invalid, Conflict."""
    demand(staff.role, Action.IMPORT_REPORTS)
    importing.check_source(source)
    if kind not in ("", "missing", "found"):
        raise Invalid([Problem("kind", "", "Please choose one.")])
    if session.scalars(select(func.count()).select_from(ImportJobRow)).one() >= _MOST_OPEN:
        raise Conflict("Too many tables are kept. Remove those that are done with.")
    ref = secrets.token_urlsafe(16)
    said = json.dumps(
        {"columns": [asdict(one) for one in mapping], "examples": [list(one) for one in examples]}
    )
    row = ImportJobRow(
        ref=ref, source=source, kind=kind, counts={}, size=size, staff_id=staff.id, at=now(session),
        name=keys.seal(_SEAL, f"{ref}:name", tidy(name)[:200]),
        mapping=keys.seal(_SEAL, f"{ref}:mapping", said), told=keys.seal(_SEAL, f"{ref}:told", "{}"),
    )  # fmt: skip
    session.add(row)
    session.flush()
    file.seek(0)
    add_pieces(session, keys, row, "table", iter(lambda: file.read(_PIECE), b""))
    _log(session, keys, staff, row, "import.sent")
    return ref


def listed(session: Session, keys: Keys, staff: Staff) -> list[Import]:
    """All that are kept, the newest first."""
    demand(staff.role, Action.IMPORT_REPORTS)
    return [
        _opened(keys, row) for row in session.scalars(select(ImportJobRow).order_by(ImportJobRow.id.desc()))
    ]


def find(session: Session, keys: Keys, staff: Staff, ref: str) -> Import:
    """The one of this reference; raises NotFound."""
    return _opened(keys, _row(session, staff, ref))


def check(
    session: Session, keys: Keys, staff: Staff, ref: str, columns: Mapping[int, str], kind: str, source: str,
    language: str = "en",
) -> None:  # fmt: skip
    """Have a worker look the table through with these columns, by their place; the file of refused rows gives its
    reasons in the language. Raises Invalid, Conflict, NotFound."""
    row = _row(session, staff, ref, lock=True)
    if row.state not in _CHANGEABLE:
        raise Conflict(_LATER)
    importing.check_source(source)
    known = _opened(keys, row)
    guesses = [
        Guess(one.heading, column, one.label if column == "relatives" else "", one.order)
        for one, column in ((one, columns.get(place, one.column)) for place, one in enumerate(known.mapping))
    ]
    if any(one.column and one.column not in COLUMNS for one in guesses):
        raise Invalid([Problem("columns", "", "Please choose one.")])
    mapped.check(guesses, kind)
    said = {"columns": [asdict(one) for one in guesses], "examples": [list(one) for one in known.examples],
            "language": language}  # fmt: skip
    row.mapping, row.kind, row.source = keys.seal(_SEAL, f"{ref}:mapping", json.dumps(said)), kind, source
    remembered.keep(session, source, guesses)
    _begin(session, keys, row, "checking")
    _log(session, keys, staff, row, "import.checked")


def start(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """Have a worker import the table as it was looked through, or go on where it was stopped."""
    row = _row(session, staff, ref, lock=True)
    if row.state not in ("checked", "stopped"):
        raise Conflict("This table must be looked through first.")
    _begin(session, keys, row, "importing")
    _log(session, keys, staff, row, "import.started")


def stop(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """Stop the work on it after the rows in hand; what was imported stays."""
    row = _row(session, staff, ref, lock=True)
    if row.state in ("checking", "importing"):
        row.state = "sent" if row.state == "checking" else "stopped"
        row.lease_token = row.lease_until = None
        _log(session, keys, staff, row, "import.stopped")


def remove(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """Forget the table and its refused rows; reports that were imported stay."""
    row = _row(session, staff, ref, lock=True)
    if row.state not in (*_CHANGEABLE, "done"):
        raise Conflict(_LATER)
    _log(session, keys, staff, row, "import.removed")
    session.delete(row)


def refused_rows(session: Session, keys: Keys, staff: Staff, ref: str) -> bytes:
    """The file of the rows that were refused, or would be; reading it is a line in the log."""
    row = _row(session, staff, ref)
    _log(session, keys, staff, row, "import.refused_read")
    head = "\ufeff" + refused.head([one.heading for one in mapping_of(keys, row)])
    return head.encode() + b"".join(pieces(session, keys, row, "refused"))


def forget_old(session: Session) -> None:
    """Remove what is older than a week, unless it is being worked on."""
    old = delete(ImportJobRow).where(
        ImportJobRow.at < now(session) - KEPT, ImportJobRow.state.not_in(("checking", "importing"))
    )
    session.execute(old.execution_options(synchronize_session=False))


def pieces(session: Session, keys: Keys, row: ImportJobRow, part: str) -> Iterator[bytes]:
    """The parts of a file that belongs to the import, in their order."""
    query = select(ImportPieceRow).where(ImportPieceRow.job_id == row.id, ImportPieceRow.part == part)
    for piece in session.scalars(query.order_by(ImportPieceRow.number)):
        yield keys.open_bytes(_SEAL, f"{row.ref}:{part}:{piece.number}", piece.sealed)


def add_pieces(session: Session, keys: Keys, row: ImportJobRow, part: str, contents: Iterator[bytes]) -> None:
    """Add parts to a file of the import."""
    count = select(func.count()).select_from(ImportPieceRow)
    number = session.scalars(count.where(ImportPieceRow.job_id == row.id, ImportPieceRow.part == part)).one()
    for number, content in enumerate(contents, start=number):  # noqa: B020 - it goes on from what is there
        sealed = keys.seal_bytes(_SEAL, f"{row.ref}:{part}:{number}", content)
        session.add(ImportPieceRow(job_id=row.id, part=part, number=number, sealed=sealed))
        session.flush()


def mapping_of(keys: Keys, row: ImportJobRow) -> list[Guess]:
    """What its columns are taken for."""
    said = json.loads(keys.open(_SEAL, f"{row.ref}:mapping", row.mapping))
    return [Guess(**one) for one in said["columns"]]


def reader_of(keys: Keys, row: ImportJobRow) -> refused.Say:
    """How the reasons of its refused rows are said to who had it looked through."""
    said = json.loads(keys.open(_SEAL, f"{row.ref}:mapping", row.mapping))
    headings = {one["column"]: one["heading"] for one in said["columns"] if one["column"]}
    return refused.reader(said.get("language", "en"), headings)


def name_of(keys: Keys, row: ImportJobRow) -> str:
    """What the file was called."""
    return keys.open(_SEAL, f"{row.ref}:name", row.name)


def tell(keys: Keys, row: ImportJobRow, told: Mapping[str, object]) -> None:
    """Keep what the dry run found."""
    row.told = keys.seal(_SEAL, f"{row.ref}:told", json.dumps(told))


def _begin(session: Session, keys: Keys, row: ImportJobRow, state: str) -> None:
    if row.state != "stopped" or state == "checking":  # otherwise it goes on where it was
        row.counts, row.position = {}, 0
        lines = delete(ImportPieceRow).where(
            ImportPieceRow.job_id == row.id, ImportPieceRow.part == "refused"
        )
        session.execute(lines.execution_options(synchronize_session=False))
    row.state, row.attempts = state, 0
    row.lease_token = row.lease_until = None
    if state == "checking":
        tell(keys, row, {})


def _row(session: Session, staff: Staff, ref: str, *, lock: bool = False) -> ImportJobRow:
    demand(staff.role, Action.IMPORT_REPORTS)
    query = select(ImportJobRow).where(ImportJobRow.ref == ref)
    row = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row


def _opened(keys: Keys, row: ImportJobRow) -> Import:
    said = json.loads(keys.open(_SEAL, f"{row.ref}:mapping", row.mapping))
    return Import(
        row.ref, name_of(keys, row), row.source, row.kind, row.state, tuple(Guess(**one) for one in said["columns"]),
        tuple(tuple(one) for one in said["examples"]), Counter(row.counts), row.position, row.size,
        json.loads(keys.open(_SEAL, f"{row.ref}:told", row.told)), row.at,
    )  # fmt: skip


def _log(session: Session, keys: Keys, staff: Staff, row: ImportJobRow, action: str) -> None:
    audit.append(session, keys, actor=staff.actor, action=action, subject=f"import:{row.id}")
