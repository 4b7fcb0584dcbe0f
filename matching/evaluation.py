"""How good and how fast the engine is on labelled reports: recall, precision, calibration, time and memory.
No database.

Each side has its processes: the first reads the reports and stores their index, then all rank their reports against
the other side's index, which they map and share.
"""

import gc
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from matching.description import Description, Kind
from matching.figures import Hits, Ids, precision, recall, returned, true_among
from matching.growing import Floats
from matching.labelled import read_pairs, read_side
from matching.model import load_model
from matching.stored import load, save

if TYPE_CHECKING:  # its compiled code is only for the processes that rank
    from matching.ranking import Index

Progress = Callable[[int, int], None]
Keep = Callable[[Ids, Floats], None]
_CHUNK = 320
_SAMPLE = 300
_SAMPLED_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class _Side:
    """One side in a process that ranks it: its reports, and how many true partners each is expected to have."""

    reports: list[Description]
    partners: float
    other: "Index"


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
    documented in docs/matching. `keep` is given all returned pairs, as numbers of rows, and their probabilities.

    The files are CSV in the exchange format and pairs by source_id. Raises LabelError for files that are none.
    """
    started = time.perf_counter()
    _read.clear()
    _sides.clear()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        workers = {kind: _workers(stack) for kind in Kind}
        files = {Kind.MISSING: missing, Kind.FOUND: found}
        made = {
            kind: workers[kind][0].submit(_make, kind, files[kind], Path(folder), weights) for kind in Kind
        }
        numbers = {kind: one.result() for kind, one in made.items()}
        pairs = read_pairs(truth, numbers[Kind.MISSING], numbers[Kind.FOUND])
        index_s = time.perf_counter() - started
        shares = {
            kind: workers[kind][0].submit(_open, kind, files[kind], Path(folder), weights) for kind in Kind
        }
        expected = {kind: one.result() for kind, one in shares.items()}
        ranked: dict[Kind, list[Hits]] = {kind: [] for kind in Kind}
        whole, peaks = sum(map(len, numbers.values())), {}
        for kind, hits, process, peak in _ranked(workers, files, Path(folder), weights, expected, numbers, k):
            ranked[kind] += hits
            peaks[process] = peak
            if progress:
                progress(sum(map(len, ranked.values())), whole)
    result: dict[str, Any] = {"missing": len(numbers[Kind.MISSING]), "found": len(numbers[Kind.FOUND])}
    result |= {"pairs": len(pairs)} | _recalls(ranked, pairs, k)
    best, probabilities = returned(ranked[Kind.MISSING], ranked[Kind.FOUND])
    if keep:
        keep(best, probabilities)
    result |= precision(true_among(best, pairs), probabilities, len(pairs))
    wall = time.perf_counter() - started
    times = np.array([one.seconds for hits in ranked.values() for one in hits]) * 1000
    return result | {
        "model_version": load_model(weights).version,
        "expected_partners": {kind.value: round(share, 4) for kind, share in expected.items()},
        "index_s": round(index_s, 3),
        "wall_s": round(wall, 3),
        "queries_per_s": round(len(times) / max(1e-9, wall - index_s), 1),
        "p50_ms": round(float(np.median(times)), 3) if len(times) else 0.0,
        "p95_ms": round(float(np.percentile(times, 95)), 3) if len(times) else 0.0,
        "peak_rss_mb": round(sum((peaks | {os.getpid(): _peak_mb()}).values()), 1),
    }


def expected_partners(index: "Index", queries: list[Description]) -> float:
    """How many true partners a query has in the index, on average, by expectation maximisation over a sample.

    A query has one partner with probability share, drawn evenly from the rows, or none (Enamorado, Fifield,
    Imai 2019 estimate likewise). The rows that do not lead add nothing to speak of.
    """
    if not len(index) or not queries:
        return index.model.expected_partners
    step = max(1, len(queries) // _SAMPLE)
    sums = []
    for query in queries[::step][:_SAMPLE]:
        bits = index.best(query, _SAMPLED_ROWS, 1.0).totals - index.prior(1.0)
        sums.append(float(np.exp2(np.minimum(bits, 60.0)).sum()) / len(index))
    ratio = np.array(sums)
    share = index.model.expected_partners
    for _ in range(50):
        share = float(np.clip((share * ratio / (1 - share + share * ratio)).mean(), 1e-4, 0.999))
    return share


def _other(kind: Kind) -> Kind:
    return Kind.FOUND if kind is Kind.MISSING else Kind.MISSING


class _Here(Executor):
    """Does at once, in this process, what it is given."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done


