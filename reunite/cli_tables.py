"""`reunite import-table`: tables as other organisations keep them, with headings of their own."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table as Shown

from reunite.actors import OPERATOR
from reunite.console import out, print_problems, progress_bar, receipt_writer
from reunite.exchange import foreign, importing, mapped, mapping, planning, refused, remembered
from reunite.exchange.foreign import Line, Table
from reunite.exchange.importing import Refused
from reunite.exchange.mapping import Guess
from reunite.exchange.marks import Mark
from reunite.exchange.row import Row
from reunite.problems import Invalid, Problem
from reunite.service import Service, open_configured
from reunite.submission import COLUMNS

_SAMPLE = 60


def import_table(
    file: Annotated[
        Path, typer.Argument(help="XLSX, XLS, ODS, CSV or text with tabs in any encoding, JSON Lines")
    ],
    source: Annotated[str, typer.Option(help="The submitting organisation: its ids are its own")],
    kind: Annotated[str, typer.Option(help="missing or found, where no column of the table tells it")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(help="HEADING=COLUMN, where the guess is wrong; HEADING= leaves it out"),
    ] = None,
    dry_run: Annotated[bool, typer.Option(help="Tell what would be done, and do nothing")] = False,
    refused_to: Annotated[
        Path | None, typer.Option("--refused", help="Write the rows that are refused here, with the reasons")
    ] = None,
    receipts: Annotated[
        Path | None, typer.Option(help="Write source id, case number and secret of new reports here")
    ] = None,
) -> None:
    """Import a table with headings of its own: its columns are guessed, and remembered for the source."""
    service = open_configured()
    said = dict(_said(one) for one in column or ())
    if kind not in ("", "missing", "found"):
        raise Invalid([Problem("kind", kind[:40], "kind must be missing or found.")])
    with foreign.opened(file) as table:
        head, lines = _looked_at(table)
        with service.database.read() as session:
            known = remembered.of_source(session, source) | said
        guesses = mapping.guess(table.headings, [line.cells for line in head], kind, known)
        _show(guesses, head)
        mapped.check(guesses, kind)
        rows = mapped.rows(lines, guesses, kind)
        with progress_bar(file.name) as bar, _refused_writer(refused_to, table.headings) as write:
            task = bar.add_task("rows", total=table.size or None)

            def tell(position: int) -> None:
                bar.update(task, completed=position)

            def refuse(one: Refused) -> None:
                print_problems(one.problems)
                write(one)

            if dry_run:
                counts = planning.plan(
                    service, rows, source=source, lenient=True, on_progress=tell, on_refused=refuse
                ).counts
            else:
                counts = _take(service, file, rows, guesses, source, receipts, tell, refuse)
    would = "would be " if dry_run else ""
    out.print(f"{file.name}: {counts['filed']} {would}filed, {counts['amended']} {would}amended, "
              f"{counts['unchanged']} unchanged, {counts['refused']} {would}refused", highlight=False)  # fmt: skip
    service.close()
    if counts["refused"]:
        raise typer.Exit(2)


def _take(
    service: Service, file: Path, rows: Iterator[Row], guesses: Sequence[Guess], source: str, receipts: Path | None,
    tell: Callable[[int], None], refuse: Callable[[Refused], None],
) -> Counter[str]:  # fmt: skip
    importing.check_source(source)
    with service.database.write() as session:
        remembered.keep(session, source, guesses)
    with receipt_writer(receipts) as on_receipt:
        return importing.take_rows(
            service, rows, source=source, actor=OPERATOR, lenient=True, on_progress=tell, on_receipt=on_receipt,
            on_refused=refuse, mark=_mark(file, source, guesses),
        ).counts  # fmt: skip


def _mark(file: Path, source: str, guesses: Sequence[Guess]) -> Mark:
    """Of the file as it is mapped: with other columns its rows are taken anew, and amend what they were before."""
    mark = Mark.of(file, source)
    return replace(mark, digest=hashlib.sha256(repr((mark.digest, guesses)).encode()).hexdigest())


def _said(text: str) -> tuple[str, str]:
    heading, equals, column = text.rpartition("=")
    if not equals or column not in ("", *COLUMNS):
        allowed = {"allowed": ", ".join(COLUMNS)}
        raise Invalid(
            [Problem("column", text[:60], "Write HEADING=COLUMN; the columns are {allowed}.", allowed)]
        )
    return heading.strip(), column


def _looked_at(table: Table) -> tuple[list[Line], Iterator[Line]]:
    """The first rows, by which the columns are guessed, and all of them."""
    head = list(islice(table.lines, _SAMPLE))
    return head, chain(head, table.lines)


def _show(guesses: Sequence[Guess], head: Sequence[Line]) -> None:
    shown = Shown("heading", "taken for", "for example")
    for place, one in enumerate(guesses):
        example = next(
            (line.cells[place] for line in head if len(line.cells) > place and line.cells[place].strip()), ""
        )
        shown.add_row(
            escape(one.heading or "(none)"), one.column or "[dim]nothing[/dim]", escape(example[:40])
        )
    out.print(shown)


@contextmanager
def _refused_writer(path: Path | None, headings: Sequence[str]) -> Iterator[Callable[[Refused], None]]:
    """Writes the refused rows to a new file that only its owner may read; the table itself is never changed."""
    if path is None:
        yield lambda _: None
        return
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(opened, "w", encoding="utf-8-sig", newline="") as file:
        file.write(refused.head(headings))

        def write(one: Refused) -> None:
            file.write(refused.line(headings, one))

        yield write
