"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a big city). So u of a level is
its share among all rows against this very query, smoothed by the shipped u, and each row is left out of its own count.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.growing import Floats
from matching.model import Table

Codes = npt.NDArray[np.int16]
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Scored:
    """A comparison of one query with all rows: bits a row, and the code class * levels + level, UNKNOWN where a side is silent."""

    bits: Floats
    codes: Codes


def weigh(table: Table, codes: Codes, alive: npt.NDArray[np.bool_], trust: float) -> Scored:
    """The bits of every row; rows of code UNKNOWN weigh zero, dead ones are not counted."""
    classes, levels = table.m.shape
    known = codes[alive & (codes >= 0)]
    counts = np.bincount(known, minlength=classes * levels).reshape(classes, levels).astype(float)
    seen = counts.sum(axis=1, keepdims=True)
    u = (np.maximum(counts - 1, 0) + trust * table.u) / (np.maximum(seen - 1, 0) + trust)
    bits = np.append(np.log2(table.m / u).ravel(), 0.0)
    return Scored(bits[codes], codes)


def level_of(table: Table, code: int) -> tuple[str, str]:
    """The class and the level of a code."""
    return table.classes[code // len(table.levels)], table.levels[code % len(table.levels)]
