"""What a partner organisation does with the reports it filed itself: others' reports do not exist for it."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reunite import receipts, reports, submission
from reunite.actors import Partner
from reunite.keys import Keys
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.reports import CaseStatus, Receipt
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow
from reunite.submission import Submission

_TRIES = 3
_LEFT = "This report was withdrawn or closed: it can no longer be changed."


def file(
    database: Database, keys: Keys, partner: Partner, parsed: Submission, idempotency_key: str | None
) -> tuple[CaseStatus, Receipt | None]:
    """File a report under the partner's own source id, or amend what it filed under the same id: its status and, for
    a new report, the receipt. Raises Invalid, Conflict."""
    for tries_left in reversed(range(_TRIES)):
        try:
            with database.write() as session:
                return _file(session, keys, partner, parsed, idempotency_key)
        except IntegrityError:
            # The same source id was filed at the same moment: the next try amends it.
            if not tries_left:
                raise
    raise AssertionError("unreachable")


def _file(
    session: Session, keys: Keys, partner: Partner, parsed: Submission, idempotency_key: str | None
) -> tuple[CaseStatus, Receipt | None]:
    receipt = None
    if idempotency_key is not None:
        receipt = reports.filed_before(
            session, keys, parsed, actor=partner.actor, idempotency_key=idempotency_key
        )
    if receipt is not None:
        return reports.status_of(session, session.get_one(ReportRow, receipt.report_id)), receipt
    known = reports.known(session, [parsed])
    if any(report.state != "open" for report in known.values()):
        raise Conflict(_LEFT)
    _, receipt = reports.take(
        session, keys, parsed, known, actor=partner.actor, idempotency_key=idempotency_key
    )
    return reports.status_of(session, known[parsed.source_id or ""]), receipt


def status(session: Session, partner: Partner, case_number: str) -> CaseStatus:
    """What the partner may know of its own report; raises NotFound for every other one."""
    return reports.status_of(session, _own(session, partner, case_number))


def amend(
    session: Session, keys: Keys, partner: Partner, case_number: str, fields: Mapping[str, str]
) -> CaseStatus:
    """Replace what the partner's own report says; its kind and source id stay. Raises NotFound, Invalid, Conflict."""
    report = _own(session, partner, case_number, lock=True)
    kept = {"kind": report.kind, "source_id": report.source_id or ""}
    parsed = submission.parse({**kept, **fields}, source=partner.source)
    changed = [name for name, value in kept.items() if getattr(parsed, name) != value]
    if changed:
        raise Invalid([Problem(name, "", "This cannot be changed. File a new report.") for name in changed])
    if report.state != "open":
        raise Conflict(_LEFT)
    reports.amend(session, keys, report, parsed, actor=partner.actor)
    return reports.status_of(session, report)


def withdraw(session: Session, keys: Keys, partner: Partner, case_number: str) -> CaseStatus:
    """Take the partner's own report back; raises NotFound for every other one."""
    report = _own(session, partner, case_number, lock=True)
    reports.take_back(session, keys, report, actor=partner.actor)
    return reports.status_of(session, report)


def _own(session: Session, partner: Partner, case_number: str, *, lock: bool = False) -> ReportRow:
    number = receipts.read_case_number(case_number) or ""
    query = select(ReportRow).where(
        ReportRow.case_number == number, ReportRow.source == partner.source, ReportRow.erased_at.is_(None)
    )
    report = session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if report is None:
        raise NotFound
    return report
