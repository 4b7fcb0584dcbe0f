"""Jobs leased as a worker leases them, for tests of what becomes of a lease."""

from sqlalchemy.orm import Session

from reunite import jobs
from reunite.jobs import Lease


def claim_one(session: Session, *, lease_seconds: float, boot_id: str | None = None) -> Lease | None:
    """The job that has been due longest; None when nothing is due."""
    leases = jobs.claim_some(session, 1, lease_seconds=lease_seconds, boot_id=boot_id)
    return leases[0] if leases else None
