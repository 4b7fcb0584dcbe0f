"""Candidates: store what the engine suggests, never touching what people decided."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from matching.ranked import Ranked
from reunite import reserved, search_index, whereabouts
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, ExclusionRow, ReportRow


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


def pairs_of(session: Session, report_id: int, kind: str) -> list[int]:
    """The other side's ids of all pairs kept for the report."""
    mine, other = _sides(kind)
    return list(session.scalars(select(other).where(mine == report_id)))


def store(session: Session, suggestion: Suggestion, seen_revs: Mapping[int, int], floor: float) -> int:
    """Insert and update the report's pairs, mark as stale those that no longer hold; how many are current.

    `seen_revs` is the other side's revision that each pair was scored on: a pair whose other report has changed
    since is left to that report's own job, and so is a pair that it stored meanwhile. Pairs below `floor` are not
    begun, and excluded ones never.
    """
    locked = _open_revs(session, {suggestion.report_id, *(ranked.id for ranked in suggestion.ranked)})
    to_police = reserved.among(session, sorted(locked))
    births = search_index.latest_births(session, locked)
    mine, other = _sides(suggestion.kind)
    kept = _kept(session, mine, other, suggestion.report_id)
    excluded = _excluded(session, suggestion)
    current = 0
    for ranked in suggestion.ranked:
        fits = locked.get(ranked.id) == seen_revs.get(ranked.id)
        if not fits or ranked.id in excluded:
            continue
        holds = ranked.probability >= floor
        current += holds
        if holds or ranked.id in kept:
            stage = "referred" if to_police & {suggestion.report_id, ranked.id} else "open"
            years = [births[id] for id in (suggestion.report_id, ranked.id) if id in births]
            more = {"current": holds, "born": max(years, default=None)}
            _upsert(session, suggestion, ranked, seen_revs[ranked.id], more, stage)
    gone = set(suggestion.asked) - {ranked.id for ranked in suggestion.ranked}
    _stale(session, mine == suggestion.report_id, other.in_(sorted(gone)))
    session.flush()
    return current


def retire(session: Session, report_id: int) -> int:
    """The report is no longer open: none of its pairs is current any more, so the number left is 0."""
    of_it = or_(CandidateRow.missing_id == report_id, CandidateRow.found_id == report_id)
    _stale(session, of_it)
    return 0


def _sides(kind: str) -> tuple[Any, Any]:
    sides = (CandidateRow.missing_id, CandidateRow.found_id)
    return sides if kind == "missing" else (sides[1], sides[0])


def _pair(suggestion: Suggestion, other_id: int) -> tuple[int, int]:
    return (
        (suggestion.report_id, other_id) if suggestion.kind == "missing" else (other_id, suggestion.report_id)
    )


def _kept(session: Session, mine: Any, other: Any, report_id: int) -> set[int]:
    # Always locked in one order, so that two workers that meet on PostgreSQL do not deadlock.
    query = select(other).where(mine == report_id).order_by(CandidateRow.missing_id, CandidateRow.found_id)
    return set(session.scalars(query.with_for_update()))


def _open_revs(session: Session, ids: Iterable[int]) -> dict[int, int]:
    query = select(ReportRow.id, ReportRow.rev).where(
        ReportRow.id.in_(sorted(ids)), ReportRow.state == "open"
    )
    return {
        report_id: rev
        for report_id, rev in session.execute(query.order_by(ReportRow.id).with_for_update(read=True))
    }


def _excluded(session: Session, suggestion: Suggestion) -> set[int]:
    missing = suggestion.kind == "missing"
    mine, other = (
        (ExclusionRow.missing_id, ExclusionRow.found_id)
        if missing
        else (ExclusionRow.found_id, ExclusionRow.missing_id)
    )
    return set(session.scalars(select(other).where(mine == suggestion.report_id)))


def _scores(session: Session, suggestion: Suggestion, ranked: Ranked, other_rev: int) -> dict[str, Any]:
    revs = (suggestion.rev, other_rev) if suggestion.kind == "missing" else (other_rev, suggestion.rev)
    return {
        "missing_rev": revs[0], "found_rev": revs[1], "engine_version": suggestion.engine_version,
        "prior": ranked.prior, "total": ranked.total, "probability": ranked.probability,
        "evidence": [whereabouts.without(line).to_json() for line in ranked.evidence], "updated_at": now(session),
    }  # fmt: skip


def _upsert(
    session: Session, suggestion: Suggestion, ranked: Ranked, other_rev: int, more: dict[str, Any], stage: str
) -> None:
    # Upsert, because the other report's job may store the same pair at the same moment.
    missing_id, found_id = _pair(suggestion, ranked.id)
    scores = {**_scores(session, suggestion, ranked, other_rev), **more}
    new = {"missing_id": missing_id, "found_id": found_id, "ref": secrets.token_urlsafe(12), "stage": stage,
           "created_at": scores["updated_at"]}  # fmt: skip
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    pair = [CandidateRow.missing_id, CandidateRow.found_id]
    session.execute(
        insert(CandidateRow).values(**new, **scores).on_conflict_do_update(index_elements=pair, set_=scores)
    )


def _stale(session: Session, *where: Any) -> None:
    session.execute(
        update(CandidateRow)
        .where(*where, CandidateRow.current.is_(True))
        .values(current=False, updated_at=now(session))
        .execution_options(synchronize_session=False)
    )
