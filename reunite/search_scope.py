"""Which reports somebody may find, and where a report leads them.

Who may see reports finds all of them but those reserved to others. A volunteer finds a report only through a candidate
that they may open, and is led to that candidate: search shows them nothing that their queue does not.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import Session, aliased

from reunite import queues, regions, waiting
from reunite.actors import Staff
from reunite.policy import Action, allows
from reunite.storage.tables import CandidateRow, ReportRow


def visible(session: Session, staff: Staff) -> tuple[ColumnElement[bool], ...]:
    """For queries of reports: none that was erased, and nothing that is not this person's."""
    there: ColumnElement[bool] = ReportRow.erased_at.is_(None)
    if allows(staff.role, Action.RESERVE_REPORT):
        return (there,)
    there = and_(there, ReportRow.do_not_disclose.is_(False))
    if allows(staff.role, Action.SEE_REPORTS):
        return (there,)
    mine = _openable(session, staff)
    sides = (CandidateRow.missing_id == ReportRow.id, CandidateRow.found_id == ReportRow.id)
    return there, or_(*(exists().where(side, mine) for side in sides))


def case_numbers(session: Session, staff: Staff, report_ids: Collection[int]) -> dict[int, str]:
    """The case numbers of those of these reports that this person may see."""
    query = select(ReportRow.id, ReportRow.case_number).where(
        ReportRow.id.in_(report_ids), *visible(session, staff)
    )
    return {id: number for id, number in session.execute(query)}


def candidate_of(session: Session, staff: Staff, report_id: int) -> str:
    """The ref of the strongest candidate of the report that this person may open; empty where there is none."""
    of_it = or_(CandidateRow.missing_id == report_id, CandidateRow.found_id == report_id)
    query = (
        select(CandidateRow).where(of_it, _openable(session, staff)).order_by(CandidateRow.probability.desc())
    )
    rows = session.scalars(query.limit(1)).all()
    return next((row.ref for row in rows if queues.opens(session, staff, row)), "")


def _openable(session: Session, staff: Staff) -> ColumnElement[bool]:
    """Whether the candidate is still to be reviewed in this person's regions, or was reviewed by them."""
    secret = aliased(ReportRow)
    reserved = exists().where(
        secret.id.in_((CandidateRow.missing_id, CandidateRow.found_id)), secret.do_not_disclose
    )
    waits = and_(
        CandidateRow.stage == "open", CandidateRow.current.is_(True), regions.open_to(session, staff)
    )
    return and_(or_(waits, waiting.reviewed_by(staff)), ~reserved)
