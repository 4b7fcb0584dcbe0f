"""From a confirmed pair to a meeting: the steps that an officer ticks off, in an order that protects the person found.

Nobody brings the two sides together before somebody asked whether that is safe and before the person found was told
first and said yes. Who did each step and when is kept, and is in the log; what was written with it is sealed.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session, aliased

from reunite import audit, queues, vault
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, Invalid, Problem
from reunite.storage.clock import now
from reunite.storage.reunion_tables import ReunionStepRow
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow, ConfirmationRow, ReportRow
from reunite.storage.vault_tables import SealedRow

STEPS = ("protection", "wish", "family_told", "dna", "meeting")
"""In their order: contact was asked to be safe; the person found was told and wants contact; the family was told; the
DNA reference; the meeting, with day and place."""
_FIRST = ("protection", "wish")
_AFTER_BOTH = ("family_told", "meeting")
_LONGEST = 500


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the checklist; `answer` is empty as long as nothing is recorded."""

    step: str
    answer: str = ""
    note: str = ""
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reunion:
    """A confirmed pair and how many of its steps are open."""

    ref: str
    missing_case: str
    found_case: str
    confirmed_at: datetime
    open_steps: int


def steps(session: Session, keys: Keys, staff: Staff, row: CandidateRow) -> list[Step]:
    """The checklist of a candidate that this person may open; empty where the pair is not confirmed."""
    demand(staff.role, Action.RECORD_REUNION)
    if row.stage != "confirmed":
        return []
    query = (
        select(ReunionStepRow, StaffRow.name).join(StaffRow, StaffRow.id == ReunionStepRow.staff_id)
        .where(ReunionStepRow.missing_id == row.missing_id, ReunionStepRow.found_id == row.found_id)
    )  # fmt: skip
    done = {}
    for one, name in session.execute(query):
        note = vault.get(session, keys, row.missing_id, _column(one.step))
        done[one.step] = Step(one.step, one.answer, note, name, one.at)
    return [done.get(step, Step(step)) for step in STEPS]


def record(
    session: Session, keys: Keys, staff: Staff, ref: str, *, step: str, answer: str, note: str
) -> None:
    """Record a step, or correct it. Raises Invalid for what is no step, Conflict where the order protects somebody."""
    demand(staff.role, Action.RECORD_REUNION)
    row = queues.find(session, staff, ref, lock=True)
    sides = [session.get_one(ReportRow, number) for number in (row.missing_id, row.found_id)]
    if row.stage != "confirmed" or any(report.erased_at is not None for report in sides):
        raise Conflict("Only a confirmed pair is brought together, and none of which a report was erased.")
    if step not in STEPS or answer not in ("yes", "no"):
        raise Invalid([Problem("answer", "", "Please choose yes or no.")])
    if len(note) > _LONGEST:
        raise Invalid(
            [Problem("note", "", "This is too long: at most {limit} characters.", {"limit": str(_LONGEST)})]
        )
    known = _answers(session, row)
    if answer == "yes" and step in _AFTER_BOTH and [known.get(one) for one in _FIRST] != ["yes", "yes"]:
        raise Conflict(
            "First somebody must have asked whether contact is safe, and the person found must want it."
        )
    if answer == "no" and step in _FIRST and known.get("meeting") == "yes":
        raise Conflict("They have met already, as is recorded here.")
    session.merge(ReunionStepRow(missing_id=row.missing_id, found_id=row.found_id, step=step, answer=answer,
                                 staff_id=staff.id, at=now(session)))  # fmt: skip
    vault.put(session, keys, row.missing_id, _column(step), note.strip())
    audit.append(session, keys, actor=staff.actor, action="reunion.recorded",
                 subject=f"pair:{row.missing_id}:{row.found_id}", detail=f"{step}:{answer}")  # fmt: skip


def pending(session: Session, staff: Staff, limit: int = 200) -> list[Reunion]:
    """The confirmed pairs, neither report erased, whose checklist is not done; those that wait longest first."""
    demand(staff.role, Action.RECORD_REUNION)
    missing, found = aliased(ReportRow), aliased(ReportRow)
    done = (
        select(func.count()).select_from(ReunionStepRow)
        .where(ReunionStepRow.missing_id == CandidateRow.missing_id, ReunionStepRow.found_id == CandidateRow.found_id)
        .scalar_subquery()
    )  # fmt: skip
    finding = and_(ConfirmationRow.missing_id == CandidateRow.missing_id,
                   ConfirmationRow.found_id == CandidateRow.found_id)  # fmt: skip
    query = (
        select(CandidateRow.ref, missing.case_number, found.case_number, ConfirmationRow.at, done)
        .join(ConfirmationRow, finding)
        .join(missing, and_(missing.id == CandidateRow.missing_id, missing.erased_at.is_(None)))
        .join(found, and_(found.id == CandidateRow.found_id, found.erased_at.is_(None)))
        .where(CandidateRow.stage == "confirmed", done < len(STEPS))
        .order_by(ConfirmationRow.at)
        .limit(limit)
    )
    return [
        Reunion(ref, one, other, at, len(STEPS) - count)
        for ref, one, other, at, count in session.execute(query)
    ]


def forget(session: Session, report_id: int) -> None:
    """Take away what is recorded of the pairs of a report that is erased."""
    of_it = or_(ReunionStepRow.missing_id == report_id, ReunionStepRow.found_id == report_id)
    for row in session.scalars(select(ReunionStepRow).where(of_it)):
        written = (SealedRow.report_id == row.missing_id, SealedRow.column == _column(row.step))
        session.execute(delete(SealedRow).where(*written))
    session.execute(delete(ReunionStepRow).where(of_it))


def _answers(session: Session, row: CandidateRow) -> dict[str, str]:
    query = select(ReunionStepRow.step, ReunionStepRow.answer).where(
        ReunionStepRow.missing_id == row.missing_id, ReunionStepRow.found_id == row.found_id
    )
    return {step: answer for step, answer in session.execute(query)}


def _column(step: str) -> str:
    return f"reunion:{step}"
