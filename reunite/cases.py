"""One report for coordinators and police: as it was filed, its warnings, its candidates, and its contact data for a
reason that is kept."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, aliased

from reunite import (
    audit,
    concerns,
    contacts,
    history,
    masking,
    merging,
    photo_rows,
    queues,
    receipts,
    search_scope,
    whereabouts,
)
from reunite.actors import Staff
from reunite.concerns import Concerns
from reunite.history import Event
from reunite.keys import Keys
from reunite.policy import FIELDS, Action, Show, allows, demand
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.policy_tables import ContactAccessRow
from reunite.storage.search_tables import MergeRow
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow, ReportRow

_SHORTEST_REASON, _LONGEST_REASON = 3, 500


@dataclass(frozen=True, slots=True)
class Pair:
    """A candidate of the report, or of one that is tied to it (`of_case`, else empty); `ref` is empty where this person
    may not open it now."""

    ref: str
    other_case: str
    probability: float
    stage: str
    current: bool
    of_case: str


@dataclass(frozen=True, slots=True)
class Tie:
    """A report of the same child; `kept`: it is the one that is worked on. `reason` is why it was tied."""

    case_number: str
    state: str
    kept: bool
    reason: str
    flags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """A report as the role may see it, without contact data."""

    case_number: str
    kind: str
    state: str
    filed_at: datetime
    person: dict[str, str]
    reserved: bool
    concerns: Concerns
    pairs: tuple[Pair, ...]
    ties: tuple[Tie, ...]
    """The other reports of the same child."""
    tied_to: str
    """The case number of the report that is worked on in its place; empty where it stands for itself."""
    photos: int
    history: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class ContactAccess:
    """Who looked at which report's contact data, and why."""

    case_number: str
    by: str
    reason: str
    at: datetime


def find(session: Session, staff: Staff, case_number: str, *, lock: bool = False) -> ReportRow:
    """The report of this case number, locked if asked; NotFound where there is none, it was erased, or it is reserved
    to others: all look the same."""
    demand(staff.role, Action.SEE_REPORTS)
    number = receipts.read_case_number(case_number[:40])
    query = select(ReportRow).where(ReportRow.case_number == (number or ""), ReportRow.erased_at.is_(None))
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    report = session.scalars(query).one_or_none()
    if report is None or (report.do_not_disclose and not allows(staff.role, Action.RESERVE_REPORT)):
        raise NotFound
    return report


def view(session: Session, keys: Keys, staff: Staff, case_number: str) -> CaseView:
    """The report with its candidates; looking at it is a line in the log, so this needs a session that writes."""
    report = find(session, staff, case_number)
    said = {
        **whereabouts.whole(session, keys, report),
        "source_id": report.source_id or "",
        "language": report.language,
    }
    person = {column: text for column, text in masking.person_for(staff.role, said).items() if text}
    audit.append(session, keys, actor=staff.actor, action="report.viewed", subject=f"report:{report.id}")
    tied = ties(session, staff, (report.id,))
    return CaseView(
        report.case_number, report.kind, report.state, report.filed_at, person, report.do_not_disclose,
        concerns.of(session, keys, staff, report.id), _pairs(session, staff, report),
        tied, next((tie.case_number for tie in tied if tie.kept), ""),
        len(photo_rows.of_report(session, report.id)), tuple(history.of(session, staff, report)),
    )  # fmt: skip


def ties(session: Session, staff: Staff, report_ids: tuple[int, ...]) -> tuple[Tie, ...]:
    """The reports that are tied to one of these and that this person may see."""
    demand(staff.role, Action.SEE_REPORTS)
    query = (
        select(ReportRow, MergeRow)
        .join(MergeRow, MergeRow.report_id == ReportRow.id)
        .where(ReportRow.id.in_(merging.others(session, report_ids)), *search_scope.visible(session, staff))
        .order_by(ReportRow.id)
    )
    return tuple(
        Tie(row.case_number, row.state, row.id == tie.kept_id, tie.reason, concerns.flags(session, (row.id,)))
        for row, tie in session.execute(query)
    )


def contact(session: Session, keys: Keys, staff: Staff, case_number: str, reason: str) -> dict[str, str]:
    """How to reach who filed. Who looked and why is kept, and a line in the log."""
    demand(staff.role, Action.SEE_CONTACT)
    if not _SHORTEST_REASON <= len(reason.strip()) <= _LONGEST_REASON:
        text = "Please say why, in a few words (at most {limit} characters)."
        raise Invalid([Problem("reason", "", text, {"limit": str(_LONGEST_REASON)})])
    report = find(session, staff, case_number)
    session.add(
        ContactAccessRow(report_id=report.id, staff_id=staff.id, reason=reason.strip(), at=now(session))
    )
    audit.append(session, keys, actor=staff.actor, action="contact.seen", subject=f"report:{report.id}")
    said = contacts.reporter(session, keys, report.id)
    return {
        column: text
        for column, text in said.items()
        if FIELDS[column][staff.role] in (Show.REASON, Show.FULL)
    }


def contact_accesses(session: Session, staff: Staff, limit: int = 200) -> list[ContactAccess]:
    """The newest looks at contact data with their reasons, for who reads the log."""
    demand(staff.role, Action.READ_AUDIT)
    query = (
        select(ReportRow.case_number, StaffRow.name, ContactAccessRow.reason, ContactAccessRow.at)
        .join(ReportRow, ReportRow.id == ContactAccessRow.report_id)
        .join(StaffRow, StaffRow.id == ContactAccessRow.staff_id)
        .order_by(ContactAccessRow.id.desc())
        .limit(limit)
    )
    return [ContactAccess(*row) for row in session.execute(query)]


def _pairs(session: Session, staff: Staff, report: ReportRow) -> tuple[Pair, ...]:
    """Its candidates; where it is worked on in place of tied reports, theirs too."""
    ids = [report.id]
    if merging.kept_of(session, report.id) == report.id:
        ids += merging.others(session, (report.id,))
    own, other = aliased(ReportRow), aliased(ReportRow)
    mine, theirs = CandidateRow.missing_id, CandidateRow.found_id
    if report.kind == "found":
        mine, theirs = theirs, mine
    query = (
        select(CandidateRow, own.id, own.case_number, other.case_number)
        .join(own, own.id == mine)
        .join(other, other.id == theirs)
        .where(mine.in_(ids), or_(CandidateRow.current.is_(True), CandidateRow.stage != "open"))
        .order_by(CandidateRow.probability.desc(), theirs)
    )
    if not allows(staff.role, Action.RESERVE_REPORT):
        query = query.where(own.do_not_disclose.is_(False), other.do_not_disclose.is_(False))
    return tuple(
        Pair(
            row.ref if queues.opens(session, staff, row) else "", number, row.probability, row.stage, row.current,
            "" if own_id == report.id else own_number,
        )
        for row, own_id, own_number, number in session.execute(query).all()
    )  # fmt: skip
