"""The technician's commands for backups."""

from pathlib import Path
from typing import Annotated

import typer

from reunite import backup as backups
from reunite import logs
from reunite.console import out, print_problems
from reunite.service import configured, open_configured


def backup(
    folder: Annotated[Path, typer.Argument(help="Where backups lie; with --check: the backup itself")],
    keep: Annotated[int, typer.Option(min=0, help="Remove all but the newest so many; 0: none")] = 0,
    check: Annotated[
        bool, typer.Option("--check", help="Read an existing backup through and change nothing")
    ] = False,
) -> None:
    """Write a backup while the service runs, and read it through. The key file is not in it: keep that elsewhere."""
    service = open_configured()
    if check:
        backup, manifest = folder, backups.check(folder, service.keys)
    else:
        backup, manifest = backups.make(service, folder, keep)
    service.close()
    out.print(
        f"{backup} is whole: {manifest.rows['report']} reports, {len(manifest.files) - 1} photos, "
        f"made {manifest.made}.", highlight=False, soft_wrap=True,
    )  # fmt: skip


def restore(
    backup: Annotated[Path, typer.Argument(help="The folder that reunite backup wrote")],
) -> None:
    """Fill an empty installation, whose key file is in place, from a backup, and check what came back."""
    logs.configure()
    found = backups.restore(configured(), backup)
    out.print(
        f"Restored: {found.reports} reports and {found.photos} photos; {found.erased_again} reports were erased again, "
        "because they had been erased after the backup.", highlight=False, soft_wrap=True,
    )  # fmt: skip
    if found.photos_missing:
        out.print(f"{found.photos_missing} photos were removed while the backup was made.", highlight=False)
    print_problems(found.log)
    if not found.log:
        out.print("The log is sound.")
