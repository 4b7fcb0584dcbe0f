"""How ranking grows with the size of the other side: time a query on one core, building, memory a row.

    python -m benchmarks.scale [--sizes 10000 100000 1000000] [--queries 200]

Reports of benchmarks.generator with the rates `judge`; each size is made in one process, stored, and
ranked in another that loads it. Prints a table for docs/benchmarks.md and writes the figures to build/scale.json, from
which benchmarks.peers_plots draws a plot.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from benchmarks.generator import generate
from matching.description import describe
from matching.model import load_model
from matching.ranking import Index
from matching.stored import load, save

_WARM = 100
_MB = 2.0**20
_TITLES = ("reports", "p50 ms", "p95 ms", "build s", "load s", "file MiB", "own MiB", "shared MiB")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Scale:
    """What one size took: milliseconds a query, seconds to make the index from reports and to load it from its file,
    megabytes of that file, and of memory after all queries: of this process alone, and shared with the file."""

    rows: int
    p50_ms: float
    p95_ms: float
    build_s: float
    load_s: float
    file_mb: float
    own_mb: float
    shared_mb: float


def build(rows: int, queries: int, path: Path) -> float:
    """Store an index of so many missing reports; the seconds it took to make."""
    made = generate(rows, queries, min(rows, queries), 3, "judge")
    path.with_suffix(".queries").write_text(json.dumps(made.found), encoding="utf-8")
    began = time.perf_counter()
    index = Index(load_model(), "missing")
    for number, row in enumerate(made.missing):
        index.put(describe(number, "missing", row))
    built = time.perf_counter() - began
    save(path, index.model, index)
    return built


def measure(rows: int, path: Path, build_s: float) -> Scale:
    """Load that index and rank found reports against it, in a process that has done nothing else."""
    found = json.loads(path.with_suffix(".queries").read_text(encoding="utf-8"))
    asked = [describe(number, "found", row) for number, row in enumerate(found)]
    model = load_model()
    before, began = _memory(), time.perf_counter()
    index = load(path, model)
    loaded = time.perf_counter() - began
    times = []
    for query in asked:
        began = time.perf_counter()
        index.best(query, 50)
        times.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(times[_WARM:], (50, 95))
    own, shared = (now - then for now, then in zip(_memory(), before, strict=True))
    size = path.stat().st_size / _MB
    return Scale(rows, float(p50), float(p95), build_s, loaded, size, own / _MB, shared / _MB)


def _memory() -> tuple[int, int]:
    """Bytes of memory that this process holds for itself, and of files that it shares (Linux)."""
    _, resident, shared = Path("/proc/self/statm").read_text().split()[:3]
    page = os.sysconf("SC_PAGE_SIZE")
    return (int(resident) - int(shared)) * page, int(shared) * page


def _apart(work: Callable[..., Result], *given: object) -> Result:
    """Do it in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, given)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how ranking grows.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=200, help="reports ranked, after a hundred to warm up")
    parser.add_argument("--json", type=Path, default=Path("build/scale.json"), help="where the figures go")
    given = parser.parse_args()
    measured = []
    print(f"| {' | '.join(_TITLES)} |\n|{' --- |' * len(_TITLES)}")
    for rows in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "index"
            build_s = _apart(build, rows, given.queries + _WARM, path)
            one = _apart(measure, rows, path, build_s)
        measured.append(asdict(one))
        print(f"| {one.rows:,} | {one.p50_ms:.1f} | {one.p95_ms:.1f} | {one.build_s:.0f} | {one.load_s:.1f} "
              f"| {one.file_mb:,.0f} | {one.own_mb:,.0f} | {one.shared_mb:,.0f} |", flush=True)  # fmt: skip
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
