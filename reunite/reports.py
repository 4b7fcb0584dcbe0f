"""File, amend, withdraw a report: each in the caller's one transaction, with its job and its line in the log."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reunite import (
    alert_ends,
    audit,
    concerns,
    contacts,
    filing,
    jobs,
    originals,
    receipts,
    regions,
    search_index,
    steps,
    webhook_events,
    whereabouts,
)
from reunite.keys import Keys
from reunite.problems import Conflict, Invalid, Problem
from reunite.storage.changes import next_change
from reunite.storage.clock import now
from reunite.storage.tables import (
    CandidateRow,
    IdempotencyRow,
    ReportRow,
)
from reunite.submission import Submission


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the reporter gets, once: the only key to the case."""

    case_number: str
    secret: str
    report_id: int


@dataclass(frozen=True, slots=True)
class CaseStatus:
    """What a family may know: the same whether or not a candidate exists. `step` is one of received, compared,
    news (only after a police confirmation), withdrawn, expired, closed."""

    case_number: str
    kind: str
    state: str
    filed_at: datetime
    step: str
    kept_from: datetime
    expires_at: datetime | None
    noticed: bool


def file(
    session: Session, keys: Keys, submission: Submission, *, actor: str, idempotency_key: str | None = None,
    beside: Callable[[int], None] = lambda _: None,
) -> Receipt:  # fmt: skip
    """Store the report, its job and its log line; the same key and body give the same receipt, another body raises
    Conflict. `beside` gets the number of a new report and does what else belongs to it, before the log is written,
    which all who write wait for. Answer 'filed' only after the commit."""
    if idempotency_key is None:
        report, receipt = _insert(session, keys, submission, receipts.new_secret())
        beside(report.id)
        filing.note(session, keys, [report], actor=actor)
        return receipt
    key_hash, body_hash = repeat_hashes(keys, submission, actor, idempotency_key)
    secret = receipts.secret_for(keys, key_hash, body_hash)
    savepoint = session.begin_nested()
    report, receipt = _insert(session, keys, submission, secret)
    row = {
        "key_hash": key_hash,
        "body_hash": body_hash,
        "report_id": receipt.report_id,
        "created_at": now(session),
    }
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(IdempotencyRow).values(row).on_conflict_do_nothing().returning(IdempotencyRow.key_hash)
    if session.execute(statement).all():
        savepoint.commit()
        beside(report.id)
        filing.note(session, keys, [report], actor=actor)
        return receipt
    savepoint.rollback()
    return _again(session, keys, session.get_one(IdempotencyRow, key_hash), body_hash)


def filed_before(
    session: Session, keys: Keys, submission: Submission, *, actor: str, idempotency_key: str
) -> Receipt | None:
    """The receipt that this key and body were answered with before; None for a new key, Conflict for another body."""
    key_hash, body_hash = repeat_hashes(keys, submission, actor, idempotency_key)
    earlier = session.get(IdempotencyRow, key_hash)
    return _again(session, keys, earlier, body_hash) if earlier else None


def repeat_hashes(keys: Keys, submission: Submission, actor: str, idempotency_key: str) -> tuple[str, str]:
    """What is kept of a key and of the body that it was sent with, so that a repetition is known."""
    body_hash = keys.mac("idempotency-body", json.dumps(_body(submission), sort_keys=True))
    return keys.mac("idempotency", actor, idempotency_key), body_hash


def _again(session: Session, keys: Keys, earlier: IdempotencyRow, body_hash: str) -> Receipt:
    if not receipts.same(earlier.body_hash, body_hash):
        raise Conflict("This Idempotency-Key was used for another report. Use a new key for each report.")
    case_number = session.get_one(ReportRow, earlier.report_id).case_number
    return Receipt(case_number, receipts.secret_for(keys, earlier.key_hash, body_hash), earlier.report_id)


def known(session: Session, submissions: Sequence[Submission]) -> dict[str, ReportRow]:
    """The reports that the rows of one source were filed as before, by source id, locked lowest first: whoever else
    changes reports does so in this order and before writing the log, so that nobody waits in a circle."""
    ids = [submission.source_id for submission in submissions if submission.source_id is not None]
    return of_source(session, submissions[0].source or "", ids) if submissions else {}


def of_source(session: Session, source: str, ids: Sequence[str]) -> dict[str, ReportRow]:
    """The same of source ids alone."""
    query = select(ReportRow).where(ReportRow.source == source, ReportRow.source_id.in_(ids))
    rows = session.scalars(query.order_by(ReportRow.id).with_for_update(key_share=True))
    return {row.source_id: row for row in rows if row.source_id is not None}


def file_all(session: Session, keys: Keys, submissions: Sequence[Submission], *, actor: str) -> list[Receipt]:
    """Store many reports that are new, with as few statements as one; gives their receipts in the same order."""
    new = [(submission, receipts.new_secret()) for submission in submissions]
    filed = filing.insert(session, keys, new) if new else []
    filing.note(session, keys, filed, actor=actor)
    pairs = zip(filed, new, strict=True)
    return [Receipt(report.case_number, secret, report.id) for report, (_, secret) in pairs]


def take(
    session: Session,
    keys: Keys,
    submission: Submission,
    known: dict[str, ReportRow],
    *,
    actor: str,
    idempotency_key: str | None = None,
) -> tuple[str, Receipt | None]:
    """File a row of an import, or amend what the same source filed under the same id (see `known`, which a new report
    is added to): ('filed', receipt), ('amended', None) or ('unchanged', None)."""
    source_id = submission.source_id or ""
    report = known.get(source_id)
    if report is None:
        receipt = file(session, keys, submission, actor=actor, idempotency_key=idempotency_key)
        known[source_id] = session.get_one(ReportRow, receipt.report_id)
        return "filed", receipt
    if report.kind != submission.kind:
        text = "This source_id is already a {kind} report. Use another id."
        raise Invalid([Problem("kind", submission.kind, text, {"kind": report.kind})])
    if report.erased_at is not None:
        return "unchanged", None  # what was erased is not told again
    return ("amended" if amend(session, keys, report, submission, actor=actor) else "unchanged"), None


