"""How good and how fast the engine is on labelled reports: recall, precision, calibration, time and memory.
No database."""

import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.description import Description, Kind
from matching.growing import Floats
from matching.labelled import read_pairs, read_side
from matching.model import Model, load_model
from matching.ranking import Index

Progress = Callable[[int, int], None]
Keep = Callable[[list[tuple[int, int]], Floats], None]
_CHUNK = 250
_SAMPLE = 300
_LEAST = 0.01
_TENTHS = 10
Hits = list[tuple[int, npt.NDArray[np.int64], Floats, float]]
"""For each query its number, the ids of the best rows, their totals in bits, and the seconds it took."""

# What the worker processes see of the parent: set before the fork, never sent.
_shared: dict[Kind, tuple[Index, list[Description], float]] = {}
_depth = 50


def evaluate(
    missing: Path,
    found: Path,
    truth: Path,
    k: int = 50,
    progress: Progress | None = None,
    weights: Path | None = None,
    keep: Keep | None = None,
) -> dict[str, Any]:
    """Rank every report of each side against the other and compare with the labelled pairs; keys as
    documented in docs/matching. `keep` is given all returned pairs (as numbers of rows) and their probabilities.

    The files are CSV in the exchange format and pairs by source_id. Raises LabelError for files that are none.
    """
    started = time.perf_counter()
    model = load_model(weights)
    sides = {Kind.MISSING: read_side(missing, Kind.MISSING), Kind.FOUND: read_side(found, Kind.FOUND)}
    pairs = read_pairs(truth, sides[Kind.MISSING][1], sides[Kind.FOUND][1])
    indexes = {kind: _index(model, kind, reports) for kind, (reports, _) in sides.items()}
    index_s = time.perf_counter() - started
    priors = {kind: expected_partners(indexes[_other(kind)], sides[kind][0]) for kind in Kind}
    ranked = _rank_all(indexes, sides, priors, k, progress)
    result: dict[str, Any] = {
        "missing": len(sides[Kind.MISSING][0]),
        "found": len(sides[Kind.FOUND][0]),
        "pairs": len(pairs),
    }
    result |= _recalls(ranked, pairs, k)
    returned, shares = _returned(ranked, priors)
    if keep:
        keep(returned, shares)
    result |= precision(np.array([pair in pairs for pair in returned], float), shares, len(pairs))
    wall = time.perf_counter() - started
    times = np.array([seconds for hits in ranked.values() for *_, seconds in hits]) * 1000
    queries = sum(len(hits) for hits in ranked.values())
    return result | {
        "model_version": model.version,
        "expected_partners": {kind.value: round(share, 4) for kind, share in priors.items()},
        "index_s": round(index_s, 3),
        "wall_s": round(wall, 3),
        "queries_per_s": round(queries / max(1e-9, wall - index_s), 1),
        "p50_ms": round(float(np.median(times)), 3) if queries else 0.0,
        "p95_ms": round(float(np.percentile(times, 95)), 3) if queries else 0.0,
        "peak_rss_mb": round(_peak_mb(), 1),
    }


