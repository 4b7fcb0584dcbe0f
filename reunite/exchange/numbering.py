"""Which column holds the report's own number where no heading says so plainly."""

import re
from collections.abc import Sequence

from reunite.exchange import appearance, values
from reunite.exchange.headings import Heading

_WORDS = {"code", "number", "serial"}
"""What headings say that may be the report's number: Reg. code, 条目号, No. 號."""
_WHOSE = {"": 0, "child": 0, "family": 1}
"""Whose number that may be; a family's only where there is no other."""
_ELSE = {"date", "phone", "email", "age", "height", "photo"}
_FEWEST, _LONGEST = 3, 20
"""Rows from which it can be told that a number tells them apart, and characters that a number has at most."""


def name_the_number(columns: list[str], said: Sequence[Heading], cells: Sequence[Sequence[str]]) -> None:
    """Where no column is the number of the report, a code or number that tells all rows apart is."""
    if "source_id" in columns:
        return
    may_be = [
        place
        for place, one in enumerate(said)
        if not columns[place] and one.what in _WORDS and one.who in _WHOSE
        and _are_identifiers(cells[place], may_count=one.what == "code")
    ]  # fmt: skip
    if may_be:
        best = min(may_be, key=lambda place: (_WHOSE[said[place].who], said[place].what == "serial", place))
        columns[best] = "source_id"


def tells_rows_apart(cells: Sequence[str]) -> float:
    """How many of the rows have a value that no other has."""
    return len({cell for cell in cells if values.plain(cell)}) / max(len(cells), 1)


def _are_identifiers(cells: Sequence[str], may_count: bool) -> bool:
    """Whether each row has a short value with a figure that no other row has, which does more than count the rows."""
    said = [values.plain(cell) for cell in cells]
    if len(said) < _FEWEST or len(set(said)) < len(said):
        return False
    if not all(re.search(r"\d", one) and len(one) <= _LONGEST for one in said):
        return False
    counts = all(one.isdecimal() for one in said) and {int(one) for one in said} == set(
        range(int(said[0]), int(said[0]) + len(said))
    )
    return (may_count or not counts) and appearance.looks_like(cells) not in _ELSE
