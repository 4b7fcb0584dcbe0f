"""The record of another service's format that a report was made of: sealed whole beside it, with contact data and all,
so that it can be given on as it came. It is destroyed with the report's key."""

from sqlalchemy.orm import Session

from reunite import vault
from reunite.keys import Keys
from reunite.storage.clock import aware
from reunite.storage.tables import ReportRow
from reunite.submission import Submission

COLUMN = "original"


def keep(session: Session, keys: Keys, report: ReportRow, submission: Submission) -> bool:
    """Keep the record in place of the one of before, and the end that its source set; whether this end is a new one.
    A submission that has no such record changes nothing."""
    if not submission.original:
        return False
    if original(session, keys, report.id) != submission.original:
        vault.put(session, keys, report.id, COLUMN, submission.original)
    before = aware(report.expires_at) if report.expires_at else None
    report.expires_at = submission.expires_at
    return before != submission.expires_at


def original(session: Session, keys: Keys, report_id: int) -> str:
    """The record as text; empty where the report was made of none, or was erased. Ask the policy first."""
    return vault.get(session, keys, report_id, COLUMN)
