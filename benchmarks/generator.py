"""Labelled reports of invented people: missing.csv, found.csv and truth.csv in the exchange format.

    python -m benchmarks.generator --missing 1000 --found 1000 --pairs 500 --seed 1 --rates judge --out DIR

A pair is two reports about one child, each with the errors of rates.toml; the others are about children with one report
only, drawn the same way. The same arguments give the same files.
"""

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import generator_reports as reports
from benchmarks.generator_people import child
from benchmarks.generator_tables import Rates

_NUMBERS = 1_000_000


@dataclass(frozen=True, slots=True)
class Generated:
    """Rows of both sides by column, and the pairs as (source id of the missing report, of the found one)."""

    missing: tuple[dict[str, str], ...]
    found: tuple[dict[str, str], ...]
    truth: tuple[tuple[str, str], ...]


def generate(missing: int, found: int, pairs: int, seed: int, rates: str) -> Generated:
    """So many reports of each side, so many of them about the same child; `rates` is fit, judge or demo."""
    if not 0 <= pairs <= min(missing, found) or max(missing, found) > _NUMBERS:
        raise ValueError(
            "There can be no more pairs than reports of a side, and no side of more than a million."
        )
    random, known = Random(seed), Rates(rates)
    missing_ids = [f"M-{number:06d}" for number in random.sample(range(_NUMBERS), missing)]
    found_ids = [f"F-{number:06d}" for number in random.sample(range(_NUMBERS), found)]
    missing_rows, found_rows = [], []
    for number in range(max(missing, found) + min(missing, found) - pairs):
        one = child(random, known)
        if number < missing:
            missing_rows.append(reports.missing(one, random, known, missing_ids[number]))
        if number < pairs:
            found_rows.append(reports.found(one, random, known, found_ids[number]))
        elif number >= missing:
            found_rows.append(reports.found(one, random, known, found_ids[len(found_rows)]))
    truth = list(zip(missing_ids[:pairs], found_ids[:pairs], strict=True))
    for rows in (missing_rows, found_rows, truth):
        random.shuffle(rows)
    return Generated(tuple(missing_rows), tuple(found_rows), tuple(truth))


def write(generated: Generated, folder: Path) -> None:
    """missing.csv, found.csv and truth.csv in a folder, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    columns = reports.COLUMNS
    _write(folder / "missing.csv", columns, ([row[c] for c in columns] for row in generated.missing))
    _write(folder / "found.csv", columns, ([row[c] for c in columns] for row in generated.found))
    _write(folder / "truth.csv", ("missing_id", "found_id"), generated.truth)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Write labelled reports of invented people.")
    parser.add_argument("--missing", type=int, required=True, help="how many missing reports")
    parser.add_argument("--found", type=int, required=True, help="how many found reports")
    parser.add_argument(
        "--pairs", type=int, required=True, help="how many children have a report on both sides"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same reports")
    parser.add_argument(
        "--rates", choices=("fit", "judge", "demo"), default="judge", help="section of rates.toml"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    given = parser.parse_args(arguments)
    try:
        generated = generate(given.missing, given.found, given.pairs, given.seed, given.rates)
    except ValueError as error:
        parser.error(str(error))
    write(generated, given.out)


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


if __name__ == "__main__":
    main()
