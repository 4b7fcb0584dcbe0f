"""Two tables of people linked without labels by the engine's own weights (matching.scoring): for a table whose columns
are not those of a report, such as febrl4.

Every row of one table is compared with every row of the other; nothing is blocked. u is the share of a level among the
rows against this very row, so that a rare value weighs more; m is found by expectation maximisation over the rows that
lead. Two columns may be swapped (given name and surname), which has levels of its own.
"""

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.table_fields import CLOSE_CODE, Codes, Column, Kind
from matching.growing import Floats
from matching.model import Table
from matching.scoring import Weights

_CROSSED = ("crossed, same", "crossed, close")
_CROSSED_GUESS = (0.01, 0.005)
_DEPTH = 20
_SAMPLE = 250
_TRUST = 300.0
_STEPS = 15
_SEEN_BEFORE = 0.3
"""What each level counts before any pair is seen, in pairs: no level is impossible."""
_MOST_BITS = 200.0
_BLOCK = 250
_linkage: "Linkage"


@dataclass(frozen=True, slots=True)
class Field:
    """A column of both tables, how it is compared, and the column that it may be swapped with."""

    name: str
    kind: Kind
    crossed: str = ""

    @property
    def levels(self) -> tuple[str, ...]:
        """The names of its levels, in the order of codes from 1."""
        return self.kind.levels + (_CROSSED if self.crossed else ())


@dataclass(frozen=True, slots=True)
class Leading:
    """For each row of the first table the best rows of the second: places, and per field codes and log2 u, all of shape
    (rows, depth)."""

    places: npt.NDArray[np.intp]
    codes: Mapping[str, npt.NDArray[np.uint8]]
    rarity: Mapping[str, Floats]


@dataclass(frozen=True, slots=True)
class Linked:
    """Pairs of rows with the total in bits and the probability that they are one person."""

    one: npt.NDArray[np.intp]
    other: npt.NDArray[np.intp]
    bits: Floats
    shares: Floats


