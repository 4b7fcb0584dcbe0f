"""What a worker does with a sighting: rank it as a weak found description against all missing reports, and store the
best few, once."""

import time
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.orm import Session

from matching.description import describe
from reunite import floods, sighted, sighting_jobs, sighting_matches, sightings
from reunite.jobs import LostLeaseError
from reunite.service import Service
from reunite.sighting_jobs import SightingLease
from workers.indices import Indices

log = structlog.get_logger()
_NOBODY = 0
"""The number of no report: a sighting is compared as if it were one."""


class SightingWork:
    """Works on the sightings that are due, one at a time, with the indices of its worker."""

    def __init__(self, service: Service, boot_id: str | None) -> None:
        self._service, self._boot_id = service, boot_id

    def claim(self, session: Session, indices: Indices) -> SightingLease | None:
        """The next sighting of this worker's shard. Commit before working."""
        seconds = self._service.settings.lease_seconds
        return sighting_jobs.claim(session, indices.shard, lease_seconds=seconds, boot_id=self._boot_id)

    def attempt(self, lease: SightingLease, indices: Indices) -> bool:
        """Compare the sighting; whether it was done."""
        with structlog.contextvars.bound_contextvars(sighting=lease.sighting_id, attempt=lease.attempts):
            try:
                self._compare(lease, indices)
            except LostLeaseError:
                log.info("lease_lost")
                return False
            except Exception as error:
                # The class alone: messages and tracebacks can hold what people wrote.
                with self._service.database.write() as session:
                    set_aside = sighting_jobs.fail(session, lease, type(error).__name__)
                log.error("sighting_failed", problem=type(error).__name__, quarantined=set_aside)
                return False
            except BaseException:
                with self._service.database.write() as session:
                    sighting_jobs.hand_back(session, lease)
                raise
        return True

    def _compare(self, lease: SightingLease, indices: Indices) -> None:
        service, started = self._service, time.perf_counter()
        with service.database.read() as session:
            indices.catch_up(session)
            crowd = floods.suspects(session)
            row, told = sightings.by_id(session, service.keys, lease.sighting_id) or (None, None)
        if row is None or told is None:
            raise LostLeaseError
        sent = row.at.astimezone(ZoneInfo(service.settings.time_zone)).date()
        query = describe(_NOBODY, "found", sighted.weak(told, sent))
        own, floor = [row.report_id], service.settings.sighting_floor
        ranked = indices.best(query, sighting_matches.MOST + 1, floor, own, crowd)
        with service.database.write() as session:
            version, shard = indices.model.version, indices.shard
            if not sighting_matches.store(session, service.keys, row, ranked, indices.revs, version, shard):
                raise LostLeaseError
            if not sighting_jobs.complete(session, lease, shard):
                raise LostLeaseError
        if shard.of > 1:
            service.doorbell.ring()
        log.info("sighting_compared", matches=len(ranked), ms=round((time.perf_counter() - started) * 1000))
