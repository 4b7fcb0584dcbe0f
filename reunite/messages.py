"""Messages between who filed a report and the coordinators or police who may see it; sealed with the report.

A message must tell nothing of the other side: it is written by a human for one report, and a case number that is not
the report's own is refused.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session

from reunite import audit, cases, more_requests, notifications, receipts, reports, vault, webhook_events
from reunite.actors import FAMILY, Staff
from reunite.keys import Keys
from reunite.policy import Action, allows, demand
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.message_tables import MessageRow
from reunite.storage.tables import CandidateRow, ReportRow
from reunite.submission import tidy
from reunite.webhook_events import EventType

LONGEST = 2000
MOST_UNANSWERED = 10
"""Answers of a family that nobody has looked at; more are refused until somebody has."""
_OWN = "There is another case number in it. Ask without a word about the other side."
_WRITTEN = re.compile(r"(?<![0-9A-Z])[MF][\s\-–—]?[0-9A-Z]{4}[\s\-–—]?[0-9A-Z]{4}(?![0-9A-Z])")


@dataclass(frozen=True, slots=True)
class Message:
    """One message; `settled`: the other side has read it, or has answered."""

    from_family: bool
    text: str
    at: datetime
    settled: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report whose reporter has answered: how many answers nobody has settled, and since when."""

    case_number: str
    kind: str
    count: int
    since: datetime


def thread(session: Session, keys: Keys, staff: Staff, case_number: str) -> tuple[ReportRow, list[Message]]:
    """The report and its messages, the oldest first; looking at them is a line in the log, so this needs a session that
    writes."""
    demand(staff.role, Action.WRITE_REPORTER)
    report = cases.find(session, staff, case_number)
    audit.append(session, keys, actor=staff.actor, action="messages.viewed", subject=f"report:{report.id}")
    return report, all_of(session, keys, report.id)


def write(session: Session, keys: Keys, staff: Staff, case_number: str, text: str, request: str = "") -> str:
    """Write to who filed the report, and give its case number; what they answered before counts as settled, and so does
    the request that was turned into this message, where one is named. Raises NotFound, Invalid."""
    demand(staff.role, Action.WRITE_REPORTER)
    report = cases.find(session, staff, case_number, lock=True)
    said = _checked(text)
    _refuse_other_numbers(session, report, said)
    if request:
        more_requests.asked(session, keys, staff, report, request)
    _settle(session, report.id, from_family=True)
    notifications.message(session, keys, report, _store(session, keys, report.id, said, staff.id))
    if report.source is not None:
        webhook_events.happened(session, EventType.MESSAGE, report.id)
    audit.append(session, keys, actor=staff.actor, action="message.written", subject=f"report:{report.id}")
    return report.case_number


def settle(session: Session, keys: Keys, staff: Staff, case_number: str) -> None:
    """What the family answered needs no answer."""
    demand(staff.role, Action.WRITE_REPORTER)
    report = cases.find(session, staff, case_number, lock=True)
    if _settle(session, report.id, from_family=True):
        audit.append(
            session, keys, actor=staff.actor, action="message.settled", subject=f"report:{report.id}"
        )


def waiting(session: Session, staff: Staff, limit: int = 200) -> list[Waiting]:
    """The reports with answers that nobody has settled and that this person may see, the longest waiting first."""
    demand(staff.role, Action.WRITE_REPORTER)
    first = func.min(MessageRow.at)
    query = (
        select(ReportRow.case_number, ReportRow.kind, func.count(), first)
        .join(MessageRow, MessageRow.report_id == ReportRow.id)
        .where(MessageRow.staff_id.is_(None), MessageRow.settled_at.is_(None), ReportRow.erased_at.is_(None))
        .group_by(ReportRow.id)
        .order_by(first, ReportRow.id)
        .limit(limit)
    )
    if not allows(staff.role, Action.RESERVE_REPORT):
        query = query.where(ReportRow.do_not_disclose.is_(False))
    return [Waiting(*row) for row in session.execute(query)]


def own(session: Session, keys: Keys, case_number: str, secret: str) -> list[Message]:
    """The messages of one's own report, the oldest first; none for a receipt that does not fit."""
    report = reports.by_receipt(session, keys, case_number, secret)
    return all_of(session, keys, report.id if report else 0)


def unread(session: Session, report_ids: Sequence[int]) -> dict[int, int]:
    """How many messages to those who filed these reports have not been read; a report without any is not in it."""
    query = (
        select(MessageRow.report_id, func.count())
        .where(MessageRow.report_id.in_(report_ids), MessageRow.staff_id.is_not(None), MessageRow.settled_at.is_(None))
        .group_by(MessageRow.report_id)
    )  # fmt: skip
    return {report_id: count for report_id, count in session.execute(query)}