class Linkage:
    """Two tables (column → one value a row, empty if not known), ready to be compared."""

    def __init__(
        self, fields: Sequence[Field], one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]
    ) -> None:
        self.fields = fields
        self.one = {field.name: Column.of(one[field.name]) for field in fields}
        self.other = {field.name: Column.of(other[field.name]) for field in fields}
        self.rows = len(other[fields[0].name])
        self._straight = {
            f.name: f.kind.compare(self.one[f.name].values, self.other[f.name].values) for f in fields
        }
        self._crossed = {
            f.name: f.kind.compare(self.one[f.name].values, self.other[f.crossed].values)
            for f in fields
            if f.crossed
        }
        self.weights = {field.name: self._first_weights(field) for field in fields}

    def _first_weights(self, field: Field) -> Weights:
        """The guessed m, and u as it is among pairs of some rows with all others."""
        rows = self.one[field.name].at
        some = self._straight[field.name][rows[:: max(1, len(rows) // _SAMPLE)]]
        others = self.other[field.name].counts()
        u = np.array([(some == code).sum(axis=0) @ others for code in range(1, len(field.levels) + 1)]) + 1
        m = np.array(field.kind.guess + (_CROSSED_GUESS if field.crossed else ()))
        table = Table(field.name, ("all",), field.levels, (m / m.sum())[None], (u / u.sum())[None])
        return Weights(table, _TRUST, 1.0)

    def codes(self, row: int) -> dict[str, npt.NDArray[np.uint8]]:
        """For each field the codes of every row of the second table against this row of the first."""
        found = {f.name: _row(self._straight, self.one, self.other, f.name, f.name, row) for f in self.fields}
        for a, b in {tuple(sorted((f.name, f.crossed))) for f in self.fields if f.crossed}:
            self._cross(found, a, b, row)
        return {name: codes.astype(np.uint8) for name, codes in found.items()}

    def _cross(self, found: dict[str, Codes], a: str, b: str, row: int) -> None:
        """Where both columns fit better swapped, or one does and the other is silent, say so instead."""
        fits = [(found[name] > 0) & (found[name] <= CLOSE_CODE) for name in (a, b)]
        swapped = {x: _row(self._crossed, self.one, self.other, x, y, row) for x, y in ((a, b), (b, a))}
        near = swapped[a].astype(bool) | swapped[b].astype(bool)
        near &= (swapped[a] <= CLOSE_CODE) & (swapped[b] <= CLOSE_CODE)
        at = np.flatnonzero(near & ~fits[0] & ~fits[1])
        for name, codes in swapped.items():
            levels = len(self.weights[name].table.levels)
            said = np.where(codes[at] == 1, levels - 1, levels)
            found[name][at] = np.where(codes[at] == 0, 0, said)

    def leading(self, depth: int = _DEPTH) -> Leading:
        """The rows that lead by the first weights; on all cores."""
        count, depth = len(next(iter(self.one.values())).at), min(depth, self.rows)
        starts = [(start, min(start + _BLOCK, count), depth) for start in range(0, count, _BLOCK)]
        global _linkage
        _linkage = self
        with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("fork")) as pool:
            parts = list(pool.map(_lead, starts))
        names = [field.name for field in self.fields]
        return Leading(
            np.concatenate([part.places for part in parts]),
            {name: np.concatenate([part.codes[name] for part in parts]) for name in names},
            {name: np.concatenate([part.rarity[name] for part in parts]) for name in names},
        )

    def lead(self, row: int, depth: int) -> Leading:
        """The rows that lead for one row."""
        codes = self.codes(row)
        bits = {name: self.weights[name].seen(codes[name], 1.0).take(codes[name]) for name in codes}
        total = np.sum(list(bits.values()), axis=0)
        at = np.argpartition(-total, depth - 1)[:depth]
        m = {name: _logs(self.weights[name].table.m[0]) for name in codes}
        return Leading(
            at,
            {name: codes[name][at] for name in codes},
            {name: m[name][codes[name][at]] - bits[name][at] for name in codes},
        )


def link(linkage: Linkage) -> Linked:
    """The leading pairs, with weights that are fitted to these tables without labels.

    The share of rows with a partner is estimated along with m (Enamorado, Fifield, Imai 2019 do likewise). A row has at
    most one partner, so the probability of a pair is its likelihood ratio against all others of its two rows.
    """
    lead = linkage.leading()
    m = {name: weights.table.m[0] for name, weights in linkage.weights.items()}
    share = 0.5
    for _ in range(_STEPS):
        ratios = np.exp2(np.minimum(_totals(lead, m), _MOST_BITS)) / linkage.rows
        belief = share * ratios / (1 - share + share * ratios.sum(axis=1, keepdims=True))
        share = float(np.clip(belief.sum() / len(belief), 1e-4, 0.9999))
        for name, codes in lead.codes.items():
            seen = np.bincount(codes.ravel(), belief.ravel(), len(m[name]) + 1)[1:] + _SEEN_BEFORE
            m[name] = seen / seen.sum()
    bits = _totals(lead, m)
    ratios = np.exp2(np.minimum(bits, _MOST_BITS)) / linkage.rows
    rivals = ratios.sum(axis=1, keepdims=True)
    columns = np.bincount(lead.places.ravel(), ratios.ravel(), linkage.rows)
    shares = share * ratios / (1 - share + share * (rivals + columns[lead.places] - ratios))
    rows = np.repeat(np.arange(len(bits)), bits.shape[1])
    return Linked(rows, lead.places.ravel(), bits.ravel(), shares.ravel())


def _lead(task: tuple[int, int, int]) -> Leading:
    first, last, depth = task
    rows = [_linkage.lead(row, depth) for row in range(first, last)]
    names = rows[0].codes
    return Leading(
        np.stack([row.places for row in rows]),
        {name: np.stack([row.codes[name] for row in rows]) for name in names},
        {name: np.stack([row.rarity[name] for row in rows]) for name in names},
    )


def _row(
    matrices: Mapping[str, Codes],
    one: Mapping[str, Column],
    other: Mapping[str, Column],
    a: str,
    b: str,
    row: int,
) -> Codes:
    codes: Codes = matrices[a][one[a].at[row]][other[b].at]
    return codes


def _totals(lead: Leading, m: Mapping[str, Floats]) -> Floats:
    """The sum of all fields' log2 m/u; a silent field weighs nothing."""
    totals = np.zeros(lead.places.shape)
    for name, codes in lead.codes.items():
        totals += np.where(codes > 0, _logs(m[name])[codes] - lead.rarity[name], 0.0)
    return totals


def _logs(m: Floats) -> Floats:
    """log2 of each level by code; code 0 says nothing."""
    return np.concatenate([[0.0], np.log2(m)])
