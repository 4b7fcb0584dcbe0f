"""Workbooks (XLSX, XLS, ODS) as tables: read by a limited process of its own, row by row."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from reunite.problems import Invalid, Problem

SUFFIXES = (".xlsx", ".xlsm", ".xls", ".ods")
MOST_BYTES = 100_000_000
"""The largest workbook that is taken; one of 100,000 full rows has about 20 MB."""
_ROOT = Path(__file__).parents[2]
_REASONS = {
    "empty": "No sheet of this workbook has anything in it.",
    "large": "This workbook is too large, or unpacks to too much. Save the sheet alone, or as CSV.",
    "password": "This workbook is locked with a password. Open it, save it without one and try again.",
    "broken": "This file is damaged or not a workbook. Open it in the program that made it and save it anew.",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """The first sheet that has anything: how many rows it has, its merged ranges (first row and column, last row and
    column, from 0), and cells with a formula of which nobody stored what it gives."""

    name: str
    others: int
    height: int
    merged: tuple[tuple[int, int, int, int], ...]
    formulas: tuple[str, ...]


@contextmanager
def opened(file: IO[bytes]) -> Iterator[tuple[Sheet, Iterator[list[str]]]]:
    """What the workbook is, and the cells of its rows, from the sheet's first. Raises Invalid."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reunite.exchange.workbook_child"],
        stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=_ROOT, env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        lines = _answers(process.stdout)
        said = next(lines)
        if not isinstance(said, dict):
            raise _invalid("broken")
        merged = tuple((int(a), int(b), int(c), int(d)) for a, b, c, d in said["merged"])
        sheet = Sheet(said["sheet"], said["others"], said["height"], merged, tuple(said["formulas"]))
        yield sheet, _rows(lines)
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def refuse_large(size: int) -> None:
    """Raise Invalid for a workbook of more bytes than are taken."""
    if size > MOST_BYTES:
        raise _invalid("large")


def cell(row: int, column: int) -> str:
    """The cell's name as spreadsheet programs write it, from row and column counted from 0."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return f"{letters}{row + 1}"


def row_of(cell: str) -> int:
    """The row of a cell's name, from 0."""
    return int(re.sub(r"[A-Z]+", "", cell)) - 1


def _rows(lines: Iterator[dict[str, Any] | list[str]]) -> Iterator[list[str]]:
    for line in lines:
        if isinstance(line, dict):
            return
        yield line
    raise _invalid("large")  # it ended before the workbook did: no memory or time was left


def _answers(answers: IO[bytes]) -> Iterator[dict[str, Any] | list[str]]:
    got = False
    for text in answers:
        line, got = json.loads(text), True
        if isinstance(line, dict) and "refused" in line:
            raise _invalid(line["refused"])
        yield line
    if not got:
        raise _invalid("large")


def _invalid(reason: str) -> Invalid:
    return Invalid([Problem("file", "", _REASONS[reason])])
