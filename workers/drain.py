"""The loop that both deployments run: claim a job, catch up, rank, store, and do it all once."""

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from matching.description import describe
from matching.model import load_model
from matching.ranked import Ranked
from matching.shards import WHOLE, Shard
from reunite import (
    alarms,
    anchors,
    audit,
    candidates,
    drafts,
    floods,
    jobs,
    parts,
    photos,
    retention,
    sessions,
    throttling,
    whereabouts,
    worker_status,
)
from reunite.jobs import Lease, LostLeaseError
from reunite.parts import Found
from reunite.service import Service
from reunite.storage import rate_windows
from reunite.storage.tables import ReportRow
from reunite.worker_status import Teller
from workers.indices import Indices, rehearse

log = structlog.get_logger()
_HOUR = 3600
_WORTH_STORING = 5_000
"""How many reports have to be read from the database at a start before the index is stored."""


class Drain:
    """Works through the jobs that are due, one at a time, with one pair of indices."""

    def __init__(self, service: Service, boot_id: str | None = None) -> None:
        self._service, self._boot_id = service, boot_id
        self._shard = Shard(service.settings.shard, service.settings.shards)
        self._indices = Indices(load_model(service.settings.weights), service.keys, self._shard)
        self._teller = Teller()

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
            if (many or self._indices.left) and self._store(path):
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

    def _store(self, path: Path) -> bool:
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
                self._store(path)

    def run(self, seconds: float = float("inf"), *, bulk: bool = True) -> int:
        """Work until nothing is due or the time is over, on what people wait for first, and on bulk work where asked;
        how many jobs were done."""
        ends, done = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            with self._service.database.write() as session:
                work, lease = self._next(session, bulk)
            if lease is None:
                break
            with structlog.contextvars.bound_contextvars(
                job=lease.report_id, rev=lease.rev, attempt=lease.attempts
            ):
                done += self._attempt(work, lease)
            self._tell()
        self._tell()
        return done

    def _next(self, session: Session, bulk: bool) -> tuple[Callable[[Lease], None], Lease | None]:
        """What is to be done next, and under which lease: of a ranking that was begun this shard's part, else a job."""
        if self._shard.of > 1:
            lease = parts.take(session, self._shard.number, bulk=bulk)
            if lease is not None or parts.are_ahead(session):
                return self._rank_part, lease
        seconds = self._service.settings.lease_seconds
        return self._match, jobs.claim(session, lease_seconds=seconds, boot_id=self._boot_id, bulk=bulk)

    def _tell(self) -> None:
        if self._teller.is_due():
            with self._service.database.write() as session:
                self._teller.tell(session, self._indices.watermark, len(self._indices.revs))

    def housekeeping(self) -> None:
        """Once a minute: find jobs that should be there and are not, look for unusual openings, forget what was
        counted, anchor the audit log outside, and let go of reports whose time is over."""
        self.forget()
        with self._service.database.write() as session:
            found = jobs.reconcile(session)
        if found:
            log.error("reconciler_found_unmatched_reports", count=found)
        with self._service.database.write() as session:
            alarms.watch_openings(session, self._service.keys, self._service.settings.opened_per_hour)
            rate_windows.forget_old(session)
            throttling.forget_old(session)
            sessions.forget_old(session, self._service.settings.session_idle_minutes)
            floods.forget_senders(session)
            drafts.forget_old(session)
            worker_status.forget_old(session)
            parts.forget_old(session)
        with self._service.database.read() as session:
            path = self._service.settings.data_dir / "audit.anchor"
            sound = audit.anchor(session, self._service.keys, path)
            sound = self._daily_anchor(session, path) and sound
            set_aside, too_new = jobs.summary(session).quarantined, jobs.too_new(session)
        if not sound:
            log.error("audit_anchor_contradicts_the_log")
            self._alarm("log_contradicts_anchor", "log")
        if set_aside:
            log.error("jobs_in_quarantine", count=set_aside)
        if too_new:
            log.warning("jobs_wait_for_a_newer_version", count=too_new)
        self._let_go()

    def _let_go(self) -> None:
        """Erase what is due, with its files. A disk that is full or away is told, and the work goes on."""
        try:
            retention.sweep(self._service.database, self._service.keys, self._service.settings)
            photos.sweep(self._service)
        except OSError as error:
            log.error("reports_not_let_go", problem=type(error).__name__, errno=error.errno)

    def _daily_anchor(self, session: Session, minute_anchor: Path) -> bool:
        path = self._service.settings.anchors_path()
        try:
            return anchors.append_daily(session, self._service.keys, path, minute_anchor)
        except OSError:
            log.error("daily_anchor_cannot_be_written")
            return True

    def _alarm(self, kind: str, subject: str) -> None:
        with self._service.database.write() as session:
            alarms.raise_alarm(session, self._service.keys, kind, subject)

    def _attempt(self, work: Callable[[Lease], None], lease: Lease) -> bool:
        try:
            work(lease)
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
        except BaseException:
            # The process must end in the middle: another does the job at once, not when the lease has run out.
            with self._service.database.write() as session:
                jobs.hand_back(session, lease)
            log.info("lease_handed_back")
            raise
        return True

    def _match(self, lease: Lease) -> None:
        """Rank the report against the other side and store its candidates; of several shards, have each rank it."""
        started, (report, person, kept) = time.perf_counter(), self._read(lease)
        if report.state != "open":
            with self._service.database.write() as session:
                count = candidates.retire(session, report.id)
                self._complete(session, lease)
        elif self._shard.of > 1:
            with self._service.database.write() as session:
                if not jobs.holds(session, lease):
                    raise LostLeaseError
                parts.fan_out(session, lease, self._shard.of)
            self._service.doorbell.ring()
            return
        else:
            found = Found(self._rank(report, person, kept), self._indices.revs, tuple(kept))
            with self._service.database.write() as session:
                count = self._suggest(session, report, found)
                self._complete(session, lease)
        self._done(count, started)

    def _rank_part(self, lease: Lease) -> None:
        """Rank the report against this shard; who is last stores the candidates that all shards found."""
        started, (report, person, kept) = time.perf_counter(), self._read(lease)
        asked = [id for id in kept if self._shard.has(id)]
        mine = Found(self._rank(report, person, asked), self._indices.revs, tuple(asked))
        with self._service.database.write() as session:
            found = parts.add(session, lease, self._shard, mine)
            if found is None:
                return
            crowd = floods.suspects(session, found.revs)
            most = self._service.settings.candidates_per_report
            best = replace(found, ranked=floods.without_crowd(found.ranked, crowd, found.asked, most))
            count = self._suggest(session, report, best)
            self._complete(session, lease)
        self._done(count, started)

    def _read(self, lease: Lease) -> tuple[ReportRow, dict[str, str], list[int]]:
        """The report, all that it says, and the pairs that are kept of it, with the index caught up to then."""
        with self._service.database.read() as session:
            self._indices.catch_up(session)
            report = session.get_one(ReportRow, lease.report_id)
            if report.rev != lease.rev:
                raise LostLeaseError
            kept = candidates.pairs_of(session, report.id, report.kind)
            return report, whereabouts.whole(session, self._service.keys, report), kept

    def _suggest(self, session: Session, report: ReportRow, found: Found) -> int:
        version = self._indices.model.version
        suggestion = candidates.Suggestion(
            report.id, report.kind, report.rev, version, found.ranked, found.asked
        )
        return candidates.store(session, suggestion, found.revs, self._service.settings.candidate_floor)

    def _complete(self, session: Session, lease: Lease) -> None:
        if not jobs.complete(session, lease, self._indices.model.version):
            raise LostLeaseError

    def _done(self, count: int, started: float) -> None:
        took = time.perf_counter() - started
        self._teller.counts.took(took)
        log.info("job_done", candidates=count, ms=round(took * 1000))

    def _rank(self, report: ReportRow, person: dict[str, str], kept: list[int]) -> tuple[Ranked, ...]:
        index = self._indices.other_side(report.kind)
        query = describe(report.id, report.kind, person)
        # Pairs kept before are scored again even when they fell out of the best, so that none is stale unseen.
        most = self._service.settings.candidates_per_report
        ranked = index.rank(query, most, also=kept)
        with self._service.database.read() as session:
            if not floods.suspects(session, {one.id for one in ranked}):
                return tuple(ranked)
            crowd = floods.suspects(session)
        wide = index.rank(query, most + min(len(crowd), floods.MOST_SET_ASIDE), also=kept)
        return floods.without_crowd(wide, crowd, kept, most)
