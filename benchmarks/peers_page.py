"""The section of docs/benchmarks.md that `make bench-matching` writes: tables and plots between two marks."""

import os
import platform
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- bench-matching: begin, written by make bench-matching -->", "<!-- bench-matching: end -->"
Results = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Data set → engine → figures."""
TITLES = {
    "reports": "{rows} missing and {rows} found reports of the generator, rates `judge`, seed {seed}, {pairs} pairs",
    "febrl4": "febrl4 without soc_sec_id: {rows} and {rows} rows, {pairs} pairs",
}
_SIDES = {"reports": "missing / found", "febrl4": "first / second table"}
_PICTURES = (
    ("peers-recall", "Recall at 1, 10 and 50 of the three engines on both data sets"),
    ("peers-precision", "Precision against recall of the three engines on both data sets"),
    ("peers-calibration", "The share of pairs that are true against the stated probability"),
)


def rewritten(text: str, body: str) -> str:
    """The page with this between the marks and everything else as it was. Raises ValueError without marks."""
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        raise ValueError(f"The page has no lines {BEGIN!r} and {END!r}, in this order.")
    return f"{text[: start + len(BEGIN)]}\n{body.strip()}\n{text[end:]}"


def section(results: Results, about: Mapping[str, Mapping[str, Any]], today: date, versions: str) -> str:
    """Tables and plots; `about` has rows, pairs (and seed) of each data set."""
    parts = [f"`make bench-matching`, {today.isoformat()}, {machine()}; {versions}."]
    for data, engines in results.items():
        parts += [
            f"**{_upper(TITLES[data].format_map(_grouped(about[data])))}.**",
            table(engines, _SIDES[data]),
        ]
    parts += [f"![{text}](pictures/{name}.svg)" for name, text in _PICTURES]
    return "\n\n".join(parts)


def table(engines: Mapping[str, Mapping[str, Any]], sides: str) -> str:
    """One column an engine."""
    lines = [("what", *engines)]
    lines += [
        (f"recall at {k}, {sides}", *(_both(one[f"recall_at_{k}"]) for one in engines.values()))
        for k in (1, 10, 50)
    ]
    for name, key in (
        ("best F1 over all returned pairs", "best_f1"),
        ("average precision", "average_precision"),
        ("expected calibration error", "calibration_error"),
        ("true pairs returned at all", "reached"),
    ):
        lines.append((name, *(f"{one[key]:.4f}" for one in engines.values())))
    lines.append(("whole run", *(f"{one['wall_s']:.1f} s" for one in engines.values())))
    lines.append(("memory of all processes", *(_memory(one["peak_mb"]) for one in engines.values())))
    head, *rows = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|" + " --- |" * (1 + len(engines)), *rows])


def machine() -> str:
    """This machine in words: cores, processor, memory, Python."""
    return f"{os.cpu_count()} cores ({_processor()}), {_gigabytes()}Python {platform.python_version()}"


def pinned(constraints: Path, names: Sequence[str]) -> dict[str, str]:
    """The pinned versions of some libraries."""
    found = re.findall(r"^([a-z0-9._-]+)==([^\s;\\]+)", constraints.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: version for name, version in found if name in names}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine() or "unknown processor")


def _gigabytes() -> str:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return ""
    return f"{size / 2**30:.0f} GiB, "


def _both(sides: Mapping[str, float]) -> str:
    return f"{sides['missing']:.4f} / {sides['found']:.4f}"


def _memory(megabytes: float) -> str:
    return f"{megabytes / 1024:.2f} GiB" if megabytes else "–"


def _grouped(numbers: Mapping[str, Any]) -> dict[str, str]:
    return {key: f"{number:,}" if key != "seed" else str(number) for key, number in numbers.items()}


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
