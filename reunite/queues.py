"""What staff see: the queue of candidates and one candidate side by side, masked for the role that looks."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from matching.evidence import Evidence
from matching.ranked import probability
from reunite import audit, floods, masking, regions, reserved, vault, waiting, whereabouts
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.masking import UNTOLD, province
from reunite.policy import Action, allows, demand
from reunite.problems import NotFound
from reunite.storage.clock import now
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow, ConfirmationRow, ReportRow, ReviewRow
from reunite.waiting import EVERYTHING, Wanted

Missing, Found = aliased(ReportRow, name="missing"), aliased(ReportRow, name="found")
_TOP_EVIDENCE = 3


@dataclass(frozen=True, slots=True)
class Weighed:
    """Evidence lines with their total in bits and the probability that follows from it."""

    lines: tuple[Evidence, ...]
    total: float
    probability: float


@dataclass(frozen=True, slots=True)
class QueueItem:
    """One line of a queue, with the strongest reasons why it is there."""

    ref: str
    probability: float
    total: float
    missing_name: str
    found_name: str
    missing_case: str
    found_case: str
    reviews: int
    stage: str
    claimed_until: datetime | None
    claimed_by_me: bool
    age_days: int
    top_evidence: list[Evidence]


@dataclass(frozen=True, slots=True)
class ReportView:
    """A report as the role may see it."""

    case_number: str
    kind: str
    state: str
    person: dict[str, str]
    filed_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewView:
    """A verdict; `by` is the reviewer's name for the police, and empty for everybody else."""

    verdict: str
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class ConfirmationView:
    """The officer's finding."""

    outcome: str
    basis: str
    at: datetime


@dataclass(frozen=True, slots=True)
class CandidateView:
    """Both reports with the evidence; `reviews` stays empty for a reviewer until their own verdict is given."""

    ref: str
    missing: ReportView
    found: ReportView
    prior: float
    total: float
    probability: float
    evidence: list[Evidence]
    current: bool
    stage: str
    claimed_until: datetime | None
    claimed_by_me: bool
    my_review: ReviewView | None
    reviews: list[ReviewView]
    can_judge: bool
    can_confirm: bool
    confirmation: ConfirmationView | None
    created_at: datetime
    updated_at: datetime


def queue(
    session: Session, keys: Keys, staff: Staff, limit: int = 50, offset: int = 0, wanted: Wanted = EVERYTHING
) -> list[QueueItem]:
    """What this person can review now, the most probable first: open, current, not theirs already, not claimed by
    another."""
    demand(staff.role, Action.SEE_QUEUE)
    page = partial(_items, session, keys, staff)
    return floods.floods_last(session, page, waiting.waits_for(session, staff, wanted), limit, offset)


def queue_size(session: Session, staff: Staff, wanted: Wanted = EVERYTHING) -> int:
    """How many candidates wait for this person, counted up to `waiting.MOST_COUNTED` and one more."""
    demand(staff.role, Action.SEE_QUEUE)
    return waiting.count(session, waiting.waits_for(session, staff, wanted))


def referrals(session: Session, keys: Keys, staff: Staff, limit: int = 200) -> list[QueueItem]:
    """The candidates handed to the police that this officer may decide: not those they reviewed themselves."""
    demand(staff.role, Action.SEE_REFERRALS)
    return _items(
        session, keys, staff, and_(CandidateRow.stage == "referred", ~waiting.reviewed_by(staff)), limit, 0
    )


def find(session: Session, staff: Staff, ref: str, *, lock: bool = False) -> CandidateRow:
    """The candidate of this ref, locked against other writers if asked; NotFound where there is none, or it is not
    for this role now: both look the same."""
    if not re.fullmatch(r"[\w-]{1,40}", ref, re.ASCII):
        raise NotFound
    query = select(CandidateRow).where(CandidateRow.ref == ref)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.scalars(query).one_or_none()
    if row is None or not opens(session, staff, row):
        raise NotFound
    return row


def opens(session: Session, staff: Staff, row: CandidateRow) -> bool:
    """Whether the candidate is for this person now: the police open what came to them; others nothing that is reserved
    to the police, and volunteers only what touches their regions or what they have worked on."""
    if not allows(staff.role, Action.SEE_CANDIDATE):
        return False
    if allows(staff.role, Action.CONFIRM):
        return row.stage in ("referred", "confirmed", "ruled_out")
    return regions.reaches(session, staff, row) and not reserved.holds(session, row)


