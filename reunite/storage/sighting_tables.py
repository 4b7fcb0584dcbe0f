"""The tables of comparing sightings with missing reports: the job of each, and what came of it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class SightingJobRow(Base):
    """One a sighting. state: ready -> leased -> done; leased -> ready (failed, lease ran out, or the next shard) |
    quarantined; done and quarantined -> ready once a day while the sighting is young. `shard` is the share of the
    reports that it is to be compared with next."""

    __tablename__ = "sighting_job"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'leased', 'done', 'quarantined')", name="state"),
        Index("ix_sighting_job_due", "state", "due"),
    )
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sighting.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12), default="ready")
    shard: Mapped[int] = mapped_column(SmallInteger, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    due: Mapped[datetime]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    boot_id: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None]


class SightingMatchRow(Base):
    """A missing report that a sighting may be of, the one of its poster too. `evidence` (JSON) repeats what both say
    and is sealed with the key of the poster's report; `report_rev` is the revision that was compared."""

    __tablename__ = "sighting_match"
    sighting_id: Mapped[int] = mapped_column(ForeignKey("sighting.id", ondelete="CASCADE"), primary_key=True)
    report_id: Mapped[int] = mapped_column(
        ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    report_rev: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(40))
    total: Mapped[float]
    probability: Mapped[float]
    evidence: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
