"""Cells of CSV files that a spreadsheet program takes for text and never for a formula.

A cell that begins with = + - @, a tab or a line break, also in full width or after blanks, could be run when the file
is opened (OWASP, CSV Injection). Such a cell gets an apostrophe in front, which spreadsheet programs do not show; our
own reader takes it away again.
"""

import csv
import io
import re
from collections.abc import Iterable
from typing import TextIO

# Apostrophes count too, so that a cell that had one in front before gets a second, and comes back as it was.
_RUNS = re.compile(r"'*(?:[\t\r\n]|[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠−])")


def safe(cell: str) -> str:
    """The cell as it may stand in a file."""
    return "'" + cell if _RUNS.match(cell) else cell


def original(cell: str) -> str:
    """The cell that `safe` was given; one of another program's file as it is."""
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell, 1) else cell


def write(file: TextIO, cells: Iterable[str]) -> None:
    """One line of a CSV file (RFC 4180); every cell is quoted, for some programs split at other signs."""
    csv.writer(file, quoting=csv.QUOTE_ALL).writerow([safe(cell) for cell in cells])


def line(cells: Iterable[str]) -> str:
    """The same line as text."""
    file = io.StringIO(newline="")
    write(file, cells)
    return file.getvalue()
