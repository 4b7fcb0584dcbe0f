"""`reunite export`: reports to a file."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from reunite import exporting
from reunite.console import out
from reunite.exchange.writing import FORMS
from reunite.exporting import Asked
from reunite.problems import Invalid, Problem
from reunite.service import open_configured


def export(
    file: Annotated[Path, typer.Argument(help="The file to write; only its owner may read it")],
    form: Annotated[str, typer.Option("--format", help="csv, xlsx, jsonl or pfif; else by the file's name")] = "",
    kind: Annotated[str, typer.Option(help="Only missing, or only found")] = "",
    state: Annotated[str, typer.Option(help="Only open, closed, withdrawn or expired")] = "",
    with_contacts: Annotated[bool, typer.Option(help="Also how to reach who filed; the log says so")] = False,
) -> None:  # fmt: skip
    """Write reports to a file; CSV and JSON Lines can be imported again as they are."""
    named = form or file.suffix.lower().lstrip(".")
    if named not in FORMS:
        raise Invalid(
            [Problem("format", named[:20], "{value} is neither .csv nor .xlsx nor .jsonl nor .pfif.")]
        )
    service = open_configured()
    asked = Asked(kind, state, contacts=with_contacts, records=with_contacts and named == "pfif")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        text = "{value} cannot be written ({reason})."
        raise Invalid([Problem("file", str(file), text, {"reason": error.strerror or ""})]) from None
    with os.fdopen(descriptor, "wb") as target:
        count = exporting.begin(service, None, asked, named)
        for piece in FORMS[named][0](exporting.rows(service, None, asked), datetime.now(UTC)):
            target.write(piece)
    out.print(f"{count} reports.", highlight=False)
    service.close()
