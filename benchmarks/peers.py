"""Ours, Splink and recordlinkage on the same files and this machine, one after the other, each in a process of its own.

    python -m benchmarks.peers --reports FOLDER --work FOLDER --peers .venv-peers/bin/python --page docs/benchmarks.md

The folder of reports has missing.csv, found.csv and truth.csv. Writes figures.json to the work folder, the plots and
its own section of the page. `--only` runs some engines again and keeps the other figures.
"""

import argparse
import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import peers_page
from benchmarks.peers_fields import prepare
from benchmarks.peers_figures import Judged, Truth, figures
from benchmarks.peers_measure import measured
from benchmarks.peers_results import Pairs
from matching.description import Kind
from matching.labelled import read_pairs, read_side

MODULES = {
    "Reunite": "benchmarks.peers_ours",
    "Splink": "benchmarks.peers_splink",
    "recordlinkage": "benchmarks.peers_recordlinkage",
}
_CONSTRAINTS = Path(__file__).parent.parent / "constraints" / "peers.txt"


@dataclass(frozen=True, slots=True)
class DataSet:
    """The two files that ours reads and the two that peers read, and the true pairs."""

    name: str
    ours: tuple[Path, Path]
    theirs: tuple[Path, Path]
    truth: Truth
    rows: int
    prepared_s: float = 0.0
    """What making the peers' files took; it is part of their time, as reading reports is part of ours."""


def reports(folder: Path, work: Path) -> DataSet:
    """The generated reports, with the peers' fields made of them."""
    ours = folder / "missing.csv", folder / "found.csv"
    began = time.perf_counter()
    prepare(*ours, work / "reports")
    prepared = time.perf_counter() - began
    sides = [read_side(path, kind)[1] for path, kind in zip(ours, Kind, strict=True)]
    truth = read_pairs(folder / "truth.csv", *sides)
    theirs = work / "reports/missing.csv", work / "reports/found.csv"
    return DataSet("reports", ours, theirs, truth, len(sides[0]), prepared)


def febrl4(work: Path, peers: Path) -> DataSet:
    """febrl4, out of the peers' environment."""
    folder = work / "febrl4"
    measured([str(peers), "-m", "benchmarks.peers_febrl4", str(folder)], work / "febrl4.log")
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {(int(row["one"]), int(row["other"])) for row in csv.DictReader(file)}
    files = folder / "a.csv", folder / "b.csv"
    return DataSet("febrl4", files, files, truth, len(truth))


def run(engine: str, data: DataSet, work: Path, python: Path) -> dict[str, Any]:
    """The figures of an engine on a data set."""
    own = engine == "Reunite"
    to = work / f"{data.name}-{engine.lower()}.npz"
    files = data.ours if own else data.theirs
    command = [str(python), "-m", MODULES[engine], data.name, *map(str, files), str(to)]
    took = measured(command, to.with_suffix(".log"))
    found = figures(Judged.of(Pairs.load(to), data.truth))
    if own and data.name == "reports":
        exact = json.loads(to.with_suffix(".json").read_text(encoding="utf-8"))
        found |= {key: number for key, number in exact.items() if key.startswith("recall")}
    wall = took.wall_s + (0.0 if own else data.prepared_s)
    return found | {"wall_s": round(wall, 2), "peak_mb": round(took.peak_mb, 1)}


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    given = _arguments(arguments)
    work, results = given.work, given.work / "figures.json"
    work.mkdir(parents=True, exist_ok=True)
    kept = json.loads(results.read_text(encoding="utf-8")) if given.only and results.exists() else {}
    about = {}
    for data in (reports(given.reports, work), febrl4(work, given.peers)):
        about[data.name] = {"rows": data.rows, "pairs": len(data.truth), "seed": given.seed}
        known = kept.setdefault(data.name, {})
        for engine in MODULES:
            if given.only and engine not in given.only:
                continue
            python = Path(sys.executable) if engine == "Reunite" else given.peers
            known[engine] = run(engine, data, work, python)
            print(f"{data.name}, {engine}: {_summary(known[engine])}", flush=True)
        kept[data.name] = {engine: known[engine] for engine in MODULES if engine in known}
        results.write_text(json.dumps(kept, indent=1), encoding="utf-8")
    pictures = given.page.parent / "pictures"
    plot = [str(given.peers), "-m", "benchmarks.peers_plots", "peers", str(results), str(pictures)]
    measured(plot, work / "plots.log")
    body = peers_page.section(kept, about, date.today(), _versions())
    given.page.write_text(
        peers_page.rewritten(given.page.read_text(encoding="utf-8"), body), encoding="utf-8"
    )


def _summary(found: dict[str, Any]) -> str:
    named = (
        "recall_at_1",
        "recall_at_10",
        "best_f1",
        "average_precision",
        "calibration_error",
        "wall_s",
        "peak_mb",
    )
    return ", ".join(f"{name} {found[name]}" for name in named)


def _versions() -> str:
    pins = peers_page.pinned(_CONSTRAINTS, ("splink", "duckdb", "recordlinkage"))
    return f"Splink {pins['splink']} on DuckDB {pins['duckdb']}, recordlinkage {pins['recordlinkage']}"


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Compare ours with Splink and recordlinkage.")
    parser.add_argument(
        "--reports", type=Path, required=True, help="folder with missing.csv, found.csv and truth.csv"
    )
    parser.add_argument(
        "--seed", type=int, default=11, help="the seed that these were made with, for the page"
    )
    parser.add_argument("--work", type=Path, required=True, help="folder for figures, pairs and logs")
    parser.add_argument("--peers", type=Path, required=True, help="Python of the environment with the peers")
    parser.add_argument("--page", type=Path, required=True, help="page with the section to write")
    parser.add_argument("--only", nargs="+", choices=MODULES, help="engines to run again")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
