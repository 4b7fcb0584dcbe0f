"""What is to be known of a report besides the person: warnings of danger, and facts that only the police may read.

A warning says that there is a custody dispute, a protection order or danger to the child. A withheld fact is something
only the true family or the true child would know: it recognises a false claim, so nobody but the police reads it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import audit, vault
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import FIELDS, Action, Show, allows, demand
from reunite.problems import Invalid, Problem
from reunite.storage.clock import now
from reunite.storage.policy_tables import ReportFlagRow
from reunite.storage.tables import CandidateRow
from reunite.submission import FLAGS, Submission

WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Concerns:
    """What the role may know of one report: kinds of warnings, and the withheld facts or an empty text."""

    flags: tuple[str, ...]
    withheld: str


def keep(session: Session, keys: Keys, report_id: int, submission: Submission) -> bool:
    """Keep what was told with the report, and tell whether any is new; what is not told again stays as it was."""
    told = bool(submission.withheld) and vault.get(session, keys, report_id, WITHHELD) != submission.withheld
    if told:
        vault.put(session, keys, report_id, WITHHELD, submission.withheld)
    warned = bool(submission.flag) and session.get(ReportFlagRow, (report_id, submission.flag)) is None
    if warned:
        session.add(ReportFlagRow(report_id=report_id, kind=submission.flag, at=now(session)))
        session.flush()
    return told or warned


def forget_withheld(session: Session, keys: Keys, report_id: int) -> bool:
    """Take the withheld facts away, and tell whether there were any."""
    there = bool(vault.get(session, keys, report_id, WITHHELD))
    vault.put(session, keys, report_id, WITHHELD, "")
    return there


def of(session: Session, keys: Keys, staff: Staff, report_id: int) -> Concerns:
    """What this person may know of the report; nothing for a role that may not."""
    told = flags(session, (report_id,)) if allows(staff.role, Action.FLAG_REPORT) else ()
    reads = FIELDS[WITHHELD][staff.role] is Show.FULL
    return Concerns(told, vault.get(session, keys, report_id, WITHHELD) if reads else "")


def of_pair(session: Session, keys: Keys, staff: Staff, row: CandidateRow) -> tuple[Concerns, Concerns]:
    """The same for the missing and the found report of a candidate that this person may open."""
    return of(session, keys, staff, row.missing_id), of(session, keys, staff, row.found_id)


def flags(session: Session, report_ids: Sequence[int]) -> tuple[str, ...]:
    """The kinds of warnings on any of these reports."""
    query = select(ReportFlagRow.kind).where(ReportFlagRow.report_id.in_(report_ids)).distinct()
    set_ = set(session.scalars(query))
    return tuple(kind for kind in FLAGS if kind in set_)


def flag(session: Session, keys: Keys, staff: Staff, report_id: int, kind: str, *, on: bool) -> None:
    """Set a warning on the report, which the caller has locked, or clear it."""
    demand(staff.role, Action.FLAG_REPORT)
    if kind not in FLAGS:
        raise Invalid([Problem("flag", "", "Please choose a warning.")])
    row = session.get(ReportFlagRow, (report_id, kind))
    if (row is not None) == on:
        return
    if on:
        session.add(ReportFlagRow(report_id=report_id, kind=kind, set_by=staff.id, at=now(session)))
    else:
        session.execute(
            delete(ReportFlagRow).where(ReportFlagRow.report_id == report_id, ReportFlagRow.kind == kind)
        )
    action = "report.flagged" if on else "report.unflagged"
    audit.append(session, keys, actor=staff.actor, action=action, subject=f"report:{report_id}", detail=kind)


def refuse_unread(session: Session, closing: Sequence[int], *, read: bool) -> None:
    """Raise Invalid where one of the reports that a confirmation would close has a warning, and the officer has not
    said that they read it."""
    if closing and not read and flags(session, closing):
        raise Invalid([Problem("warning_read", "", "Please read the warning, and tick that you have.")])
