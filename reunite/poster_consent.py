"""A family and the poster of its child: it says what may stand there, and takes that back whenever it likes."""

import secrets
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import alert_ends, audit, photo_rows, posters, receipts, reports
from reunite.actors import FAMILY
from reunite.keys import Keys
from reunite.policy import ON_POSTERS
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.poster_tables import PosterRow
from reunite.storage.tables import ReportRow

_REF_LENGTH = 8
_ENOUGH = ("name", "other_names")
NOT_NOW = "A poster can be asked for only while a child is looked for."
_TOO_LITTLE = "Please choose at least the name or a photo: else nobody could know the child by it."
_DISAGREES = "Please tick that everybody may see this. Without that there is no poster."


@dataclass(frozen=True, slots=True)
class OwnPoster:
    """The poster as the family sees it. `columns` are those that may stand on it and that the report tells, `state` is
    empty where none was ever asked for; `ref` is empty unless it is shown now."""

    columns: tuple[str, ...]
    state: str
    ref: str
    chosen: tuple[str, ...]
    photo: str


def of_own(session: Session, keys: Keys, case_number: str, secret: str) -> OwnPoster | None:
    """The poster of one's own missing report; None where there can be none, or the receipt does not fit."""
    report = reports.by_receipt(session, keys, case_number, secret)
    return of_report(session, report) if report is not None else None


def of_report(session: Session, report: ReportRow) -> OwnPoster | None:
    """The same of a report that is the viewer's own."""
    if not _may_have_one(session, report):
        return None
    columns = tuple(column for column in ON_POSTERS if report.person.get(column))
    row = session.get(PosterRow, report.id)
    if row is None:
        return OwnPoster(columns, "", "", (), "")
    query = select(PosterRow.ref).join(ReportRow, ReportRow.id == PosterRow.report_id)
    shown = session.scalar(query.where(PosterRow.report_id == report.id, posters.is_shown()))
    return OwnPoster(columns, row.state, shown or "", tuple(row.shown), row.photo)


def ask(
    session: Session, keys: Keys, case_number: str, secret: str, columns: Collection[str], photo: str, *, agrees: bool
) -> None:  # fmt: skip
    """The family asks for a poster with these columns and this photo (its ref, or empty). One that hangs already comes
    down until a coordinator has looked at the new one. Raises NotFound where the receipt does not fit, Conflict where
    nobody is looked for, Invalid."""
    ask_for(
        session, keys, _mine(session, keys, case_number, secret), columns, photo, agrees=agrees, actor=FAMILY
    )


def ask_for(
    session: Session, keys: Keys, report: ReportRow, columns: Collection[str], photo: str, *, agrees: bool, actor: str
) -> None:  # fmt: skip
    """The same of a report that is the actor's own and that the caller has locked."""
    if not _may_have_one(session, report):
        raise Conflict(NOT_NOW)
    shown = [column for column in ON_POSTERS if column in columns and report.person.get(column)]
    if photo and photo not in {row.ref for row in photo_rows.of_report(session, report.id)}:
        photo = ""
    if not photo and not any(column in shown for column in _ENOUGH):
        raise Invalid([Problem("poster", "", _TOO_LITTLE)])
    if not agrees:
        raise Invalid([Problem("agree", "", _DISAGREES)])
    row = session.get(PosterRow, report.id) or PosterRow(report_id=report.id, ref=_new_ref())
    row.state, row.shown, row.photo, row.asked_at = "asked", shown, photo, now(session)
    row.rev = row.decided_by = row.decided_at = None
    session.add(row)
    session.flush()
    alert_ends.end(session, report.id)
    posters.forget_parts(session, report.id)
    _log(session, keys, "poster.asked", report.id, actor)


def take_back(session: Session, keys: Keys, case_number: str, secret: str) -> None:
    """The family wants no poster any more: it is gone at once. Raises NotFound where the receipt does not fit."""
    end(session, keys, _mine(session, keys, case_number, secret).id, actor=FAMILY)


def photo_left(session: Session, keys: Keys, report_id: int, photo: str, *, actor: str) -> None:
    """The family took this photo away from its report: a poster with it comes down."""
    row = session.get(PosterRow, report_id)
    if row is not None and row.photo == photo:
        end(session, keys, report_id, actor=actor)


def end(session: Session, keys: Keys, report_id: int, *, actor: str) -> None:
    """Whoever filed the report, which the caller has locked, wants no poster any more."""
    row = session.get(PosterRow, report_id)
    if row is not None and row.state != "taken_back":
        row.state = "taken_back"
        session.flush()
        alert_ends.end(session, report_id)
        posters.forget_parts(session, report_id)
        _log(session, keys, "poster.taken_back", report_id, actor)


def _mine(session: Session, keys: Keys, case_number: str, secret: str) -> ReportRow:
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        raise NotFound
    return report


def _may_have_one(session: Session, report: ReportRow) -> bool:
    looked_for = report.kind == "missing" and report.state == "open"
    return looked_for and reports.status_of(session, report).step != "news"


def _new_ref() -> str:
    """Short, because people may have to type it from a poster; it is no secret."""
    return "".join(secrets.choice(receipts.ALPHABET) for _ in range(_REF_LENGTH))


def _log(session: Session, keys: Keys, action: str, report_id: int, actor: str) -> None:
    audit.append(session, keys, actor=actor, action=action, subject=f"report:{report_id}")
