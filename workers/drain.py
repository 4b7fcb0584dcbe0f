"""The loop that both deployments run: claim a job, catch up, rank, store, and do it all once."""

import fcntl
import time
from pathlib import Path

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.description import describe
from matching.model import load_model
from matching.ranking import Ranked
from reunite import audit, candidates, jobs
from reunite.jobs import Lease
from reunite.service import Service
from reunite.storage.tables import ReportRow
from workers.indices import Indices

log = structlog.get_logger()
_WORTH_STORING = 5_000
"""How many reports have to be read from the database at a start before the index is stored."""


class LostLeaseError(Exception):
    """The job is no longer ours: another holds it, or the report has changed. What was done is rolled back."""


class Drain:
    """Works through the jobs that are due, one at a time, with one pair of indices."""

    def __init__(self, service: Service, boot_id: str | None = None) -> None:
        self._service, self._boot_id = service, boot_id
        self._indices = Indices(load_model(service.settings.weights))

    def warm_up(self) -> int:
        """Load both sides, so that the first job does not wait for it; how many reports there are.

        They come from the file that a worker stored, where there is one. After many reports were read from the
        database the file is written anew and mapped, so that the workers of one machine share it; while one makes
        it, the others wait.
        """
        path = self._service.settings.data_dir / "index" / "sides"
        path.parent.mkdir(mode=0o700, exist_ok=True)
        with path.with_name("lock").open("wb") as lock, self._service.database.read() as session:
            fcntl.flock(lock, fcntl.LOCK_EX)
            read = self._indices.restore(session, path)
            if read >= _WORTH_STORING:
                self._store(session, path)
        return len(self._indices.revs)

    def _store(self, session: Session, path: Path) -> None:
        try:
            self._indices.store(path)
        except OSError as error:
            log.error("index_not_stored", problem=type(error).__name__, errno=error.errno)
            return
        self._indices = Indices(self._indices.model)
        self._indices.restore(session, path)

    def run(self, seconds: float = float("inf")) -> int:
        """Work until nothing is due or the time is over; how many jobs were done."""
        ends, done = time.monotonic() + seconds, 0
        while time.monotonic() < ends:
            with self._service.database.write() as session:
                lease = jobs.claim(
                    session, lease_seconds=self._service.settings.lease_seconds, boot_id=self._boot_id
                )
            if lease is None:
                break
            done += self._attempt(lease)
        return done

    def housekeeping(self) -> None:
        """Once a minute: find jobs that should be there and are not, and anchor the audit log outside."""
        with self._service.database.write() as session:
            found = jobs.reconcile(session)
        if found:
            log.error("reconciler_found_unmatched_reports", count=found)
        with self._service.database.read() as session:
            path = self._service.settings.data_dir / "audit.anchor"
            sound = audit.anchor(session, self._service.keys, path)
            set_aside = jobs.summary(session).quarantined
        if not sound:
            log.error("audit_anchor_contradicts_the_log")
        if set_aside:
            log.error("jobs_in_quarantine", count=set_aside)

    def _attempt(self, lease: Lease) -> bool:
        try:
            self._match(lease)
        except LostLeaseError:
            log.info("lease_lost", report=lease.report_id)
            return False
        except Exception as error:
            # The class alone: messages and tracebacks can hold what people wrote.
            with self._service.database.write() as session:
                set_aside = jobs.fail(session, lease, type(error).__name__)
            log.error(
                "job_failed", report=lease.report_id, problem=type(error).__name__, quarantined=set_aside
            )
            return False
        return True

    def _match(self, lease: Lease) -> None:
        started = time.perf_counter()
        settings = self._service.settings
        with self._service.database.read() as session:
            self._indices.catch_up(session)
            report = session.scalars(select(ReportRow).where(ReportRow.id == lease.report_id)).one()
            if report.rev != lease.rev:
                raise LostLeaseError
            kept = candidates.pairs_of(session, report.id, report.kind)
        ranked = self._rank(report, kept) if report.state == "open" else ()
        suggestion = candidates.Suggestion(
            report.id, report.kind, report.rev, self._indices.model.version, ranked
        )
        with self._service.database.write() as session:
            if report.state == "open":
                count = candidates.store(session, suggestion, self._indices.revs, settings.candidate_floor)
            else:
                count = candidates.retire(session, report.id)
            if not jobs.complete(session, lease, self._indices.model.version):
                raise LostLeaseError
        log.info(
            "job_done", report=report.id, candidates=count, ms=round((time.perf_counter() - started) * 1000)
        )

    def _rank(self, report: ReportRow, kept: list[int]) -> tuple[Ranked, ...]:
        index = self._indices.other_side(report.kind)
        query = describe(report.id, report.kind, report.person)
        # Pairs kept before are scored again even when they fell out of the best, so that none is stale unseen.
        return tuple(index.rank(query, self._service.settings.candidates_per_report, also=kept))
