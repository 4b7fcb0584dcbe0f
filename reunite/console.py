"""What the commands show: progress, problems, and files read with both."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from reunite.actors import OPERATOR
from reunite.exchange import cells, importing, tabular
from reunite.exchange.marks import Mark
from reunite.exchange.pfif_export import domain_of
from reunite.problems import Problem
from reunite.reports import Receipt
from reunite.service import Service

out, err = Console(), Console(stderr=True)


def progress_bar(title: str) -> Progress:
    """A bar on standard error, with how many of how many and the time left."""
    return Progress(TextColumn(title), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=err)


def print_problems(problems: Iterable[Problem]) -> None:
    """One line each: where, which column, what was read, what would be right."""
    for problem in problems:
        where = f"line {problem.line}, " if problem.line else ""
        value = f" ({problem.value!r})" if problem.value and "{value}" not in problem.message else ""
        text = f"{where}{problem.field or 'row'}{value}: {problem.text()}"
        text = text.encode("utf-8", "backslashreplace").decode()  # bytes of the file that are not UTF-8
        err.print(text, style="red", highlight=False, markup=False, soft_wrap=True)


def import_file(
    service: Service, path: Path, *, source: str, ignore_unknown: bool = False, receipts: Path | None = None,
    kind: str = "missing",
) -> importing.Outcome:  # fmt: skip
    """Import one file with a progress bar, and tell what is wrong as it is read; receipts of new reports go to a file
    only its owner may read. An import that was stopped goes on where it was."""
    size, mark = 0, None
    with suppress(OSError):  # what cannot be read is told by who reads the rows
        size, mark = path.stat().st_size, Mark.of(path, source) if path.is_file() else None
    with progress_bar(path.name) as progress, receipt_writer(receipts) as on_receipt:
        task = progress.add_task("bytes", total=size)
        own = domain_of(service.settings.public_url)
        rows = tabular.rows(path, ignore_unknown=ignore_unknown, kind=kind, own_domain=own)
        return importing.take_rows(
            service, rows, source=source, actor=OPERATOR,
            on_progress=lambda position: progress.update(task, completed=position), on_receipt=on_receipt,
            on_refused=lambda one: print_problems(one.problems), mark=mark,
        )  # fmt: skip


@contextmanager
def receipt_writer(path: Path | None) -> Iterator[Callable[[str, Receipt], None]]:
    """Writes receipts of new reports to a file that only its owner may read; without one they go nowhere."""
    if path is None:
        yield lambda _, __: None
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w", newline="") as file:

        def write(source_id: str, given: Receipt) -> None:
            cells.write(file, [source_id, given.case_number, given.secret])
            file.flush()

        yield write
        os.fsync(file.fileno())
