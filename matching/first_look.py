"""The first of the two stages: what a query finds in every row by look-ups of codes, and what that weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.columns import Column
from matching.compiled import Bits, Codes, Floats, Ints, Rows
from matching.description import Description
from matching.growing import NONE
from matching.row_kernels import full_bits, largest, rough_bits, weights_of
from matching.shards import Sample

DEPENDS_ON = {
    "event_date": "birth_date",
    "order": "event_date",
    "place_found": "place",
    "languages": "place",
}
"""Comparisons that say partly the same as an earlier one; they are judged among rows about which that one
said the same."""
_NEVER = -1e9
_SAMPLE = 4_096


class FirstStage:
    """All comparisons of this stage: their columns, and the numbers of their tables side by side."""

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self._columns = tuple(columns.values())
        names = tuple(columns)
        self.depends = np.array(
            [names.index(DEPENDS_ON[one]) if one in DEPENDS_ON else NONE for one in names], np.intp
        )
        weights = [column.weights for column in self._columns]
        self._sizes = np.array([one.table.m.shape for one in weights], np.intp)
        self._m = self._beside([one.table.m for one in weights])
        self._u = self._beside([one.table.u for one in weights])
        self._scales = np.array([one.scale for one in weights])
        self._trust = weights[0].trust

    def _beside(self, tables: list[Floats]) -> Floats:
        """The tables in one array, with ones where one has fewer classes or levels than another."""
        room = np.ones((len(tables), *self._sizes.max(axis=0)))
        for at, table in enumerate(tables):
            room[at, : len(table), : table.shape[1]] = table
        return room

    def look(self, query: Description, sample: Sample) -> "FirstLook":
        """Look at the rows of all columns; u is counted in the sample."""
        looks = [column.look(query) for column in self._columns]
        values, at = tuple([look.values for look in looks]), tuple([look.at for look in looks])
        weights = weights_of(
            values, at, self.depends, sample.rows(), self._m, self._u, self._sizes, self._trust, self._scales,
            sample.share,
        )  # fmt: skip
        return FirstLook(values, at, weights, self.depends)


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What a query finds by each comparison, and the weights of its codes, as `matching.row_kernels` has them."""

    values: tuple[Codes, ...]
    at: tuple[Ints, ...]
    weights: Bits
    depends: Rows

    def estimate(self, count: int) -> Bits:
        """About the bits of every row."""
        return rough_bits(self.values, self.at, self.weights, count)

    def score(self, rows: Rows, codes: Codes, bits: Bits) -> None:
        """Set the codes and bits of some rows, shape (comparisons, rows), from zeros."""
        full_bits(self.values, self.at, self.depends, self.weights, rows, codes, bits)


def leading(rough: Bits, most: int) -> Rows:
    """About the `most` best of many rows, at least half as many; the bound is found in a sample."""
    step = max(1, len(rough) // _SAMPLE)
    bound = largest(rough, step, max(1, most // step))
    rows = np.flatnonzero(rough >= max(bound, _NEVER))
    if not most // 2 <= len(rows) <= 2 * most:
        rows = np.sort(np.argpartition(rough, len(rough) - most)[len(rough) - most :])
        return rows[rough[rows] > _NEVER]
    return rows
