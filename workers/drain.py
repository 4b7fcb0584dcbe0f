"""The loop that both deployments run: claim a job, catch up, rank, store, and do it all once."""

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from matching.description import describe
from matching.model import load_model
from matching.ranked import Ranked
from matching.shard import WHOLE, Shard
from reunite import (
    candidates,
    floods,
    jobs,
    parts,
    whereabouts,
)
from reunite.jobs import Lease, LostLeaseError
from reunite.parts import Found
from reunite.service import Service
from reunite.storage.tables import ReportRow
from reunite.worker_status import Teller
from workers import housekeeping
from workers.indices import Indices, rehearse
from workers.sighting_work import SightingWork

log = structlog.get_logger()
Work = Callable[[Sequence[Lease]], None]
_HOUR = 3600
_TOGETHER, _BULK_TOGETHER = 12, 24
"""How many jobs are done in one transaction where so many are due, of people and of bulk work: a report that is filed
then waits for them."""
_WORTH_STORING = 5_000
"""How many reports have to be read from the database at a start before the index is stored."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A report that is to be ranked, all that it says, and the other sides of the pairs that are kept of it."""

    report: ReportRow
    person: dict[str, str]
    kept: list[int]


class Drain:
    """Works through the jobs that are due with one pair of indices, some at a time."""

    def __init__(self, service: Service, boot_id: str | None = None) -> None:
        self._service, self._boot_id = service, boot_id
        self._shard = Shard(service.settings.shard, service.settings.shards)
        self._indices = Indices(load_model(service.settings.weights), service.keys, self._shard)
        self._sightings = SightingWork(service, boot_id)
        self._teller = Teller()
        self._crowd: set[int] = set()
        """The reports of suspected floods, when reports were last read."""

    def warm_up(self) -> int:
        """Load both sides, so that the first job does not wait for it; how many reports there are.

        They come from the file that a worker stored, where there is one. After many reports were read from the
        database, or one in the file has left, the file is written anew; the first to do so maps it, so that the workers
        of one machine share it, and while one makes it, the others wait.
        """
        rehearse(self._indices.model)
        with self._service.database.read() as session, self._stored() as path:
            if path is None:
                self._indices.catch_up(session)
                return len(self._indices.revs)
            many = self._indices.restore(session, path) >= _WORTH_STORING
            if (many or self._indices.left) and self._keep(path):
                self._indices = Indices(self._indices.model, self._service.keys, self._shard)
                self._indices.restore(session, path)
        return len(self._indices.revs)

    @contextmanager
    def _stored(self) -> Iterator[Path | None]:
        """The file of the stored indices, for one worker at a time; None where there cannot be one."""
        folder = self._service.settings.data_dir / "index"
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            lock = (folder / "lock").open("wb")
        except OSError as error:
            log.error("index_not_stored", problem=type(error).__name__, errno=error.errno)
            yield None
            return
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in folder.glob("*.part"):
                left.unlink(missing_ok=True)
            of = f"-{self._shard.number}-of-{self._shard.of}" if self._shard != WHOLE else ""
            yield folder / f"sides{of}"

    def _keep(self, path: Path) -> bool:
        """Write the file; without room for it there is none, rather than one that holds what has left. Tells whether
        there is one."""
        try:
            self._indices.store(path)
        except OSError as error:
            path.unlink(missing_ok=True)
            log.error("index_not_stored", problem=type(error).__name__, errno=error.errno)
            return False
        return True

    def forget(self) -> None:
        """Once an hour at most: write the stored indices anew if they hold a report that has left."""
        if not self._indices.left:
            return
        with self._stored() as path:
            if path and path.exists() and time.time() - path.stat().st_mtime >= _HOUR:
                self._keep(path)

    def run(self, seconds: float = float("inf"), *, bulk: bool = True) -> int:
        """Work until nothing is due or the time is over, on what people wait for first, then on sightings, and on bulk
        work where asked; how many jobs were done."""
        ends, done = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            with self._service.database.write() as session:
                work, leases = self._next(session, False)
                sighting = None if leases else self._sightings.claim(session, self._indices)
                if bulk and not leases and sighting is None:
                    work, leases = self._next(session, True)
            if leases:
                done += self._attempt(work, leases)
            elif sighting is not None:
                done += self._sightings.attempt(sighting, self._indices)
            else:
                break
            self._tell()
        self._tell()
        return done

    def _next(self, session: Session, bulk: bool) -> tuple[Work, Sequence[Lease]]:
        """What is to be done next, and under which leases: of a ranking that was begun this shard's part, else some
        jobs of people, else some of bulk work."""
        if self._shard.of > 1:
            lease = parts.take(session, self._shard.number, bulk=bulk)
            if lease is not None or parts.are_ahead(session):
                return self._rank_part, [lease] if lease else []
        most = (_BULK_TOGETHER if bulk else _TOGETHER) if self._shard.of == 1 else 1
        seconds = self._service.settings.lease_seconds
        return self._match, jobs.claim_some(
            session, most, lease_seconds=seconds, boot_id=self._boot_id, bulk=bulk
        )

    def _tell(self) -> None:
        if self._teller.is_due():
            with self._service.database.write() as session:
                self._teller.tell(session, self._indices.watermark, len(self._indices.revs))

    def housekeeping(self) -> None:
        """Once a minute: what keeps the house in order, and the stored indices free of what has left."""
        self.forget()
        housekeeping.keep(self._service)

    def _attempt(self, work: Work, leases: Sequence[Lease]) -> int:
        """Do these jobs, together or, where that does not go well, each by itself; how many were done."""
        try:
            if len(leases) > 1:
                try:
                    work(leases)
                except Exception as error:
                    log.info("jobs_one_by_one", problem=type(error).__name__)
                else:
                    return len(leases)
            return sum(self._alone(work, lease) for lease in leases)
        except Exception:
            raise  # the database is away: the leases run out, and the attempts count
        except BaseException:
            # The process must end in the middle: others do the jobs at once, not when the leases have run out.
            with self._service.database.write() as session:
                jobs.hand_back(session, *leases)
            log.info("lease_handed_back")
            raise

    def _alone(self, work: Work, lease: Lease) -> bool:
        with structlog.contextvars.bound_contextvars(**_named(lease)):
            try:
                work([lease])
            except LostLeaseError:
                self._teller.counts.lost += 1
                log.info("lease_lost")
                return False
            except Exception as error:
                # The class alone: messages and tracebacks can hold what people wrote.
                with self._service.database.write() as session:
                    set_aside = jobs.fail(session, lease, type(error).__name__)
                self._teller.counts.set_aside += set_aside
                self._teller.counts.failed += not set_aside
                log.error("job_failed", problem=type(error).__name__, quarantined=set_aside)
                return False
        return True

    def _match(self, leases: Sequence[Lease]) -> None:
        """Rank the reports against the other side and store their candidates in one transaction; of several shards,
        have each rank them."""
        started, all_ = time.perf_counter(), self._read(leases)
        reports = [one for one in all_ if one.report.state == "open"]
        if reports and self._shard.of > 1:
            with self._service.database.write() as session:
                for lease in leases:
                    if not jobs.holds(session, lease):
                        raise LostLeaseError
                    parts.fan_out(session, lease, self._shard.of)
            self._service.doorbell.ring()
            return
        said = [self._said(one, self._rank(one.report, one.person, one.kept), one.kept) for one in reports]
        with self._service.database.write() as session:
            counts = dict.fromkeys((lease.report_id for lease in leases), 0)
            counts |= zip(
                (one.report_id for one in said), self._store(session, said, self._indices.revs), strict=True
            )
            for one in all_:
                if one.report.state != "open":
                    candidates.retire(session, one.report.id)
            self._complete(session, leases)
        self._done(leases, counts, started)

    def _rank_part(self, leases: Sequence[Lease]) -> None:
        """Rank the report against this shard; who is last stores the candidates that all shards found."""
        started, (lease,), (one,) = time.perf_counter(), leases, self._read(leases)
        asked = [id for id in one.kept if self._shard.has(id)]
        mine = Found(self._rank(one.report, one.person, asked), self._indices.revs, tuple(asked))
        with self._service.database.write() as session:
            found = parts.add(session, lease, self._shard, mine)
            if found is None:
                return
            crowd = floods.suspects(session, found.revs)
            most = self._service.settings.candidates_per_report
            best = floods.without_crowd(found.ranked, crowd, found.asked, most)
            counts = self._store(session, [self._said(one, best, found.asked)], found.revs)
            self._complete(session, leases)
        self._done(leases, {lease.report_id: counts[0]}, started)

    def _read(self, leases: Sequence[Lease]) -> list[_Asked]:
        """The reports, all that they say, and the pairs that are kept of them, with the index caught up to then."""
        with self._service.database.read() as session:
            self._indices.catch_up(session)
            revs = {lease.report_id: lease.rev for lease in leases}
            self._crowd = floods.suspects(session)
            kept = candidates.pairs_of(session, revs)
            rows = session.execute(
                whereabouts.with_sealed().where(ReportRow.id.in_(revs)).order_by(ReportRow.id)
            )
            found = [
                _Asked(row[0], whereabouts.opened(self._service.keys, *row), kept[row[0].id]) for row in rows
            ]
        if {one.report.id: one.report.rev for one in found} != revs:
            raise LostLeaseError
        return found

    def _said(self, one: _Asked, ranked: tuple[Ranked, ...], asked: Sequence[int]) -> candidates.Suggestion:
        version = self._indices.model.version
        return candidates.Suggestion(
            one.report.id, one.report.kind, one.report.rev, version, ranked, tuple(asked)
        )

    def _store(
        self, session: Session, said: Sequence[candidates.Suggestion], revs: Mapping[int, int]
    ) -> list[int]:
        return candidates.store(session, said, revs, self._service.settings.candidate_floor)

    def _complete(self, session: Session, leases: Sequence[Lease]) -> None:
        if not jobs.complete(session, leases, self._indices.model.version):
            raise LostLeaseError

    def _done(self, leases: Sequence[Lease], counts: Mapping[int, int], started: float) -> None:
        took = (time.perf_counter() - started) / len(leases)
        for lease in leases:
            self._teller.counts.took(took)
            with structlog.contextvars.bound_contextvars(**_named(lease)):
                log.info("job_done", candidates=counts[lease.report_id], ms=round(took * 1000))

    def _rank(self, report: ReportRow, person: dict[str, str], kept: list[int]) -> tuple[Ranked, ...]:
        query, settings = describe(report.id, report.kind, person), self._service.settings
        most, floor = settings.candidates_per_report, settings.candidate_floor
        return self._indices.best(query, most, floor, kept, self._crowd)


def _named(lease: Lease) -> dict[str, int]:
    """What stands in every line of the log that is written for a job."""
    return {"job": lease.report_id, "rev": lease.rev, "attempt": lease.attempts}
