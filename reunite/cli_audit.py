"""The technician's commands for the log."""

import sys
from typing import Annotated

import segno
import typer

from reunite import anchors, audit
from reunite.console import out, print_problems
from reunite.service import open_configured

app = typer.Typer(no_args_is_help=True, help="The append-only log.")


@app.command()
def verify(
    anchor: Annotated[
        str, typer.Option(help="A line that `reunite audit anchor` gave and somebody wrote down")
    ] = "",
) -> None:
    """Walk the whole log and tell every edit, gap and cut; compare it with every daily anchor."""
    service = open_configured()
    settings = service.settings
    with service.database.read() as session:
        problems = audit.verify(session, service.keys, settings.data_dir / "audit.anchor")
        days, unfit = anchors.verify_file(session, service.keys, settings.anchors_path())
        problems += unfit
        if anchor:
            problems += anchors.verify(session, service.keys, anchor)
        count = next((entry.no for entry in audit.entries(session, 1)), 0)
    service.close()
    print_problems(problems)
    if problems:
        raise typer.Exit(1)
    out.print(f"The log is sound: {count} entries, each following on the one before.", highlight=False)
    out.print(f"It fits {days} daily anchors{' and yours' if anchor else ''}.", highlight=False)


@app.command("anchor")
def anchor_() -> None:
    """Print a line, and the same as QR code, to keep on paper: it shows later whether the log was cut."""
    service = open_configured()
    with service.database.read() as session:
        problems = audit.verify(session, service.keys, service.settings.data_dir / "audit.anchor")
        line = str(anchors.current(session, service.keys))
    service.close()
    print_problems(problems)
    if problems:
        raise typer.Exit(1)
    out.print(line, highlight=False, soft_wrap=True)
    segno.make_qr(line).terminal(out=sys.stdout, compact=True)
