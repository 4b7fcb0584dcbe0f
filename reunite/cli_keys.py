"""The technician's commands for keys and for what must be forgotten."""

import typer
from sqlalchemy import select

from reunite import audit, erasure, keys, receipts, vault
from reunite.actors import OPERATOR
from reunite.console import out
from reunite.problems import Invalid, Problem
from reunite.service import open_configured
from reunite.storage.tables import ReportRow

app = typer.Typer(no_args_is_help=True, help="The keys that everything sealed hangs on.")


@app.callback()
def _group() -> None:
    """Keep `rotate` a command of its own."""


@app.command()
def rotate() -> None:
    """Make a new wrapping key and wrap every report's key with it; the service may run meanwhile.

    The key before stays in the file until the next rotation, for what was on its way. With REUNITE_KEY there is
    no file: add a word like 2:<64 hex digits> to it, restart everything, then run this.
    """
    service = open_configured()
    path = service.settings.key_path()
    if not service.settings.key:
        with service.database.read() as session:
            needed = vault.versions(session)
        keys.add_wrapping_key(path, keep=needed)
    wrapped = 0
    while True:
        with service.database.write() as session:
            some = vault.rewrap(session, service.keys)
        if not some:
            break
        wrapped += some
    version = service.keys.newest()[0]
    with service.database.write() as session:
        audit.append(session, service.keys, actor=OPERATOR, action="keys.rotated", subject=f"key:{version}")
    service.database.scrub()
    where = "REUNITE_KEY" if service.settings.key else f"{path}; back the file up now"
    out.print(
        f"{wrapped} reports' keys are wrapped with key {version}, which is in {where}.", highlight=False
    )
    service.close()


def erase(case: str) -> None:
    """Erase a report for good: its key, its words, its photos, and again after an old backup is put back."""
    service = open_configured()
    number = receipts.read_case_number(case)
    with service.database.write() as session:
        query = select(ReportRow).where(
            ReportRow.case_number == (number or ""), ReportRow.erased_at.is_(None)
        )
        report = session.scalars(query.with_for_update(key_share=True)).one_or_none()
        if report is None:
            raise Invalid([Problem("case", case[:20], "There is no report with the case number {value}.")])
        erasure.erase(
            session,
            service.keys,
            erasure.Ledger(service.settings.data_dir, service.keys),
            report,
            actor=OPERATOR,
        )
    service.database.scrub()
    out.print(f"{number} is erased. Older backups still hold its other words: keep them no longer than needed.",
              highlight=False)  # fmt: skip
    service.close()
