"""What happened to a report, from the log's own lines: what and when, and nobody's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from reunite.actors import Staff
from reunite.policy import Action, allows
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow

SHOWN = (
    "report.filed", "report.amended", "report.extended", "report.end_noticed", "report.expired", "report.withdrawn",
    "report.closed", "report.real", "report.not_a_report", "report.flagged", "report.unflagged", "report.merged",
    "report.unmerged", "photo.added", "photo.removed", "poster.asked", "poster.published", "poster.declined",
    "poster.taken_back", "poster.taken_down", "sighting.sent", "sighting.raised", "alert.approved",
    "alert.withdrawn", "candidate.referred", "candidate.confirmed", "candidate.ruled_out",
)  # fmt: skip
ONLY_POLICE = ("report.reserved", "report.released")
COMPARED = "compared"
_MOST, _PAIRS = 60, 500


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: an action of the log, or COMPARED; `by` is family, staff, partner, public or system."""

    action: str
    at: datetime
    by: str


def of(session: Session, staff: Staff, report: ReportRow) -> list[Event]:
    """The newest events of a report that this person may see, the newest first."""
    of_it = or_(CandidateRow.missing_id == report.id, CandidateRow.found_id == report.id)
    decided = select(CandidateRow.missing_id, CandidateRow.found_id).where(
        of_it, CandidateRow.stage.in_(("referred", "confirmed", "ruled_out", "closed"))
    )
    if not allows(staff.role, Action.RESERVE_REPORT):
        pair = ReportRow.id.in_((CandidateRow.missing_id, CandidateRow.found_id))
        decided = decided.where(~exists().where(pair, ReportRow.do_not_disclose))
    subjects = [f"pair:{missing}:{found}" for missing, found in session.execute(decided.limit(_PAIRS))]
    lines = _lines(session, staff, [f"report:{report.id}", *subjects])
    done = session.get(MatchJobRow, report.id)
    events = [Event(line.action, datetime.fromisoformat(line.at), _who(line.actor)) for line in lines]
    if done is not None and done.done_at is not None:
        events.append(Event(COMPARED, done.done_at, "system"))
    return sorted(events, key=lambda event: event.at, reverse=True)


def _lines(session: Session, staff: Staff, subjects: list[str]) -> Sequence[AuditRow]:
    shown = (*SHOWN, *(ONLY_POLICE if allows(staff.role, Action.RESERVE_REPORT) else ()))
    query = select(AuditRow).where(AuditRow.subject.in_(subjects), AuditRow.action.in_(shown))
    return session.scalars(query.order_by(AuditRow.no.desc()).limit(_MOST)).all()


def _who(actor: str) -> str:
    kind = actor.partition(":")[0]
    return kind if kind in ("family", "staff", "partner", "public") else "system"
