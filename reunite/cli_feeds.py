"""`reunite pull-pfif`: records of another service, fetched as they change."""

from pathlib import Path
from typing import Annotated

import typer

from reunite.console import out, print_problems
from reunite.exchange import feed
from reunite.problems import Invalid, Problem
from reunite.service import open_configured


def pull_pfif(
    url: Annotated[str, typer.Argument(help="PFIF of the other service: an Atom feed, or a document")],
    source: Annotated[str, typer.Option(help="What the other service is called here; one of its own")],
    key_file: Annotated[Path | None, typer.Option(help="File with the key that the service gave")] = None,
    kind: Annotated[
        str, typer.Option(help="missing or found: what persons are of whom no note tells it")
    ] = "missing",
) -> None:
    """Import what is new, changed and ended in the feed of another service since the last run; run it every hour."""
    if kind not in ("missing", "found"):
        raise Invalid([Problem("kind", kind[:40], "kind must be missing or found.")])
    service = open_configured()
    counts = feed.pull(
        service, url, source=source, key=_read(key_file) if key_file else "", kind=kind,
        on_refused=lambda one: print_problems(one.problems),
    )  # fmt: skip
    said = ("filed", "amended", "unchanged", "withdrawn", "refused")
    out.print(", ".join(f"{counts[name]} {name}" for name in said), highlight=False)
    service.close()


def _read(path: Path) -> str:
    try:
        key = path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid([Problem("key-file", str(path), "{value} cannot be read.")]) from None
    if not key.isascii() or not key.isprintable() or not key:
        raise Invalid([Problem("key-file", str(path), "{value} cannot be read.")])
    return key
