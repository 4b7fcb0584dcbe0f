"""Alerts: the police ask people near the place where a child was last to look out.

An alert shows what the child's poster shows, and only as long as that hangs: it is asked of the database at every look,
as with posters, so that it is over the moment the child is found. `reunite.alert_spread` tells those who subscribed.
"""

import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from matching import places
from matching.places import Place
from reunite import alert_ends, audit, cases, posters, receipts, rings
from reunite.actors import Staff
from reunite.config import Settings
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.posters import Poster
from reunite.problems import Conflict, NotFound
from reunite.storage.alert_tables import AlertRow
from reunite.storage.clock import now
from reunite.storage.poster_tables import PosterRow
from reunite.storage.tables import ReportRow

LASTS = timedelta(days=7)
"""So long an alert is shown. Less than it is known of deliveries that they were (outbox_care.KEPT): who was told can
be told that it is over."""
MOST = 100
_REF = re.compile(r"[0-9A-Z]{8}")
_NO_POSTER = (
    "There is no poster of this child. An alert shows what the poster shows: please ask a coordinator for it."
)
_NO_PLACE = "The poster names no place that we know. An alert needs to know where the child was last."
_THERE = "There is an alert about this child already."
_NONE = "There is no alert about this child."


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert. `poster` is None where it is over: then nothing is said of the child. `km`: how far it reaches now;
    `number`: how many rings it has reached."""

    ref: str
    place: Place
    at: datetime
    ended_at: datetime | None
    km: float
    number: int
    poster: Poster | None


def is_on(at: datetime) -> ColumnElement[bool]:
    """Whether an alert goes on; for queries that join it with its report and poster."""
    return and_(AlertRow.state == "active", AlertRow.at > at - LASTS, posters.is_shown())


def approve(session: Session, keys: Keys, staff: Staff, case_number: str) -> str:
    """Alert people near the place on the child's poster; gives the alert's ref. Raises Conflict where there is no
    poster, no place on it, or an alert already."""
    demand(staff.role, Action.APPROVE_ALERT)
    report = cases.find(session, staff, case_number, lock=True)
    if not _has_poster(session, report.id):
        raise Conflict(_NO_POSTER)
    facts = json.loads(posters.read(session, keys, report.id, "facts") or b"{}")
    place = known_place(facts.get("place_event", ""))
    if place is None:
        raise Conflict(_NO_PLACE)
    if _active(session, report.id) is not None:
        raise Conflict(_THERE)
    ref = "".join(secrets.choice(receipts.ALPHABET) for _ in range(8))
    session.add(AlertRow(ref=ref, report_id=report.id, place=place.code, approved_by=staff.id, at=now(session),
                         state="active", ring=0, cursor=0))  # fmt: skip
    session.flush()
    audit.append(session, keys, actor=staff.actor, action="alert.approved", subject=f"report:{report.id}")
    return ref


def withdraw(session: Session, keys: Keys, staff: Staff, case_number: str) -> None:
    """The police end an alert; raises Conflict where there is none."""
    demand(staff.role, Action.APPROVE_ALERT)
    report = cases.find(session, staff, case_number, lock=True)
    if not alert_ends.end(session, report.id):
        raise Conflict(_NONE)
    audit.append(session, keys, actor=staff.actor, action="alert.withdrawn", subject=f"report:{report.id}")


def of_report(session: Session, staff: Staff, case_number: str) -> tuple[str, bool]:
    """For the officer at a report: the ref of its alert, empty where none goes on; and whether there could be one. The
    caller has shown the report."""
    demand(staff.role, Action.APPROVE_ALERT)
    report = cases.find(session, staff, case_number)
    row = _active(session, report.id)
    return row.ref if row else "", _has_poster(session, report.id)


def going_on(session: Session, keys: Keys, settings: Settings) -> list[Alert]:
    """The alerts that go on, the newest first."""
    rows = session.execute(_joined().where(is_on(now(session))).order_by(AlertRow.id.desc()).limit(MOST))
    known = places.gazetteer().places
    return [_said(session, keys, settings, *row) for row in rows if row[0].place in known]


def find(session: Session, keys: Keys, settings: Settings, ref: str) -> Alert:
    """One alert, also one that is over; raises NotFound where there never was one, or its report is erased."""
    row = session.scalars(
        select(AlertRow).where(AlertRow.ref == (ref if _REF.fullmatch(ref) else ""))
    ).one_or_none()
    if row is None:
        raise NotFound
    on = session.execute(_joined().where(AlertRow.id == row.id, is_on(now(session)))).one_or_none()
    return _said(session, keys, settings, *on) if on else _said(session, keys, settings, row, None, None)


def known_place(text: str) -> Place | None:
    """The likeliest place of a text, none larger than a province."""
    found = [place for place, _ in places.resolve(text) if place.level != "country"]
    return found[0] if found else None


def place_of(code: str) -> Place:
    """The place of a code that the gazetteer had; NotFound where a newer one has it no more."""
    place = places.gazetteer().places.get(code)
    if place is None:
        raise NotFound
    return place


def _said(
    session: Session, keys: Keys, settings: Settings, row: AlertRow, poster: PosterRow | None, report: ReportRow | None
) -> Alert:  # fmt: skip
    all_ = settings.rings()
    over_at = None if poster else row.ended_at or min(now(session), row.at + LASTS)
    number = rings.begun(all_, (over_at or now(session)) - row.at)
    shown = posters.opened(session, keys, poster, report) if poster and report else None
    return Alert(row.ref, place_of(row.place), row.at, over_at, all_[number - 1].km, number, shown)


def _joined() -> Select[AlertRow, PosterRow, ReportRow]:
    return (
        select(AlertRow, PosterRow, ReportRow)
        .join(PosterRow, PosterRow.report_id == AlertRow.report_id)
        .join(ReportRow, ReportRow.id == AlertRow.report_id)
    )


def _has_poster(session: Session, report_id: int) -> bool:
    query = select(PosterRow.ref).join(ReportRow, ReportRow.id == PosterRow.report_id)
    return session.scalar(query.where(PosterRow.report_id == report_id, posters.is_shown())) is not None


def _active(session: Session, report_id: int) -> AlertRow | None:
    query = select(AlertRow).where(AlertRow.report_id == report_id, AlertRow.state == "active")
    return session.scalars(query).one_or_none()
