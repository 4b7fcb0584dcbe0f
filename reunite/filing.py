"""Store reports that are new, one or many, each with its job and its line in the log, in a dozen statements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from matching import search_keys
from matching.description import identify
from reunite import (
    audit,
    concerns,
    contacts,
    notifications,
    originals,
    receipts,
    regions,
    search_index,
    submission,
    vault,
    webhook_events,
    whereabouts,
)
from reunite.keys import Keys
from reunite.storage.changes import next_change
from reunite.storage.clock import now
from reunite.storage.many import New, put, put_all
from reunite.storage.policy_tables import ReportFlagRow
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.submission import Submission


@dataclass(frozen=True, slots=True)
class Filed:
    """A report that is new."""

    id: int
    case_number: str
    filed_at: datetime


def insert(session: Session, keys: Keys, new: Sequence[tuple[Submission, str]]) -> list[Filed]:
    """Store these submissions, each with the secret of its receipt; gives the reports in the same order. Their lines in
    the log follow with `note`, last of all, because all who write wait for it."""
    at, change_no = now(session), next_change(session)
    rows = [_report(keys, told, secret, at, change_no) for told, secret in new]
    ids = {row.case_number: row.id for row in put(session, ReportRow, rows, giving=("case_number", "id"))}
    filed = [Filed(ids[row["case_number"]], row["case_number"], at) for row in rows]
    pairs = list(zip(filed, new, strict=True))
    put_all(session, (row for report, (told, _) in pairs for row in _rows(keys, report.id, told, at)))
    search_index.keep_new(
        session, [(report.id, row["person"]) for report, row in zip(filed, rows, strict=True)]
    )
    told = [(report.id, report.case_number, said) for report, (said, _) in pairs]
    notifications.received(session, keys, told)
    of_partners = [report.id for report, (said, _) in pairs if said.source is not None]
    if of_partners:
        webhook_events.stepped(session, of_partners, "received")
    return filed


def note(session: Session, keys: Keys, reports: Sequence[Filed], *, actor: str) -> None:
    """Write the lines of these reports into the log."""
    subjects = [f"report:{report.id}" for report in reports]
    audit.append_each(session, keys, actor=actor, action="report.filed", subjects=subjects)


def rehearse() -> None:
    """Do for an invented report what filing one costs besides the database: the tables of names and places are read
    now, once, and not by all who file first."""
    said = {"kind": "missing", "name": "王晓明", "birth_date": "1994", "place_event": "四川省成都市"}
    told = submission.parse(said)
    regions.provinces_of(told.person)
    search_keys.of(identify(told.person))


def _report(keys: Keys, told: Submission, secret: str, at: datetime, change_no: int) -> dict[str, Any]:
    number = receipts.new_case_number(told.kind)
    return {
        "case_number": number, "kind": told.kind, "change_no": change_no, "source": told.source,
        "source_id": told.source_id, "person": whereabouts.rest(told.person), "language": told.language,
        "secret_hash": receipts.hash_secret(keys, number, secret), "filed_at": at, "changed_at": at, "kept_from": at,
        "expires_at": told.expires_at,
    }  # fmt: skip


def _rows(keys: Keys, report_id: int, told: Submission, at: datetime) -> Iterator[New]:
    sealed = vault.Fresh(keys, report_id)
    sealed.put(whereabouts.COLUMN, told.person.get(whereabouts.COLUMN, ""))
    sealed.put(contacts.COLUMN, contacts.written(told.reporter))
    sealed.put(concerns.WITHHELD, told.withheld)
    sealed.put(originals.COLUMN, told.original)
    yield from sealed.rows
    yield from contacts.phones(keys, report_id, told.reporter)
    yield from regions.rows(report_id, told.person)
    if told.flag:
        yield ReportFlagRow, {"report_id": report_id, "kind": told.flag, "at": at}
    yield MatchJobRow, {"report_id": report_id, "rev": 1, "bulk": told.source is not None, "due": at}
