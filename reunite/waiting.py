"""Which candidates wait for a person, in which order, and which comes before and after another."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from reunite import floods, merging, regions
from reunite.actors import Staff
from reunite.storage.clock import now
from reunite.storage.policy_tables import ReportRegionRow
from reunite.storage.tables import CandidateRow, ReviewRow

MOST_COUNTED = 300
"""Nobody needs to know whether more wait than this, and counting them all takes seconds on a full queue."""
_MANY = 2000
STRENGTHS = {"strong": (0.5, 1.1), "likely": (0.1, 0.5), "weak": (0.0, 0.1)}
"""Bands of probability: from, and below."""
WAITS = {"week": (0, 7), "month": (7, 30), "longer": (30, 100_000)}
"""How many days ago a candidate was suggested: from, and below."""
AGES = {"small": (0, 7), "child": (7, 18), "grown": (18, 1000)}
"""Years of age, this year, of the youngest that one of both reports may mean: from, and below. With `UNKNOWN_AGE`
they are all there is."""
UNKNOWN_AGE = "unknown"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to see of the queue; empty: all. `strength`, `waits` and `age` are keys of the tables above,
    `region` the code of a province that one of both reports touches."""

    strength: str = ""
    waits: str = ""
    age: str = ""
    region: str = ""

    def where(self, session: Session) -> ColumnElement[bool]:
        """The condition on candidates; a word that is no key narrows nothing."""
        wanted: list[ColumnElement[bool]] = [true()]
        if band := STRENGTHS.get(self.strength):
            wanted += [CandidateRow.probability >= band[0], CandidateRow.probability < band[1]]
        if days := WAITS.get(self.waits):
            at = now(session)
            wanted += [CandidateRow.created_at <= at - timedelta(days=days[0]),
                       CandidateRow.created_at > at - timedelta(days=days[1])]  # fmt: skip
        if self.age == UNKNOWN_AGE:
            wanted.append(CandidateRow.born.is_(None))
        elif years := AGES.get(self.age):
            wanted.append(_of_age(session, *years))
        if self.region:
            wanted.append(exists().where(
                ReportRegionRow.report_id.in_((CandidateRow.missing_id, CandidateRow.found_id)),
                ReportRegionRow.province == self.region,
            ))  # fmt: skip
        return and_(*wanted)


EVERYTHING = Wanted()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a candidate stands among those that wait: its number from 1, and the candidates beside it (or None)."""

    number: int
    before: str | None
    after: str | None


def _of_age(session: Session, least: int, below: int) -> ColumnElement[bool]:
    """Whether the child of a candidate is of this age. Few are looked up by their births and then sorted; among many,
    the order of the queue finds a page of them sooner: there the births are only looked at."""
    this = now(session).year
    first, last = this - below + 1, this - least if least else this + 1  # a child may be expected
    of_age = CandidateRow.born.between(first, last)
    some = select(CandidateRow.missing_id).where(
        CandidateRow.stage == "open", CandidateRow.current.is_(True), of_age
    )
    many = session.scalars(select(func.count()).select_from(some.limit(_MANY).subquery())).one() == _MANY
    return (CandidateRow.born + 0).between(first, last) if many else of_age


def waits_for(session: Session, staff: Staff, wanted: Wanted = EVERYTHING) -> ColumnElement[bool]:
    """Whether a candidate waits for this person: open, current, not claimed by another, not judged by them, in their
    regions, and no copy of what is shown already."""
    free = or_(
        CandidateRow.claimed_until.is_(None),
        CandidateRow.claimed_until <= now(session),
        CandidateRow.claimed_by == staff.id,
    )
    again = or_(floods.shown_by_its_original(), merging.shown_by_another())
    return and_(CandidateRow.stage == "open", CandidateRow.current.is_(True), free, ~reviewed_by(staff), ~again,
                regions.open_to(session, staff), wanted.where(session))  # fmt: skip


def reviewed_by(staff: Staff) -> ColumnElement[bool]:
    """Whether this person has judged the candidate."""
    return exists().where(
        ReviewRow.missing_id == CandidateRow.missing_id,
        ReviewRow.found_id == CandidateRow.found_id,
        ReviewRow.reviewer_id == staff.id,
    )


def count(session: Session, where: ColumnElement[bool]) -> int:
    """How many candidates meet the condition, counted up to MOST_COUNTED and one more."""
    some = select(CandidateRow.missing_id).where(where).limit(MOST_COUNTED + 1).subquery()
    return session.scalars(select(func.count()).select_from(some)).one()


def place(session: Session, staff: Staff, row: CandidateRow, wanted: Wanted = EVERYTHING) -> Place:
    """Where the candidate stands in this person's queue, or would stand, the most probable first."""
    waiting = and_(waits_for(session, staff, wanted), ~floods.in_a_flood())
    others = or_(CandidateRow.missing_id != row.missing_id, CandidateRow.found_id != row.found_id)
    later_twin = or_(CandidateRow.missing_id > row.missing_id,
                     and_(CandidateRow.missing_id == row.missing_id, CandidateRow.found_id > row.found_id))  # fmt: skip
    # The plain bound says to the database which part of its index to read.
    after = and_(waiting, others, CandidateRow.probability <= row.probability,
                 or_(CandidateRow.probability < row.probability, later_twin))  # fmt: skip
    before = and_(waiting, others, CandidateRow.probability >= row.probability,
                  or_(CandidateRow.probability > row.probability, ~later_twin))  # fmt: skip
    nearest = select(CandidateRow.ref).limit(1)
    return Place(
        count(session, before) + 1,
        session.scalars(nearest.where(before).order_by(
            CandidateRow.probability, CandidateRow.missing_id.desc(), CandidateRow.found_id.desc())).one_or_none(),
        session.scalars(nearest.where(after).order_by(
            CandidateRow.probability.desc(), CandidateRow.missing_id, CandidateRow.found_id)).one_or_none(),
    )  # fmt: skip
