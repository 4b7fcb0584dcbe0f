"""A ranking that several shards make together (see `matching.shards`): fanned out, and merged by who is last.

The job of a report stays one, under one lease. Who claims it writes a part for each shard; a worker of each shard takes
its part, ranks the reports of its shard and stores what it found; the last to do so holds all parts and stores the
candidates under the job's lease, in the same transaction. A part that is lost with its worker is lost with the lease:
when that has run out, the ranking begins anew under another, and what was found under the first counts no more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, delete, func, select, update
from sqlalchemy.orm import Session

from matching.evidence import Evidence
from matching.ranked import Ranked
from matching.shard import Shard
from reunite import jobs, whereabouts
from reunite.jobs import Lease, LostLeaseError
from reunite.storage.clock import now
from reunite.storage.many import put
from reunite.storage.part_tables import RankingPartRow
from reunite.storage.tables import MatchJobRow

MOST_AHEAD = 8
"""How many parts of a shard may wait before no more rankings are begun: the slowest shard sets the pace, and what waits
must be done before its lease runs out."""
_BEGUN = and_(
    MatchJobRow.report_id == RankingPartRow.report_id, MatchJobRow.lease_token == RankingPartRow.token
)


@dataclass(frozen=True, slots=True)
class Found:
    """What shards found: the likeliest reports, the revision that each was compared on, and which of the pairs that
    were kept before were asked for."""

    ranked: tuple[Ranked, ...]
    revs: Mapping[int, int]
    asked: tuple[int, ...]


def fan_out(session: Session, lease: Lease, shards: int) -> None:
    """Write a part for each shard, in place of those of an earlier lease."""
    session.execute(delete(RankingPartRow).where(RankingPartRow.report_id == lease.report_id))
    parts = [{"report_id": lease.report_id, "shard": one, "token": lease.token} for one in range(shards)]
    put(session, RankingPartRow, parts)


def are_ahead(session: Session) -> bool:
    """Whether so much is begun that some shard has to catch up first."""
    waiting = select(func.count()).where(RankingPartRow.found.is_(None)).group_by(RankingPartRow.shard)
    return any(count >= MOST_AHEAD for count in session.scalars(waiting))


def take(session: Session, shard: int, *, bulk: bool = True) -> Lease | None:
    """The lease of the job that has been due longest of those of which this shard's part is to be done, bulk work last
    or not at all. Commit before working."""
    at = now(session)
    free = and_(
        RankingPartRow.shard == shard, RankingPartRow.taken_at.is_(None), MatchJobRow.lease_until > at
    )
    wanted = free if bulk else and_(free, MatchJobRow.bulk.is_(False))
    query = (
        select(RankingPartRow, MatchJobRow.rev, MatchJobRow.attempts)
        .join(MatchJobRow, _BEGUN)
        .where(wanted)
        .order_by(MatchJobRow.bulk, MatchJobRow.due)
        .limit(1)
        .with_for_update(of=RankingPartRow, skip_locked=True)
    )
    first = session.execute(query).one_or_none()
    if first is None:
        return None
    part, rev, attempts = first
    part.taken_at = at
    return Lease(part.report_id, rev, part.token, attempts)


def add(session: Session, lease: Lease, shard: Shard, found: Found) -> Found | None:
    """Store this shard's part; gives all parts together, the likeliest first, where it was the last one, which are then
    gone. Raises LostLeaseError where the lease holds no more."""
    if not jobs.holds(session, lease):
        raise LostLeaseError
    mine = RankingPartRow.report_id == lease.report_id
    session.execute(
        update(RankingPartRow).where(mine, RankingPartRow.shard == shard.number).values(found=_written(found))
    )
    parts = session.scalars(select(RankingPartRow.found).where(mine)).all()
    if len(parts) < shard.of:
        jobs.hand_back(session, lease)  # what was found is forgotten: it is ranked again
    elif all(one is not None for one in parts):
        session.execute(delete(RankingPartRow).where(mine))
        return _together(_read(one) for one in parts if one is not None)
    return None


def forget_found(session: Session) -> None:
    """Forget what shards found until now, for a report that it may name was erased: those rankings are made again.
    Nobody is waited for; what is being merged just now is merged without the report, which is erased."""
    free = select(RankingPartRow).where(RankingPartRow.found.is_not(None)).with_for_update(skip_locked=True)
    for part in session.scalars(free):
        session.delete(part)


def forget_old(session: Session) -> None:
    """Remove the parts whose lease was lost."""
    begun = select(MatchJobRow.report_id).where(_BEGUN).exists()
    session.execute(delete(RankingPartRow).where(~begun).execution_options(synchronize_session=False))


def _written(found: Found) -> dict[str, Any]:
    ranked = [
        [one.id, found.revs[one.id], one.prior, one.total, one.probability,
         [whereabouts.without(line).to_json() for line in one.evidence]]
        for one in found.ranked
    ]  # fmt: skip
    return {"ranked": ranked, "asked": list(found.asked)}


def _read(said: Mapping[str, Any]) -> Found:
    ranked = [
        Ranked(id, prior, total, probability, tuple(map(Evidence.from_json, lines)))
        for id, _, prior, total, probability, lines in said["ranked"]
    ]
    return Found(tuple(ranked), {id: rev for id, rev, *_ in said["ranked"]}, tuple(said["asked"]))


def _together(parts: Iterable[Found]) -> Found:
    ranked: list[Ranked] = []
    revs: dict[int, int] = {}
    asked: list[int] = []
    for part in parts:
        ranked += part.ranked
        revs |= part.revs
        asked += part.asked
    return Found(tuple(sorted(ranked, key=lambda one: (-one.total, one.id))), revs, tuple(asked))
