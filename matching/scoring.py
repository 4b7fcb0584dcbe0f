"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a
big city). So u of a level is
its share among rows of the index against this very query, smoothed by the shipped u, and each row is left out of its
own count.
"""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.compiled import Bits, Codes, Floats, Ints
from matching.model import Model, Table
from matching.row_kernels import weigh

UNKNOWN = 0
"""The code of a row about which a side is silent; else it is 1 + class * levels + level."""
_EACH = np.zeros(0, np.int32)


@dataclass(frozen=True, slots=True)
class Look:
    """What one query's comparison finds in the rows of a column, before it is known how much that weighs: codes of
    distinct values, UNKNOWN first, and which value each row has; or, without `at`, the code of every row."""

    values: Codes
    at: Ints = field(default_factory=lambda: _EACH)


NOTHING = Look(np.zeros(0, np.uint8))
"""The query says nothing that could be compared."""


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

    def seen(self, codes: Codes, own: float) -> Bits:
        """The weights in bits of all codes of a query: as often as each is among `codes` of a sample of the rows, in
        which a row counts `own`; UNKNOWN weighs zero."""
        m, u = self.table.m, self.table.u
        tally = np.bincount(codes, minlength=1 + m.size).astype(np.int32)
        weights: Bits = np.zeros((1, 1 + m.size), np.float32)
        weigh(tally[None], m, u, len(m), m.shape[1], self.trust, self.scale, own, weights)
        return weights.ravel()

    def level(self, code: int) -> tuple[str, str]:
        """The class and the level of a code that is not UNKNOWN."""
        group, level = divmod(code - 1, len(self.table.levels))
        return self.table.classes[group], self.table.levels[level]


@dataclass(frozen=True, slots=True)
class Bitwise:
    """Rows of the index by id, best first, and the bits of each comparison, shape (rows, comparisons)."""

    ids: npt.NDArray[np.int64]
    bits: Floats
