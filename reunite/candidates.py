"""Candidates: store what the engine suggests, never touching what people decided."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, or_, select, tuple_, update
from sqlalchemy.orm import Session

from matching.ranked import Ranked
from reunite import reserved, search_index, whereabouts
from reunite.storage.clock import now
from reunite.storage.many import put
from reunite.storage.tables import CandidateRow, ExclusionRow, ReportRow

_SIDES = (CandidateRow.missing_id, CandidateRow.found_id)
_SAID = ("missing_rev", "found_rev", "engine_version", "prior", "total", "probability", "evidence", "current", "born",
         "updated_at")  # fmt: skip
"""What the engine says of a pair, anew each time; all else is people's, or stays as it was."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the engine says of one report at one revision: its best pairs, and those kept before, scored again.

    `asked` are the other side's ids of the pairs that were kept when it was ranked.
    """

    report_id: int
    kind: str
    rev: int
    engine_version: str
    ranked: tuple[Ranked, ...]
    asked: tuple[int, ...] = ()


def pairs_of(session: Session, report_ids: Collection[int]) -> dict[int, list[int]]:
    """For each report the other side's ids of all pairs kept for it, in order."""
    pairs: dict[int, list[int]] = {report_id: [] for report_id in report_ids}
    for mine, other in (_SIDES, _SIDES[::-1]):
        for report_id, other_id in session.execute(
            select(mine, other).where(mine.in_(report_ids)).order_by(other)
        ):
            pairs[report_id].append(other_id)
    return pairs


def store(
    session: Session, suggestions: Sequence[Suggestion], seen_revs: Mapping[int, int], floor: float
) -> list[int]:
    """Insert and update the pairs of these reports, mark as stale those that no longer hold; how many are current of
    each.

    `seen_revs` is the other side's revision that each pair was scored on: a pair whose other report has changed
    since is left to that report's own job, and so is a pair that it stored meanwhile. Pairs below `floor` are not
    begun, and excluded ones never. A pair that two of the reports suggest is stored as the later one says.
    """
    own = {suggestion.report_id for suggestion in suggestions}
    locked = _open_revs(session, own | {ranked.id for said in suggestions for ranked in said.ranked})
    to_police = reserved.among(session, sorted(locked))
    births = search_index.latest_births(session, locked)
    kept, excluded = _kept(session, own), _excluded(session, own)
    rows, counts, gone = {}, [], []
    for said in suggestions:
        current = 0
        for ranked in said.ranked:
            pair, holds = _pair(said, ranked.id), ranked.probability >= floor
            if locked.get(ranked.id) != seen_revs.get(ranked.id) or pair in excluded:
                continue
            current += holds
            if holds or pair in kept:
                years = [births[id] for id in pair if id in births]
                stage = "referred" if to_police & {*pair} else "open"
                rows[pair] = {
                    **_scores(said, ranked, seen_revs[ranked.id]), "missing_id": pair[0], "found_id": pair[1],
                    "current": holds, "born": max(years, default=None), "stage": stage,
                }  # fmt: skip
        counts.append(current)
        gone += [_pair(said, other) for other in set(said.asked) - {ranked.id for ranked in said.ranked}]
    _upsert(session, [rows[pair] for pair in sorted(rows)])
    if gone:
        _stale(session, tuple_(*_SIDES).in_(sorted(gone)))
    return counts


def retire(session: Session, report_id: int) -> None:
    """The report is no longer open: none of its pairs is current any more."""
    of_it = or_(CandidateRow.missing_id == report_id, CandidateRow.found_id == report_id)
    _stale(session, of_it)


def _pair(suggestion: Suggestion, other_id: int) -> tuple[int, int]:
    return (
        (suggestion.report_id, other_id) if suggestion.kind == "missing" else (other_id, suggestion.report_id)
    )


def _of(table: type[CandidateRow] | type[ExclusionRow], report_ids: Collection[int]) -> ColumnElement[bool]:
    return or_(table.missing_id.in_(report_ids), table.found_id.in_(report_ids))


def _kept(session: Session, report_ids: Collection[int]) -> set[tuple[int, int]]:
    # Always locked in one order, so that two workers that meet on PostgreSQL do not deadlock.
    query = select(*_SIDES).where(_of(CandidateRow, report_ids)).order_by(*_SIDES)
    return {(missing, found) for missing, found in session.execute(query.with_for_update())}


def _open_revs(session: Session, ids: Iterable[int]) -> dict[int, int]:
    query = select(ReportRow.id, ReportRow.rev).where(
        ReportRow.id.in_(sorted(ids)), ReportRow.state == "open"
    )
    return {
        report_id: rev
        for report_id, rev in session.execute(query.order_by(ReportRow.id).with_for_update(read=True))
    }


def _excluded(session: Session, report_ids: Collection[int]) -> set[tuple[int, int]]:
    pairs = select(ExclusionRow.missing_id, ExclusionRow.found_id).where(_of(ExclusionRow, report_ids))
    return {(missing, found) for missing, found in session.execute(pairs)}


def _scores(suggestion: Suggestion, ranked: Ranked, other_rev: int) -> dict[str, Any]:
    revs = (suggestion.rev, other_rev) if suggestion.kind == "missing" else (other_rev, suggestion.rev)
    return {
        "missing_rev": revs[0], "found_rev": revs[1], "engine_version": suggestion.engine_version,
        "prior": ranked.prior, "total": ranked.total, "probability": ranked.probability,
        "evidence": [whereabouts.without(line).to_json() for line in ranked.evidence],
    }  # fmt: skip


def _upsert(session: Session, rows: Sequence[dict[str, Any]]) -> None:
    # Upsert, because the other report's job may store the same pair at the same moment.
    if rows:
        at = now(session)
        new = [{**row, "ref": secrets.token_urlsafe(12), "created_at": at, "updated_at": at} for row in rows]
        put(session, CandidateRow, new, instead=_SAID)


def _stale(session: Session, *where: Any) -> None:
    session.execute(
        update(CandidateRow)
        .where(*where, CandidateRow.current.is_(True))
        .values(current=False, updated_at=now(session))
        .execution_options(synchronize_session=False)
    )
