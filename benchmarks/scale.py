"""How ranking grows with the size of the other side: time a query on one core, building, memory a row.

    python -m benchmarks.scale [--sizes 10000 100000 1000000] [--queries 200]

Reports of benchmarks.generator with the rates `judge`; each size in a process of its own. Prints a table for
docs/benchmarks.md and writes the figures to build/scale.json, from which benchmarks.peers_plots draws a plot.
"""

import argparse
import json
import multiprocessing
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.generator import generate
from matching.description import describe
from matching.model import load_model
from matching.ranking import Index

_WARM = 100


@dataclass(frozen=True, slots=True)
class Scale:
    """What one size took: milliseconds a query, seconds to build, bytes a row."""

    rows: int
    p50_ms: float
    p95_ms: float
    build_s: float
    bytes_a_row: float


def measure(rows: int, queries: int) -> Scale:
    """Build an index of so many missing reports and rank found ones against it."""
    made = generate(rows, queries + _WARM, min(rows, queries + _WARM), 3, "judge")
    asked = [describe(number, "found", row) for number, row in enumerate(made.found)]
    before, began = _resident(), time.perf_counter()
    index = Index(load_model(), "missing")
    for number, row in enumerate(made.missing):
        index.put(describe(number, "missing", row))
    built, grown = time.perf_counter() - began, _resident() - before
    times = []
    for query in asked:
        began = time.perf_counter()
        index.best(query, 50)
        times.append((time.perf_counter() - began) * 1000)
    p50, p95 = np.percentile(times[_WARM:], (50, 95))
    return Scale(rows, float(p50), float(p95), built, grown / rows)


def _resident() -> int:
    """Bytes of memory this process holds (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Measure how ranking grows.")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--queries", type=int, default=200, help="reports ranked, after a hundred to warm up")
    parser.add_argument("--json", type=Path, default=Path("build/scale.json"), help="where the figures go")
    given = parser.parse_args()
    measured = []
    print("| reports | p50 ms | p95 ms | build s | bytes a report |\n| --- | --- | --- | --- | --- |")
    for rows in given.sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            one = pool.apply(measure, (rows, given.queries))
        measured.append(asdict(one))
        print(f"| {one.rows:,} | {one.p50_ms:.1f} | {one.p95_ms:.1f} | {one.build_s:.0f} | {one.bytes_a_row:,.0f} |",
              flush=True)  # fmt: skip
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
