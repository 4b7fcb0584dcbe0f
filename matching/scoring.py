"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a
big city). So u of a level is
its share among all rows against this very query, smoothed by the shipped u, and each row is left out of its
own count.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.growing import Floats, Values
from matching.model import Model, Table

Codes = npt.NDArray[np.intp]
UNKNOWN = 0
"""The code of a row about which a side is silent; else it is 1 + class * levels + level."""
Bits = npt.NDArray[np.float32]
Groups = npt.NDArray[Any]
GROUPS = 3
_ENOUGH_ROWS = 65_536
"""In a larger index every second, third … row is counted: the shares are known well enough."""
_FEW_ROWS_A_VALUE = 4
"""With fewer rows a distinct value it is quicker to go by rows at once."""
_GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of the group."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison of one query with rows: the bits of each, and its code.

    With `at` the codes are those of distinct values, and a row's is that of its value `at[row]`.
    """

    bits: Bits
    codes: npt.NDArray[Any]
    at: npt.NDArray[Any] | None = None

    def codes_of(self, rows: Codes) -> Codes:
        """The codes of some rows."""
        return self.codes[rows if self.at is None else self.at[rows]].astype(np.intp)

    def of(self, rows: Codes) -> "Scored":
        """Some of the rows."""
        return Scored(self.bits[rows], self.codes_of(rows))


def groups_of(given: Scored) -> Groups:
    """What a comparison says of each row: 0 nothing, 1 for, 2 against. What another one says is then judged
    among rows of its group."""
    against: Groups = (given.bits < 0).view(np.uint8) << 1
    return against + (given.bits > 0).view(np.uint8)


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

    def score(self, codes: npt.NDArray[Any], groups: Groups | None = None) -> Scored:
        """The bits of every row; rows of code UNKNOWN weigh zero.

        With `groups` (of a comparison that this one depends on) u is the share among the rows of the same group:
        children born in one year are lost in the same years, and that is no second fact.
        """
        size, step = 1 + self.table.m.size, max(1, len(codes) // _ENOUGH_ROWS)
        if groups is None:
            both = codes.astype(np.intp)
            counts = np.bincount(both[::step], minlength=size)
            bits = self._bits(counts, self.table.u, self.trust, 1 / step)
        else:
            both = (groups * groups.dtype.type(size) + codes).astype(np.intp)
            counts = np.bincount(both[::step], minlength=GROUPS * size).reshape(GROUPS, size)
            among_all = self._share(counts.sum(axis=0), self.table.u, self.trust, 1 / step)
            bits = self._bits(counts, among_all, _GROUP_TRUST, 1 / step)
        return Scored(bits.take(both), codes)

    def score_values(self, codes: npt.NDArray[np.uint8], values: Values[Any]) -> Scored:
        """The bits of every row from the codes of the distinct values, after UNKNOWN for rows of none."""
        at = values.rows()
        if _FEW_ROWS_A_VALUE * len(codes) > len(at):
            return self.score(codes.take(at))
        counts = np.bincount(codes[1:], values.counts(), 1 + self.table.m.size)
        bits = self._bits(counts, self.table.u, self.trust, 1.0)
        return Scored(bits.take(codes).take(at), codes, at)

    def level(self, code: int) -> tuple[str, str]:
        """The class and the level of a code that is not UNKNOWN."""
        group, level = divmod(code - 1, len(self.table.levels))
        return self.table.classes[group], self.table.levels[level]

    def _bits(self, counts: npt.NDArray[Any], prior: Floats, trust: float, own: float) -> Bits:
        """The weights of all codes, from how many rows have each; UNKNOWN weighs zero. `counts` may have a row for
        each group; the weights of the groups stand one after the other."""
        u = self._share(counts, prior, trust, own)
        weights = np.zeros(counts.shape, np.float32)
        weights[..., 1:] = (self.scale * np.log2(self.table.m / u)).reshape(*counts.shape[:-1], -1)
        return weights.ravel()

    def _share(self, counts: npt.NDArray[Any], prior: Floats, trust: float, own: float) -> Floats:
        """The share of each level in its class, smoothed by `prior`, without the row in question, which is `own` of
        the rows counted."""
        seen = counts[..., 1:].reshape(*counts.shape[:-1], *self.table.m.shape)
        others = seen.sum(axis=-1, keepdims=True) - own
        share: Floats = (np.maximum(seen - own, 0) + trust * prior) / (np.maximum(others, 0) + trust)
        return share


def silent(count: int) -> Scored:
    """Rows where nothing can be compared, because the query does not say."""
    return Scored(np.zeros(count, np.float32), np.zeros(count, np.uint8))
