"""How good a ranking was, against known pairs: recall, precision, calibration."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.growing import Floats

Ids = npt.NDArray[np.int64]
_LEAST = 0.01
_TENTHS = 10


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
    ours = _pairs(missing), _pairs(found)[:, ::-1]
    pairs = np.concatenate(ours)
    totals = np.concatenate([np.zeros(0), *(one.totals for one in (*missing, *found))])
    shares = 1.0 / (1.0 + np.exp2(-np.clip(totals, -1000, 1000)))
    if not len(pairs):
        return pairs, shares
    width = int(pairs[:, 1].max()) + 1
    keys, back, counts = np.unique(pairs[:, 0] * width + pairs[:, 1], return_inverse=True, return_counts=True)
    return np.stack([keys // width, keys % width], axis=1), np.bincount(back, shares) / counts


def _pairs(hits: Sequence[Hits]) -> Ids:
    numbers = np.repeat([one.number for one in hits], [len(one.ids) for one in hits])
    ids = np.concatenate([np.zeros(0, np.int64), *(one.ids for one in hits)])
    return np.stack([numbers.astype(np.int64), ids], axis=1)


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
