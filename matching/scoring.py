"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a
big city). So u of a level is
its share among rows of the index against this very query, smoothed by the shipped u, and each row is left out of its
own count.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from matching.growing import Floats
from matching.model import Model, Table

Codes = npt.NDArray[np.uint8]
Rows = npt.NDArray[np.intp]
UNKNOWN = 0
"""The code of a row about which a side is silent; else it is 1 + class * levels + level."""
Bits = npt.NDArray[np.float32]
GROUPS = 3
_GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of the group."""


class Look(Protocol):
    """What one query's comparison finds in the rows of a column, before it is known how much that weighs."""

    def codes(self, rows: Rows | None = None) -> Codes:
        """The codes of these rows, or of all."""
        ...

    def weigh(self, weights: Bits) -> Bits:
        """The weight of every row's code."""
        ...


@dataclass(frozen=True, slots=True)
class Known:
    """Codes of distinct values, UNKNOWN first, and which value each row has."""

    values: Codes
    at: npt.NDArray[Any]

    def codes(self, rows: Rows | None = None) -> Codes:
        """The codes of these rows, or of all."""
        return self.values.take(self.at if rows is None else self.at.take(rows))

    def weigh(self, weights: Bits) -> Bits:
        """The weight of every row's code."""
        return weights.take(self.values).take(self.at)


@dataclass(frozen=True, slots=True)
class Each:
    """The code of every row."""

    all: Codes

    def codes(self, rows: Rows | None = None) -> Codes:
        """The codes of these rows, or of all."""
        return self.all if rows is None else self.all.take(rows)

    def weigh(self, weights: Bits) -> Bits:
        """The weight of every row's code."""
        return weights.take(self.all)


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

    def seen(self, codes: Codes, own: float, groups: npt.NDArray[np.uint8] | None = None) -> Bits:
        """The weights in bits of all codes for each query, shape (queries, codes): as often as each is among `codes`,
        of shape (queries, rows), of a sample of the rows, in which a row counts `own`; UNKNOWN weighs zero.

        With `groups` (of a comparison that this one depends on) u is the share among the rows of the same group, and
        the weights of the groups stand one after the other: children born in one year are lost in the same years,
        and that is no second fact.
        """
        size = 1 + self.table.m.size
        count, kinds = len(codes), 1 if groups is None else GROUPS
        both = np.arange(count)[:, None] * np.intp(kinds * size) + codes
        if groups is not None:
            both += groups * np.intp(size)
        counts = np.bincount(both.ravel(), minlength=count * kinds * size).reshape(count, kinds, size)
        u, trust = self.table.u, self.trust
        if groups is not None:
            u, trust = self._share(counts.sum(axis=1), u, trust, own)[:, None], _GROUP_TRUST
        weights = np.zeros(counts.shape, np.float32)
        bits = self.scale * np.log2(self.table.m / self._share(counts, u, trust, own))
        weights[..., 1:] = bits.reshape(count, kinds, -1)
        return weights.reshape(count, -1)

    def level(self, code: int) -> tuple[str, str]:
        """The class and the level of a code that is not UNKNOWN."""
        group, level = divmod(code - 1, len(self.table.levels))
        return self.table.classes[group], self.table.levels[level]

    def _share(self, counts: npt.NDArray[Any], prior: Floats, trust: float, own: float) -> Floats:
        """The share of each level in its class, smoothed by `prior`, without the row in question, which is `own` of
        the rows counted."""
        seen = counts[..., 1:].reshape(*counts.shape[:-1], *self.table.m.shape)
        others = seen.sum(axis=-1, keepdims=True) - own
        share: Floats = (np.maximum(seen - own, 0) + trust * prior) / (np.maximum(others, 0) + trust)
        return share


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison of one query with some rows: the bits and the code of each."""

    bits: Bits
    codes: Codes


def groups_of(given: Bits) -> npt.NDArray[np.uint8]:
    """What a comparison says of each row: 0 nothing, 1 for, 2 against. What another one says is then judged
    among rows of its group."""
    groups: npt.NDArray[np.uint8] = (given < 0).view(np.uint8) * np.uint8(2) + (given > 0).view(np.uint8)
    return groups
