"""Tables of others: any headings, CSV in the encodings people have, workbooks; read row by row, never changed."""

import csv
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import IO

from reunite.exchange import cells as cells_of_csv
from reunite.exchange import encodings, headings, json_table, workbook
from reunite.problems import Invalid, Problem

_JSON = (".jsonl", ".ndjson")
SUFFIXES = (".csv", ".tsv", ".txt", *_JSON, *workbook.SUFFIXES)
MOST_COLUMNS = 200
_LONGEST_CELL, _LOOKED_AT = 1_000_000, 20
_NO_TABLE = "{value} is not a table: save it as XLSX, XLS, ODS or CSV and try again."
_EMPTY = "This file has no row with headings and values."
_WIDE = "This table has {found} columns: at most {limit} are taken. Remove the ones that are not needed."
_CSV = "This line is not CSV ({reason}). Look for a quotation mark that is not closed."
_MERGED = "The cells {range} are merged, and it is not sure for which row they are meant. Take the merging away and "\
    "write the value in each row."  # fmt: skip
_FORMULA = "The cell {cell} holds a formula and no value. Open the file in a spreadsheet program and save it once more."
_NOT_TEXT = "This row has characters that are not text. Save the file as CSV (UTF-8) and try again."


@dataclass(frozen=True, slots=True)
class Line:
    """One row below the headings, as many cells as there are headings; `number` as a spreadsheet program counts."""

    number: int
    cells: tuple[str, ...]
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """An opened table; `size` is the number of the last row where that is known before reading, 0 otherwise."""

    headings: tuple[str, ...]
    lines: Iterator[Line]
    size: int


@contextmanager
def opened(path: Path, file: IO[bytes] | None = None) -> Iterator[Table]:
    """The table in this file, or in `file`, which then has a descriptor and is named `path`. Raises Invalid."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise Invalid([Problem("file", path.name[:80], _NO_TABLE)])
    try:
        with path.open("rb") if file is None else nullcontext(file) as readable:
            if suffix in workbook.SUFFIXES:
                workbook.refuse_large(readable.seek(0, io.SEEK_END))
                readable.seek(0)
                with workbook.opened(readable) as (sheet, rows):
                    yield _of_sheet(sheet, rows)
            elif suffix in _JSON:
                yield _of_json(readable)
            else:
                yield _of_text(readable)
    except OSError as error:
        text = f"{{value}} cannot be read ({error.strerror})."
        raise Invalid([Problem("file", path.name[:80], text)]) from error


def _of_text(file: IO[bytes]) -> Table:
    encoding = encodings.encoding_of(file, headings.words())
    text = io.TextIOWrapper(
        file, encoding, errors="surrogateescape" if encoding != "utf-16" else "replace", newline=""
    )
    sample = text.read(encodings.SAMPLE)
    delimiter = encodings.delimiter_of(sample)
    text.seek(0)
    if sample.startswith("\ufeff"):
        text.read(1)
    csv.field_size_limit(_LONGEST_CELL)
    head, first, lines = _split(_csv_lines(text, delimiter))
    return Table(head, _fitted(first, lines, len(head)), 0)


def _of_json(file: IO[bytes]) -> Table:
    head, rows = json_table.opened(file)
    if not head:
        raise Invalid([Problem("file", "", _EMPTY)])
    _refuse_wide(head)
    lines = (
        Line(number, tuple(said.get(key, "") for key in head), problem) for number, said, problem in rows
    )
    return Table(head, _fitted([], lines, len(head)), 0)


def _csv_lines(text: io.TextIOWrapper, delimiter: str) -> Iterator[Line]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        while True:
            number = reader.line_num + 1
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield Line(number, (), Problem("", "", _CSV, {"reason": str(error)}, number))
                continue
            said = tuple(cells_of_csv.original(one) for one in row)
            lost = any(0xD800 <= ord(sign) <= 0xDFFF for one in said for sign in one)
            yield Line(number, said, Problem("", "", _NOT_TEXT, {}, number) if lost else None)
    finally:
        with suppress(ValueError):  # whoever opened it closed it before all was read
            text.detach()  # the file is not ours to close


def _of_sheet(sheet: workbook.Sheet, rows: Iterator[list[str]]) -> Table:
    lines = (Line(number, tuple(cells)) for number, cells in enumerate(rows, start=1))
    head, first, left = _split(lines)
    problems = dict(_of_merging(sheet, first[0].number if first else 0))
    for cell in sheet.formulas:
        number = workbook.row_of(cell) + 1
        problems[number] = Problem("", "", _FORMULA, {"cell": cell}, number)
    told = (Line(line.number, line.cells, problems.get(line.number)) for line in chain(first, left))
    return Table(head, _fitted([], told, len(head)), sheet.height)


def _of_merging(sheet: workbook.Sheet, first_row: int) -> Iterator[tuple[int, Problem]]:
    """What merged cells below the headings make unsure; merging within one row says the same for its columns."""
    for top, left, bottom, right in sheet.merged:
        if bottom > top and bottom + 1 >= first_row:
            range_ = f"{workbook.cell(top, left)}:{workbook.cell(bottom, right)}"
            for row in range(max(top + 1, first_row), bottom + 2):
                yield row, Problem("", "", _MERGED, {"range": range_}, row)


def _split(lines: Iterator[Line]) -> tuple[tuple[str, ...], list[Line], Iterator[Line]]:
    """The headings, the rows of the first look that stand below them, and the rest. Raises Invalid."""
    looked: list[Line] = []
    for line in lines:
        looked.append(line)
        if len(looked) == _LOOKED_AT:
            break
    place = headings.row_of([line.cells for line in looked])
    if place is None:
        raise Invalid([Problem("file", "", _EMPTY)])
    head = tuple(cell.strip() for cell in looked[place].cells)
    while head and not head[-1]:  # empty columns at the right edge are formatting
        if any(
            len(line.cells) >= len(head) and line.cells[len(head) - 1].strip() for line in looked[place + 1 :]
        ):
            break
        head = head[:-1]
    _refuse_wide(head)
    return head, looked[place + 1 :], lines


def _refuse_wide(head: Sequence[str]) -> None:
    if len(head) > MOST_COLUMNS:
        counts = {"found": str(len(head)), "limit": str(MOST_COLUMNS)}
        raise Invalid([Problem("file", "", _WIDE, counts)])


def _fitted(first: Sequence[Line], lines: Iterator[Line], width: int) -> Iterator[Line]:
    """Each row with as many cells as there are headings, without the empty ones."""
    for line in chain(first, lines):
        if line.problem is not None or any(cell.strip() for cell in line.cells):
            cells = line.cells[:width] + ("",) * (width - len(line.cells))
            over = [cell for cell in line.cells[width:] if cell.strip()]
            yield Line(line.number, cells, line.problem or (_more(line, width) if over else None))


def _more(line: Line, width: int) -> Problem:
    text = "This row has {found} cells, the header line has {expected}."
    return Problem("", "", text, {"found": str(len(line.cells)), "expected": str(width)}, line.number)
