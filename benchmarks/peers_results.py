"""What every engine writes: scored pairs as row numbers of the two files, with log2 odds and probability."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
DEPTH = 50
"""How many pairs of a row are returned at most, from each side."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs once each: rows of the first file, of the second, log2 odds and probability of one person."""

    one: Numbers
    other: Numbers
    bits: Floats
    shares: Floats

    def save(self, path: Path) -> None:
        """Write an .npz file."""
        np.savez(path, one=self.one, other=self.other, bits=self.bits, shares=self.shares)

    @classmethod
    def load(cls, path: Path) -> "Pairs":
        """Read what `save` wrote."""
        with np.load(path) as read:
            return cls(read["one"], read["other"], read["bits"], read["shares"])

    def among(self, kept: npt.NDArray[Any]) -> "Pairs":
        """Some of them, by a mask or by places."""
        return Pairs(self.one[kept], self.other[kept], self.bits[kept], self.shares[kept])


def places(side: Numbers, bits: Floats) -> Numbers:
    """For each pair its place, from 0, among the pairs of the same row of a side, the best first."""
    order = np.lexsort((-bits, side))
    sorted_side = side[order]
    starts = np.flatnonzero(np.append(True, sorted_side[1:] != sorted_side[:-1]))
    within = np.arange(len(side)) - np.repeat(starts, np.diff(np.append(starts, len(side))))
    found = np.empty(len(side), np.int64)
    found[order] = within
    return found


def leading(pairs: Pairs, depth: int = DEPTH) -> Pairs:
    """The pairs that are among the best of one of their rows."""
    best = np.minimum(places(pairs.one, pairs.bits), places(pairs.other, pairs.bits))
    return pairs.among(best < depth)
