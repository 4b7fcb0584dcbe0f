"""The commands that measure the engine and fit its weights."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from matching.description import Kind
from matching.labelled import LabelError, Labelled, read_pairs, read_side
from matching.model import ModelError, load_model
from reunite import jobs
from reunite.console import err, out, progress_bar
from reunite.learning import decided
from reunite.problems import StartupError
from reunite.service import open_configured

File = Annotated[Path | None, typer.Option(help="CSV; all three or none")]
Weights = Annotated[Path | None, typer.Option(help="Weights to start from; by default those that ship")]
_HELD_OUT = 0.3
_LOOK_S = 0.5


def rematch(
    watch: Annotated[
        bool, typer.Option(help="Show how it goes until all are compared; stopping this stops nothing")
    ] = False,
) -> None:
    """Compare every open report again that other weights have matched; people's decisions stay as they are, and what
    people file meanwhile comes first. Workers do it, one report a job: whatever ends in the middle goes on later."""
    service = open_configured()
    version = load_model(service.settings.weights).version
    with service.database.write() as session:
        count = jobs.rematch(session, version)
    service.connect_doorbell()
    service.doorbell.ring(bulk=True)
    out.print(
        f"{count} reports wait to be compared with weights {version}; reunite jobs shows how that goes."
    )
    if watch:
        with progress_bar("Comparing") as progress:
            task, left = progress.add_task("reports", total=None), 1
            while left:
                with service.database.read() as session:
                    summary = jobs.summary(session)
                left = summary.ready + summary.leased
                progress.update(task, total=left + summary.done, completed=summary.done)
                time.sleep(_LOOK_S)
    service.close()


def evaluate(
    missing: Annotated[Path, typer.Option()],
    found: Annotated[Path, typer.Option()],
    truth: Annotated[Path, typer.Option()],
    json_: Annotated[Path, typer.Option("--json", help="Where to write the figures")],
    weights: Weights = None,
) -> None:
    """Rank every report of each side against the other and measure against known pairs. Uses no database."""
    from matching.evaluation import evaluate as measure  # compiled code, which few commands need

    with _told(), progress_bar("Ranking") as progress:
        task = progress.add_task("reports", total=None)
        figures = measure(
            missing, found, truth, weights=weights,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )  # fmt: skip
    json_.write_text(json.dumps(figures, indent=2) + "\n")
    out.print_json(data=figures)


def fit_(
    to: Annotated[Path, typer.Option("--out", help="The new weights file; REUNITE_WEIGHTS then names it")],
    missing: File = None,
    found: File = None,
    truth: File = None,
    weights: Weights = None,
    version: Annotated[str, typer.Option(help="Name of the new weights, kept with every candidate")] = "",
) -> None:
    """Fit the weights on labelled files or, without them, on the pairs that officers confirmed. Prints old, new, and
    the change on pairs held out; writes a file and changes nothing else."""
    from matching.fitting import changes, fit, quality, rewrite  # compiled code, which few commands need

    with _told():
        old = load_model(weights)
        labelled = _labelled(missing, found, truth)
        name = version or f"{old.version}+{date.today():%Y%m%d}"
        part, held_out = labelled.split(_HELD_OUT)
        with progress_bar("Fitting") as progress:
            task = progress.add_task("pairs", total=None)
            before, after = (
                quality(model, held_out, lambda: progress.advance(task))
                for model in (old, fit(old, part, name, lambda: progress.advance(task)))
            )
            new = fit(old, labelled, name, lambda: progress.advance(task))
    for line in changes(old, new):
        out.print(line, highlight=False)
    table = Table(
        f"on {len(held_out.pairs)} pairs held out", f"weights {old.version}", "fitted on the others"
    )
    for title in ("recall_at_1", "loss", "calibration_error"):
        table.add_row(title, f"{getattr(before, title):.4f}", f"{getattr(after, title):.4f}")
    out.print(table)
    if after.loss >= before.loss:
        err.print("[yellow]Held-out pairs got worse: keep the old weights, or bring more pairs.[/yellow]")
    source = f"reunite fit, {date.today().isoformat()}, {len(labelled.pairs)} pairs."
    shipped = resources.files("matching").joinpath("data", "weights.toml").read_text(encoding="utf-8")
    to.write_text(
        rewrite(weights.read_text(encoding="utf-8") if weights else shipped, new, source), encoding="utf-8"
    )
    out.print(f"Written to {to} as version {name}. To use it: REUNITE_WEIGHTS={to}", highlight=False)


def _labelled(missing: Path | None, found: Path | None, truth: Path | None) -> Labelled:
    if missing and found and truth:
        (mine, my_numbers), (other, other_numbers) = (
            read_side(missing, Kind.MISSING),
            read_side(found, Kind.FOUND),
        )
        pairs = frozenset(read_pairs(truth, my_numbers, other_numbers))
        partnered = {number for _, number in pairs}
        alone = tuple(one.id for one in other if one.id not in partnered)
        return Labelled({one.id: one for one in mine}, {one.id: one for one in other}, pairs, alone)
    if missing or found or truth:
        raise LabelError("Name all three files, --missing, --found and --truth, or none of them.")
    service = open_configured()
    try:
        with service.database.read() as session:
            return decided(session, service.keys)
    finally:
        service.close()


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (LabelError, ModelError) as error:
        raise StartupError(str(error)) from error
