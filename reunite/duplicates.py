"""Reports of one side that may be of one child: what a coordinator looks at before tying them together."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching import search_keys
from matching.description import Description, describe
from reunite import audit, cases, contacts, masking, merging, regions, search_scope, searching, whereabouts
from reunite.actors import Staff
from reunite.floods import REPORTS_OF_ONE_PHONE
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.search_tables import MergeRow
from reunite.storage.tables import ReportRow

MOST_SHOWN = 10
_LOOKED_AT, _ALIKE, _TWO_YEARS = 200, 0.75, 731
_WEIGHTS = {"phone": 3.0, "noticed": 2.0, "name": 2.0, "born": 1.0, "province": 0.5}
"""How much each sign counts in the order; the numbers say only which comes first."""
_ENOUGH = 2.5


@dataclass(frozen=True, slots=True)
class Likely:
    """A report that may be of the same child, and the signs of it: phone, noticed (when it was filed), name, born,
    province."""

    case_number: str
    person: dict[str, str]
    state: str
    signs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two reports laid side by side."""

    case_number: str
    kind: str
    state: str
    person: dict[str, str]
    head: str
    """The case number of the report that it is tied to; empty where there is none, its own where others are tied to
    it."""


def possible(session: Session, keys: Keys, staff: Staff, case_number: str) -> list[Likely]:
    """The open reports of the same side that may be of the same child, the likeliest first; those tied already are
    not among them."""
    demand(staff.role, Action.MERGE_REPORTS)
    report = cases.find(session, staff, case_number)
    if report.state != "open":
        return []
    mine, phone = describe(report.id, report.kind, report.person), _same_phone(session, keys, report)
    noticed, tied = _noticed(session, report.id), merging.others(session, (report.id,))
    ids = (_alike_in_name(session, staff, report) | phone | noticed) - {report.id, *tied}
    query = select(ReportRow).where(
        ReportRow.id.in_(sorted(ids)), ReportRow.kind == report.kind, ReportRow.state == "open",
        *search_scope.visible(session, staff),
    )  # fmt: skip
    found = []
    for other in session.scalars(query):
        signs = [sign for sign, among in (("phone", phone), ("noticed", noticed)) if other.id in among]
        if any(searching.likeness(said.name.text, other.person) >= _ALIKE for said in mine.names):
            signs.append("name")
        theirs = describe(other.id, other.kind, other.person) if signs else None
        if theirs is None or _contradicts(mine, theirs):
            continue
        signs += [sign for sign, fits in (("born", _born_alike(mine, theirs)),
                                          ("province", _near(report.person, other.person))) if fits]  # fmt: skip
        if sum(weight for sign, weight in _WEIGHTS.items() if sign in signs) >= _ENOUGH:
            found.append(
                (sum(_WEIGHTS[sign] for sign in signs), other, tuple(s for s in _WEIGHTS if s in signs))
            )
    found.sort(key=lambda one: (-one[0], -one[1].id))
    return [
        Likely(other.case_number, masking.person_for(staff.role, other.person), other.state, signs)
        for _, other, signs in found[:MOST_SHOWN]
    ]


def both(session: Session, keys: Keys, staff: Staff, one: str, other: str) -> tuple[Side, Side]:
    """Two reports of one side to be compared; looking at them is a line in the log each. NotFound for any other two."""
    demand(staff.role, Action.MERGE_REPORTS)
    rows = [cases.find(session, staff, number) for number in (one, other)]
    if rows[0].id == rows[1].id or rows[0].kind != rows[1].kind:
        raise NotFound
    for row in rows:
        audit.append(session, keys, actor=staff.actor, action="report.viewed", subject=f"report:{row.id}")
    first, second = (_side(session, keys, staff, row) for row in rows)
    return first, second


def tie(session: Session, keys: Keys, staff: Staff, one: str, other: str, kept: str, reason: str) -> None:
    """Tie two reports together; `kept` is the case number of the one to work on. Raises NotFound, Invalid, Conflict."""
    ids = [cases.find(session, staff, number).id for number in (one, other)]
    # Lowest first, like everybody who changes reports.
    query = (
        select(ReportRow).where(ReportRow.id.in_(ids)).order_by(ReportRow.id).with_for_update(key_share=True)
    )
    rows = session.scalars(query.execution_options(populate_existing=True)).all()
    keeps = next((row for row in rows if row.case_number == kept), None)
    duplicate = next((row for row in rows if row is not keeps), None)
    if keeps is None or duplicate is None:
        raise Invalid([Problem("kept", "", "Please choose which of the two is worked on.")])
    merging.merge(session, keys, staff, duplicate, keeps, reason)


def untie(session: Session, keys: Keys, staff: Staff, case_number: str) -> str:
    """Untie a report from the one that is worked on; gives its case number as it is written."""
    report = cases.find(session, staff, case_number, lock=True)
    merging.undo(session, keys, staff, report)
    return report.case_number


def _side(session: Session, keys: Keys, staff: Staff, row: ReportRow) -> Side:
    person = masking.person_for(staff.role, whereabouts.whole(session, keys, row))
    tied = session.get(MergeRow, row.id)
    head = session.get_one(ReportRow, tied.kept_id).case_number if tied else ""
    return Side(row.case_number, row.kind, row.state, person, head)


def _alike_in_name(session: Session, staff: Staff, report: ReportRow) -> set[int]:
    names = [one.name.text for one in describe(report.id, report.kind, report.person).names]
    keys = frozenset(key for name in names for key in search_keys.asked(name).keys)
    where = (ReportRow.kind == report.kind, ReportRow.state == "open", *search_scope.visible(session, staff))
    return set(searching.sharing(session, keys, where, _LOOKED_AT))


def _same_phone(session: Session, keys: Keys, report: ReportRow) -> set[int]:
    """None where so many carry the number that it is an organisation's."""
    phone = contacts.reporter(session, keys, report.id).get("reporter_phone", "")
    ids = set(contacts.reports_with_phone(session, keys, phone, REPORTS_OF_ONE_PHONE + 2)) - {report.id}
    return ids if len(ids) <= REPORTS_OF_ONE_PHONE else set()


def _noticed(session: Session, report_id: int) -> set[int]:
    """The reports that it was taken for a copy of when it came, and the other way round."""
    query = select(ModerationRow.report_id, ModerationRow.other_id).where(
        (ModerationRow.report_id == report_id) | (ModerationRow.other_id == report_id)
    )
    return {one for row in session.execute(query) for one in row if one is not None}


def _near(person: Mapping[str, str], other: Mapping[str, str]) -> bool:
    return bool((set(regions.provinces_of(person)) & set(regions.provinces_of(other))) - {regions.UNKNOWN})


def _contradicts(mine: Description, theirs: Description) -> bool:
    if mine.sex and theirs.sex and mine.sex != theirs.sex:
        return True
    return bool(mine.birth and theirs.birth) and not _born_alike(mine, theirs, slack=_TWO_YEARS)


def _born_alike(mine: Description, theirs: Description, slack: int = 0) -> bool:
    if mine.birth is None or theirs.birth is None:
        return False
    slack += max(mine.birth.margin, theirs.birth.margin)
    return mine.birth.first - slack <= theirs.birth.last and theirs.birth.first - slack <= mine.birth.last
