"""What every column of the index can do, and the columns of plain values: sex, blood type, height."""

from typing import Protocol

import numpy as np
import numpy.typing as npt

from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Coded, Grown
from matching.model import Model
from matching.scoring import UNKNOWN, Codes, Groups, Scored, level_of, weigh

Alive = npt.NDArray[np.bool_]


class Column(Protocol):
    """One comparison: keeps what it needs of every row and compares a query with all rows at once."""

    def append(self, row: Description) -> None:
        """Take the next row."""
        ...

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        """The bits of every row against a query of the other side."""
        ...

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        """The evidence line of one row; None where nothing is worth a line."""
        ...


def sides(query: Description, row: Description) -> tuple[Description, Description]:
    """The missing and the found description of a pair."""
    return (query, row) if query.kind is Kind.MISSING else (row, query)


def line(field: str, level: str, bits: float, missing: str, found: str, **params: str) -> Evidence | None:
    """An evidence line from both values as written; none where both are silent."""
    if not missing and not found:
        return None
    return Evidence(field, level, bits, missing, found, params)


class SexColumn:
    """female, male, other: same or different."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["sex"], model.trust
        self._codes: Coded[str] = Coded()
        self._rows = Grown()

    def append(self, row: Description) -> None:
        self._rows.append([self._codes.code(row.sex)[0] if row.sex else UNKNOWN])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        return weigh(self._table, _equal(self._rows, self._codes, query.sex), alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        level = level_of(self._table, code)[1] if code >= 0 else "unknown"
        return line("sex", level, bits, missing.sex, found.sex)


class BloodColumn:
    """A, B, O, AB: same or different."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["blood_type"], model.trust
        self._codes: Coded[str] = Coded()
        self._rows = Grown()

    def append(self, row: Description) -> None:
        self._rows.append([self._codes.code(row.blood)[0] if row.blood else UNKNOWN])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        return weigh(self._table, _equal(self._rows, self._codes, query.blood), alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        level = level_of(self._table, code)[1] if code >= 0 else "unknown"
        return line("blood_type", level, bits, missing.text("blood_type"), found.text("blood_type"))


def _equal(rows: Grown, codes: Coded[str], value: str) -> Codes:
    column = rows.column().astype(np.int64)
    if not value:
        return np.full(len(column), UNKNOWN, np.int16)
    return np.where(column < 0, UNKNOWN, np.where(column == codes.find(value), 0, 1)).astype(np.int16)


_SOON_DAYS = 400


class HeightColumn:
    """Centimetres; compared only where the person was found within about a year, for children grow."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["height_cm"], model.trust
        self._rows = Grown(3, np.nan, np.float64)

    def append(self, row: Description) -> None:
        self._rows.append(_height(row))

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        rows: npt.NDArray[np.float64] = self._rows.table().astype(np.float64, copy=False)
        height, lost, found = _height(query)
        waited = (found - rows[:, 1]) if query.kind is Kind.FOUND else (rows[:, 2] - lost)
        apart = np.abs(rows[:, 0] - height)
        known = (np.abs(waited) <= _SOON_DAYS) & ~np.isnan(apart)
        codes = np.where(known, np.digitize(np.nan_to_num(apart), (3.5, 8.5, 20.0)), UNKNOWN).astype(np.int16)
        return weigh(self._table, codes, alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
            return None
        return line(
            "height_cm",
            level_of(self._table, code)[1],
            bits,
            missing.text("height_cm"),
            found.text("height_cm"),
        )


def _height(one: Description) -> tuple[float, float, float]:
    """Height, day lost, day found; nan where not known."""
    return (
        one.height if one.height is not None else np.nan,
        one.event.middle if one.event else np.nan,
        one.found.middle if one.found else np.nan,
    )
