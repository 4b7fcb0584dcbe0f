"""A fifth fifty foreign spreadsheets, every cell written by hand, which judged a finished column mapper blindly.

Its mistakes were looked at afterwards: it judges nothing any more, but shows what falls.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.unseen_sheets import Sheet

FILE = Path(__file__).with_name("fifth_sheets.toml")


def sheets(file: Path = FILE) -> list[Sheet]:
    """All sheets of a file of this form, in the file's order; nothing in them is made at random.

    A sheet that holds both sides has the kind of most of its rows. Raises ValueError for a row of another width.
    """
    return [_sheet(spec) for spec in tomllib.loads(file.read_text(encoding="utf-8"))["sheet"]]


def _sheet(spec: Mapping[str, Any]) -> Sheet:
    headers, truth = zip(*spec["columns"], strict=True)
    rows = [line.split("|") for line in spec["rows"].splitlines()]
    for number, row in enumerate(rows, 1):
        if len(row) != len(headers):
            raise ValueError(f"{spec['name']}, row {number}: {len(row)} cells, but {len(headers)} columns.")
    titles = tuple(spec.get("titles", ()))
    return Sheet(
        name=spec["name"],
        headers=list(headers),
        rows=rows,
        truth=[column or None for column in truth],
        title_rows=len(titles),
        kind=spec["kind"],
        titles=titles,
    )
