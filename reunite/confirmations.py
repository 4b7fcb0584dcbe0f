"""The officer's finding: a third person confirms or rules out, with a basis; confirmed closes both reports."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import audit, concerns, merging, notifications, queues, reports, webhook_events
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, Invalid, Problem
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, ConfirmationRow, ExclusionRow, ReportRow, ReviewRow

OUTCOMES = ("confirmed", "ruled_out")
BASES = ("dna", "documents", "recognition", "other")
_LONGEST_REFERENCE, _LONGEST_NOTE = 200, 2000


def decide(
    session: Session,
    keys: Keys,
    staff: Staff,
    ref: str,
    *,
    outcome: str,
    basis: str,
    reference: str,
    note: str = "",
    warning_read: bool = False,
    tied_read: bool = False,
) -> None:
    """Record the finding on a referred candidate. Ruled out: never suggested again. Confirmed: both reports close,
    and every other candidate of theirs with them; where a warning is on one, only with `warning_read`. Open reports
    that are tied to one of them close too, only with `tied_read`: the officer has been shown them."""
    demand(staff.role, Action.CONFIRM)
    _check(outcome, basis, reference, note)
    both, tied = _lock_reports(session, queues.find(session, staff, ref))
    row = queues.find(session, staff, ref, lock=True)
    if row.stage != "referred":
        raise Conflict("This candidate has been decided already.")
    closing = [*both, *tied] if outcome == "confirmed" else []
    concerns.refuse_unread(session, [report.id for report in closing], read=warning_read)
    if closing and tied and not tied_read:
        raise Invalid(
            [
                Problem(
                    "tied_read", "", "Please look at the other reports of this child, and tick that you have."
                )
            ]
        )
    if session.get(ReviewRow, (row.missing_id, row.found_id, staff.id)) is not None:
        raise Conflict("You reviewed this candidate, so another officer must decide it.")
    session.add(
        ConfirmationRow(missing_id=row.missing_id, found_id=row.found_id, officer_id=staff.id, outcome=outcome,
                        basis=basis, reference=reference.strip(), note=note.strip(), at=now(session))
    )  # fmt: skip
    session.flush()  # the finding first: without it the database refuses the stage
    row.stage = outcome
    session.flush()
    if outcome == "ruled_out":
        session.add(
            ExclusionRow(missing_id=row.missing_id, found_id=row.found_id, total=row.total, at=now(session))
        )
    else:
        _close(session, both, tied)
    session.flush()
    for report in closing:
        notifications.news(session, keys, report)
    if of_partners := [report.id for report in closing if report.source is not None]:
        webhook_events.stepped(session, of_partners, "news")
    pair = f"pair:{row.missing_id}:{row.found_id}"
    audit.append(session, keys, actor=staff.actor, action=f"candidate.{outcome}", subject=pair, detail=basis)
    for report in closing:
        audit.append(session, keys, actor=audit.SYSTEM, action="report.closed", subject=f"report:{report.id}")


def _check(outcome: str, basis: str, reference: str, note: str) -> None:
    problems = []
    if outcome not in OUTCOMES:
        problems.append(Problem("outcome", outcome[:20], "Please choose: confirmed or ruled out."))
    if basis not in BASES:
        problems.append(Problem("basis", basis[:20], "Please choose what the finding rests on."))
    if not 1 <= len(reference.strip()) <= _LONGEST_REFERENCE:
        text = "Please name the file or report that shows it (at most {limit} characters)."
        problems.append(Problem("reference", "", text, {"limit": str(_LONGEST_REFERENCE)}))
    if len(note) > _LONGEST_NOTE:
        problems.append(
            Problem(
                "note", "", "This is too long: at most {limit} characters.", {"limit": str(_LONGEST_NOTE)}
            )
        )
    if problems:
        raise Invalid(problems)


def _lock_reports(session: Session, row: CandidateRow) -> tuple[list[ReportRow], list[ReportRow]]:
    """The two reports, and the open ones that are tied to one of them."""
    # Reports before candidates before jobs before the log, lower ids first: everybody locks in this order, so nobody
    # deadlocks. Not the keys (key_share): a review that is being written holds those.
    pair = (row.missing_id, row.found_id)
    others = merging.others(session, pair)
    query = select(ReportRow).where(ReportRow.id.in_((*pair, *others))).order_by(ReportRow.id)
    rows = list(session.scalars(query.with_for_update(key_share=True)))
    if merging.others(session, pair) != others:
        raise Conflict("The reports of this child were tied or untied just now. Please look again.")
    tied = [report for report in rows if report.id not in pair and report.state == "open"]
    return [report for report in rows if report.id in pair], tied


def _close(session: Session, both: list[ReportRow], tied: list[ReportRow]) -> None:
    if any(report.state != "open" for report in both):
        raise Conflict("One of the two reports is no longer open. Please talk to the coordinator.")
    for report in sorted([*both, *tied], key=lambda one: one.id):
        reports.leave(session, report, "closed")
    merging.close(session, [report.id for report in tied])