def mark_read(session: Session, keys: Keys, case_number: str, secret: str) -> None:
    """The family has seen what was written to it."""
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is not None:
        note_read(session, keys, report, actor=FAMILY)


def note_read(session: Session, keys: Keys, report: ReportRow, *, actor: str) -> None:
    """Whoever filed the report, which the caller has locked, has seen what was written to them."""
    if _settle(session, report.id, from_family=False):
        audit.append(session, keys, actor=actor, action="message.read", subject=f"report:{report.id}")


def answer(session: Session, keys: Keys, case_number: str, secret: str, text: str) -> None:
    """The family answers, once it was written to; the same words again, as of a page loaded anew, add nothing. Raises
    NotFound where the receipt does not fit, Invalid, Conflict."""
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        raise NotFound
    answer_to(session, keys, report, text, actor=FAMILY)


def answer_to(session: Session, keys: Keys, report: ReportRow, text: str, *, actor: str) -> None:
    """The same of a report that is the actor's own and that the caller has locked."""
    if not session.scalar(_count(report.id).where(MessageRow.staff_id.is_not(None))):
        raise Conflict("There is no message yet that you could answer.")
    said = _checked(text)
    newest = all_of(session, keys, report.id)[-1]
    if newest.from_family and newest.text == said:
        return
    open_ = _count(report.id).where(MessageRow.staff_id.is_(None), MessageRow.settled_at.is_(None))
    if (session.scalar(open_) or 0) >= MOST_UNANSWERED:
        raise Conflict("Your answers are with us and not yet read. Please wait before you write more.")
    _store(session, keys, report.id, said, None)
    audit.append(session, keys, actor=actor, action="message.answered", subject=f"report:{report.id}")


def _checked(text: str) -> str:
    said = tidy(text).strip()
    if not said:
        raise Invalid([Problem("text", "", "Please write your message.")])
    if len(said) > LONGEST:
        long = "This is too long: at most {limit} characters."
        raise Invalid([Problem("text", "", long, {"limit": str(LONGEST)})])
    return said


def _refuse_other_numbers(session: Session, report: ReportRow, text: str) -> None:
    """No case number but the report's own: neither one that is written as such, nor the characters of one that the
    report was compared with, however they are spaced."""
    plain = unicodedata.normalize("NFKC", text).upper()
    written = {receipts.read_case_number(number) for number in _WRITTEN.findall(plain)} - {None}
    run_together = receipts.as_digits(re.sub(r"[^0-9A-Z]", "", plain))
    others = _numbers_of_the_other_side(session, report)
    if written - {report.case_number} or any(
        receipts.as_digits(number[2:].replace("-", "")) in run_together for number in others
    ):
        raise Invalid([Problem("text", "", _OWN)])


def _numbers_of_the_other_side(session: Session, report: ReportRow) -> Sequence[str]:
    pairs = select(CandidateRow.missing_id, CandidateRow.found_id).where(
        or_(CandidateRow.missing_id == report.id, CandidateRow.found_id == report.id)
    )
    sides = {side for pair in session.execute(pairs) for side in pair} - {report.id}
    return session.scalars(select(ReportRow.case_number).where(ReportRow.id.in_(sides))).all()


def _store(session: Session, keys: Keys, report_id: int, text: str, staff_id: int | None) -> int:
    row = MessageRow(report_id=report_id, staff_id=staff_id, sealed=b"", at=now(session))
    session.add(row)
    session.flush()
    row.sealed = vault.seal(session, keys, report_id, _column(row), text.encode())
    session.flush()
    return row.id


def all_of(session: Session, keys: Keys, report_id: int) -> list[Message]:
    """The messages of a report, the oldest first; ask the policy before showing them."""
    query = select(MessageRow).where(MessageRow.report_id == report_id).order_by(MessageRow.id)
    return [
        Message(
            row.staff_id is None,
            vault.open(session, keys, report_id, _column(row), row.sealed).decode(),
            row.at,
            row.settled_at is not None,
        )
        for row in session.scalars(query)
    ]


def _settle(session: Session, report_id: int, *, from_family: bool) -> bool:
    """Note what one side wrote as settled; whether there was any."""
    whose = MessageRow.staff_id.is_(None) if from_family else MessageRow.staff_id.is_not(None)
    changed = (
        update(MessageRow)
        .where(MessageRow.report_id == report_id, whose, MessageRow.settled_at.is_(None))
        .values(settled_at=now(session))
        .returning(MessageRow.id)
        .execution_options(synchronize_session=False)
    )
    return bool(session.scalars(changed).all())


def _count(report_id: int) -> Select[int]:
    return select(func.count()).select_from(MessageRow).where(MessageRow.report_id == report_id)


def _column(row: MessageRow) -> str:
    return f"message:{row.id}"
