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

from matching.growing import Floats
from matching.model import Model, Table

Codes = npt.NDArray[np.intp]
UNKNOWN = 0
"""The code of a row about which a side is silent; else it is 1 + class * levels + level."""
Bits = npt.NDArray[np.float32]
Groups = npt.NDArray[np.intp]
GROUPS = 3
_ENOUGH_ROWS = 65_536
"""In a larger index every second, third … row is counted: the shares are known well enough."""
_GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of the group."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison of one query with rows: bits and code of each."""

    bits: Bits
    codes: Codes


def groups_of(given: Scored) -> Groups:
    """What a comparison says of each row: 0 nothing, 1 for, 2 against. What another one says is then judged
    among rows of its group."""
    return ((given.codes > 0) * (np.int8(2) - (given.bits > 0))).astype(np.intp)


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

    def score(self, codes: Codes, groups: Groups | None = None) -> Scored:
        """The bits of every row; rows of code UNKNOWN weigh zero.

        With `groups` (of a comparison that this one depends on) u is the share among the rows of the same group:
        children born in one year are lost in the same years, and that is no second fact.
        """
        table, shape, step = self.table, self.table.m.shape, max(1, len(codes) // _ENOUGH_ROWS)
        size = 1 + shape[0] * shape[1]
        if groups is None:
            counts = np.bincount(codes[::step], minlength=size)[1:].reshape(shape)
            u = _share(counts, table.u, self.trust, 1 / step)
            return Scored(self._bits(u[None])[codes], codes)
        both = groups * size + codes
        counts = np.bincount(both[::step], minlength=GROUPS * size).reshape(GROUPS, size)[:, 1:]
        grouped = counts.reshape(GROUPS, *shape)
        among_all = _share(grouped.sum(axis=0), table.u, self.trust, 1 / step)
        u = _share(grouped, among_all[None], _GROUP_TRUST, 1 / step)
        return Scored(self._bits(u)[both], codes)

    def level(self, code: int) -> tuple[str, str]:
        """The class and the level of a code that is not UNKNOWN."""
        group, level = divmod(code - 1, len(self.table.levels))
        return self.table.classes[group], self.table.levels[level]

    def _bits(self, u: Floats) -> Bits:
        """The weights with a zero before each group's, for rows that are silent."""
        padded = np.zeros((len(u), 1 + self.table.m.size), np.float32)
        padded[:, 1:] = (self.scale * np.log2(self.table.m / u)).reshape(len(u), -1)
        return padded.ravel()


def silent(count: int) -> Scored:
    """Rows where nothing can be compared, because the query does not say."""
    return Scored(np.zeros(count, np.float32), np.zeros(count, np.intp))


def _share(counts: npt.NDArray[Any], prior: Floats, trust: float, own: float) -> Floats:
    """The share of each level in its class, smoothed by `prior`, without the row in question, which is `own` of the
    rows counted."""
    seen = counts.sum(axis=-1, keepdims=True)
    share: Floats = (np.maximum(counts - own, 0) + trust * prior) / (np.maximum(seen - own, 0) + trust)
    return share
