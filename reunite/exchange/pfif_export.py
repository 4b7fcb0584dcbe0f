"""A stored report as a PFIF record under the id it always has."""

import re
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from reunite import contacts, originals, submission, whereabouts
from reunite.exchange import pfif_mapping, pfif_notes, pfif_stored
from reunite.exchange.pfif import PersonRecord
from reunite.exchange.pfif_dates import written
from reunite.exchange.pfif_mapping import About
from reunite.keys import Keys
from reunite.storage.clock import aware
from reunite.storage.tables import ReportRow

_RECORD_ID = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+/\S+", re.IGNORECASE)


def domain_of(public_url: str) -> str:
    """The domain of our own record ids; empty where the service has no address of its own yet."""
    return urlsplit(public_url).hostname or ""


def record_id(report: ReportRow, domain: str) -> str:
    """The id of the report's record: the one it came with, else one of our domain."""
    own = f"{domain}/{report.case_number}"
    return report.source_id if report.source_id and _RECORD_ID.fullmatch(report.source_id) else own


def record_of_report(
    session: Session, keys: Keys, report: ReportRow, *, domain: str, organisation: str, at: datetime
) -> PersonRecord | None:
    """The record, contact data and whereabouts in it: ask the policy before, and leave out what must not be given on.
    One that came as PFIF goes as it came while the report says the same; the placeholder of an erased one where its
    source set an end, else None."""
    ends = aware(report.expires_at) if report.expires_at else None
    number = record_id(report, domain)
    if report.erased_at is not None:
        return _placeholder(number, ends) if ends else None
    about = About(
        number, f"{domain}/{report.case_number}.status", organisation, aware(report.filed_at), at, ends
    )
    person, reporter = whereabouts.whole(session, keys, report), contacts.reporter(session, keys, report.id)
    person.pop("photo", None)
    columns = {"kind": report.kind, **person, **reporter, "language": report.language}
    text = originals.original(session, keys, report.id)
    return (
        _updated(pfif_stored.restored(text), columns, about)
        if text
        else pfif_mapping.record_of(columns, about)
    )


def _placeholder(number: str, ends: datetime) -> PersonRecord:
    time = written(ends)
    return PersonRecord(person_record_id=number, entry_date=time, expiry_date=time, source_date=time)


def _updated(before: PersonRecord, columns: dict[str, str], about: About) -> PersonRecord:
    """The record as it came, or where the report says something else by now: our record with what only the other has,
    and our note where none of its own makes the person the same kind."""
    told = {"language": columns["language"], **pfif_mapping.columns_of(before, kind=columns["kind"])}
    told = {column: text for column, text in told.items() if column != "source_id"}
    if submission.check(told)[0] == columns:
        return before
    ours = pfif_mapping.record_of(columns, about)
    note = pfif_notes.telling(before.notes)
    fits = note is not None and pfif_notes.KINDS[note.status.strip()] == columns["kind"]
    return replace(
        ours, source_name=before.source_name, source_date=before.source_date, source_url=before.source_url,
        photo_url=before.photo_url, profile_urls=before.profile_urls, extra=before.extra,
        notes=before.notes if fits else (*before.notes, *ours.notes),
    )  # fmt: skip
