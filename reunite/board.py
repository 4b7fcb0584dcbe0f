"""The coordinator's board: what is new, waits, is overdue, with the police or confirmed, as counts and short lists.

It is opened often: every number is counted from an index, and no further than `MOST_COUNTED`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    Subquery,
    and_,
    exists,
    func,
    or_,
    select,
    union,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from matching import places
from matching.places import Place
from reunite import floods, merging, regions, search_scope
from reunite.actors import Staff
from reunite.policy import Action, demand
from reunite.regions import Volunteer
from reunite.storage.clock import now
from reunite.storage.policy_tables import ReportRegionRow
from reunite.storage.tables import CandidateRow, ConfirmationRow, ReportRow, ReviewRow
from reunite.waiting import MOST_COUNTED, STRENGTHS

NEW_DAYS, CONFIRMED_DAYS = 7, 30
STRONG = STRENGTHS["strong"][0]
"""A pair that is more likely true than not should not wait long."""
_LISTED = 5
_Missing, _Found = aliased(ReportRow, name="missing"), aliased(ReportRow, name="found")


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report that nobody has judged anything of yet."""

    case_number: str
    kind: str
    name: str
    age_days: int


@dataclass(frozen=True, slots=True)
class Line:
    """A candidate, and how many days ago it came."""

    ref: str
    missing_case: str
    found_case: str
    probability: float
    age_days: int


