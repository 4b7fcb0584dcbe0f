"""Photos of a report: add, remove, show. Each is cleaned first, kept as a sealed file, and counts in the matching.

A file is named in `photo_leftover` before it is written, and leaves that list in the transaction that stores its
photo; what a crash leaves behind is on the list and removed later. So a file is missing for no photo, and nothing is
ever removed because a database does not know it: the database may be the wrong one.
"""

import base64
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from matching import pictures
from reunite import (
    audit,
    cases,
    photo_files,
    photo_rows,
    poster_consent,
    queues,
    reports,
    sanitising,
    vault,
    webhook_events,
)
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, allows, demand
from reunite.problems import Busy, Conflict, NotFound
from reunite.sanitising import CleanPhoto
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.photo_tables import PhotoLeftoverRow, PhotoRow
from reunite.storage.tables import CandidateRow, ReportRow
from reunite.webhook_events import EventType

MOST_PHOTOS = 6
Find = Callable[[Session, bool], ReportRow | None]
"""Gives the report that is one's own, locked where True is said; None or NotFound where it is not."""
_BEING_WRITTEN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Photo:
    """A kept photo; sizes in pixels."""

    ref: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A photo as its own family sees it: `data` is an address that holds the small picture itself, empty where its
    file cannot be read now."""

    ref: str
    data: str


def add(service: Service, case_number: str, secret: str, file: BinaryIO, *, actor: str) -> Photo:
    """Clean the photo and keep it with the report that the receipt opens; the report is matched again. The same photo
    again adds nothing. Raises NotFound, Invalid, Conflict, and Busy when nothing could be stored."""
    return add_to(service, _by_receipt(service.keys, case_number, secret), file, actor=actor)


def add_to(service: Service, find: Find, file: BinaryIO, *, actor: str) -> Photo:
    """The same with a report that is found otherwise."""
    with service.database.read() as session:
        _open_report(session, find)
    cleaned = sanitising.clean(file)
    [name] = names(service, 1)
    with service.database.write() as session:
        report = _open_report(session, find, lock=True)
        rows = photo_rows.of_report(session, report.id)
        same = (cleaned.fingerprint, cleaned.width, cleaned.height, len(cleaned.photo))
        for row in rows:
            if (row.fingerprint, row.width, row.height, row.size) == same:
                return Photo(row.ref, row.width, row.height)
        if len(rows) >= MOST_PHOTOS:
            raise Conflict("A report has at most six photos. Remove one before you add another.")
        position = max((row.position for row in rows), default=0) + 1
        row = _store(service, session, report, cleaned, name, position)
        _fingerprint(session, report)
        _log(session, service.keys, actor, "photo.added", row)
    return Photo(row.ref, row.width, row.height)


def names(service: Service, count: int) -> list[str]:
    """New names of files, known as left behind unless a photo is stored under them soon."""
    made = [f"{secrets.token_hex(1)}/{secrets.token_hex(20)}.bin" for _ in range(count)]
    with service.database.write() as session:
        session.add_all(PhotoLeftoverRow(file=name, due=now(session) + _BEING_WRITTEN) for name in made)
    return made


def attach(
    service: Service,
    session: Session,
    report_id: int,
    cleaned: Sequence[CleanPhoto],
    names: Sequence[str],
    *,
    actor: str,
) -> None:
    """Keep photos, under names that `names` gave, with a report that is filed in the same transaction. Raises Busy
    where one cannot be stored: then the transaction must not commit."""
    report = session.get_one(ReportRow, report_id)
    for position, (photo, name) in enumerate(zip(cleaned, names, strict=True), start=1):
        _log(
            session,
            service.keys,
            actor,
            "photo.added",
            _store(service, session, report, photo, name, position),
        )
    _fingerprint(session, report)


def remove(service: Service, case_number: str, secret: str, ref: str, *, actor: str) -> None:
    """Take a photo away from one's own report; its file is removed at once. The report is matched again."""
    take_from(service, _by_receipt(service.keys, case_number, secret), ref, actor=actor)


def take_from(service: Service, find: Find, ref: str, *, actor: str) -> None:
    """The same with a report that is found otherwise."""
    with service.database.write() as session:
        report = find(session, True)
        if report is None:
            raise NotFound
        row = photo_rows.of_ref(session, report.id, ref)
        photo_rows.leave(session, [row])
        poster_consent.photo_left(session, service.keys, report.id, row.ref, actor=actor)
        _fingerprint(session, report)
        if report.source is not None:
            webhook_events.happened(session, EventType.PHOTO, report.id)
        _log(session, service.keys, actor, "photo.removed", row)
    sweep(service)


def previews(service: Service, session: Session, case_number: str, secret: str) -> list[Preview]:
    """The photos of one's own report, small; none for a receipt that does not fit."""
    report = reports.by_receipt(session, service.keys, case_number, secret)
    rows = photo_rows.of_report(session, report.id) if report else []
    return [Preview(row.ref, _data(service, session, row)) for row in rows]


def of_candidate(session: Session, staff: Staff, ref: str) -> tuple[list[Photo], list[Photo]] | None:
    """The photos of the missing and the found report of a candidate; None where they are not for this person now:
    a volunteer sees those of the candidate that they have claimed."""
    demand(staff.role, Action.SEE_PHOTOS)
    candidate = queues.find(session, staff, ref)
    if not _may_see(session, staff, candidate):
        return None
    sides = (photo_rows.of_report(session, side) for side in (candidate.missing_id, candidate.found_id))
    missing, found = ([Photo(row.ref, row.width, row.height) for row in side] for side in sides)
    return missing, found


