"""Store reports that are new, one or many, each with its job and its line in the log, in a dozen statements."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from reunite import audit, concerns, contacts, receipts, regions, search_index, vault, whereabouts
from reunite.keys import Keys
from reunite.storage.base import Base
from reunite.storage.changes import next_change
from reunite.storage.clock import now
from reunite.storage.policy_tables import ReportFlagRow
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.submission import Submission


def insert(
    session: Session, keys: Keys, new: Sequence[tuple[Submission, str]], *, actor: str
) -> list[ReportRow]:
    """Store these submissions, each with the secret of its receipt; gives the reports in the same order. The log comes
    last, because all who write wait for it."""
    at, change_no = now(session), next_change(session)
    reports = [_report(keys, submission, secret, at, change_no) for submission, secret in new]
    session.add_all(reports)
    session.flush()
    for report, (submission, _) in zip(reports, new, strict=True):
        session.add_all(_rows(keys, report, submission, at))
    session.flush()
    search_index.keep_new(session, [(report.id, report.kind, report.person) for report in reports])
    audit.append_each(
        session,
        keys,
        actor=actor,
        action="report.filed",
        subjects=[f"report:{report.id}" for report in reports],
    )
    return reports


def _report(keys: Keys, submission: Submission, secret: str, at: datetime, change_no: int) -> ReportRow:
    number = receipts.new_case_number(submission.kind)
    return ReportRow(
        case_number=number, kind=submission.kind, change_no=change_no,
        source=submission.source, source_id=submission.source_id, person=whereabouts.rest(submission.person),
        language=submission.language, secret_hash=receipts.hash_secret(keys, number, secret),
        filed_at=at, changed_at=at, kept_from=at,
    )  # fmt: skip


def _rows(keys: Keys, report: ReportRow, submission: Submission, at: datetime) -> Iterator[Base]:
    sealed = vault.Fresh(keys, report.id)
    sealed.put(whereabouts.COLUMN, submission.person.get(whereabouts.COLUMN, ""))
    sealed.put(contacts.COLUMN, contacts.written(submission.reporter))
    sealed.put(concerns.WITHHELD, submission.withheld)
    yield from sealed.rows
    yield from contacts.phones(keys, report.id, submission.reporter)
    yield from regions.rows(report.id, submission.person)
    if submission.flag:
        yield ReportFlagRow(report_id=report.id, kind=submission.flag, at=at)
    yield MatchJobRow(
        report_id=report.id, rev=1, state="ready", bulk=report.source is not None, attempts=0, due=at
    )
