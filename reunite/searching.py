"""Find reports by a name as it is written or heard, and by what else is known.

Names are looked up by their keys (`matching.search_keys`) and then ordered by how alike they are. What is looked for is
kept nowhere: the log has the ids of what was shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session, aliased

from matching import places, search_keys
from matching.date_forms import FIRST_YEAR, LAST_YEAR
from matching.names import similarity
from matching.phonetics import simplified
from matching.places import Place
from reunite import audit, masking, receipts, search_scope
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, allows, demand
from reunite.problems import Invalid, Problem
from reunite.storage.policy_tables import ReportRegionRow
from reunite.storage.search_tables import SearchKeyRow
from reunite.storage.tables import ReportRow

KINDS = ("missing", "found")
STATES = ("open", "closed", "withdrawn", "expired")
MOST_SHOWN = 30
_LOOKED_AT, _FEW = 800, 40
_ALIKE, _CONTAINED = 0.5, 0.75
_LONGEST, _OLDEST = 80, 120
_IDS_A_LINE = 9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; what is empty or None is not asked."""

    name: str = ""
    kind: str = ""
    state: str = ""
    born: int | None = None
    age: int | None = None
    province: str = ""


@dataclass(frozen=True, slots=True)
class Hit:
    """A report that was found, as the role may see it; `likeness` is that of the names, 0 where none was asked."""

    report_id: int
    case_number: str
    kind: str
    state: str
    filed_at: datetime
    person: dict[str, str]
    provinces: tuple[Place, ...]
    likeness: float
    candidate: str
    """The ref of the candidate that it leads to; empty for who may open the report itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """The best hits, and whether there were more."""

    hits: tuple[Hit, ...]
    more: bool


def wanted(said: dict[str, str]) -> Wanted:
    """Read what was asked for; raises Invalid with a problem for each field that is not one."""
    problems: list[Problem] = []
    name = " ".join(said.get("name", "").split())
    if len(name) > _LONGEST:
        text = "This is too long: at most {limit} characters."
        problems.append(Problem("name", "", text, {"limit": str(_LONGEST)}))
    born = _number(said.get("born", ""))
    if born is not None and not FIRST_YEAR <= born <= LAST_YEAR:
        problems.append(Problem("born", "", "Please write a year with four figures, like 1998."))
    age = _number(said.get("age", ""))
    if age is not None and not 0 <= age <= _OLDEST:
        problems.append(Problem("age", "", "Please write an age in whole years, like 4."))
    kind, state, province = (said.get(field, "") for field in ("kind", "state", "province"))
    known = places.gazetteer().places.get(province)
    if kind not in ("", *KINDS) or state not in ("", *STATES) or (province and known is None):
        problems.append(Problem("kind", "", "Please choose from the list."))
    if not problems and not (name or province or (born, age) != (None, None)):
        text = "Please write a name or a case number, or choose a year, an age or a province."
        problems.append(Problem("name", "", text))
    if problems:
        raise Invalid(problems)
    return Wanted(name, kind, state, born, age, province)


def search(session: Session, staff: Staff, asked: Wanted) -> Found:
    """The reports that this person may see and that fit, the likest names first, then the newest."""
    demand(staff.role, Action.SEARCH_REPORTS)
    where = [*search_scope.visible(session, staff), *_filters(asked)]
    ranked = _by_name(session, asked.name, where) if asked.name else _newest(session, where)
    hits = [_hit(session, staff, row, likeness) for row, likeness in ranked[:MOST_SHOWN]]
    return Found(tuple(hits), len(ranked) > MOST_SHOWN)


def by_number(session: Session, staff: Staff, written: str) -> Found:
    """The report of a case number in any spelling of it, if this person may find it."""
    demand(staff.role, Action.SEARCH_REPORTS)
    number = ReportRow.case_number == (receipts.read_case_number(written) or "")
    found = _newest(session, [*search_scope.visible(session, staff), number])
    return Found(tuple(_hit(session, staff, row, 0.0) for row, _ in found), False)


def note(session: Session, keys: Keys, staff: Staff, found: Found) -> None:
    """Write the ids of what was shown to the log, in a session that writes; never what was asked."""
    ids = [hit.report_id for hit in found.hits]
    for at in range(0, max(1, len(ids)), _IDS_A_LINE):
        told = ",".join(str(one) for one in ids[at : at + _IDS_A_LINE])
        audit.append(session, keys, actor=staff.actor, action="search.viewed",
                     subject=f"search:{ids[0] if ids else 0}", detail=told)  # fmt: skip


def likeness(name: str, person: dict[str, str]) -> float:
    """How alike a name is to those of a person: as written, by sound, or as a part of one."""
    said = [person.get("name", ""), *person.get("other_names", "")[:300].replace("；", ";").split(";")]
    return max((_alike(name, one.strip()) for one in said if one.strip()), default=0.0)


def sharing(
    session: Session, keys: frozenset[str], where: Sequence[ColumnElement[bool]], limit: int
) -> list[int]:
    """The ids of the reports under most of these keys."""
    query = (
        select(SearchKeyRow.report_id)
        .join(ReportRow, ReportRow.id == SearchKeyRow.report_id)
        .where(SearchKeyRow.key.in_(sorted(keys)), *where)
        .group_by(SearchKeyRow.report_id)
        .order_by(func.count().desc(), SearchKeyRow.report_id.desc())
        .limit(limit)
    )
    return list(session.scalars(query)) if keys else []


def _number(text: str) -> int | None:
    """-1 for what is no number."""
    if not text.strip():
        return None
    return int(text) if text.strip().isdecimal() and len(text.strip()) <= 4 else -1


def _filters(asked: Wanted) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if asked.kind:
        where.append(ReportRow.kind == asked.kind)
    if asked.state:
        where.append(ReportRow.state == asked.state)
    if asked.born is not None:
        where.append(_under(search_keys.born(asked.born)))
    if asked.age is not None:
        where.append(_under(search_keys.aged(asked.age)))
    if asked.province:
        of_it = ReportRegionRow.report_id == ReportRow.id, ReportRegionRow.province == asked.province
        where.append(exists().where(*of_it))
    return where


def _under(key: str) -> ColumnElement[bool]:
    row = aliased(SearchKeyRow)  # a table of its own: the query around it may be of keys too
    return exists().where(row.key == key, row.report_id == ReportRow.id)


def _newest(session: Session, where: Sequence[ColumnElement[bool]]) -> list[tuple[ReportRow, float]]:
    query = select(ReportRow).where(*where).order_by(ReportRow.id.desc()).limit(MOST_SHOWN + 1)
    return [(row, 0.0) for row in session.scalars(query)]


def _by_name(
    session: Session, name: str, where: Sequence[ColumnElement[bool]]
) -> list[tuple[ReportRow, float]]:
    keys = search_keys.asked(name)
    ids = sharing(session, keys.keys, where, _LOOKED_AT)
    if len(ids) < _FEW:
        ids += sharing(session, keys.weak, where, _LOOKED_AT)
    alike = select(ReportRow.id, ReportRow.person).where(ReportRow.id.in_(sorted(set(ids))))
    scored = [(likeness(name, person), report_id) for report_id, person in session.execute(alike)]
    best = sorted((one for one in scored if one[0] >= _ALIKE), reverse=True)[: MOST_SHOWN + 1]
    return [(session.get_one(ReportRow, report_id), score) for score, report_id in best]


def _alike(name: str, said: str) -> float:
    return max(similarity(name, said), _CONTAINED if _folded(name) in _folded(said) else 0.0)


def _folded(text: str) -> str:
    return simplified(text.casefold()).replace(" ", "")


def _hit(session: Session, staff: Staff, row: ReportRow, score: float) -> Hit:
    known = places.gazetteer().places
    codes = session.scalars(select(ReportRegionRow.province).where(ReportRegionRow.report_id == row.id))
    person = masking.person_for(staff.role, row.person)
    provinces = tuple(known[code] for code in sorted(codes) if code in known)
    sees_reports = allows(staff.role, Action.SEE_REPORTS)
    ref = "" if sees_reports else search_scope.candidate_of(session, staff, row.id)
    return Hit(row.id, row.case_number, row.kind, row.state, row.filed_at, person, provinces, score, ref)
