"""Photos, messages and poster of a partner organisation's own report: what a family does on its page, with a key."""

from collections.abc import Collection
from typing import BinaryIO

from sqlalchemy.orm import Session

from reunite import audit, messages, partner_reports, photo_files, photo_rows, photos, poster_consent
from reunite.actors import Partner
from reunite.keys import Keys
from reunite.messages import Message
from reunite.photos import Find, Photo
from reunite.poster_consent import OwnPoster
from reunite.problems import Conflict
from reunite.service import Service


def add_photo(service: Service, partner: Partner, case_number: str, file: BinaryIO) -> Photo:
    """Keep a photo with the partner's own report. Raises NotFound, Invalid, Conflict, Busy."""
    return photos.add_to(service, _found(partner, case_number), file, actor=partner.actor)


def remove_photo(service: Service, partner: Partner, case_number: str, ref: str) -> None:
    """Take a photo away from the partner's own report. Raises NotFound."""
    photos.take_from(service, _found(partner, case_number), ref, actor=partner.actor)


def photos_of(session: Session, partner: Partner, case_number: str) -> list[Photo]:
    """The photos of the partner's own report, in their order. Raises NotFound."""
    report = partner_reports.own(session, partner, case_number)
    return [Photo(row.ref, row.width, row.height) for row in photo_rows.of_report(session, report.id)]


def preview(service: Service, partner: Partner, case_number: str, ref: str) -> bytes:
    """A photo of the partner's own report, small, as JPEG; each look is a line in the log. Raises NotFound."""
    with service.database.write() as session:
        report = partner_reports.own(session, partner, case_number)
        row = photo_rows.of_ref(session, report.id, ref)
        _, small = photo_files.read(service, session, row)
        audit.append(
            session, service.keys, actor=partner.actor, action="photo.viewed", subject=f"report:{report.id}",
            detail=f"photo:{row.id}",
        )  # fmt: skip
    return small


def thread(session: Session, keys: Keys, partner: Partner, case_number: str) -> list[Message]:
    """The messages of the partner's own report, the oldest first; looking at them is a line in the log, so this needs a
    session that writes. Raises NotFound."""
    report = partner_reports.own(session, partner, case_number)
    audit.append(session, keys, actor=partner.actor, action="messages.viewed", subject=f"report:{report.id}")
    return messages.all_of(session, keys, report.id)


def answer(session: Session, keys: Keys, partner: Partner, case_number: str, text: str) -> Message:
    """Answer what was written of the partner's own report; gives the answer as it was kept. Raises NotFound, Invalid,
    Conflict."""
    report = partner_reports.own(session, partner, case_number, lock=True)
    messages.answer_to(session, keys, report, text, actor=partner.actor)
    return messages.all_of(session, keys, report.id)[-1]


def note_read(session: Session, keys: Keys, partner: Partner, case_number: str) -> None:
    """The partner has read what was written of its own report. Raises NotFound."""
    report = partner_reports.own(session, partner, case_number, lock=True)
    messages.note_read(session, keys, report, actor=partner.actor)


def poster(session: Session, partner: Partner, case_number: str) -> OwnPoster:
    """The poster of the partner's own report. Raises NotFound, and Conflict where there can be none."""
    found = poster_consent.of_report(session, partner_reports.own(session, partner, case_number))
    if found is None:
        raise Conflict(poster_consent.NOT_NOW)
    return found


def ask_for_poster(
    session: Session, keys: Keys, partner: Partner, case_number: str, columns: Collection[str], photo: str, *,
    agrees: bool,
) -> OwnPoster:  # fmt: skip
    """Ask for a poster; `agrees`: the family has told the partner that it does. Raises NotFound, Invalid, Conflict."""
    report = partner_reports.own(session, partner, case_number, lock=True)
    poster_consent.ask_for(session, keys, report, columns, photo, agrees=agrees, actor=partner.actor)
    return poster(session, partner, case_number)


def end_poster(session: Session, keys: Keys, partner: Partner, case_number: str) -> None:
    """The poster comes down at once. Raises NotFound."""
    report = partner_reports.own(session, partner, case_number, lock=True)
    poster_consent.end(session, keys, report.id, actor=partner.actor)


def _found(partner: Partner, case_number: str) -> Find:
    return lambda session, lock: partner_reports.own(session, partner, case_number, lock=lock)