@dataclass(frozen=True, slots=True)
class Pile:
    """How many there are (MOST_COUNTED stands for that many and more) and the first few."""

    count: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Province:
    """A province with what is new and overdue there, and the volunteers who work on it; `place` None: not known."""

    place: Place | None
    new: int
    overdue: int
    """Reports of overdue candidates."""
    volunteers: tuple[Volunteer, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """All of it."""

    new: int
    newest: tuple[NewReport, ...]
    waiting: Pile
    overdue: Pile
    unanswered: Pile
    referred: Pile
    confirmed: Pile
    provinces: tuple[Province, ...]
    volunteers: tuple[Volunteer, ...]


def of(session: Session, staff: Staff, overdue_days: int) -> Board:
    """The board as it stands now; nothing that is reserved to the police counts."""
    demand(staff.role, Action.SEE_BOARD)
    at = now(session)
    fresh = and_(ReportRow.filed_at >= at - timedelta(days=NEW_DAYS), ReportRow.state == "open", ~_judged(),
                 *search_scope.visible(session, staff))  # fmt: skip
    overdue = (
        _open(),
        CandidateRow.probability >= STRONG,
        CandidateRow.created_at < at - timedelta(days=overdue_days),
    )
    people = tuple(regions.volunteers(session, staff))
    return Board(
        new=_count(session, select(ReportRow.id).where(fresh)),
        newest=_newest(session, fresh),
        waiting=_pile(session, _begun(_worked_on(at))),
        overdue=_pile(session, _pairs().where(*overdue).order_by(CandidateRow.probability.desc())),
        unanswered=_pile(session, _begun(_asked())),
        referred=_pile(session, _pairs().where(CandidateRow.stage == "referred").order_by(CandidateRow.updated_at)),
        confirmed=_pile(session, _confirmed(at - timedelta(days=CONFIRMED_DAYS))),
        provinces=_provinces(session, fresh, and_(*overdue), people),
        volunteers=people,
    )  # fmt: skip


def _pairs() -> Select[str, str, str, float, datetime]:
    """Candidates of which neither report is reserved, as the columns of a Line."""
    return (
        select(CandidateRow.ref, _Missing.case_number, _Found.case_number, CandidateRow.probability,
               CandidateRow.created_at)
        .join(_Missing, and_(_Missing.id == CandidateRow.missing_id, _Missing.do_not_disclose.is_(False)))
        .join(_Found, and_(_Found.id == CandidateRow.found_id, _Found.do_not_disclose.is_(False)))
    )  # fmt: skip


def _open(*, led: bool = False) -> ColumnElement[bool]:
    """It is still to be reviewed, and not shown by the pair of a tied report or of an original. `led`: few pairs lead
    to it, so the index of stages must not, as SQLite would have it; a function around the column hides it."""
    if led:
        return and_(func.coalesce(CandidateRow.stage, "") == "open", CandidateRow.current.is_(True),
                    ~merging.shown_by_another(), ~floods.shown_by_its_original())  # fmt: skip
    return and_(CandidateRow.stage == "open", CandidateRow.current.is_(True), ~merging.shown_by_another(),
                ~floods.shown_by_its_original())  # fmt: skip


def _begun(pairs: Subquery) -> Select[str, str, str, float, datetime]:
    """The open candidates among these pairs, which are few beside all that are open; the longest waiting first."""
    mine = and_(CandidateRow.missing_id == pairs.c.missing_id, CandidateRow.found_id == pairs.c.found_id)
    return _pairs().join(pairs, mine).where(_open(led=True)).order_by(CandidateRow.created_at)


def _worked_on(at: datetime) -> Subquery:
    """Somebody works on them now, or has judged and a second is wanted."""
    claimed = select(CandidateRow.missing_id, CandidateRow.found_id).where(CandidateRow.claimed_until > at)
    return union(claimed, select(ReviewRow.missing_id, ReviewRow.found_id)).subquery()


def _asked() -> Subquery:
    """Somebody needed more, and neither report has changed since."""
    changed = exists().where(
        ReportRow.id.in_((ReviewRow.missing_id, ReviewRow.found_id)), ReportRow.changed_at > ReviewRow.at
    )
    asked = select(ReviewRow.missing_id, ReviewRow.found_id).where(ReviewRow.verdict == "need_more", ~changed)
    return asked.distinct().subquery()


def _confirmed(since: datetime) -> Select[str, str, str, float, datetime]:
    finding = and_(ConfirmationRow.missing_id == CandidateRow.missing_id,
                   ConfirmationRow.found_id == CandidateRow.found_id)  # fmt: skip
    recent = _pairs().join(ConfirmationRow, finding).where(
        ConfirmationRow.outcome == "confirmed", ConfirmationRow.at >= since
    )  # fmt: skip
    return recent.order_by(ConfirmationRow.at.desc())


def _judged() -> ColumnElement[bool]:
    return or_(
        exists().where(ReviewRow.missing_id == ReportRow.id),
        exists().where(ReviewRow.found_id == ReportRow.id),
    )


def _pile(session: Session, query: Select[str, str, str, float, datetime]) -> Pile:
    at = now(session)
    lines = tuple(
        Line(ref, missing, found, probability, (at - came).days)
        for ref, missing, found, probability, came in session.execute(query.limit(_LISTED))
    )
    return Pile(_count(session, query.order_by(None)), lines)


def _count(session: Session, query: Select[*tuple[Any, ...]]) -> int:
    return session.scalars(select(func.count()).select_from(query.limit(MOST_COUNTED).subquery())).one()


def _newest(session: Session, fresh: ColumnElement[bool]) -> tuple[NewReport, ...]:
    query = (
        select(ReportRow).where(fresh).order_by(ReportRow.filed_at.desc(), ReportRow.id.desc()).limit(_LISTED)
    )
    at = now(session)
    return tuple(
        NewReport(row.case_number, row.kind, row.person.get("name", ""), (at - row.filed_at).days)
        for row in session.scalars(query)
    )


def _provinces(
    session: Session, fresh: ColumnElement[bool], overdue: ColumnElement[bool], people: Sequence[Volunteer]
) -> tuple[Province, ...]:
    """The provinces where something is new or overdue, or that a volunteer works on; the fullest first."""
    new = _by_province(session, select(ReportRow.id).where(fresh).limit(MOST_COUNTED))
    late = (
        _pairs()
        .with_only_columns(CandidateRow.missing_id, CandidateRow.found_id)
        .where(overdue)
        .limit(MOST_COUNTED)
    )
    pairs = late.subquery()
    ids = union_all(select(pairs.c.missing_id), select(pairs.c.found_id))
    overdue_in = _by_province(session, ids)
    known = places.gazetteer().places
    codes = {*new, *overdue_in, *(place.code for one in people for place in one.regions)}
    found = [
        Province(known.get(code), new.get(code, 0), overdue_in.get(code, 0),
                 tuple(one for one in people if code in [place.code for place in one.regions]))
        for code in sorted(codes)
    ]  # fmt: skip
    return tuple(
        sorted(found, key=lambda one: (-one.new - one.overdue, one.place.code if one.place else "~"))
    )


def _by_province(session: Session, ids: Select[int] | CompoundSelect[int]) -> dict[str, int]:
    """How many of these reports touch each province; the empty code stands for those of which none is known."""
    wanted = ids.subquery()
    column = next(iter(wanted.c))
    query = (
        select(ReportRegionRow.province, func.count(column.distinct()))
        .join(wanted, column == ReportRegionRow.report_id)
        .group_by(ReportRegionRow.province)
    )
    return {code: count for code, count in session.execute(query)}
