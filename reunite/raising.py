"""A sighting becomes a found report: a coordinator or an officer checks what was told, adds what they learnt, files it.

What is offered to them comes from the sighting alone. Nothing of the missing report is copied in: the comparison would
find its own echo and take it for agreement.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from reunite import audit, reports, reserved, search_scope, sighted, sightings, submission
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.reports import Receipt
from reunite.storage.poster_tables import SightingRow
from reunite.storage.tables import ReportRow
from reunite.submission import PERSON_COLUMNS, REPORTER_COLUMNS

COLUMNS = tuple(column for column in (*PERSON_COLUMNS, *REPORTER_COLUMNS) if column != "photo")
"""What can be told of the person and of who can be asked."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+?[\d\s()-]{6,30}")


@dataclass(frozen=True, slots=True)
class Raising:
    """A sighting that may be raised: what was told, what of it can stand in the report, and the case number of the
    report that was made of it (empty: none, or none that this person may see)."""

    case_number: str
    told: dict[str, str]
    fields: dict[str, str]
    raised: bool
    raised_case: str


@dataclass(frozen=True, slots=True)
class Raised:
    """The found report; the receipt only for who raised it, once."""

    case_number: str
    receipt: Receipt | None


def prepare(
    session: Session, keys: Keys, staff: Staff, case_number: str, sighting_id: int, zone: ZoneInfo
) -> Raising:
    """What the form begins with; looking at a sighting is a line in the log, so this needs a session that writes."""
    demand(staff.role, Action.RAISE_SIGHTING)
    report, row, told = sightings.one(session, keys, staff, case_number, sighting_id)
    audit.append(session, keys, actor=staff.actor, action="sighting.viewed", subject=f"report:{report.id}")
    raised = row.raised_report_id is not None
    number = _case_of(session, staff, row)
    return Raising(report.case_number, told, _fields(told, row.at.astimezone(zone).date()), raised, number)


def raise_report(
    session: Session, keys: Keys, staff: Staff, case_number: str, sighting_id: int, said: Mapping[str, str],
    language: str,
) -> Raised:  # fmt: skip
    """File the found report with its job and its lines in the log; raised before, the same report and nothing else. Of
    a report that is reserved to the police it is reserved too. Raises Invalid."""
    demand(staff.role, Action.RAISE_SIGHTING)
    # Locked: who presses the button at the same moment waits here and then finds the report.
    report, row, _ = sightings.one(session, keys, staff, case_number, sighting_id, lock=True)
    if row.raised_report_id is not None:
        return Raised(_case_of(session, staff, row), None)
    told = {column: text for column, text in said.items() if column in COLUMNS}
    parsed = submission.parse({**told, "kind": "found", "language": language}, lenient=True)

    def linked(found_id: int) -> None:
        row.raised_report_id = found_id
        session.flush()

    receipt = reports.file(session, keys, parsed, actor=staff.actor, beside=linked)
    if report.do_not_disclose:
        reserved.reserve(session, keys, staff, session.get_one(ReportRow, receipt.report_id), on=True)
    subject, detail = f"report:{report.id}", f"report:{receipt.report_id}"
    audit.append(session, keys, actor=staff.actor, action="sighting.raised", subject=subject, detail=detail)
    return Raised(receipt.case_number, receipt)


def _case_of(session: Session, staff: Staff, row: SightingRow) -> str:
    """The case number of the report that was made of the sighting, as far as this person may see it."""
    found_id = row.raised_report_id or 0
    return search_scope.case_numbers(session, staff, [found_id]).get(found_id, "")


def _fields(told: Mapping[str, str], sent: date) -> dict[str, str]:
    """What the sighting says, in the columns of a report; how to ask who told it, where that is plain."""
    fields = {**sighted.weak(told, sent), "memories": told["what"]}
    reach = told["reach"].strip()
    for column, form in (("reporter_email", _EMAIL), ("reporter_phone", _PHONE)):
        if form.fullmatch(reach):
            fields[column] = reach
    return fields
