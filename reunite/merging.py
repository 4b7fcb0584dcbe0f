"""One child who was reported twice: reports of one side are tied together by a person, and untied again.

One of them is worked on (the kept one). The others stay what they are, with receipt, family and status of their own;
of pairs of theirs with the same other report only the strongest is in the queue. Nothing is tied by itself.
"""

from collections.abc import Sequence
from functools import cache

from sqlalchemy import ColumnElement, and_, case, delete, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, Invalid, Problem
from reunite.storage.clock import now
from reunite.storage.search_tables import MergeRow
from reunite.storage.tables import CandidateRow, ReportRow

_SHORTEST_REASON, _LONGEST_REASON = 3, 500


def merge(
    session: Session, keys: Keys, staff: Staff, duplicate: ReportRow, kept: ReportRow, reason: str
) -> None:
    """Tie the duplicate to the kept report; the caller has locked both, lower id first. Raises Invalid or Conflict."""
    demand(staff.role, Action.MERGE_REPORTS)
    if not _SHORTEST_REASON <= len(reason.strip()) <= _LONGEST_REASON:
        text = "Please say why, in a few words (at most {limit} characters)."
        raise Invalid([Problem("reason", "", text, {"limit": str(_LONGEST_REASON)})])
    if duplicate.id == kept.id or duplicate.kind != kept.kind:
        raise Conflict("Only two different reports of one side can be of one child.")
    if duplicate.state != "open" or kept.state != "open":
        raise Conflict("One of the two reports is no longer open.")
    row, head = session.get(MergeRow, duplicate.id), session.get(MergeRow, kept.id)
    if row is not None and (row.kept_id != duplicate.id or others(session, (duplicate.id,))):
        raise Conflict("This report is tied to another already. Untie it first.")
    if head is not None and head.kept_id != kept.id:
        raise Conflict("The report to keep is itself tied to another. Choose that one.")
    at = now(session)
    if head is None:
        session.add(MergeRow(report_id=kept.id, kept_id=kept.id, staff_id=staff.id, reason="", at=at))
    # A report that others were tied to may have a row of its own left.
    session.merge(
        MergeRow(report_id=duplicate.id, kept_id=kept.id, staff_id=staff.id, reason=reason.strip(), at=at)
    )
    session.flush()
    _log(session, keys, staff, "report.merged", duplicate.id, kept.id)


def undo(session: Session, keys: Keys, staff: Staff, duplicate: ReportRow) -> None:
    """Untie the report, which the caller has locked. Nothing is done where it is not tied to another."""
    demand(staff.role, Action.MERGE_REPORTS)
    row = session.get(MergeRow, duplicate.id)
    if row is None or row.kept_id == duplicate.id:
        return
    if row.closed_at is not None:
        raise Conflict("This case is closed, and what it was tied to stays.")
    kept_id = row.kept_id
    session.delete(row)
    session.flush()
    _log(session, keys, staff, "report.unmerged", duplicate.id, kept_id)


def close(session: Session, report_ids: Sequence[int]) -> None:
    """These reports, which the caller has locked, are closed by the confirmation of one that they are tied to."""
    closed = update(MergeRow).where(MergeRow.report_id.in_(report_ids)).values(closed_at=now(session))
    session.execute(closed.execution_options(synchronize_session=False))


def was_closed(report_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Whether the confirmation of another report of the same child closed this one; for queries."""
    return (
        select(MergeRow.report_id)
        .where(MergeRow.report_id == report_id, MergeRow.closed_at.is_not(None))
        .exists()
    )


def forget(session: Session, report: ReportRow) -> None:
    """The report is erased: the reasons that name it go, and its ties but those that a confirmation has closed: the
    other family's news rests on them."""
    of_it = or_(MergeRow.report_id == report.id, MergeRow.kept_id == report.id)
    session.execute(delete(MergeRow).where(of_it, MergeRow.closed_at.is_(None)))
    session.execute(update(MergeRow).where(of_it).values(reason=""))


def kept_of(session: Session, report_id: int) -> int:
    """The id of the report that is worked on in its place; its own where it is tied to none."""
    row = session.get(MergeRow, report_id)
    return report_id if row is None else row.kept_id


def others(session: Session, report_ids: tuple[int, ...]) -> list[int]:
    """The ids of all reports tied to one of these, without these themselves."""
    mine, theirs = aliased(MergeRow), aliased(MergeRow)
    query = (
        select(theirs.report_id)
        .join(mine, mine.kept_id == theirs.kept_id)
        .where(mine.report_id.in_(report_ids), theirs.report_id.not_in(report_ids))
    )
    return sorted(set(session.scalars(query)))


@cache
def shown_by_another() -> ColumnElement[bool]:
    """Whether a tied report has a pair with the same other report that goes before this candidate: what is decided or
    referred does, else the stronger. For queries of candidates; nothing of it is stored, so untying ends it."""
    tied = select(aliased(MergeRow).report_id)
    # First what is asked once for all rows: few candidates are of a tied report.
    is_tied = or_(CandidateRow.missing_id.in_(tied), CandidateRow.found_id.in_(tied))
    before = or_(_before(missing=True), _before(found=True), _before(missing=True, found=True))
    return case((is_tied, before), else_=False)


def _before(*, missing: bool = False, found: bool = False) -> ColumnElement[bool]:
    """By pairs whose missing report, found report or both are tied to those of the candidate, never the same."""
    other = aliased(CandidateRow)
    where: list[ColumnElement[bool]] = [_goes_first(other)]
    for tied, mine, theirs in (
        (missing, CandidateRow.missing_id, other.missing_id),
        (found, CandidateRow.found_id, other.found_id),
    ):
        if not tied:
            where.append(mine == theirs)
            continue
        one, two = aliased(MergeRow), aliased(MergeRow)
        where += [one.report_id == mine, two.kept_id == one.kept_id, two.report_id == theirs, mine != theirs]
    return select(1).where(*where).correlate(CandidateRow).exists()


def _goes_first(other: type[CandidateRow]) -> ColumnElement[bool]:
    stronger = or_(
        other.probability > CandidateRow.probability,
        and_(other.probability == CandidateRow.probability, other.missing_id < CandidateRow.missing_id),
        and_(
            other.probability == CandidateRow.probability,
            other.missing_id == CandidateRow.missing_id,
            other.found_id < CandidateRow.found_id,
        ),
    )
    return case(
        (other.stage.in_(("referred", "confirmed", "ruled_out")), True),
        (other.stage.in_(("open", "set_aside")), and_(other.current.is_(True), stronger)),
        else_=False,
    )


def _log(session: Session, keys: Keys, staff: Staff, action: str, duplicate_id: int, kept_id: int) -> None:
    for mine, other in ((duplicate_id, kept_id), (kept_id, duplicate_id)):
        audit.append(
            session,
            keys,
            actor=staff.actor,
            action=action,
            subject=f"report:{mine}",
            detail=f"report:{other}",
        )
