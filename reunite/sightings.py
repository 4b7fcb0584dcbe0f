"""Sightings: what somebody says who saw a child on a poster. Anybody may say it, nobody has to say who they are, and
only coordinators and the police read it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from reunite import audit, cases, posters, search_scope, sighting_jobs, sighting_matches, vault
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, allows, demand
from reunite.problems import Invalid, NotFound, Problem
from reunite.sighting_matches import Fit
from reunite.storage.clock import now
from reunite.storage.poster_tables import SightingRow
from reunite.storage.tables import ReportRow
from reunite.submission import tidy

LIMITS = {"what": 2000, "place": 200, "time": 100, "reach": 200}
"""What a sighting tells, and how many characters of each: only the first must be there."""
_PUBLIC = "public"
_EMPTY = "Please write what you saw, even if it is little."
_LONG = "This is too long: at most {limit} characters."


@dataclass(frozen=True, slots=True)
class Sighting:
    """What somebody told, as they wrote it; `settled`: somebody of staff has dealt with it. `raised`: a found report
    was made of it, `raised_case` its case number, where this person may see it. `fits`: the missing reports that it
    may be of; `compared`: whether it was looked for any."""

    id: int
    what: str
    place: str
    time: str
    reach: str
    at: datetime
    settled: bool
    raised: bool
    raised_case: str
    fits: tuple[Fit, ...]
    compared: bool


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report with sightings that nobody has dealt with, and since when."""

    case_number: str
    count: int
    since: datetime


def send(session: Session, keys: Keys, ref: str, told: Mapping[str, str]) -> None:
    """Keep what somebody says of the child on this poster; the same words once more, as of a page sent twice, add
    nothing. Raises NotFound where the poster is not shown, Invalid."""
    _, report = posters.find(session, ref)
    said, problems = {}, []
    for name, limit in LIMITS.items():
        said[name] = tidy(told.get(name, "")).strip()
        if len(said[name]) > limit:
            problems.append(Problem(name, "", _LONG, {"limit": str(limit)}))
    if not said["what"]:
        problems.append(Problem("what", "", _EMPTY))
    if problems:
        raise Invalid(problems)
    newest = (
        select(SightingRow).where(SightingRow.report_id == report.id).order_by(SightingRow.id.desc()).limit(1)
    )
    last = session.scalars(newest).one_or_none()
    if last is not None and _told(session, keys, last) == said:
        return
    row = SightingRow(report_id=report.id, sealed=b"", at=now(session))
    session.add(row)
    session.flush()
    row.sealed = vault.seal(session, keys, report.id, _column(row), json.dumps(said).encode())
    session.flush()
    sighting_jobs.enqueue(session, row.id)
    audit.append(session, keys, actor=_PUBLIC, action="sighting.sent", subject=f"report:{report.id}")


def waiting(session: Session, staff: Staff, limit: int = 200) -> list[Waiting]:
    """The reports with sightings that nobody has dealt with and that this person may see, the longest waiting first."""
    demand(staff.role, Action.READ_SIGHTINGS)
    first = func.min(SightingRow.at)
    query = (
        select(ReportRow.case_number, func.count(), first)
        .join(SightingRow, SightingRow.report_id == ReportRow.id)
        .where(SightingRow.settled_at.is_(None), ReportRow.erased_at.is_(None))
        .group_by(ReportRow.id)
        .order_by(first, ReportRow.id)
        .limit(limit)
    )
    if not allows(staff.role, Action.RESERVE_REPORT):
        query = query.where(ReportRow.do_not_disclose.is_(False))
    return [Waiting(*row) for row in session.execute(query)]


def of_report(session: Session, keys: Keys, staff: Staff, case_number: str) -> tuple[str, list[Sighting]]:
    """The case number and its sightings, the newest first; looking at them is a line in the log, so this needs a
    session that writes."""
    demand(staff.role, Action.READ_SIGHTINGS)
    report = cases.find(session, staff, case_number)
    audit.append(session, keys, actor=staff.actor, action="sighting.viewed", subject=f"report:{report.id}")
    query = select(SightingRow).where(SightingRow.report_id == report.id).order_by(SightingRow.id.desc())
    rows = session.scalars(query).all()
    ids = [row.id for row in rows]
    fits, compared = sighting_matches.of(session, keys, staff, ids), sighting_jobs.compared(session, ids)
    raised = [row.raised_report_id for row in rows if row.raised_report_id is not None]
    cases_of = search_scope.case_numbers(session, staff, raised)
    found = [
        Sighting(row.id, **_told(session, keys, row), at=row.at, settled=row.settled_at is not None,
                 raised=row.raised_report_id is not None, raised_case=cases_of.get(row.raised_report_id or 0, ""),
                 fits=tuple(fits[row.id]), compared=row.id in compared)
        for row in rows
    ]  # fmt: skip
    return report.case_number, found


def by_id(session: Session, keys: Keys, sighting_id: int) -> tuple[SightingRow, dict[str, str]] | None:
    """A sighting with what was told, by column, for the worker that compares it; None where it was erased."""
    row = session.get(SightingRow, sighting_id)
    return None if row is None else (row, _told(session, keys, row))


def one(
    session: Session, keys: Keys, staff: Staff, case_number: str, sighting_id: int, *, lock: bool = False
) -> tuple[ReportRow, SightingRow, dict[str, str]]:
    """The report of this case number, locked if asked, and one of its sightings with what was told; NotFound where
    there is none, or it is not for this person."""
    report = cases.find(session, staff, case_number, lock=lock)
    row = session.get(SightingRow, sighting_id, populate_existing=lock)
    if row is None or row.report_id != report.id:
        raise NotFound
    return report, row, _told(session, keys, row)


def settle(session: Session, keys: Keys, staff: Staff, case_number: str, newest: int) -> None:
    """Those up to this one have been dealt with; what came later has not been read yet."""
    demand(staff.role, Action.READ_SIGHTINGS)
    report = cases.find(session, staff, case_number, lock=True)
    mine = SightingRow.report_id == report.id, SightingRow.id <= newest, SightingRow.settled_at.is_(None)
    dealt = update(SightingRow).where(*mine).values(settled_at=now(session), settled_by=staff.id)
    if session.scalars(dealt.returning(SightingRow.id).execution_options(synchronize_session=False)).all():
        audit.append(
            session, keys, actor=staff.actor, action="sighting.settled", subject=f"report:{report.id}"
        )


def _told(session: Session, keys: Keys, row: SightingRow) -> dict[str, str]:
    plain: dict[str, str] = json.loads(vault.open(session, keys, row.report_id, _column(row), row.sealed))
    return plain


def _column(row: SightingRow) -> str:
    return f"sighting:{row.id}"