def view(session: Session, keys: Keys, staff: Staff, ref: str) -> CandidateView:
    """One candidate side by side; looking at it is a line in the log, so this needs a session that writes."""
    row = find(session, staff, ref)
    missing, found = session.get_one(ReportRow, row.missing_id), session.get_one(ReportRow, row.found_id)
    at = now(session)
    reviews = session.execute(
        select(ReviewRow, StaffRow.name).join(StaffRow, StaffRow.id == ReviewRow.reviewer_id)
        .where(ReviewRow.missing_id == row.missing_id, ReviewRow.found_id == row.found_id)
        .order_by(ReviewRow.at)
    ).all()  # fmt: skip
    officer = allows(staff.role, Action.CONFIRM)
    mine = next((_review(review, "") for review, _ in reviews if review.reviewer_id == staff.id), None)
    others = [
        _review(review, name if officer else "") for review, name in reviews if review.reviewer_id != staff.id
    ]
    finding = session.get(ConfirmationRow, (row.missing_id, row.found_id))
    persons = [whereabouts.whole(session, keys, report) for report in (missing, found)]
    weighed = masked(_evidence(row, persons[1].get(whereabouts.COLUMN, "")), row.prior, staff)
    claimed = row.claimed_until is not None and row.claimed_until > at
    claimed_by_me = claimed and row.claimed_by == staff.id
    audit.append(
        session,
        keys,
        actor=staff.actor,
        action="candidate.viewed",
        subject=f"pair:{row.missing_id}:{row.found_id}",
    )
    return CandidateView(
        ref=row.ref,
        missing=_report(missing, persons[0], staff, claimed_by_me),
        found=_report(found, persons[1], staff, claimed_by_me),
        prior=row.prior, total=weighed.total, probability=weighed.probability, evidence=list(weighed.lines),
        current=row.current, stage=row.stage,
        claimed_until=row.claimed_until if claimed else None, claimed_by_me=claimed_by_me,
        my_review=mine, reviews=others if mine is not None or officer else [],
        can_judge=claimed_by_me and mine is None and row.stage == "open" and allows(staff.role, Action.REVIEW),
        can_confirm=officer and mine is None and row.stage == "referred",
        confirmation=ConfirmationView(finding.outcome, finding.basis, finding.at) if finding else None,
        created_at=row.created_at, updated_at=row.updated_at,
    )  # fmt: skip


def masked(lines: Sequence[Evidence], prior: float, staff: Staff) -> Weighed:
    """The evidence as the role may see it. Who may know only the province of where a found person is sees that line
    without place, distance and weight: bits and kilometres from several reports would tell the place."""
    shown = list(lines) if allows(staff.role, Action.SEE_EXACT_PLACE) else [_coarse(line) for line in lines]
    total = prior + sum(line.bits for line in shown)
    return Weighed(tuple(shown), total, probability(total))


def _coarse(line: Evidence) -> Evidence:
    if line.field != "place_found":
        return line
    there, last_seen = province(line.found), province(line.missing)
    level = "hidden_same_province" if there == last_seen != UNTOLD else "hidden"
    return Evidence(line.field, level, 0.0, last_seen, there, {})


def _items(
    session: Session, keys: Keys, staff: Staff, where: ColumnElement[bool], limit: int, offset: int
) -> list[QueueItem]:
    reviews = (
        select(func.count()).select_from(ReviewRow)
        .where(ReviewRow.missing_id == CandidateRow.missing_id, ReviewRow.found_id == CandidateRow.found_id)
        .scalar_subquery()
    )  # fmt: skip
    query: Select[Any] = (
        select(CandidateRow, Missing, Found, reviews.label("reviews"))
        .join(Missing, Missing.id == CandidateRow.missing_id)
        .join(Found, Found.id == CandidateRow.found_id)
        .where(where)
        .order_by(CandidateRow.probability.desc(), CandidateRow.missing_id, CandidateRow.found_id)
        .limit(limit)
        .offset(offset)
    )
    at, rows = now(session), session.execute(query).all()
    held = vault.read_ahead(session, [row[0].found_id for row in rows], whereabouts.COLUMN)
    items = [_item(session, keys, staff, at, *row) for row in rows]
    held.clear()
    return items


def _item(
    session: Session, keys: Keys, staff: Staff, at: datetime,
    row: CandidateRow, missing: ReportRow, found: ReportRow, reviews: int,
) -> QueueItem:  # fmt: skip
    claimed = row.claimed_until is not None and row.claimed_until > at
    weighed = masked(
        _evidence(row, vault.get(session, keys, row.found_id, whereabouts.COLUMN)), row.prior, staff
    )
    lines = sorted(weighed.lines, key=lambda line: -abs(line.bits))
    return QueueItem(
        ref=row.ref, probability=weighed.probability, total=weighed.total,
        missing_name=missing.person.get("name", ""), found_name=found.person.get("name", ""),
        missing_case=missing.case_number, found_case=found.case_number,
        reviews=reviews if allows(staff.role, Action.CONFIRM) else 0, stage=row.stage,
        claimed_until=row.claimed_until if claimed else None, claimed_by_me=claimed and row.claimed_by == staff.id,
        age_days=(at - row.created_at).days,
        top_evidence=lines[:_TOP_EVIDENCE],
    )  # fmt: skip


def _evidence(row: CandidateRow, place: str) -> list[Evidence]:
    return [whereabouts.within(Evidence.from_json(line), place) for line in row.evidence]


def _report(report: ReportRow, whole: dict[str, str], staff: Staff, claimed: bool) -> ReportView:
    person = masking.person_for(staff.role, whole, claimed=claimed)
    return ReportView(report.case_number, report.kind, report.state, person, report.filed_at)


def _review(review: ReviewRow, name: str) -> ReviewView:
    return ReviewView(review.verdict, review.reason, review.at, name)
