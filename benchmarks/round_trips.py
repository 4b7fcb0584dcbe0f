"""What of a report comes back that leaves as a file and is taken in again, by every form that goes both ways.

    python -m benchmarks.round_trips [--reports 2000]

Invented reports of the generator, as many of each side. Prints lines for docs/integrate.md.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.generator import generate
from reunite.exchange import foreign, mapped, mapping, tabular, writing
from reunite.exchange.pfif_mapping import About, record_of
from reunite.exchange.pfif_rows import rows_of_pfif
from reunite.exchange.pfif_writing import write
from reunite.exchange.row import Row
from reunite.exchange.writing import Exported

_AT = datetime(2026, 11, 1, tzinfo=UTC)
_LOOKED_AT = 50
"""Rows by which the columns of a table of somebody else are recognised, as an import does."""
Report = dict[str, str]
Way = Callable[[list[Exported], Path], Iterable[Row]]


def reports(count: int) -> list[Report]:
    """Invented reports, with ids such as other services give."""
    made = generate(count, count, count // 5, 3, "judge")
    sides = (("missing", made.missing), ("found", made.found))
    return [
        {"kind": kind, **{name: said for name, said in row.items() if said and name != "kind"},
         "source_id": f"example.org/{kind}-{row['source_id']}"}
        for kind, rows in sides for row in rows
    ]  # fmt: skip


def by_pfif(version: str) -> Way:
    """As a document of PFIF in this version."""

    def there_and_back(exported: list[Exported], folder: Path) -> Iterator[Row]:
        path = folder / "reports.pfif"
        with path.open("wb") as file:
            write(file, [record_of(one.columns, one.about) for one in exported], version=version, at=_AT)
        return rows_of_pfif(path, at=_AT)

    return there_and_back


def by_file(form: str) -> Way:
    """As a file of the exchange format."""

    def there_and_back(exported: list[Exported], folder: Path) -> Iterator[Row]:
        return tabular.rows(_written(form, exported, folder))

    return there_and_back


def by_table(form: str) -> Way:
    """As a table of which nothing is known: the columns are recognised."""

    def there_and_back(exported: list[Exported], folder: Path) -> Iterator[Row]:
        path = _written(form, exported, folder)
        with foreign.opened(path) as table:
            first = [next(table.lines) for _ in range(_LOOKED_AT)]
            guesses = mapping.guess(table.headings, [line.cells for line in first], "")
        with foreign.opened(path) as table:
            yield from mapped.rows(table.lines, guesses, "")

    return there_and_back


WAYS: Mapping[str, Way] = {
    "PFIF 1.4": by_pfif("1.4"),
    "PFIF 1.3": by_pfif("1.3"),
    "CSV": by_file("csv"),
    "JSON Lines": by_file("jsonl"),
    "CSV, its columns recognised": by_table("csv"),
    "XLSX, its columns recognised": by_table("xlsx"),
}


def judge(way: Way, told: list[Report]) -> tuple[int, int]:
    """How many reports come back whole, and how many of their fields."""
    exported = [
        Exported(one, About(one["source_id"], f"{one['source_id']}-n", "Invented", _AT, _AT)) for one in told
    ]
    with tempfile.TemporaryDirectory() as folder:
        back = {
            row.fields["source_id"]: row.fields for row in way(exported, Path(folder)) if not row.problems
        }
    again = [{name: said for name, said in back.get(one["source_id"], {}).items() if said} for one in told]
    whole = sum(one == said for one, said in zip(told, again, strict=True))
    fields = sum(
        said.get(name) == value for one, said in zip(told, again, strict=True) for name, value in one.items()
    )
    return whole, fields


def _written(form: str, exported: list[Exported], folder: Path) -> Path:
    path = folder / f"reports.{form}"
    path.write_bytes(b"".join(writing.FORMS[form][0](exported, _AT)))
    return path


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--reports", type=int, default=2000, help="of each side")
    told = reports(parser.parse_args().reports)
    all_fields = sum(map(len, told))
    print(
        "| there and back as | reports that are the same | fields that are the same |",
        "| --- | --- | --- |",
        sep="\n",
    )
    for name, way in WAYS.items():
        whole, fields = judge(way, told)
        print(f"| {name} | {whole:,} of {len(told):,} | {fields:,} of {all_fields:,} |", flush=True)


if __name__ == "__main__":
    main()
