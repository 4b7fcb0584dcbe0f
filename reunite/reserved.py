"""Reports reserved to the police: 'do not disclose'. Their pairs skip volunteers and coordinators."""

from sqlalchemy import exists as exists_
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.storage.tables import CandidateRow, ReportRow


def reserve(session: Session, keys: Keys, staff: Staff, report: ReportRow, *, on: bool) -> None:
    """Reserve the report, which the caller has locked, or end that. Reserved: its open pairs go to the police at once
    and claims on them end; a job that stores more of them waits for the lock and then sees it. What is with the police
    stays there afterwards."""
    demand(staff.role, Action.RESERVE_REPORT)
    if report.do_not_disclose == on:
        return
    report.do_not_disclose = on
    session.flush()
    if on:
        of_it = or_(CandidateRow.missing_id == report.id, CandidateRow.found_id == report.id)
        session.execute(
            update(CandidateRow)
            .where(of_it, CandidateRow.stage == "open")
            .values(stage="referred", claimed_by=None, claimed_until=None)
            .execution_options(synchronize_session=False)
        )
    action = "report.reserved" if on else "report.released"
    audit.append(session, keys, actor=staff.actor, action=action, subject=f"report:{report.id}")


def holds(session: Session, row: CandidateRow) -> bool:
    """Whether a report of the candidate is reserved."""
    query = select(
        exists_().where(ReportRow.id.in_((row.missing_id, row.found_id)), ReportRow.do_not_disclose)
    )
    return bool(session.scalar(query))


def among(session: Session, ids: list[int]) -> set[int]:
    """Which of these reports are reserved; the caller has locked them, so that it stays so."""
    return set(session.scalars(select(ReportRow.id).where(ReportRow.id.in_(ids), ReportRow.do_not_disclose)))
