"""From levels to bits: the weight of a level, with u taken from the rows of the index as far as they tell.

How rare an agreement is depends on the value (a birthday in a year with many reports, a common surname, a
big city). So u of a level is
its share among all rows against this very query, smoothed by the shipped u, and each row is left out of its
own count.
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
    """A comparison of one query with all rows: bits a row, and the code class * levels + level, UNKNOWN
    where a side is silent."""

    bits: Floats
    codes: Codes


Groups = npt.NDArray[np.int8]
GROUPS = 3
_GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of the group."""


def groups_of(given: Scored) -> Groups:
    """What a comparison says of each row: 0 nothing, 1 for, 2 against. What another one says is then judged
    among rows of its group."""
    return np.where(given.codes < 0, 0, np.where(given.bits > 0, 1, 2)).astype(np.int8)


def weigh(
    table: Table, codes: Codes, alive: npt.NDArray[np.bool_], trust: float, groups: Groups | None = None
) -> Scored:
    """The bits of every row; rows of code UNKNOWN weigh zero, dead ones are not counted.

    With `groups` (of a comparison that this one depends on) u is the share among the rows of the same
    group: children born in one year are
    lost in the same years, and that is no second fact.
    """
    classes, levels = table.m.shape
    size = classes * levels
    counted = alive & (codes >= 0)
    if groups is None:
        counts = np.bincount(codes[counted], minlength=size).reshape(classes, levels).astype(float)
        bits = np.log2(table.m / _share(counts, table.u, trust))
        return Scored(np.append(bits.ravel(), 0.0)[codes], codes)
    both = groups.astype(np.int64) * size + codes
    grouped = (
        np.bincount(both[counted], minlength=GROUPS * size).reshape(GROUPS, classes, levels).astype(float)
    )
    u = _share(grouped, _share(grouped.sum(axis=0), table.u, trust)[None], _GROUP_TRUST)
    weights = np.log2(table.m[None] / u).ravel()
    return Scored(np.where(codes < 0, 0.0, weights[np.maximum(both, 0)]), codes)


def _share(counts: Floats, prior: Floats, trust: float) -> Floats:
    """The share of each level in its class, without the row in question, smoothed by `prior`."""
    seen = counts.sum(axis=-1, keepdims=True)
    share: Floats = (np.maximum(counts - 1, 0) + trust * prior) / (np.maximum(seen - 1, 0) + trust)
    return share


def level_of(table: Table, code: int) -> tuple[str, str]:
    """The class and the level of a code."""
    return table.classes[code // len(table.levels)], table.levels[code % len(table.levels)]
