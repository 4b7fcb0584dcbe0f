"""Our engine on the same data: reports by matching.evaluation, febrl4 by benchmarks.table_linkage, which uses the
engine's weights on columns that are not those of a report.

    python -m benchmarks.peers_ours {reports|febrl4} ONE.csv OTHER.csv PAIRS.npz

Beside the pairs it writes FIGURES.json for reports: recall is counted there before the two directions are put together.
"""

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.peers_results import Pairs
from benchmarks.table_fields import DATE, DIGITS, TEXT
from benchmarks.table_linkage import Field, Linkage, link
from matching.evaluation import evaluate
from matching.figures import Ids
from matching.growing import Floats

_LEAST, _MOST = 1e-300, 1 - 1e-16
FEBRL_FIELDS = (
    Field("given_name", TEXT, "surname"),
    Field("surname", TEXT, "given_name"),
    Field("street_number", DIGITS),
    Field("address_1", TEXT, "address_2"),
    Field("address_2", TEXT, "address_1"),
    Field("suburb", TEXT),
    Field("postcode", DIGITS),
    Field("state", DIGITS),
    Field("date_of_birth", DATE),
)
"""Every column of febrl4 but the numbers that identify a row and soc_sec_id."""


def reports(one: Path, other: Path, to: Path) -> None:
    """Rank all reports of the files, and of truth.csv beside the first."""

    def keep(rows: Ids, shares: Floats) -> None:
        ends = np.clip(shares, _LEAST, _MOST)
        Pairs(rows[:, 0], rows[:, 1], np.log2(ends) - np.log2(1 - ends), shares).save(to)

    figures = evaluate(one, other, one.with_name("truth.csv"), keep=keep)
    to.with_suffix(".json").write_text(json.dumps(figures))


def febrl4(one: Path, other: Path, to: Path) -> None:
    """Link the two tables."""
    linked = link(Linkage(FEBRL_FIELDS, table(one), table(other)))
    Pairs(linked.one.astype(np.int64), linked.other.astype(np.int64), linked.bits, linked.shares).save(to)


def table(path: Path) -> dict[str, list[str]]:
    """A CSV file by columns."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = list(reader)
        return {name: [row[name] for row in rows] for name in reader.fieldnames or ()}


def main(arguments: Sequence[str]) -> None:
    """The command."""
    data, one, other, to = arguments
    {"reports": reports, "febrl4": febrl4}[data](Path(one), Path(other), Path(to))


if __name__ == "__main__":
    main(sys.argv[1:])
