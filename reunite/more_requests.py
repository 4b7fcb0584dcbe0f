"""What a reviewer needs to know before a pair can be judged: a request to the coordinators, who ask one reporter.

It holds no words of its own: they are the reason of the review that raised it.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from reunite import audit, queues
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.message_tables import MoreRequestRow
from reunite.storage.tables import CandidateRow, ReportRow, ReviewRow

SIDES = ("missing", "found")
_UNDECIDED = ("open", "referred")
_MOST = 200


@dataclass(frozen=True, slots=True)
class MoreRequest:
    """One request: the pair, the side that should be asked (empty where it was not said), and what should be."""

    ref: str
    candidate: str
    missing_case: str
    found_case: str
    about: str
    reason: str
    at: datetime


def checked(about: str) -> str | None:
    """The side that a reviewer wants asked, None where it is not said; raises Invalid for anything else."""
    if about and about not in SIDES:
        raise Invalid([Problem("about", "", "Please choose who should be asked.")])
    return about or None


def add(session: Session, keys: Keys, staff: Staff, row: CandidateRow, about: str | None) -> None:
    """Raise a request for this person's verdict on the pair, which stands already."""
    session.add(
        MoreRequestRow(missing_id=row.missing_id, found_id=row.found_id, reviewer_id=staff.id,
                       ref=secrets.token_urlsafe(12), about=about, at=now(session))
    )  # fmt: skip
    session.flush()
    audit.append(session, keys, actor=staff.actor, action="request.raised", subject=_subject(row))


def waiting(session: Session, staff: Staff) -> list[MoreRequest]:
    """The requests that nobody has settled, of undecided pairs that this person may open, the oldest first."""
    demand(staff.role, Action.WRITE_REPORTER)
    return [
        one for one, pair in _open(session) if pair.stage in _UNDECIDED and queues.opens(session, staff, pair)
    ]


def of_report(session: Session, staff: Staff, report: ReportRow, ref: str) -> MoreRequest:
    """The open request of this name where it is about the report; raises NotFound for every other."""
    demand(staff.role, Action.WRITE_REPORTER)
    known = ref if re.fullmatch(r"[\w-]{1,32}", ref, re.ASCII) else ""
    for one, pair in _open(session, known):
        if report.id in (pair.missing_id, pair.found_id) and queues.opens(session, staff, pair):
            return one
    raise NotFound


def asked(session: Session, keys: Keys, staff: Staff, report: ReportRow, ref: str) -> None:
    """The request has become a message to who filed the report."""
    of_report(session, staff, report, ref)
    _settle(session, keys, staff, ref, "asked")


def dismiss(session: Session, keys: Keys, staff: Staff, ref: str) -> None:
    """Nobody needs to be asked. Raises NotFound for a request that is not open for this person."""
    if ref not in {one.ref for one in waiting(session, staff)}:
        raise NotFound
    _settle(session, keys, staff, ref, "dismissed")


def _open(session: Session, ref: str | None = None) -> list[tuple[MoreRequest, CandidateRow]]:
    missing, found = aliased(ReportRow), aliased(ReportRow)
    query = (
        select(MoreRequestRow, CandidateRow, ReviewRow.reason, missing.case_number, found.case_number)
        .join(ReviewRow, (ReviewRow.missing_id == MoreRequestRow.missing_id)
              & (ReviewRow.found_id == MoreRequestRow.found_id)
              & (ReviewRow.reviewer_id == MoreRequestRow.reviewer_id))
        .join(CandidateRow, (CandidateRow.missing_id == MoreRequestRow.missing_id)
              & (CandidateRow.found_id == MoreRequestRow.found_id))
        .join(missing, missing.id == MoreRequestRow.missing_id)
        .join(found, found.id == MoreRequestRow.found_id)
        .where(MoreRequestRow.state == "open")
        .order_by(MoreRequestRow.at, MoreRequestRow.ref)
        .limit(_MOST)
    )  # fmt: skip
    if ref is not None:
        query = query.where(MoreRequestRow.ref == ref)
    return [
        (MoreRequest(row.ref, pair.ref, one, other, row.about or "", reason, row.at), pair)
        for row, pair, reason, one, other in session.execute(query)
    ]


def _settle(session: Session, keys: Keys, staff: Staff, ref: str, state: str) -> None:
    query = select(MoreRequestRow).where(MoreRequestRow.ref == ref, MoreRequestRow.state == "open")
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    row.state, row.settled_by, row.settled_at = state, staff.id, now(session)
    audit.append(session, keys, actor=staff.actor, action=f"request.{state}", subject=_subject(row))


def _subject(row: CandidateRow | MoreRequestRow) -> str:
    return f"pair:{row.missing_id}:{row.found_id}"
