"""The first of the two stages: what a query finds in every row by look-ups of codes, and what that weighs."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.columns import Column
from matching.description import Description
from matching.scoring import GROUPS, Bits, Codes, Look, Rows, Scored, groups_of

DEPENDS_ON = {
    "event_date": "birth_date",
    "order": "event_date",
    "place_found": "place",
    "languages": "place",
}
"""Comparisons that say partly the same as an earlier one; they are judged among rows about which that one
said the same."""
_COUNTED = 4_096
"""u is counted in at least so many rows, in every so many of a large index: the shares are known well enough."""
_FOR = 1
Groups = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The comparisons in which a query says something: what each finds, and the weights of its codes, a group after
    the other where it depends on another one."""

    names: tuple[str, ...]
    looks: Mapping[str, Look]
    weights: Mapping[str, Bits]

    @classmethod
    def of(cls, query: Description, columns: Mapping[str, Column], count: int) -> "FirstLook":
        """Look at the `count` rows of these columns."""
        step = max(1, count // _COUNTED)
        sample = np.arange(0, count, step)
        looks: dict[str, Look] = {}
        weights: dict[str, Bits] = {}
        groups: dict[str, Groups] = {}
        for name, column in columns.items():
            look = column.look(query)
            if look is not None:
                codes, given = look.codes(sample), groups.get(DEPENDS_ON.get(name, ""))
                looks[name], weights[name] = look, column.weights.seen(codes, 1 / step, given)
                if name in DEPENDS_ON.values():
                    groups[name] = groups_of(_bits(weights[name], codes, given))
        return cls(tuple(columns), looks, weights)

    def estimate(self, count: int) -> Bits:
        """About the bits of every row: what depends on another fact is taken as among rows that agree on that one,
        for only such rows lead."""
        rough = np.zeros(count, np.float32)
        for name, look in self.looks.items():
            weights = self.weights[name]
            if self._given(name):
                size = len(weights) // GROUPS
                weights = weights[_FOR * size : (_FOR + 1) * size]
            rough += look.weigh(weights)
        return rough

    def score(self, rows: Rows) -> dict[str, Scored]:
        """The bits and codes of these rows; zeros where the query is silent."""
        silent = Scored(np.zeros(len(rows), np.float32), np.zeros(len(rows), np.uint8))
        scores: dict[str, Scored] = {}
        for name in self.names:
            if name not in self.looks:
                scores[name] = silent
                continue
            given = self._given(name)
            codes = self.looks[name].codes(rows)
            bits = _bits(self.weights[name], codes, groups_of(scores[given].bits) if given else None)
            scores[name] = Scored(bits, codes)
        return scores

    def _given(self, name: str) -> str:
        """The comparison that this one depends on, if the query says something there too; else empty."""
        given = DEPENDS_ON.get(name, "")
        return given if given in self.looks else ""


def _bits(weights: Bits, codes: Codes, groups: Groups | None) -> Bits:
    if groups is None:
        return weights.take(codes)
    return weights.take(groups * np.intp(len(weights) // GROUPS) + codes)