def expected_partners(index: Index, queries: list[Description]) -> float:
    """How many true partners a query has in the index, on average, by expectation maximisation over a sample.

    A query has one partner with probability share, drawn evenly from the rows, or none (Enamorado, Fifield,
    Imai 2019 estimate likewise).
    """
    if not len(index) or not queries:
        return index.model.expected_partners
    step = max(1, len(queries) // _SAMPLE)
    sums = []
    for query in queries[::step][:_SAMPLE]:
        bits = index.best(query, len(index), 1.0).totals - index.prior(1.0)
        sums.append(float(np.exp2(np.minimum(bits, 60.0)).sum()) / len(index))
    ratio = np.array(sums)
    share = index.model.expected_partners
    for _ in range(50):
        share = float(np.clip((share * ratio / (1 - share + share * ratio)).mean(), 1e-4, 0.999))
    return share


def _other(kind: Kind) -> Kind:
    return Kind.FOUND if kind is Kind.MISSING else Kind.MISSING


def _index(model: Model, kind: Kind, reports: list[Description]) -> Index:
    index = Index(model, kind)
    for report in reports:
        index.put(report)
    return index


def _rank_all(
    indexes: dict[Kind, Index],
    sides: dict[Kind, tuple[list[Description], dict[str, int]]],
    priors: dict[Kind, float],
    k: int,
    progress: Progress | None,
) -> dict[Kind, Hits]:
    global _depth
    _depth = k
    for kind in Kind:
        _shared[kind] = (indexes[_other(kind)], sides[kind][0], priors[kind])
    tasks = [(kind, start) for kind in Kind for start in range(0, len(sides[kind][0]), _CHUNK)]
    whole = sum(len(reports) for reports, _ in sides.values())
    ranked: dict[Kind, Hits] = {kind: [] for kind in Kind}
    done = 0
    for kind, hits in _run(tasks):
        ranked[kind] += hits
        done += len(hits)
        if progress:
            progress(done, whole)
    _shared.clear()
    return ranked


def _run(tasks: list[tuple[Kind, int]]) -> Iterator[tuple[Kind, Hits]]:
    cores = min(os.cpu_count() or 1, len(tasks))
    if cores < 2 or len(tasks) < 4 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(_rank_chunk, tasks)
        return
    with ProcessPoolExecutor(cores, multiprocessing.get_context("fork")) as pool:
        yield from pool.map(_rank_chunk, tasks)


def _rank_chunk(task: tuple[Kind, int]) -> tuple[Kind, Hits]:
    kind, start = task
    index, reports, share = _shared[kind]
    hits: Hits = []
    for number, query in enumerate(islice(reports, start, start + _CHUNK), start):
        began = time.perf_counter()
        best = index.best(query, _depth, share)
        hits.append((number, best.ids, best.totals, time.perf_counter() - began))
    return kind, hits


def _recalls(ranked: dict[Kind, Hits], pairs: set[tuple[int, int]], k: int) -> dict[str, dict[str, float]]:
    """The share of true pairs whose other report is among the best n, for n of 1, 10 and 50."""
    partners = {Kind.MISSING: {}, Kind.FOUND: {}}  # type: dict[Kind, dict[int, set[int]]]
    for one, other in pairs:
        partners[Kind.MISSING].setdefault(one, set()).add(other)
        partners[Kind.FOUND].setdefault(other, set()).add(one)
    result: dict[str, dict[str, float]] = {}
    for depth in (1, 10, 50):
        result[f"recall_at_{depth}"] = {
            kind.value: round(
                sum(
                    len(partners[kind].get(number, set()).intersection(ids[: min(depth, k)].tolist()))
                    for number, ids, _, _ in ranked[kind]
                )
                / max(1, len(pairs)),
                5,
            )
            for kind in Kind
        }
    return result


def _returned(ranked: dict[Kind, Hits], priors: dict[Kind, float]) -> tuple[list[tuple[int, int]], Floats]:
    """All returned pairs once, with the mean of the probabilities of the directions that returned them."""
    found: dict[tuple[int, int], list[float]] = {}
    for kind, hits in ranked.items():
        for number, ids, totals, _ in hits:
            shares = 1.0 / (1.0 + np.exp2(-np.clip(totals, -1000, 1000)))
            for id, share in zip(ids.tolist(), shares.tolist(), strict=True):
                found.setdefault((number, id) if kind is Kind.MISSING else (id, number), []).append(share)
    return list(found), np.array([sum(shares) / len(shares) for shares in found.values()])


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


def _peak_mb() -> float:
    """The highest resident memory of this process and of its largest child, MiB; pages shared by a fork
    count in both."""
    unit = 1024.0 * (1024.0 if sys.platform == "darwin" else 1.0)
    return (
        sum(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / unit
    )
