"""Erase a report for good: its key is destroyed, its words are blanked, and a backup put back is erased again.

What stays is the row without content, so that the log's numbers still mean something, and a line in the ledger, a file
outside the database that is written first. At every start the ledger is applied again.
"""

import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from reunite import (
    alert_ends,
    audit,
    merging,
    parts,
    photo_rows,
    posters,
    receipts,
    reports,
    reunions,
    sighting_matches,
    vault,
    webhooks,
)
from reunite.keys import Keys, sync_folder
from reunite.storage.abuse_tables import ModerationRow, PrintRow
from reunite.storage.clock import now
from reunite.storage.message_tables import MessageRow, MoreRequestRow
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.policy_tables import ContactAccessRow, ReportFlagRow, ReportRegionRow
from reunite.storage.poster_tables import SightingRow
from reunite.storage.search_tables import SearchKeyRow
from reunite.storage.session import Database
from reunite.storage.tables import CandidateRow, ConfirmationRow, IdempotencyRow, ReportRow, ReviewRow
from reunite.storage.vault_tables import PhoneRow

FILE = "erased.ledger"
_LINE = re.compile(r"(\d+) ([0-9a-f]{64}) \S+")
SOURCE_GRACE = timedelta(days=1)
"""How long after its source's own end a report may still be there (PFIF 1.4, on expiry)."""
_BATCH = 500


class Ledger:
    """Which reports were erased, kept beside the key and not in the database: a report's number, a keyed hash of its
    case number, the day."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._path, self._keys = folder / FILE, keys

    def add(self, report: ReportRow) -> None:
        """Write a line and have it on the disk before this returns; raises OSError where that cannot be."""
        # A line begins with its break: one that a power cut left unfinished does not swallow the next.
        line = f"\n{report.id} {self._hash(report)} {datetime.now(UTC).date().isoformat()}"
        first = not self._path.exists()
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if first:
            sync_folder(self._path.parent)

    def names(self, report: ReportRow, hashed: str) -> bool:
        """Whether this hash in the ledger is of this report, not of another that has its number in another database."""
        return receipts.same(hashed, self._hash(report))

    def read(self) -> Iterator[tuple[int, str]]:
        """Number and hash of every report erased; a line that was not written whole is passed over."""
        if not self._path.exists():
            return
        with self._path.open() as file:
            for line in file:
                if found := _LINE.fullmatch(line.strip()):
                    yield int(found[1]), found[2]

    def _hash(self, report: ReportRow) -> str:
        return self._keys.mac("erased", str(report.id), report.case_number)


def erase(session: Session, keys: Keys, ledger: Ledger, report: ReportRow, *, actor: str) -> None:
    """Erase the report, which the caller has locked; once is enough. Close the gaps in the files afterwards with
    `Database.scrub`."""
    if report.erased_at is not None:
        return
    ledger.add(report)
    _forget(session, report)
    audit.append(session, keys, actor=actor, action="report.erased", subject=f"report:{report.id}")


def by_receipt(session: Session, keys: Keys, ledger: Ledger, case_number: str, secret: str) -> bool:
    """The reporter has the report erased; False where the receipt does not fit."""
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        return False
    erase(session, keys, ledger, report, actor="family")
    return True


def reapply(database: Database, keys: Keys, ledger: Ledger) -> int:
    """Erase again what an older backup brought back, before anybody is served; how many reports that were."""
    again = 0
    erased: dict[int, list[str]] = {}  # a number can have been given anew after a restored backup
    for number, hashed in ledger.read():
        erased.setdefault(number, []).append(hashed)
    ids = sorted(erased)
    for batch in (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)):
        with database.write() as session:
            there = select(ReportRow).where(ReportRow.id.in_(batch), ReportRow.erased_at.is_(None))
            for report in session.scalars(there.order_by(ReportRow.id).with_for_update(key_share=True)).all():
                if any(ledger.names(report, hashed) for hashed in erased[report.id]):
                    _forget(session, report)
                    audit.append(session, keys, actor=audit.SYSTEM, action="report.erased_again",
                                 subject=f"report:{report.id}")  # fmt: skip
                    again += 1
    if again:
        database.scrub()
    return again


def _forget(session: Session, report: ReportRow) -> None:
    """Blank all that people wrote of it, and have the index forget it: its job runs once more."""
    # First: what follows is refused by the database for a report that is not erased.
    report.erased_at = now(session)
    session.flush()
    of_pair = or_(CandidateRow.missing_id == report.id, CandidateRow.found_id == report.id)
    session.execute(update(CandidateRow).where(of_pair).values(evidence=[], current=False, born=None))
    of_review = or_(ReviewRow.missing_id == report.id, ReviewRow.found_id == report.id)
    session.execute(update(ReviewRow).where(of_review).values(reason=""))
    of_finding = or_(ConfirmationRow.missing_id == report.id, ConfirmationRow.found_id == report.id)
    session.execute(update(ConfirmationRow).where(of_finding).values(reference="", note=""))
    session.execute(update(ContactAccessRow).where(ContactAccessRow.report_id == report.id).values(reason=""))
    for table in (
        IdempotencyRow,
        PhoneRow,
        PrintRow,
        ModerationRow,
        ReportFlagRow,
        ReportRegionRow,
        MessageRow,
        SearchKeyRow,
        SightingRow,
        DeliveryRow,
    ):
        session.execute(delete(table).where(table.report_id == report.id))
    of_request = or_(MoreRequestRow.missing_id == report.id, MoreRequestRow.found_id == report.id)
    session.execute(delete(MoreRequestRow).where(of_request))
    parts.forget_found(session)
    merging.forget(session, report)
    reunions.forget(session, report.id)
    alert_ends.forget(session, report.id)
    posters.forget(session, report.id)
    sighting_matches.forget(session, report.id)
    webhooks.forget(session, report.id)
    vault.destroy(session, report.id)
    photo_rows.leave(session, photo_rows.of_report(session, report.id))
    if report.expires_at is None or report.expires_at + SOURCE_GRACE > report.erased_at:
        report.source_id = None  # else it stays: PFIF wants the placeholder of an expired record under its id
    report.person = {}
    report.secret_hash = secrets.token_hex(32)  # of no secret: the receipt is one that was never there
    reports.leave(session, report, report.state if report.state != "open" else "withdrawn")