def amend(session: Session, keys: Keys, report: ReportRow, submission: Submission, *, actor: str) -> bool:
    """Replace what the report says; it is matched again. False where nothing is new."""
    told = concerns.keep(session, keys, report.id, submission)
    told = originals.keep(session, keys, report, submission) or told
    contact = contacts.reporter(session, keys, report.id)
    person = whereabouts.whole(session, keys, report)
    said = _person(report, submission)
    if contact != submission.reporter:
        contacts.keep(session, keys, report.id, submission.reporter)
    elif person == said and report.language == submission.language and not told:
        return False
    report.language = submission.language
    if person != said:
        report.person = whereabouts.keep(session, keys, report.id, said)
        regions.keep(session, report.id, said)
        search_index.keep(session, report.id, report.person)
        changed(session, report)
    audit.append(session, keys, actor=actor, action="report.amended", subject=f"report:{report.id}")
    return True


def withdraw(session: Session, keys: Keys, case_number: str, secret: str) -> bool:
    """The reporter takes the report back: it leaves every queue. False where the receipt does not fit."""
    report = by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        return False
    take_back(session, keys, report, actor="family")
    return True


def take_back(session: Session, keys: Keys, report: ReportRow, *, actor: str) -> None:
    """Withdraw a report, which the caller has locked, if it is still open."""
    if report.state == "open":
        leave(session, report, "withdrawn")
        audit.append(session, keys, actor=actor, action="report.withdrawn", subject=f"report:{report.id}")


def leave(session: Session, report: ReportRow, state: str) -> None:
    """Take the report, which the caller has locked, out of matching: its undecided candidates close at once, and its
    job runs once more, so that the index forgets it."""
    report.state, report.kept_from = state, now(session)
    session.flush()
    alert_ends.end(session, report.id)
    session.execute(
        update(CandidateRow)
        .where(or_(CandidateRow.missing_id == report.id, CandidateRow.found_id == report.id),
               CandidateRow.stage.in_(("open", "referred", "set_aside")))
        .values(stage="closed", claimed_by=None, claimed_until=None)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    changed(session, report)
    if report.source is not None and state != "closed":  # of these a confirmation tells, with its news
        webhook_events.stepped(session, [report.id], state)


def status(session: Session, keys: Keys, case_number: str, secret: str) -> CaseStatus | None:
    """What the receipt's holder may know; None for every receipt that does not fit, all alike."""
    report = by_receipt(session, keys, case_number, secret)
    # A receipt that does not fit costs the same look-ups as one that does.
    step = _step(session, report or ReportRow(id=0, state="open"))
    return None if report is None else status_at(report, step)


def status_of(session: Session, report: ReportRow) -> CaseStatus:
    """What who filed the report may know of it."""
    return status_at(report, _step(session, report))


def status_at(report: ReportRow, step: str) -> CaseStatus:
    """The same, of a report whose step is known."""
    return CaseStatus(
        report.case_number, report.kind, report.state, report.filed_at, step,
        report.kept_from, report.expires_at, report.noticed_at is not None,
    )  # fmt: skip


def by_receipt(
    session: Session, keys: Keys, case_number: str, secret: str, *, lock: bool = False
) -> ReportRow | None:
    """The report of a receipt, locked if asked; None for every receipt that does not fit, at the same cost."""
    number = receipts.read_case_number(case_number)
    # An impossible number costs the same look-up and the same hash as a possible one.
    # A row is read whether there is such a number or not (the next one), and a whole report only when the secret fits:
    # the answer takes as long for a number that is there.
    known = select(ReportRow.id, ReportRow.case_number, ReportRow.secret_hash)
    nearest = known.where(ReportRow.case_number >= (number or "")).order_by(ReportRow.case_number).limit(1)
    report_id, found, stored = session.execute(nearest).one_or_none() or (0, "", "0" * 64)
    fits = receipts.same(receipts.hash_secret(keys, number or "", secret), stored) and found == number
    query = select(ReportRow).where(ReportRow.id == (report_id if fits else 0))
    return session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()


def _step(session: Session, report: ReportRow) -> str:
    return session.scalar(select(steps.step()).where(ReportRow.id == report.id)) or "received"


def _insert(
    session: Session, keys: Keys, submission: Submission, secret: str
) -> tuple[filing.Filed, Receipt]:
    [report] = filing.insert(session, keys, [(submission, secret)])
    return report, Receipt(report.case_number, secret, report.id)


def changed(session: Session, report: ReportRow) -> None:
    """The report, which the caller has locked, says something else now: it is matched again."""
    report.rev += 1
    report.change_no = next_change(session)
    report.changed_at = now(session)
    session.flush()
    jobs.enqueue(session, report.id, report.rev, bulk=report.source is not None)


def _person(report: ReportRow, submission: Submission) -> dict[str, str]:
    """What the submission says, with the fingerprints of the photos, which only `reunite.photos` writes."""
    photos = report.person.get("photo")
    return {**submission.person, **({"photo": photos} if photos else {})}


def _body(submission: Submission) -> dict[str, object]:
    extra = {"withheld": submission.withheld, "flag": submission.flag}
    return {"kind": submission.kind, "person": submission.person, "reporter": submission.reporter,
            "language": submission.language, "source_id": submission.source_id,
            **{name: text for name, text in extra.items() if text}}  # fmt: skip
