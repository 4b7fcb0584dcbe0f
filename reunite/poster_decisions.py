"""A coordinator decides on the posters that families ask for: publishes, declines, takes down."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from reunite import alert_ends, audit, cases, concerns, messages, notifications, posters
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import ON_POSTERS, Action, demand
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.clock import now
from reunite.storage.poster_tables import PosterRow
from reunite.storage.tables import ReportRow

_CHANGED = "The family changed something meanwhile. Please look at it again."
_WARNED = "This report carries a warning: no poster of it can be published as long as that stands."
_UNCLEAR = "Please decide first, under Moderation, whether this is a real report."
_TOO_LITTLE = "Leave at least the name or the photo on it: else nobody could know the child by it."


@dataclass(frozen=True, slots=True)
class Wish:
    """A poster to decide on, or that was decided on: `facts` by column and the ref of the `photo` (empty: none) as the
    family consents and the report tells them now, `flags` the report's warnings. `reviewed` names what was looked at,
    to be given back with the decision; `shown`: it hangs now; `changed`: the report says something else since."""

    case_number: str
    ref: str
    state: str
    facts: dict[str, str]
    photo: str
    language: str
    flags: tuple[str, ...]
    asked_at: datetime
    shown: bool
    changed: bool
    reviewed: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A poster that waits: asked for, or published of a report that was changed since."""

    case_number: str
    name: str
    state: str
    since: datetime


def waiting(session: Session, staff: Staff, limit: int = 200) -> list[Waiting]:
    """What is to be decided on, the longest waiting first."""
    demand(staff.role, Action.PUBLISH_POSTER)
    query = (
        select(ReportRow, PosterRow)
        .join(PosterRow, PosterRow.report_id == ReportRow.id)
        .where(_waits())
        .order_by(PosterRow.asked_at, ReportRow.id)
        .limit(limit)
    )
    return [
        Waiting(report.case_number, report.person.get("name", ""), poster.state,
                poster.asked_at if poster.state == "asked" else report.changed_at)
        for report, poster in session.execute(query)
    ]  # fmt: skip


def how_many(session: Session, staff: Staff) -> int:
    """How many wait."""
    demand(staff.role, Action.PUBLISH_POSTER)
    query = select(func.count()).select_from(PosterRow).join(ReportRow, ReportRow.id == PosterRow.report_id)
    return session.scalars(query.where(_waits())).one()


def asked_for(session: Session, case_number: str) -> bool:
    """Whether a poster of this report was ever asked for; the caller may see the report."""
    query = select(PosterRow.ref).join(ReportRow, ReportRow.id == PosterRow.report_id)
    return session.scalar(query.where(ReportRow.case_number == case_number)) is not None


def of_report(session: Session, keys: Keys, staff: Staff, case_number: str) -> Wish:
    """The poster of one report; NotFound where none was ever asked for, or it is not for this person. Looking at it is
    a line in the log, so this needs a session that writes."""
    demand(staff.role, Action.PUBLISH_POSTER)
    report, poster = _both(session, staff, case_number)
    audit.append(session, keys, actor=staff.actor, action="poster.viewed", subject=f"report:{report.id}")
    query = select(PosterRow.ref).join(ReportRow, ReportRow.id == PosterRow.report_id)
    shown = session.scalar(query.where(PosterRow.report_id == report.id, posters.is_shown())) is not None
    return Wish(
        report.case_number, poster.ref, poster.state, _facts(report, poster, poster.shown), poster.photo,
        report.language, concerns.flags(session, (report.id,)), poster.asked_at, shown,
        poster.rev is not None and poster.rev != report.rev, _reviewed(report, poster),
    )  # fmt: skip


def publish(
    session: Session, keys: Keys, staff: Staff, case_number: str, reviewed: str, columns: Collection[str],
    parts: Mapping[str, bytes],
) -> str:  # fmt: skip
    """Publish the poster with these of the columns that the family consents to; `parts` are its pdf and png, and its
    photo and preview where it has one. Gives its ref. Raises Conflict where something was changed since it was looked
    at, there is a warning, or it is not clear whether the report is real; Invalid where too little is left."""
    demand(staff.role, Action.PUBLISH_POSTER)
    report, poster = _both(session, staff, case_number, lock=True)
    if poster.state not in ("asked", "published") or _reviewed(report, poster) != reviewed:
        raise Conflict(_CHANGED)
    if report.state != "open" or concerns.flags(session, (report.id,)):
        raise Conflict(_WARNED)
    unclear = exists().where(ModerationRow.report_id == report.id, ModerationRow.decision.is_(None))
    if session.scalars(select(unclear)).one():
        raise Conflict(_UNCLEAR)
    shown = [column for column in poster.shown if column in columns]
    if "photo" not in parts and not {"name", "other_names"} & set(shown):
        raise Invalid([Problem("poster", "", _TOO_LITTLE)])
    facts = json.dumps(_facts(report, poster, shown), ensure_ascii=False).encode()
    posters.keep(session, keys, report.id, {"facts": facts, **parts})
    notifications.poster(session, keys, report, poster.ref)
    _decide(session, keys, staff, report, poster, "published")
    poster.rev = report.rev
    session.flush()
    return poster.ref


def decline(session: Session, keys: Keys, staff: Staff, case_number: str, reason: str) -> None:
    """Say no, with words that the family reads as a message on its case. Raises Invalid without words."""
    demand(staff.role, Action.PUBLISH_POSTER)
    report, poster = _both(session, staff, case_number, lock=True)
    if poster.state != "asked":
        raise Conflict(_CHANGED)
    messages.write(session, keys, staff, case_number, reason)
    _decide(session, keys, staff, report, poster, "declined")


def take_down(session: Session, keys: Keys, staff: Staff, case_number: str) -> None:
    """The poster hangs no longer."""
    demand(staff.role, Action.PUBLISH_POSTER)
    report, poster = _both(session, staff, case_number, lock=True)
    if poster.state != "published":
        raise Conflict(_CHANGED)
    alert_ends.end(session, report.id)
    _decide(session, keys, staff, report, poster, "taken_down")
    posters.forget_parts(session, report.id)


def _waits() -> ColumnElement[bool]:
    changed = and_(PosterRow.state == "published", PosterRow.rev != ReportRow.rev)
    open_ = and_(
        ReportRow.state == "open", ReportRow.erased_at.is_(None), ReportRow.do_not_disclose.is_(False)
    )
    return and_(open_, or_(PosterRow.state == "asked", changed))


def _both(
    session: Session, staff: Staff, case_number: str, *, lock: bool = False
) -> tuple[ReportRow, PosterRow]:
    report = cases.find(session, staff, case_number, lock=lock)
    poster = session.get(PosterRow, report.id)
    if poster is None:
        raise NotFound
    return report, poster


def _facts(report: ReportRow, poster: PosterRow, columns: Collection[str]) -> dict[str, str]:
    """What may stand there; the table of the policy has the last word on every column."""
    return {column: report.person[column] for column in ON_POSTERS
            if column in columns and column in poster.shown and report.person.get(column)}  # fmt: skip


def _reviewed(report: ReportRow, poster: PosterRow) -> str:
    return f"{report.rev}.{poster.asked_at.timestamp():.6f}.{poster.state}"


def _decide(
    session: Session, keys: Keys, staff: Staff, report: ReportRow, poster: PosterRow, state: str
) -> None:
    poster.state, poster.decided_by, poster.decided_at = state, staff.id, now(session)
    session.flush()
    audit.append(session, keys, actor=staff.actor, action=f"poster.{state}", subject=f"report:{report.id}")
