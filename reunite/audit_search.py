"""The auditor's search in the log, and what is found as a file. Ids only, like the log itself."""

import json
import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import IO

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session

from reunite import audit, receipts
from reunite.actors import Staff
from reunite.exchange import cells
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import NotFound
from reunite.storage.audit_tables import AuditRow
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow

KINDS = ("report", "photo", "candidate", "contact", "message", "request", "search", "dossier", "reunion", "poster",
         "sighting", "staff",
         "partner", "access", "alarm", "keys", "backup", "log")  # fmt: skip
"""What stands before the point in an action."""
FORMATS = ("csv", "jsonl")
_COLUMNS = ("no", "at", "actor", "action", "subject", "detail", "previous", "hash")
_IN_MEMORY = 1 << 20


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look for; empty: everything. `actor` and `subject` as the log writes them (staff:7, report:12); days as
    YYYY-MM-DD, both included."""

    kind: str = ""
    actor: str = ""
    subject: str = ""
    since: str = ""
    until: str = ""

    def where(self) -> list[ColumnElement[bool]]:
        """The conditions; what cannot be read narrows nothing."""
        wanted: list[ColumnElement[bool]] = [true()]
        if self.kind in KINDS:
            wanted.append(AuditRow.action.startswith(f"{self.kind}."))
        if self.actor:
            wanted.append(AuditRow.actor == self.actor)
        if self.subject:
            wanted.append(_about(self.subject))
        if first := _day(self.since):
            wanted.append(AuditRow.at >= first.isoformat())
        if last := _day(self.until):
            wanted.append(AuditRow.at < (last + timedelta(days=1)).isoformat())
        return wanted


def find(
    session: Session, staff: Staff, wanted: Wanted, limit: int, before: int | None = None
) -> Sequence[AuditRow]:
    """The newest entries that fit first, older than number `before` where given."""
    demand(staff.role, Action.READ_AUDIT)
    query = _query(wanted).order_by(AuditRow.no.desc()).limit(limit)
    return session.scalars(query if before is None else query.where(AuditRow.no < before)).all()


def subject_of(session: Session, staff: Staff, case_number: str) -> str:
    """How the log names the report of a case number; NotFound where there is none."""
    demand(staff.role, Action.READ_AUDIT)
    number = receipts.read_case_number(case_number)
    known = session.scalars(select(ReportRow.id).where(ReportRow.case_number == (number or ""))).one_or_none()
    if known is None:
        raise NotFound
    return f"report:{known}"


def export(database: Database, keys: Keys, staff: Staff, wanted: Wanted, form: str) -> IO[bytes]:
    """Every entry that fits, oldest first, as a file of this format to be read and closed; it is a line in the log.
    Nobody who writes waits while it is made."""
    demand(staff.role, Action.READ_AUDIT)
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - the caller closes it
    if form == "csv":
        file.write(cells.line(_COLUMNS).encode())
    count = 0
    with database.read() as session:
        for row in session.scalars(_query(wanted).order_by(AuditRow.no)).yield_per(1000):
            said = {column: getattr(row, column) for column in _COLUMNS}
            line = cells.line(map(str, said.values())) if form == "csv" else json.dumps(said) + "\n"
            file.write(line.encode())
            count += 1
    file.seek(0)
    with database.write() as session:
        audit.append(
            session, keys, actor=staff.actor, action="log.exported", subject="log", detail=f"lines:{count}"
        )
    return file


def _query(wanted: Wanted) -> Select[AuditRow]:
    return select(AuditRow).where(*wanted.where())


def _about(subject: str) -> ColumnElement[bool]:
    """The subject itself, and for a report every pair that it is in."""
    found = re.fullmatch(r"report:(\d{1,18})", subject)
    if not found:
        return AuditRow.subject == subject
    number = found[1]
    return or_(AuditRow.subject == subject, AuditRow.subject.startswith(f"pair:{number}:"),
               AuditRow.subject.startswith("pair:") & AuditRow.subject.endswith(f":{number}"))  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII) else None
    except ValueError:
        return None
