"""Claim, judge, refer: two different people find a pair plausible before it goes to the police."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from reunite import audit, more_requests, queues
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, Invalid, Problem
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, ReviewRow

VERDICTS = ("plausible", "unlikely", "ruled_out", "need_more")
REVIEWERS_TO_REFER = 2
_AGAINST = ("unlikely", "ruled_out")
_LONGEST_REASON = 2000


def claim(session: Session, keys: Keys, staff: Staff, ref: str, minutes: int) -> datetime:
    """Take the candidate for a while, so that two people do not work on it at once; gives until when."""
    demand(staff.role, Action.REVIEW)
    row = queues.find(session, staff, ref, lock=True)
    at = now(session)
    _refuse_unless_open(row)
    if row.claimed_until is not None and row.claimed_until > at and row.claimed_by != staff.id:
        raise Conflict("Somebody else is looking at this candidate right now. Please take another.")
    if _review_of(session, row, staff) is not None:
        raise Conflict("You have already judged this candidate.")
    row.claimed_by, row.claimed_until = staff.id, at + timedelta(minutes=minutes)
    audit.append(session, keys, actor=staff.actor, action="candidate.claimed", subject=_subject(row))
    return row.claimed_until


def release(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """Give the candidate back without a verdict."""
    demand(staff.role, Action.REVIEW)
    row = queues.find(session, staff, ref, lock=True)
    if row.claimed_by == staff.id:
        row.claimed_by = row.claimed_until = None
        audit.append(session, keys, actor=staff.actor, action="candidate.released", subject=_subject(row))


def judge(
    session: Session, keys: Keys, staff: Staff, ref: str, verdict: str, reason: str, about: str = ""
) -> str:
    """Give one's verdict, once; gives the candidate's stage after it. The second 'plausible' refers it to the
    police, the second verdict against sets it aside, and 'need_more' asks the coordinators to ask the reporter of the
    side `about`, or of either."""
    demand(staff.role, Action.REVIEW)
    asked = more_requests.checked(about)
    problems = []
    if verdict not in VERDICTS:
        problems.append(Problem("verdict", verdict[:20], "Please choose a verdict."))
    if not 3 <= len(reason.strip()) <= _LONGEST_REASON:
        text = "Please say why, in a few words (at most {limit} characters)."
        problems.append(Problem("reason", "", text, {"limit": str(_LONGEST_REASON)}))
    if problems:
        raise Invalid(problems)
    row = queues.find(session, staff, ref, lock=True)
    at = now(session)
    if _review_of(session, row, staff) is not None:
        raise Conflict("You have already judged this candidate.")
    _refuse_unless_open(row)
    if row.claimed_by != staff.id or row.claimed_until is None or row.claimed_until <= at:
        raise Conflict("Your claim has run out. Please claim the candidate again; your words are kept.")
    session.add(
        ReviewRow(missing_id=row.missing_id, found_id=row.found_id, reviewer_id=staff.id,
                  verdict=verdict, reason=reason.strip(), at=at)
    )  # fmt: skip
    session.flush()
    row.stage = _stage(session, row)
    row.claimed_by = row.claimed_until = None
    audit.append(
        session, keys, actor=staff.actor, action=f"candidate.judged_{verdict}", subject=_subject(row)
    )
    if verdict == "need_more":
        more_requests.add(session, keys, staff, row, asked)
    if row.stage == "referred":
        audit.append(session, keys, actor=audit.SYSTEM, action="candidate.referred", subject=_subject(row))
    return row.stage


def _refuse_unless_open(row: CandidateRow) -> None:
    if row.stage != "open":
        raise Conflict("This candidate is no longer open for review.")
    if not row.current:
        raise Conflict("A report was changed, and this candidate no longer holds. Please take another.")


def _stage(session: Session, row: CandidateRow) -> str:
    query = select(ReviewRow.verdict, func.count()).where(*_of(row)).group_by(ReviewRow.verdict)
    counts = {verdict: count for verdict, count in session.execute(query)}
    if counts.get("plausible", 0) >= REVIEWERS_TO_REFER:
        return "referred"
    return (
        "set_aside" if sum(counts.get(verdict, 0) for verdict in _AGAINST) >= REVIEWERS_TO_REFER else "open"
    )


def _review_of(session: Session, row: CandidateRow, staff: Staff) -> ReviewRow | None:
    return session.get(ReviewRow, (row.missing_id, row.found_id, staff.id))


def _of(row: CandidateRow) -> tuple[ColumnElement[bool], ...]:
    return ReviewRow.missing_id == row.missing_id, ReviewRow.found_id == row.found_id


def _subject(row: CandidateRow) -> str:
    return f"pair:{row.missing_id}:{row.found_id}"
