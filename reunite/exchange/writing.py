"""Reports written as files: CSV and JSON Lines that can be imported as they are, XLSX for people, PFIF for others.

Each is given piece by piece, so that a file of all reports takes no more memory than one of a few.
"""

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reunite.exchange import cells, pfif_mapping
from reunite.exchange.pfif import NAMESPACE, NEWEST, PersonRecord
from reunite.exchange.pfif_mapping import About
from reunite.exchange.pfif_writing import lines
from reunite.submission import COLUMNS

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Exported:
    """A report as it leaves: its columns, and what a record of PFIF says of itself; or the whole record."""

    columns: dict[str, str]
    about: About
    record: PersonRecord | None = None


Form = Callable[[Iterable[Exported], datetime], Iterator[bytes]]


def csv(rows: Iterable[Exported], at: datetime) -> Iterator[bytes]:
    """UTF-8 with all columns of the exchange format; no cell runs as a formula."""
    yield cells.line(COLUMNS).encode()
    for row in rows:
        yield cells.line([row.columns.get(column, "") for column in COLUMNS]).encode()


def jsonl(rows: Iterable[Exported], at: datetime) -> Iterator[bytes]:
    """One object a line, without what is empty."""
    for row in rows:
        said = {column: row.columns[column] for column in COLUMNS if row.columns.get(column)}
        yield f"{json.dumps(said, ensure_ascii=False)}\n".encode()


def xlsx(rows: Iterable[Exported], at: datetime) -> Iterator[bytes]:
    """A workbook of one sheet whose cells are all text: nothing is a formula, a number or a date."""
    # A third of a second, which only who wants a workbook waits for.
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook(write_only=True)
    sheet = book.create_sheet("reports")

    def cell(text: str) -> WriteOnlyCell:
        made = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text) or None)
        if made.value is not None:
            made.data_type = "s"
        return made

    sheet.append([cell(column) for column in COLUMNS])
    for row in rows:
        sheet.append([cell(row.columns.get(column, "")) for column in COLUMNS])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def pfif(rows: Iterable[Exported], at: datetime) -> Iterator[bytes]:
    """PFIF in its newest version."""
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<pfif:pfif xmlns:pfif="{NAMESPACE}{NEWEST}">\n'.encode()
    for row in rows:
        record = row.record or pfif_mapping.record_of(row.columns, row.about)
        yield "".join(lines(record, version=NEWEST, at=at)).encode()
    yield b"</pfif:pfif>\n"


FORMS: dict[str, tuple[Form, str]] = {
    "csv": (csv, "text/csv; charset=utf-8"),
    "xlsx": (xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "jsonl": (jsonl, "application/jsonl"),
    "pfif": (pfif, "application/xml"),
}
"""By the ending of the file's name: what writes it, and its media type."""
