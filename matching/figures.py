"""How good a ranking was, against known pairs: recall, precision, calibration."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.growing import Floats

Ids = npt.NDArray[np.int64]
_LEAST = 0.01
_TENTHS = 10
_WIDTH = 2**31
"""More than any number of a report: two of them make one number of a pair."""


@dataclass(frozen=True, slots=True)
class Hits:
    """The best rows of one query: its number, their numbers and totals in bits, best first, and the seconds it took."""

    number: int
    ids: Ids
    totals: Floats
    seconds: float


def recall(hits: Sequence[Hits], partners: dict[int, set[int]], depth: int) -> float:
    """The share of true pairs whose other report is among the best `depth`."""
    found = sum(
        len(known.intersection(one.ids[:depth].tolist()))
        for one in hits
        if (known := partners.get(one.number)) is not None
    )
    return round(found / max(1, sum(map(len, partners.values()))), 5)


def returned(missing: Sequence[Hits], found: Sequence[Hits]) -> tuple[Ids, Floats]:
    """All returned pairs once, shape (pairs, 2): missing and found report; and their probabilities, the mean of those
    of the directions that returned them."""
    # One number for each pair, and one array for each step: millions of pairs are as much as a process.
    keys = np.concatenate(
        [
            np.zeros(0, np.int64),
            *(one.number * _WIDTH + one.ids for one in missing),
            *(one.ids * _WIDTH + one.number for one in found),
        ]
    )
    shares = np.concatenate([np.zeros(0), *(one.totals for one in (*missing, *found))])
    np.exp2(np.negative(np.clip(shares, -1000, 1000, out=shares), out=shares), out=shares)
    np.reciprocal(np.add(shares, 1.0, out=shares), out=shares)
    order = np.argsort(keys, kind="stable")
    keys, shares = keys[order], shares[order]
    del order
    firsts = np.flatnonzero(np.diff(keys, prepend=-1))
    counts = np.diff(firsts, append=len(keys))
    keys = keys[firsts]
    means = np.add.reduceat(shares, firsts) / counts if len(keys) else shares
    return np.stack(np.divmod(keys, _WIDTH), axis=1), means


def true_among(best: Ids, pairs: Collection[tuple[int, int]]) -> Floats:
    """1 for each returned pair that is one of the true pairs, else 0."""
    true = np.array(sorted(pairs), np.int64).reshape(-1, 2)
    width = 1 + max(best[:, 1].max(initial=0), true[:, 1].max(initial=0))
    return np.isin(best[:, 0] * width + best[:, 1], true[:, 0] * width + true[:, 1]).astype(float)


def precision(true: Floats, shares: Floats, pairs: int) -> dict[str, float]:
    """Best F1, average precision and calibration error of returned pairs: whether each is true (1 or 0), its
    probability, and how many true pairs there are."""
    if not len(shares):
        return {"best_f1": 0.0, "average_precision": 0.0, "calibration_error": 0.0}
    order = np.argsort(-shares, kind="stable")
    hits = np.cumsum(true[order])
    precision = hits / np.arange(1, len(order) + 1)
    recall = hits / max(1, pairs)
    # Pairs of one probability are returned together: only the last of them is a threshold.
    last = np.append(np.diff(shares[order]) != 0, True)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    steps = np.diff(np.append(0.0, recall[last]))
    return {
        "best_f1": round(float(f1[last].max()), 5),
        "average_precision": round(float((steps * precision[last]).sum()), 5),
        "calibration_error": round(_calibration(shares, true), 5),
    }


def _calibration(shares: Floats, true: Floats) -> float:
    """Expected calibration error in tenths over pairs of probability at least 0.01."""
    kept = shares >= _LEAST
    if not kept.any():
        return 0.0
    shares, true = shares[kept], true[kept]
    tenth = np.minimum((shares * _TENTHS).astype(int), _TENTHS - 1)
    error = 0.0
    for one in range(_TENTHS):
        here = tenth == one
        if here.any():
            error += abs(float(shares[here].mean() - true[here].mean())) * float(here.mean())
    return error
