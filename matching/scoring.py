"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a
big city). So u of a level is
its share among rows of the index against this very query, smoothed by the shipped u, and each row is left out of its
own count.
"""

from dataclasses import dataclass
from typing import Protocol

from matching.compiled import Bits, Codes, Ints, Rows
from matching.model import Model, Table
from matching.row_kernels import add_each, add_known, rows_known, weigh

UNKNOWN = 0
"""The code of a row about which a side is silent; else it is 1 + class * levels + level."""
GROUPS = 3


class Look(Protocol):
    """What one query's comparison finds in the rows of a column, before it is known how much that weighs."""

    def codes(self, rows: Rows) -> Codes:
        """The codes of these rows."""
        ...

    def add(self, sums: Bits, weights: Bits) -> None:
        """Add the weight of every row's code to its sum."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Codes of distinct values, UNKNOWN first, and which value each row has."""

    values: Codes
    at: Ints

    def codes(self, rows: Rows) -> Codes:
        """The codes of these rows."""
        return rows_known(self.values, self.at, rows)

    def add(self, sums: Bits, weights: Bits) -> None:
        """Add the weight of every row's code to its sum."""
        add_known(sums, weights, self.values, self.at)


@dataclass(frozen=True, slots=True)
class Each:
    """The code of every row."""

    all: Codes

    def codes(self, rows: Rows) -> Codes:
        """The codes of these rows."""
        return self.all.take(rows)

    def add(self, sums: Bits, weights: Bits) -> None:
        """Add the weight of every row's code to its sum."""
        add_each(sums, weights, self.all)


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of one comparison: its table, for how many pairs the shipped u counts, and how much of its bits."""

    table: Table
    trust: float
    scale: float

    @classmethod
    def of(cls, model: Model, name: str) -> "Weights":
        """Those of this comparison."""
        return cls(model.tables[name], model.trust, model.scales[name])

    def seen(self, codes: Codes, own: float, groups: Codes | None = None) -> Bits:
        """The weights in bits of all codes of a query, shape (groups, codes): as often as each is among `codes` of a
        sample of the rows, in which a row counts `own`; UNKNOWN weighs zero.

        With `groups` (of a comparison that this one depends on) u is the share among the rows of the same group:
        children born in one year are lost in the same years, and that is no second fact. Without, all are of one.
        """
        kinds = 1 if groups is None else GROUPS
        of = codes if groups is None else groups
        return weigh(codes, of, kinds, self.table.m, self.table.u, self.trust, self.scale, own)

    def level(self, code: int) -> tuple[str, str]:
        """The class and the level of a code that is not UNKNOWN."""
        group, level = divmod(code - 1, len(self.table.levels))
        return self.table.classes[group], self.table.levels[level]


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison of one query with some rows: the bits and the code of each."""

    bits: Bits
    codes: Codes
