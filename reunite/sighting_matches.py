"""The missing reports that a sighting may be of: stored as the engine ranks them, read by coordinators and the police.

Whether somebody may see such a report is asked at every look: it is open, was not erased, and is not reserved to
others. The report of the sighting's own poster is among them, to show how well it fits.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, aliased

from matching.evidence import Evidence
from matching.ranked import Ranked
from matching.shard import Shard
from reunite import search_scope, vault
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, allows, demand
from reunite.storage.clock import now
from reunite.storage.many import put
from reunite.storage.poster_tables import SightingRow
from reunite.storage.sighting_tables import SightingMatchRow
from reunite.storage.tables import ReportRow
from reunite.waiting import STRENGTHS

MOST = 10
"""How many reports are kept and shown of a sighting, its own poster's besides."""
FITS_WELL = STRENGTHS["likely"][0]
"""From this probability on a sighting that fits another report better than its own is listed."""
_SAID = ("report_rev", "engine_version", "total", "probability", "evidence", "at")


@dataclass(frozen=True, slots=True)
class Fit:
    """A missing report that a sighting may be of; `own`: the poster's. `changed`: it says something else since it was
    compared."""

    case_number: str
    total: float
    probability: float
    evidence: tuple[Evidence, ...]
    own: bool
    changed: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A sighting told of one child's poster that fits another missing report better."""

    case_number: str
    other_case: str
    probability: float
    at: datetime


def store(
    session: Session, keys: Keys, sighting: SightingRow, ranked: Sequence[Ranked], revs: Mapping[int, int],
    version: str, shard: Shard,
) -> bool:  # fmt: skip
    """Keep these of the shard's reports in place of those kept before, as far as they are still open. False where the
    sighting's own report was erased meanwhile. Locks reports, lowest first, as who changes them does."""
    wanted = {sighting.report_id, *(one.id for one in ranked)}
    query = select(ReportRow.id, ReportRow.state).where(
        ReportRow.id.in_(wanted), ReportRow.erased_at.is_(None)
    )
    states = {
        id: state for id, state in session.execute(query.order_by(ReportRow.id).with_for_update(read=True))
    }
    if sighting.report_id not in states:
        return False
    rows = [
        {"sighting_id": sighting.id, "report_id": one.id, "report_rev": revs[one.id], "engine_version": version,
         "total": one.total, "probability": one.probability, "at": now(session),
         "evidence": _sealed(session, keys, sighting, one)}
        for one in ranked if states.get(one.id) == "open" and one.id in revs
    ]  # fmt: skip
    before = select(SightingMatchRow.report_id).where(SightingMatchRow.sighting_id == sighting.id)
    gone = [
        id for id in session.scalars(before) if shard.has(id) and id not in {row["report_id"] for row in rows}
    ]
    session.execute(delete(SightingMatchRow).where(
        SightingMatchRow.sighting_id == sighting.id, SightingMatchRow.report_id.in_(gone)))  # fmt: skip
    put(session, SightingMatchRow, rows, instead=_SAID)
    return True


def of(session: Session, keys: Keys, staff: Staff, sighting_ids: Collection[int]) -> dict[int, list[Fit]]:
    """What these sightings may be of, the likeliest first, as far as this person may see the reports."""
    demand(staff.role, Action.READ_SIGHTINGS)
    query = (
        select(SightingMatchRow, SightingRow, ReportRow.case_number, ReportRow.rev)
        .join(SightingRow, SightingRow.id == SightingMatchRow.sighting_id)
        .join(ReportRow, ReportRow.id == SightingMatchRow.report_id)
        .where(SightingMatchRow.sighting_id.in_(sighting_ids), ReportRow.state == "open",
               *search_scope.visible(session, staff))
        .order_by(SightingMatchRow.total.desc(), SightingMatchRow.report_id)
    )  # fmt: skip
    found: dict[int, list[Fit]] = {id: [] for id in sighting_ids}
    for match, sighting, number, rev in session.execute(query):
        own = match.report_id == sighting.report_id
        fits = found[sighting.id]
        if own or sum(not fit.own for fit in fits) < MOST:
            lines = _opened(session, keys, sighting, match)
            fits.append(Fit(number, match.total, match.probability, lines, own, rev != match.report_rev))
    return found


def elsewhere(session: Session, staff: Staff, limit: int = 200) -> list[Elsewhere]:
    """The sightings nobody has dealt with that fit another report well and better than their own, the likeliest first;
    of each the report that it fits best. What they say is not told: opening them is a line in the log."""
    demand(staff.role, Action.READ_SIGHTINGS)
    own, mine = aliased(ReportRow), aliased(SightingMatchRow)
    query = (
        select(SightingRow.id, own.case_number, ReportRow.case_number, SightingMatchRow.probability, SightingRow.at)
        .join(SightingRow, SightingRow.id == SightingMatchRow.sighting_id)
        .join(ReportRow, ReportRow.id == SightingMatchRow.report_id)
        .join(own, own.id == SightingRow.report_id)
        .outerjoin(mine, (mine.sighting_id == SightingRow.id) & (mine.report_id == SightingRow.report_id))
        .where(ReportRow.id != own.id, ReportRow.state == "open", *search_scope.visible(session, staff),
               SightingMatchRow.probability >= FITS_WELL, SightingRow.settled_at.is_(None),
               SightingRow.raised_report_id.is_(None), own.erased_at.is_(None),
               mine.total.is_(None) | (mine.total < SightingMatchRow.total))
        .order_by(SightingMatchRow.probability.desc(), SightingRow.id, ReportRow.id)
        .limit(limit * MOST)
    )  # fmt: skip
    if not allows(staff.role, Action.RESERVE_REPORT):
        query = query.where(own.do_not_disclose.is_(False))
    best: dict[int, Elsewhere] = {}
    for id, number, other, probability, at in session.execute(query):
        best.setdefault(id, Elsewhere(number, other, probability, at))
    return [*best.values()][:limit]


def forget(session: Session, report_id: int) -> None:
    """The report is erased: no sighting is of it any more."""
    session.execute(delete(SightingMatchRow).where(SightingMatchRow.report_id == report_id))


def _sealed(session: Session, keys: Keys, sighting: SightingRow, one: Ranked) -> bytes:
    lines = json.dumps([line.to_json() for line in one.evidence if line.bits]).encode()
    return vault.seal(session, keys, sighting.report_id, _column(sighting.id, one.id), lines)


def _opened(
    session: Session, keys: Keys, sighting: SightingRow, match: SightingMatchRow
) -> tuple[Evidence, ...]:
    column = _column(match.sighting_id, match.report_id)
    plain = json.loads(vault.open(session, keys, sighting.report_id, column, match.evidence))
    return tuple(map(Evidence.from_json, plain))


def _column(sighting_id: int, report_id: int) -> str:
    return f"sighting:{sighting_id}/match:{report_id}"
