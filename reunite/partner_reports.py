"""What a partner organisation does with the reports it filed itself: others' reports do not exist for it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from reunite import audit, erasure, messages, own_case, receipts, reports, retention, submission
from reunite.actors import Partner
from reunite.keys import Keys
from reunite.masking import DOTS
from reunite.policy import Outsider
from reunite.problems import Changed, Conflict, Invalid, NotFound, Problem
from reunite.reports import CaseStatus, Receipt
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow
from reunite.submission import REPORTER_COLUMNS, Submission

_TRIES = 3
_FIXED = "This cannot be changed. File a new report."
_MASKED = "This is contact data as it is shown, not as it was filed. Leave it out, or write it whole."
_WARNING = "A warning can be added here. Only a coordinator or the police take it away."
Expected = Collection[str] | None
"""The editions that a report may have for a change to be made; None where any may be changed."""


@dataclass(frozen=True, slots=True)
class OwnReport:
    """What a partner may know of its own report. `unread`: how many messages to it nobody has read; `edition`: a word
    that changes with what may be known or read of the report, and tells nothing; empty in lists."""

    status: CaseStatus
    source_id: str
    changed_at: datetime
    unread: int
    edition: str = ""


def file(
    database: Database, keys: Keys, partner: Partner, parsed: Submission, idempotency_key: str | None
) -> tuple[CaseStatus, Receipt | None]:
    """File a report under the partner's own source id, or amend what it filed under the same id: its status and, for
    a new report, the receipt. Raises Invalid, Conflict."""
    _refuse_masked(parsed.reporter)
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
        raise Conflict(own_case.LEFT)
    _, receipt = reports.take(
        session, keys, parsed, known, actor=partner.actor, idempotency_key=idempotency_key
    )
    return reports.status_of(session, known[parsed.source_id or ""]), receipt


def own(session: Session, partner: Partner, case_number: str, *, lock: bool = False) -> ReportRow:
    """The partner's own report, locked if asked; raises NotFound for every other one."""
    number = receipts.read_case_number(case_number) or ""
    query = select(ReportRow).where(
        ReportRow.case_number == number, ReportRow.source == partner.source, ReportRow.erased_at.is_(None)
    )
    report = session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if report is None:
        raise NotFound
    return report


def status(session: Session, keys: Keys, partner: Partner, case_number: str) -> OwnReport:
    """What the partner may know of its own report; raises NotFound for every other one."""
    return known_of(session, keys, own(session, partner, case_number))


def known_of(session: Session, keys: Keys, report: ReportRow) -> OwnReport:
    """The same of a report that was found to be the partner's own."""
    status = reports.status_of(session, report)
    unread = messages.unread(session, [report.id]).get(report.id, 0)
    told = own_case.told_of(session, keys, report, Outsider.PARTNER)
    # Contact data only as it is shown, and a count of changes, not a hash of what was said: else somebody who may not
    # read could try guesses on it.
    contact = json.dumps([told.get(column, "") for column in REPORTER_COLUMNS])
    edition = keys.mac(
        "edition", report.case_number, str(report.rev), status.step, report.language, contact,
        report.kept_from.isoformat(), str(unread),
    )[:32]  # fmt: skip
    return OwnReport(status, report.source_id or "", report.changed_at, unread, edition)


def amend(
    session: Session, keys: Keys, partner: Partner, case_number: str, fields: Mapping[str, str], expected: Expected
) -> OwnReport:  # fmt: skip
    """Replace what the partner's own report says; its kind and source id stay. Raises NotFound, Changed, Invalid,
    Conflict."""
    report = _to_change(session, keys, partner, case_number, expected)
    kept = {"kind": report.kind, "source_id": report.source_id or ""}
    parsed = submission.parse({**kept, **fields}, source=partner.source)
    _refuse_other(kept, {name: getattr(parsed, name) for name in kept})
    _refuse_masked(parsed.reporter)
    if report.state != "open":
        raise Conflict(own_case.LEFT)
    reports.amend(session, keys, report, parsed, actor=partner.actor)
    return known_of(session, keys, report)


def change(
    session: Session, keys: Keys, partner: Partner, case_number: str, written: Mapping[str, str],
    taken: Collection[str], expected: Expected,
) -> OwnReport:  # fmt: skip
    """Write some columns of the partner's own report, take others away, and leave the rest as it is. Raises NotFound,
    Changed, Invalid, Conflict."""
    report = _to_change(session, keys, partner, case_number, expected)
    kept = {"kind": report.kind, "source_id": report.source_id or ""}
    _refuse_other(kept, {**kept, **written, **dict.fromkeys(set(taken) & set(kept), "")})
    _refuse_masked(written)
    if "flag" in taken:
        raise Invalid([Problem("flag", "", _WARNING)])
    language = "" if "language" in taken else written.get("language")
    own_case.change(
        session, keys, report, written, taken, actor=partner.actor, lenient=False, language=language
    )
    return known_of(session, keys, report)


def withdraw(
    session: Session, keys: Keys, partner: Partner, case_number: str, expected: Expected
) -> OwnReport:
    """Take the partner's own report back; raises NotFound for every other one, Changed."""
    report = _to_change(session, keys, partner, case_number, expected)
    reports.take_back(session, keys, report, actor=partner.actor)
    return known_of(session, keys, report)


def keep_on(session: Session, keys: Keys, partner: Partner, case_number: str) -> OwnReport:
    """Have the partner's own report compared for longer: its time begins anew. Raises NotFound."""
    report = own(session, partner, case_number, lock=True)
    retention.keep_on(session, keys, report, actor=partner.actor)
    return known_of(session, keys, report)


def erase(session: Session, keys: Keys, ledger: erasure.Ledger, partner: Partner, case_number: str) -> None:
    """Erase the partner's own report for good: then it is not there any more. Raises NotFound."""
    erasure.erase(session, keys, ledger, own(session, partner, case_number, lock=True), actor=partner.actor)


def content(
    session: Session, keys: Keys, partner: Partner, case_number: str
) -> tuple[OwnReport, dict[str, str]]:
    """What the partner filed itself, by column, as the policy shows it; a line in the log, so this needs a session that
    writes. Raises NotFound."""
    report = own(session, partner, case_number)
    told = own_case.told_of(session, keys, report, Outsider.PARTNER)
    audit.append(session, keys, actor=partner.actor, action="report.viewed", subject=f"report:{report.id}")
    more = {"kind": report.kind, "source_id": report.source_id or "", "language": report.language}
    return known_of(session, keys, report), {**more, **told}


def _to_change(
    session: Session, keys: Keys, partner: Partner, case_number: str, expected: Expected
) -> ReportRow:
    report = own(session, partner, case_number, lock=True)
    if expected is not None and known_of(session, keys, report).edition not in expected:
        raise Changed
    return report


def _refuse_other(kept: Mapping[str, str], said: Mapping[str, str]) -> None:
    changed = [name for name, value in kept.items() if said[name] != value]
    if changed:
        raise Invalid([Problem(name, "", _FIXED) for name in changed])


def _refuse_masked(said: Mapping[str, str]) -> None:
    """Contact data is read masked: sent back like that it would put dots in place of a number to call."""
    masked = [column for column in REPORTER_COLUMNS if DOTS in said.get(column, "")]
    if masked:
        raise Invalid([Problem(column, "", _MASKED) for column in masked])