def view(service: Service, staff: Staff, ref: str, photo_ref: str) -> bytes:
    """One photo of a candidate as JPEG; each view is a line in the log. NotFound for every other."""
    demand(staff.role, Action.SEE_PHOTOS)
    with service.database.write() as session:
        candidate = queues.find(session, staff, ref)
        both = (candidate.missing_id, candidate.found_id)
        query = select(PhotoRow).where(PhotoRow.ref == photo_ref, PhotoRow.report_id.in_(both))
        known = re.fullmatch(r"[\w-]{1,32}", photo_ref, re.ASCII)
        row = session.scalars(query).one_or_none() if known else None
        if row is None or not _may_see(session, staff, candidate):
            raise NotFound
        return _shown(service, session, staff, row)


def of_report(session: Session, staff: Staff, case_number: str) -> tuple[str, list[Photo]]:
    """The case number and the photos of one report; NotFound where it is not for this person."""
    demand(staff.role, Action.SEE_PHOTOS_UNCLAIMED)
    report = cases.find(session, staff, case_number)
    rows = photo_rows.of_report(session, report.id)
    return report.case_number, [Photo(row.ref, row.width, row.height) for row in rows]


def chosen_for_poster(
    service: Service, session: Session, staff: Staff, case_number: str, photo_ref: str
) -> tuple[bytes, bytes] | None:
    """The photo that a family chose for its poster and the preview, as JPEG; None where it chose none."""
    demand(staff.role, Action.PUBLISH_POSTER)
    rows = photo_rows.of_report(session, cases.find(session, staff, case_number).id)
    row = next((row for row in rows if row.ref == photo_ref), None)
    return photo_files.read(service, session, row) if row is not None else None


def view_of_report(service: Service, staff: Staff, case_number: str, photo_ref: str) -> bytes:
    """One photo of a report as JPEG; each view is a line in the log. NotFound for every other."""
    demand(staff.role, Action.SEE_PHOTOS_UNCLAIMED)
    with service.database.write() as session:
        row = photo_rows.of_ref(session, cases.find(session, staff, case_number).id, photo_ref)
        return _shown(service, session, staff, row)


def inline(preview: bytes) -> str:
    """An address that holds the small picture itself, for a page of those whose photo it is."""
    return "data:image/jpeg;base64," + base64.b64encode(preview).decode()


def sweep(service: Service) -> int:
    """Remove the files that no photo needs any more; gives how many. The file goes first, then its line."""
    with service.database.write() as session:
        query = select(PhotoLeftoverRow).where(PhotoLeftoverRow.due <= now(session)).with_for_update()
        rows = session.scalars(query).all()
        for row in rows:
            photo_files.path(service, row.file).unlink(missing_ok=True)
            session.delete(row)
    return len(rows)


def _by_receipt(keys: Keys, case_number: str, secret: str) -> Find:
    return lambda session, lock: reports.by_receipt(session, keys, case_number, secret, lock=lock)


def _open_report(session: Session, find: Find, *, lock: bool = False) -> ReportRow:
    report = find(session, lock)
    if report is None:
        raise NotFound
    if report.state != "open":
        raise Conflict("This report is no longer open, so that no photo can be added.")
    return report


def _store(
    service: Service, session: Session, report: ReportRow, cleaned: CleanPhoto, name: str, position: int
) -> PhotoRow:
    mine = delete(PhotoLeftoverRow).where(PhotoLeftoverRow.file == name).returning(PhotoLeftoverRow.file)
    if not session.execute(mine).all():
        raise Busy  # it took so long that the file counts as left behind
    row = PhotoRow(
        report_id=report.id, ref=secrets.token_urlsafe(18), file=name, fingerprint=cleaned.fingerprint,
        width=cleaned.width, height=cleaned.height, size=len(cleaned.photo), position=position, filed_at=now(session),
    )  # fmt: skip
    session.add(row)
    session.flush()
    plain = len(cleaned.photo).to_bytes(photo_files.LENGTH, "big") + cleaned.photo + cleaned.preview
    sealed = vault.seal(session, service.keys, report.id, f"photo:{row.id}", plain)
    try:
        photo_files.write(photo_files.path(service, name), sealed)
    except OSError as error:
        raise Busy from error
    return row


def _shown(service: Service, session: Session, staff: Staff, row: PhotoRow) -> bytes:
    photo, _ = photo_files.read(service, session, row)
    _log(session, service.keys, staff.actor, "photo.viewed", row)
    return photo


def _fingerprint(session: Session, report: ReportRow) -> None:
    """Write the fingerprints of all its photos into the report, which is matched again where they changed."""
    prints = ";".join(row.fingerprint for row in photo_rows.of_report(session, report.id) if row.fingerprint)
    person = {name: value for name, value in report.person.items() if name != "photo"}
    if prints:
        person["photo"] = pictures.write(pictures.read(prints))
    if person != report.person:
        report.person = person
        reports.changed(session, report)


def _may_see(session: Session, staff: Staff, candidate: CandidateRow) -> bool:
    if allows(staff.role, Action.SEE_PHOTOS_UNCLAIMED):
        return True
    until = candidate.claimed_until
    return candidate.claimed_by == staff.id and until is not None and until > now(session)


def _data(service: Service, session: Session, row: PhotoRow) -> str:
    try:
        _, preview = photo_files.read(service, session, row)
    except NotFound:
        return ""
    return inline(preview)


def _log(session: Session, keys: Keys, actor: str, action: str, row: PhotoRow) -> None:
    audit.append(
        session, keys, actor=actor, action=action, subject=f"report:{row.report_id}", detail=f"photo:{row.id}"
    )
