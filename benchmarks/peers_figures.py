"""How good scored pairs are, counted the same way for every engine."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers_results import DEPTH, Floats, Numbers, Pairs, places
from matching.figures import precision

_DEPTHS = (1, 10, DEPTH)
_TENTHS = 10
_LEAST = 0.01
_POINTS = 200
Truth = Collection[tuple[int, int]]
"""The true pairs as row numbers of the two files."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs and which of them are true, and how many true ones there are."""

    pairs: Pairs
    true: Floats
    count: int

    @classmethod
    def of(cls, pairs: Pairs, truth: Truth) -> "Judged":
        """Compare with the truth."""
        width = 1 + max(
            [one for one, _ in truth] + [other for _, other in truth] + [int(pairs.other.max(initial=0))]
        )
        known = np.array([one * width + other for one, other in truth], np.int64)
        return cls(pairs, np.isin(pairs.one * width + pairs.other, known).astype(float), len(truth))


def figures(judged: Judged) -> dict[str, Any]:
    """Recall at k of both sides, best F1, average precision, calibration error, and what plots are drawn from."""
    found: dict[str, Any] = {}
    sides = {"missing": judged.pairs.one, "found": judged.pairs.other}
    for depth in _DEPTHS:
        found[f"recall_at_{depth}"] = {side: _recall(judged, rows, depth) for side, rows in sides.items()}
    found |= precision(judged.true, judged.pairs.shares, judged.count)
    return found | {
        "returned": len(judged.true),
        "reached": round(float(judged.true.sum()) / judged.count, 5),
        "curve": curve(judged),
        "calibration": calibration(judged),
    }


def curve(judged: Judged) -> list[list[float]]:
    """Points (recall, precision) of the pairs from the likeliest on, at most some hundreds."""
    order = np.argsort(-judged.pairs.bits, kind="stable")
    hits = np.cumsum(judged.true[order])
    recall, share = hits / judged.count, hits / np.arange(1, len(hits) + 1)
    # Where pairs are as likely as the next one, nobody can draw the line between them.
    steps = (
        np.flatnonzero(np.append(np.diff(judged.pairs.bits[order]) != 0, True))
        if len(hits)
        else np.zeros(0, int)
    )
    wanted = np.searchsorted(recall[steps], np.linspace(0, recall[-1] if len(hits) else 0, _POINTS))
    kept = steps[np.unique(np.clip(wanted, 0, max(0, len(steps) - 1)))] if len(steps) else steps
    return [[round(float(recall[at]), 5), round(float(share[at]), 5)] for at in kept]


def calibration(judged: Judged) -> list[list[float]]:
    """For each tenth of probability with pairs: their mean probability, the share that is true, how many."""
    shares = judged.pairs.shares
    tenth = np.minimum((shares * _TENTHS).astype(int), _TENTHS - 1)
    found = []
    for one in range(_TENTHS):
        here = (tenth == one) & (shares >= _LEAST)
        if here.any():
            found.append([float(shares[here].mean()), float(judged.true[here].mean()), int(here.sum())])
    return found


def _recall(judged: Judged, rows: Numbers, depth: int) -> float:
    """The share of true pairs that are among the best of their row. Of equal ones the true one is taken to be the last:
    who cannot tell them apart has not found it."""
    bits = judged.pairs.bits - judged.true * np.spacing(np.abs(judged.pairs.bits)) * 2
    return round(float(judged.true[places(rows, bits) < depth].sum()) / judged.count, 5)
