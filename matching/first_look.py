"""The first of the two stages: what a query finds in every row by look-ups of codes, and what that weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matching.columns import Column
from matching.compiled import Bits, Codes, Rows
from matching.description import Description
from matching.row_kernels import bits_of, groups_of
from matching.scoring import Look, Scored
from matching.shards import Sample

DEPENDS_ON = {
    "event_date": "birth_date",
    "order": "event_date",
    "place_found": "place",
    "languages": "place",
}
"""Comparisons that say partly the same as an earlier one; they are judged among rows about which that one
said the same."""
_FOR = 1
_NEVER = np.float32(-1e9)
_SAMPLE = 4_096


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The comparisons in which a query says something: what it finds, and the weights of its codes, shape (groups,
    codes), where one depends on another comparison for each of its groups."""

    names: tuple[str, ...]
    looks: Mapping[str, Look]
    weights: Mapping[str, Bits]

    @classmethod
    def of(cls, query: Description, columns: Mapping[str, Column], sample: Sample) -> "FirstLook":
        """Look at the rows of these columns; u is counted in the sample."""
        counted, own = sample.rows(), sample.share
        looks: dict[str, Look] = {}
        weights: dict[str, Bits] = {}
        groups: dict[str, Codes] = {}
        for name, column in columns.items():
            look = column.look(query)
            if look is not None:
                codes, given = look.codes(counted), groups.get(DEPENDS_ON.get(name, ""))
                looks[name], weights[name] = look, column.weights.seen(codes, own, given)
                if name in DEPENDS_ON.values():
                    groups[name] = groups_of(_bits(weights[name], codes, given))
        return cls(tuple(columns), looks, weights)

    def estimate(self, count: int) -> Bits:
        """About the bits of every row: what depends on another fact is taken as among rows that agree on that one, for
        only such rows lead."""
        rough = np.zeros(count, np.float32)
        for name, look in self.looks.items():
            weights = self.weights[name]
            look.add(rough, weights[_FOR if len(weights) > 1 else 0])
        return rough

    def score(self, rows: Rows) -> dict[str, Scored]:
        """The bits and codes of some rows; zeros where the query is silent."""
        silent = Scored(np.zeros(len(rows), np.float32), np.zeros(len(rows), np.uint8))
        scores: dict[str, Scored] = {}
        for name in self.names:
            look = self.looks.get(name)
            if look is None:
                scores[name] = silent
                continue
            codes, weights = look.codes(rows), self.weights[name]
            groups = groups_of(scores[DEPENDS_ON[name]].bits) if len(weights) > 1 else None
            scores[name] = Scored(_bits(weights, codes, groups), codes)
        return scores


def _bits(weights: Bits, codes: Codes, groups: Codes | None) -> Bits:
    """The weights of codes, each by its group; without groups all are of one."""
    return bits_of(weights, codes, codes if groups is None else groups)


def leading(rough: Bits, most: int) -> Rows:
    """About the `most` best of many rows, at least half as many; the bound is found in a sample."""
    step = max(1, len(rough) // _SAMPLE)
    sample = rough[::step]
    kept = max(1, most // step)
    bound = np.partition(sample, len(sample) - kept)[len(sample) - kept]
    rows = np.flatnonzero(rough >= max(bound, _NEVER))
    if not most // 2 <= len(rows) <= 2 * most:
        rows = np.sort(np.argpartition(rough, len(rough) - most)[len(rough) - most :])
        return rows[rough[rows] > _NEVER]
    return rows
