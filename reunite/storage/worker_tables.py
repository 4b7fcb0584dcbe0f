"""What worker processes tell of themselves."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class WorkerRow(Base):
    """One process that works on jobs, by a random name of its own; it alone writes the row, until it is old. Counts are
    since the process began; `buckets` are numbers of jobs by the time they took, see reunite.worker_status."""

    __tablename__ = "worker"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    change_no: Mapped[int] = mapped_column(BigInteger)
    """The first change that its index may not have taken in."""
    reports: Mapped[int] = mapped_column(Integer)
    done: Mapped[int] = mapped_column(BigInteger)
    failed: Mapped[int] = mapped_column(BigInteger)
    set_aside: Mapped[int] = mapped_column(BigInteger)
    lost: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]
    buckets: Mapped[list[Any]]
