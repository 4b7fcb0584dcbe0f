"""Where found persons are: sealed apart from the rest of a report, given back to those who may know.

The engine compares places by their readings in its tables, so a worker gets these (`compared`) and never keeps what was
written. What people may see of it is the policy's and the queue's business.
"""

from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from matching.evidence import Evidence
from matching.place_text import as_readings
from reunite import vault
from reunite.keys import Keys
from reunite.storage.tables import ReportRow
from reunite.storage.vault_tables import ReportKeyRow, SealedRow

COLUMN = "place_found"


def keep(session: Session, keys: Keys, report_id: int, person: Mapping[str, str]) -> dict[str, str]:
    """Seal the whereabouts; gives the rest of the person, which may be stored readable."""
    vault.put(session, keys, report_id, COLUMN, person.get(COLUMN, ""))
    return rest(person)


def rest(person: Mapping[str, str]) -> dict[str, str]:
    """The person without the whereabouts."""
    return {column: text for column, text in person.items() if column != COLUMN}


def whole(session: Session, keys: Keys, report: ReportRow) -> dict[str, str]:
    """The person with the whereabouts; ask the policy before showing it."""
    place = vault.get(session, keys, report.id, COLUMN)
    return {**report.person, COLUMN: place} if place else dict(report.person)


def opened(
    keys: Keys, report: ReportRow, version: int | None, wrapped: bytes | None, sealed: bytes | None
) -> dict[str, str]:
    """The person with the whereabouts, from a row of `with_sealed`."""
    if version is None or wrapped is None or sealed is None:
        return dict(report.person)
    place = vault.opened(keys, report.id, version, wrapped, COLUMN, sealed).decode()
    return {**report.person, COLUMN: place}


def with_sealed() -> Select[ReportRow, int, bytes, bytes]:
    """Reports with what `opened` and `compared` need (None where nothing is sealed), in one query
    however many there are."""
    of_it = and_(SealedRow.report_id == ReportRow.id, SealedRow.column == COLUMN)
    return (
        select(ReportRow, ReportKeyRow.version, ReportKeyRow.wrapped, SealedRow.sealed)
        .outerjoin(SealedRow, of_it)
        .outerjoin(
            ReportKeyRow, and_(ReportKeyRow.report_id == ReportRow.id, SealedRow.report_id.is_not(None))
        )
    )


def compared(
    keys: Keys, report: ReportRow, version: int | None, wrapped: bytes | None, sealed: bytes | None
) -> dict[str, str]:
    """The person as the engine compares it: of the whereabouts only which places of its tables may be meant."""
    said = opened(keys, report, version, wrapped, sealed)
    return {**said, COLUMN: as_readings(said[COLUMN])} if sealed is not None else said


def without(line: Evidence) -> Evidence:
    """The line as it is stored: the whereabouts are not written a second time."""
    return replace(line, found="") if line.field == COLUMN else line


def within(line: Evidence, place: str) -> Evidence:
    """The stored line with the whereabouts as they were written."""
    return replace(line, found=place) if line.field == COLUMN else line
