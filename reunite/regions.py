"""Regions: the provinces that a report touches, and those that a volunteer works on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, exists, or_, select, true
from sqlalchemy.orm import Session

from matching import places
from matching.places import Place
from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, Role, allows, demand
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.clock import now
from reunite.storage.many import New, put_all
from reunite.storage.policy_tables import ReportRegionRow, StaffRegionRow
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow, ReviewRow

_COLUMNS = ("place_event", "place_home", "place_found")
UNKNOWN = ""
"""Stands for the provinces of a report of which none is known: it is open to everybody."""


@dataclass(frozen=True, slots=True)
class Volunteer:
    """A volunteer and the provinces they work on; none is all."""

    id: int
    name: str
    regions: tuple[Place, ...]


def provinces_of(person: Mapping[str, str]) -> list[str]:
    """The codes of the provinces that the places of a report lie in, by their likeliest readings; UNKNOWN where there
    is none."""
    found = set()
    for column in _COLUMNS:
        for place, _ in places.resolve(person.get(column, ""))[:1]:
            province = places.province_of(place)
            found |= {province.code} if province is not None else set()
    return sorted(found) or [UNKNOWN]


def keep(session: Session, report_id: int, person: Mapping[str, str]) -> None:
    """Note the report's provinces in place of those before; `person` as it was told, with the whereabouts."""
    session.execute(delete(ReportRegionRow).where(ReportRegionRow.report_id == report_id))
    put_all(session, rows(report_id, person))


def rows(report_id: int, person: Mapping[str, str]) -> list[New]:
    """One row for each province of a report."""
    return [(ReportRegionRow, {"report_id": report_id, "province": code}) for code in provinces_of(person)]


def all_provinces() -> list[Place]:
    """The provinces that can be assigned, those of China first."""
    found = (place for place in places.gazetteer().places.values() if place.level == "province")
    return sorted(found, key=lambda place: place.code)


def offered(session: Session, staff: Staff) -> list[Place]:
    """The provinces that this person may narrow the queue to: their own, or all where they work on all."""
    mine = [] if allows(staff.role, Action.SEE_REPORTS) else _codes(session, staff.id)
    return [place for place in all_provinces() if not mine or place.code in mine]


def open_to(session: Session, staff: Staff) -> ColumnElement[bool]:
    """Whether a report of the candidate touches the regions of this person; always for who may see all reports."""
    mine = [] if allows(staff.role, Action.SEE_REPORTS) else _codes(session, staff.id)
    if not mine:
        return true()
    return exists().where(
        ReportRegionRow.report_id.in_((CandidateRow.missing_id, CandidateRow.found_id)),
        ReportRegionRow.province.in_((UNKNOWN, *mine)),
    )


def reaches(session: Session, staff: Staff, row: CandidateRow) -> bool:
    """Whether this person may open the candidate: it is in their regions, they hold a claim on it, or reviewed it."""
    if row.claimed_by == staff.id and row.claimed_until is not None and row.claimed_until > now(session):
        return True
    pair = (CandidateRow.missing_id == row.missing_id, CandidateRow.found_id == row.found_id)
    reviewed = exists().where(
        ReviewRow.missing_id == CandidateRow.missing_id, ReviewRow.found_id == CandidateRow.found_id,
        ReviewRow.reviewer_id == staff.id,
    )  # fmt: skip
    query = select(CandidateRow.ref).where(*pair, or_(open_to(session, staff), reviewed))
    return session.scalars(query).one_or_none() is not None


def volunteers(session: Session, staff: Staff) -> list[Volunteer]:
    """All volunteers by name, with their regions."""
    demand(staff.role, Action.ASSIGN_REGION)
    people = select(StaffRow).where(StaffRow.role == Role.VOLUNTEER.value, StaffRow.state == "active")
    rows = session.scalars(people.order_by(StaffRow.name, StaffRow.id)).all()
    theirs = of_people(session, [row.id for row in rows])
    return [Volunteer(row.id, row.name, theirs.get(row.id, ())) for row in rows]


def assign(session: Session, keys: Keys, staff: Staff, volunteer_id: int, code: str, *, take: bool) -> None:
    """Give a volunteer a region, or take it away again; raises NotFound where there is no such volunteer."""
    demand(staff.role, Action.ASSIGN_REGION)
    person = session.get(StaffRow, volunteer_id, with_for_update=True)
    if person is None or person.role != Role.VOLUNTEER.value:
        raise NotFound
    check(Role.VOLUNTEER, code)
    row = session.get(StaffRegionRow, (volunteer_id, code))
    if (row is None) == take:
        return
    if row is None:
        session.add(StaffRegionRow(staff_id=volunteer_id, province=code))
    else:
        session.delete(row)
    _note(
        session, keys, staff.actor, "staff.region_taken" if take else "staff.region_given", volunteer_id, code
    )


def check(role: Role, code: str) -> None:
    """Raises Invalid where the code is of no province, or somebody of this role works on all regions."""
    if role is not Role.VOLUNTEER:
        raise Invalid([Problem("province", "", "Only volunteers have regions; all others work on all.")])
    place = places.gazetteer().places.get(code)
    if place is None or place.level != "province":
        raise Invalid([Problem("province", "", "Please choose a region.")])


def begin(session: Session, keys: Keys, volunteer: Staff, code: str) -> None:
    """Give the region that a volunteer was invited for."""
    session.add(StaffRegionRow(staff_id=volunteer.id, province=code))
    _note(session, keys, "invited", "staff.region_given", volunteer.id, code)


def of_people(session: Session, ids: Sequence[int]) -> dict[int, tuple[Place, ...]]:
    """The regions of these people; who has none is not in it."""
    known = places.gazetteer().places
    rows = session.scalars(
        select(StaffRegionRow).where(StaffRegionRow.staff_id.in_(ids)).order_by(StaffRegionRow.province)
    )
    found: dict[int, tuple[Place, ...]] = {}
    for row in rows:
        if row.province in known:
            found[row.staff_id] = (*found.get(row.staff_id, ()), known[row.province])
    return found


def _note(session: Session, keys: Keys, actor: str, action: str, volunteer_id: int, code: str) -> None:
    audit.append(session, keys, actor=actor, action=action, subject=f"staff:{volunteer_id}", detail=code)


def _codes(session: Session, staff_id: int) -> Sequence[str]:
    return session.scalars(select(StaffRegionRow.province).where(StaffRegionRow.staff_id == staff_id)).all()
