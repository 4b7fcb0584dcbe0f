"""The first of the two stages: what queries find in every row by look-ups of codes, and what that weighs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.columns import Column
from matching.description import Description
from matching.scoring import GROUPS, Bits, Codes, Known, Look, Rows, Scored, groups_of

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
_NEVER = np.float32(-1e9)
_SAMPLE = 4_096
Groups = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Found:
    """What each of some queries finds in one column, None where it says nothing; `known` of those that go by distinct
    values, UNKNOWN for the others."""

    looks: Sequence[Look | None]
    known: npt.NDArray[np.uint8] | None
    at: npt.NDArray[Any]

    @classmethod
    def of(cls, looks: Sequence[Look | None]) -> "_Found":
        """Lay out the looks of one column."""
        plain = [look for look in looks if isinstance(look, Known)]
        if not plain:
            return cls(looks, None, np.zeros(0, np.int32))
        known = np.zeros((len(looks), len(plain[0].values)), np.uint8)
        for row, look in zip(known, looks, strict=True):
            if isinstance(look, Known):
                row[:] = look.values
        return cls([None if isinstance(look, Known) else look for look in looks], known, plain[0].at)

    def sample(self, rows: Rows) -> Codes:
        """The codes of the same rows for each query, shape (queries, rows)."""
        if self.known is None:
            codes = np.zeros((len(self.looks), len(rows)), np.uint8)
        else:
            codes = self.known.take(self.at.take(rows), axis=1)
        for one, look in zip(codes, self.looks, strict=True):
            if look is not None:
                one[:] = look.codes(rows)
        return codes

    def codes(self, rows: Sequence[Rows]) -> Codes:
        """The codes of each query's own rows, one query after the other."""
        parts = []
        for query, (few, look) in enumerate(zip(rows, self.looks, strict=True)):
            if look is not None:
                parts.append(look.codes(few))
            elif self.known is not None:
                parts.append(self.known[query].take(self.at.take(few)))
            else:
                parts.append(np.zeros(len(few), np.uint8))
        return np.concatenate(parts)

    def weigh(self, weights: Bits, rough: Bits) -> None:
        """Add the weights of all rows' codes: `weights` a row for each query, `rough` a column."""
        if self.known is not None:
            offsets = np.arange(len(weights))[:, None] * np.intp(weights.shape[1])
            bits = weights.take(self.known + offsets)
            rough += np.ascontiguousarray(bits.T).take(self.at, axis=0)
        for query, look in enumerate(self.looks):
            if look is not None:
                rough[:, query] += look.weigh(weights[query])


@dataclass(frozen=True, slots=True)
class FirstLook:
    """The comparisons in which some of the queries say something: what each finds, and the weights of its codes, a row
    for each query, a group after the other where it depends on another comparison."""

    queries: int
    names: tuple[str, ...]
    found: Mapping[str, _Found]
    weights: Mapping[str, Bits]

    @classmethod
    def of(cls, queries: Sequence[Description], columns: Mapping[str, Column], count: int) -> "FirstLook":
        """Look at the `count` rows of these columns."""
        step = max(1, count // _COUNTED)
        sample = np.arange(0, count, step)
        found: dict[str, _Found] = {}
        weights: dict[str, Bits] = {}
        groups: dict[str, Groups] = {}
        for name, column in columns.items():
            looks = [column.look(query) for query in queries]
            if any(look is not None for look in looks):
                found[name] = _Found.of(looks)
                codes, given = found[name].sample(sample), groups.get(DEPENDS_ON.get(name, ""))
                weights[name] = column.weights.seen(codes, 1 / step, given)
                if name in DEPENDS_ON.values():
                    of = np.arange(len(queries))[:, None]
                    groups[name] = groups_of(_bits(weights[name], of, codes, given))
        return cls(len(queries), tuple(columns), found, weights)

    def estimate(self, count: int) -> Bits:
        """About the bits of every row, shape (rows, queries): what depends on another fact is taken as among rows that
        agree on that one, for only such rows lead."""
        rough = np.zeros((count, self.queries), np.float32)
        for name, found in self.found.items():
            weights = self.weights[name]
            if self._given(name):
                weights = weights.reshape(self.queries, GROUPS, -1)[:, _FOR]
            found.weigh(np.ascontiguousarray(weights), rough)
        return rough

    def score(self, rows: Sequence[Rows]) -> dict[str, Scored]:
        """The bits and codes of each query's own rows, one query after the other; zeros where it is silent."""
        of = np.repeat(np.arange(self.queries), [len(few) for few in rows])
        silent = Scored(np.zeros(len(of), np.float32), np.zeros(len(of), np.uint8))
        scores: dict[str, Scored] = {}
        for name in self.names:
            if name not in self.found:
                scores[name] = silent
                continue
            given = self._given(name)
            codes = self.found[name].codes(rows)
            groups = groups_of(scores[given].bits) if given else None
            scores[name] = Scored(_bits(self.weights[name], of, codes, groups), codes)
        return scores

    def _given(self, name: str) -> str:
        """The comparison that this one depends on, if a query says something there too; else empty."""
        given = DEPENDS_ON.get(name, "")
        return given if given in self.found else ""


def _bits(weights: Bits, of: Rows, codes: Codes, groups: Groups | None) -> Bits:
    """The weights of codes, each by its query."""
    at = of * np.intp(weights.shape[1]) + codes
    if groups is not None:
        at += groups * np.intp(weights.shape[1] // GROUPS)
    return weights.take(at)


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
