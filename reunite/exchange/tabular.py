"""The exchange format as files, CSV (UTF-8, header line, RFC 4180) and JSON Lines, and PFIF: read row by row."""

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from reunite.exchange import cells as cells_of_csv
from reunite.exchange.pfif_rows import rows_of_pfif
from reunite.exchange.row import Row
from reunite.problems import Invalid, Problem
from reunite.submission import COLUMNS

_LONGEST_LINE = 1_000_000


def rows(
    path: Path, *, ignore_unknown: bool = False, kind: str = "missing", own_domain: str = ""
) -> Iterator[Row]:
    """Read a file of any form, told by its name's ending; raises Invalid where the file as a whole is not one. `kind`
    and `own_domain` are for PFIF, see `rows_of_pfif`."""
    suffix = path.suffix.lower()
    if suffix not in (".csv", ".jsonl", ".ndjson", ".xml", ".pfif"):
        text = "{value} is neither .csv nor .jsonl nor .pfif. Save it as CSV (UTF-8) and try again."
        raise Invalid([Problem("file", path.name, text)])
    try:
        if suffix in (".xml", ".pfif"):
            yield from rows_of_pfif(path, kind=kind, own_domain=own_domain, at=datetime.now(UTC))
            return
        with path.open("rb") as file:
            read = _csv_rows if suffix == ".csv" else _json_rows
            yield from read(file, ignore_unknown)
    except OSError as error:
        raise Invalid(
            [Problem("file", path.name, f"{{value}} cannot be read ({error.strerror}).")]
        ) from error


def _lines(file: IO[bytes]) -> Iterator[str]:
    """Decoded lines; bytes that are not UTF-8 stay visible as lone surrogates, which no column takes."""
    first = True
    while line := file.readline(_LONGEST_LINE):
        text = line.decode("utf-8", "surrogateescape")
        yield text.removeprefix("\ufeff") if first else text
        first = False


def _csv_rows(file: IO[bytes], ignore_unknown: bool) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_LINE)
    reader = csv.reader(_lines(file), strict=True)
    header = _header(reader)
    _check_header(header, ignore_unknown)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text = "This line is not CSV ({reason}). Look for a quotation mark that is not closed."
            yield Row(line, {}, (Problem("", "", text, {"reason": str(error)}, line),), file.tell())
            continue
        if cells:
            yield _csv_row(line, header, cells, file.tell())


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        return [cell.strip() for cell in next(reader)]
    except StopIteration:
        return []
    except csv.Error as error:
        text = "The header line is not CSV ({reason})."
        raise Invalid([Problem("", "", text, {"reason": str(error)}, 1)]) from error


def _check_header(header: list[str], ignore_unknown: bool) -> None:
    problems = []
    for name in ("kind", "source_id"):
        if name not in header:
            problems.append(Problem(name, "", "The header line has no column {field}.", line=1))
    for place, name in enumerate(header):
        if name in header[:place]:
            problems.append(Problem(name[:40], "", "The column {field} is there twice.", line=1))
        elif name not in COLUMNS and not ignore_unknown:
            problems.append(_unknown(name, 1))
    if problems:
        raise Invalid(problems)


def _csv_row(line: int, header: list[str], cells: list[str], position: int) -> Row:
    if len(cells) != len(header):
        text = "This row has {found} cells, the header line has {expected}."
        counts = {"found": str(len(cells)), "expected": str(len(header))}
        return Row(line, {}, (Problem("", "", text, counts, line),), position)
    pairs = zip(header, cells, strict=True)
    return Row(
        line, {name: cells_of_csv.original(cell) for name, cell in pairs if name in COLUMNS}, (), position
    )


def _json_rows(file: IO[bytes], ignore_unknown: bool) -> Iterator[Row]:
    for line, text in enumerate(_lines(file), start=1):
        if text.strip():
            yield _json_row(line, text, ignore_unknown, file.tell())


def _json_row(line: int, text: str, ignore_unknown: bool, position: int) -> Row:
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        message = "This line is not one JSON object ({reason})."
        return Row(line, {}, (Problem("", "", message, {"reason": reason}, line),), position)
    if not isinstance(said, dict):
        return Row(line, {}, (Problem("", "", "This line is not one JSON object.", line=line),), position)
    problems = [_unknown(name, line) for name in said if name not in COLUMNS and not ignore_unknown]
    fields: dict[str, str] = {}
    for name in (name for name in said if name in COLUMNS):
        value = _text(said[name])
        if value is None:
            message = "{value} is not text. Write it between quotation marks."
            problems.append(
                Problem(name, json.dumps(said[name], ensure_ascii=False)[:60], message, line=line)
            )
        else:
            fields[name] = value
    return Row(line, fields, tuple(problems), position)


def _text(value: Any) -> str | None:
    """Text as it is, whole numbers as text (heights and ages are often written so), nothing for null."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return (
        str(value) if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**6 else None
    )


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("the same key is there twice")
    return said


def _unknown(name: str, line: int) -> Problem:
    message = "There is no column {field}. Rename or remove it, or import with --ignore-unknown."
    return Problem(name[:40], "", message, line=line)
