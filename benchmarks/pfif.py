"""How fast a large PFIF file is read, and that reading takes no more memory for a larger one.

    python -m benchmarks.pfif [--megabytes 200]

Writes generated persons (1.4) to a file of the size and one of a tenth, and reads both in a process of its own each:
as records, as rows to import, and as rows where every person's status stands in a note of its own at the end of the
file. Prints seconds on the clock and of the processor, and the most memory that the process held.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from reunite.exchange.pfif import PersonRecord, Record
from reunite.exchange.pfif_mapping import About, record_of
from reunite.exchange.pfif_reading import read
from reunite.exchange.pfif_rows import rows_of_pfif
from reunite.exchange.pfif_writing import lines, write
from tests.factory import report_fields

_AT = datetime(2026, 11, 1, tzinfo=UTC)
_MEGABYTE = 1_000_000


def persons(count: int, *, notes_last: bool) -> Iterator[Record]:
    """Invented persons, each with a note: in the person, or all of them after the last person."""
    for number in range(count):
        record = _person(number)
        yield replace(record, notes=()) if notes_last else record
    for number in range(count if notes_last else 0):
        yield from _person(number).notes


def _person(number: int) -> PersonRecord:
    like, record_id = _template(("missing", "found")[number % 2]), f"example.org/{number}"
    notes = tuple(
        replace(note, note_record_id=f"example.org/n{number}", person_record_id=record_id)
        for note in like.notes
    )
    return replace(like, person_record_id=record_id, full_name=f"王{number}", notes=notes)


@cache
def _template(kind: str) -> PersonRecord:
    return record_of(report_fields(kind), About("", "", "Invented", _AT, _AT))


def write_file(path: Path, size: int, *, notes_last: bool) -> int:
    """Write a file of about this many bytes; how many persons it holds."""
    one = len("".join(lines(_person(10**5), version="1.4", at=_AT)).encode())
    with path.open("wb") as file:
        write(file, persons(size // one, notes_last=notes_last), version="1.4", at=_AT)
    return size // one


def measure(path: Path, what: str) -> None:
    """Read the file, which this process does nothing besides, and print what it took."""
    began, worked = time.perf_counter(), time.process_time()
    if what == "records":
        with path.open("rb") as file:
            count = sum(1 for _ in read(file))
    else:
        count = sum(1 for row in rows_of_pfif(path, at=_AT) if not row.problems)
    took, worked = time.perf_counter() - began, time.process_time() - worked
    size, peak = path.stat().st_size / _MEGABYTE, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what}, {path.stem}: {size:.0f} MB, {count} in {took:.1f} s, processor {worked:.1f} s, {peak:.0f} MiB"
    )


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the large file")
    parser.add_argument(
        "--read", nargs=2, metavar=("FILE", "WHAT"), help="read one file and say what it took"
    )
    asked = parser.parse_args()
    if asked.read:
        measure(Path(asked.read[0]), asked.read[1])
        return
    with tempfile.TemporaryDirectory() as folder:
        for size in (asked.megabytes * _MEGABYTE // 10, asked.megabytes * _MEGABYTE):
            for name, notes_last in (("notes in persons", False), ("notes last", True)):
                path = Path(folder) / f"{name}.pfif"
                write_file(path, size, notes_last=notes_last)
                for what in ("rows",) if notes_last else ("records", "rows"):
                    command = [sys.executable, "-m", "benchmarks.pfif", "--read", str(path), what]
                    subprocess.run(command, check=True)
                path.unlink()


if __name__ == "__main__":
    main()