def _workers(stack: ExitStack) -> list[Executor]:
    """As many processes, of one worker each, as this side has cores; with one core none but this."""
    each = (os.cpu_count() or 1) // 2
    if not each:
        return [_Here()]
    context = multiprocessing.get_context("spawn")
    return [stack.enter_context(ProcessPoolExecutor(1, context)) for _ in range(each)]


# What a worker process keeps between its tasks.
_read: dict[Kind, list[Description]] = {}
_sides: dict[Kind, _Side] = {}


def _make(kind: Kind, file: Path, folder: Path, weights: Path | None) -> dict[str, int]:
    """Read a side and store its index; the numbers of its source_ids."""
    from matching.ranking import Index

    model = load_model(weights)
    # What is read stays: looking through it for garbage, again and again as it grows, takes a seventh of the time.
    gc.disable()
    try:
        _read[kind], numbers = read_side(file, kind)
        index = Index(model, kind)
        index.fill(_read[kind])
        save(folder / kind, model, index)
    finally:
        gc.enable()
    return numbers


def _open(kind: Kind, file: Path, folder: Path, weights: Path | None, share: float | None = None) -> float:
    """Make a process ready to rank a side; gives how many partners its reports are expected to have."""
    if kind not in _sides:
        reports = _read.pop(kind, None) or read_side(file, kind)[0]
        other: Index = load(folder / _other(kind), load_model(weights))
        gc.freeze()  # nor is it looked through while ranking
        _sides[kind] = _Side(reports, expected_partners(other, reports) if share is None else share, other)
    return _sides[kind].partners


def _ranked(
    workers: dict[Kind, list[Executor]],
    files: dict[Kind, Path],
    folder: Path,
    weights: Path | None,
    expected: dict[Kind, float],
    numbers: dict[Kind, dict[str, int]],
    k: int,
) -> Iterator[tuple[Kind, list[Hits], int, float]]:
    tasks = []
    for opened in [
        pool.submit(_open, kind, files[kind], folder, weights, expected[kind])
        for kind, pools in workers.items()
        for pool in pools[1:]
    ]:
        opened.result()
    for kind, pools in workers.items():
        for at, start in enumerate(range(0, len(numbers[kind]), _CHUNK)):
            tasks.append(pools[at % len(pools)].submit(_rank, kind, start, k))
    for task in as_completed(tasks):
        yield task.result()


def _rank(kind: Kind, start: int, k: int) -> tuple[Kind, list[Hits], int, float]:
    side, hits = _sides[kind], []
    for number, query in enumerate(side.reports[start : start + _CHUNK], start):
        began = time.perf_counter()
        best = side.other.best(query, k, side.partners)
        hits.append(Hits(number, best.ids, best.totals, time.perf_counter() - began))
    return kind, hits, os.getpid(), _peak_mb()


def _recalls(
    ranked: dict[Kind, list[Hits]], pairs: set[tuple[int, int]], k: int
) -> dict[str, dict[str, float]]:
    """The share of true pairs whose other report is among the best n, for n of 1, 10 and 50."""
    partners: dict[Kind, dict[int, set[int]]] = {kind: {} for kind in Kind}
    for one, other in pairs:
        partners[Kind.MISSING].setdefault(one, set()).add(other)
        partners[Kind.FOUND].setdefault(other, set()).add(one)
    return {
        f"recall_at_{depth}": {
            kind.value: recall(ranked[kind], partners[kind], min(depth, k)) for kind in Kind
        }
        for depth in (1, 10, 50)
    }


def _peak_mb() -> float:
    """The highest resident memory of this process, MiB; pages that processes share count in each."""
    unit = 1024.0 * (1024.0 if sys.platform == "darwin" else 1.0)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
