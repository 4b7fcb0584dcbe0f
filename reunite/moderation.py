"""What a coordinator decides on reports that look like a flood or a copy: real, or not a report."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reunite import audit, masking, reports, whereabouts
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Invalid, Problem
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.clock import now
from reunite.storage.tables import MatchJobRow, ReportRow

DECISIONS = ("real", "not_a_report")
# What is reserved to the police waits until they release it.
_OPEN = (ModerationRow.decision.is_(None), ReportRow.state == "open", ReportRow.do_not_disclose.is_(False))


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Why a report is looked at; `like` is the case number of the earlier report it resembles, or empty."""

    reason: str
    like: str


@dataclass(frozen=True, slots=True)
class Suspect:
    """A report that waits for a coordinator, in its own words."""

    case_number: str
    kind: str
    filed_at: datetime
    person: dict[str, str]
    suspicions: tuple[Suspicion, ...]


def waiting(session: Session) -> int:
    """How many open reports wait for a decision."""
    query = select(func.count(ModerationRow.report_id.distinct())).join(
        ReportRow, ReportRow.id == ModerationRow.report_id
    )
    return session.scalars(query.where(*_OPEN)).one()


def listed(session: Session, keys: Keys, staff: Staff, limit: int = 20) -> list[Suspect]:
    """The reports that wait, longest first. Each that is shown is a line in the log, so this needs a session that
    writes."""
    demand(staff.role, Action.MODERATE)
    query = (
        select(ReportRow)
        .join(ModerationRow, ModerationRow.report_id == ReportRow.id)
        .where(*_OPEN)
        .group_by(ReportRow.id)
        .order_by(func.min(ModerationRow.at), ReportRow.id)
        .limit(limit)
    )
    shown = []
    for report in session.scalars(query).all():
        person = masking.person_for(staff.role, whereabouts.whole(session, keys, report))
        shown.append(
            Suspect(report.case_number, report.kind, report.filed_at, person, _suspicions(session, report.id))
        )
        audit.append(
            session, keys, actor=staff.actor, action="report.moderation_seen", subject=f"report:{report.id}"
        )
    return shown


def decide(session: Session, keys: Keys, staff: Staff, case_numbers: Collection[str], decision: str) -> int:
    """Decide on these reports, as far as they still wait; how many there were. A real report goes on as if it had never
    been marked; what is not a report is closed, and its candidates with it."""
    demand(staff.role, Action.MODERATE)
    if decision not in DECISIONS:
        raise Invalid([Problem("decision", "", "Please choose: a real report, or not a report.")])
    query = select(ReportRow).where(
        ReportRow.case_number.in_(sorted(case_numbers)),
        ReportRow.state == "open",
        ReportRow.do_not_disclose.is_(False),
    )
    decided = 0
    # Lowest first, like everybody who changes reports.
    for report in session.scalars(query.order_by(ReportRow.id).with_for_update(key_share=True)).all():
        open_ = update(ModerationRow).where(
            ModerationRow.report_id == report.id, ModerationRow.decision.is_(None)
        )
        settled = open_.values(decision=decision, decided_by=staff.id, decided_at=now(session))
        returned = settled.returning(ModerationRow.reason).execution_options(synchronize_session=False)
        if not session.execute(returned).all():
            continue
        decided += 1
        if decision == "not_a_report":
            reports.leave(session, report, "closed")
        elif report.source is None:
            sooner = update(MatchJobRow).where(MatchJobRow.report_id == report.id).values(bulk=False)
            session.execute(sooner.execution_options(synchronize_session=False))
        audit.append(
            session, keys, actor=staff.actor, action=f"report.{decision}", subject=f"report:{report.id}"
        )
    return decided


def _suspicions(session: Session, report_id: int) -> tuple[Suspicion, ...]:
    rows = session.execute(
        select(ModerationRow.reason, func.coalesce(ReportRow.case_number, ""))
        .outerjoin(ReportRow, ReportRow.id == ModerationRow.other_id)
        .where(ModerationRow.report_id == report_id, ModerationRow.decision.is_(None))
        .order_by(ModerationRow.reason)
    )
    return tuple(Suspicion(reason, like) for reason, like in rows)
