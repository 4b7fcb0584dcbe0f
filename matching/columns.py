"""What every column of the index can do, and the columns of plain values: sex, blood type, height."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from matching.compiled import Bits, Codes, Rows
from matching.date_kernels import height_codes
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Grown, Values
from matching.model import Model
from matching.scoring import NOTHING, UNKNOWN, Look, Weights


class Column(Protocol):
    """One comparison: keeps what it needs of every row and compares a query with all rows at once."""

    weights: Weights

    def append(self, row: Description) -> None:
        """Take the next row."""
        ...

    def forget(self, row: int, said: Description) -> None:
        """Make a row silent, and count no more what it said: its report has left."""
        ...

    def look(self, query: Description) -> Look:
        """What a query of the other side finds in the rows; NOTHING where it says nothing that could be compared."""
        ...

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        """The evidence line of one row; None where nothing is worth a line."""
        ...


class FineColumn(Protocol):
    """A comparison too dear for every row: the ranking asks it of the rows that the others and its hints leave."""

    def append(self, row: Description) -> None:
        """Take the next row."""
        ...

    def forget(self, row: int, said: Description) -> None:
        """Make a row silent, and count no more what it said: its report has left."""
        ...

    def hints(self, query: Description) -> Iterator[tuple[npt.NDArray[np.int32], float]]:
        """Rows that share something telling with the query, and about how many bits that is worth."""
        ...

    def score(self, query: Description, rows: Rows, codes: Codes, bits: Bits) -> None:
        """Set the codes and bits of these rows against a query of the other side, from zeros."""
        ...

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        """The evidence line of one row; None where nothing is worth a line."""
        ...


@runtime_checkable
class Counting(Protocol):
    """A comparison whose weights rest on how often something is said, by reports of other shards too."""

    def count(self, other: Description) -> None:
        """Count what a report of another shard says."""
        ...

    def discount(self, other: Description) -> None:
        """Count it no more: the report has left."""
        ...


def sides(query: Description, row: Description) -> tuple[Description, Description]:
    """The missing and the found description of a pair."""
    return (query, row) if query.kind is Kind.MISSING else (row, query)


def line(field: str, level: str, bits: float, missing: str, found: str, **params: str) -> Evidence | None:
    """An evidence line from both values as written; none where both are silent."""
    if not missing and not found:
        return None
    return Evidence(field, level, bits, missing, found, params)


class ChoiceColumn:
    """A value of a short list, such as the sex: same or different."""

    def __init__(self, model: Model, name: str, choices: tuple[str, ...]) -> None:
        self._name, self._choices = name, choices
        self.weights = Weights.of(model, name)
        self._rows: Values[str] = Values()

    def append(self, row: Description) -> None:
        self._rows.append(self._value(row))

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        own = self._value(query)
        if own is None:
            return NOTHING
        codes = [1 if value == own else 2 for value in self._rows.distinct.values]
        return Look(np.array([UNKNOWN, *codes], np.uint8), self._rows.rows())

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        level = self.weights.level(code)[1] if code else "unknown"
        return line(self._name, level, bits, missing.text(self._name), found.text(self._name))

    def _value(self, one: Description) -> str | None:
        value = one.sex if self._name == "sex" else one.blood
        return value if value in self._choices else None


class HeightColumn:
    """Centimetres; compared only where the person was found within about a year, for children grow."""

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "height_cm")
        self._rows = Grown(3, np.nan, np.float32)

    def append(self, row: Description) -> None:
        self._rows.append(_height(row))

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        height, lost, found = _height(query)
        time, times = (lost, 2) if query.kind is Kind.MISSING else (found, 1)
        if np.isnan(height + time):
            return NOTHING
        return Look(height_codes(self._rows.column(), self._rows.column(times), height, time))

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return None
        level = self.weights.level(code)[1]
        return line("height_cm", level, bits, missing.text("height_cm"), found.text("height_cm"))


def _height(one: Description) -> tuple[float, float, float]:
    """Height, day lost, day found; nan where not known."""
    return (
        one.height if one.height is not None else np.nan,
        one.event.middle if one.event else np.nan,
        one.found.middle if one.found else np.nan,
    )
