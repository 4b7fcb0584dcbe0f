"""The tables of what is to be told outside, and of addresses that nothing is sent to any more."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class DeliveryRow(Base):
    """One delivery. state: ready -> leased -> sent; leased -> ready (not this time, lease ran out) | failed | dropped;
    ready -> dropped. `once`: what it is, so that the same is queued once. `sealed`: address and words, gone as soon as
    it is neither ready nor leased. `to_hash`: a keyed hash of the address. `urgent`: is sent in quiet hours too."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint("channel IN ('email', 'gateway', 'webhook', 'push')", name="channel"),
        CheckConstraint("state IN ('ready', 'leased', 'sent', 'failed', 'dropped')", name="state"),
        CheckConstraint("(sealed IS NOT NULL) = (state IN ('ready', 'leased'))", name="sealed"),
        Index("ix_delivery_due", "state", "urgent", "due"),
        Index("ix_delivery_to_hash", "to_hash", "at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(8))
    once: Mapped[str] = mapped_column(String(120), unique=True)
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    to_hash: Mapped[str | None] = mapped_column(String(32))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    urgent: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8), default="ready")
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    at: Mapped[datetime]
    due: Mapped[datetime]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    boot_id: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None]


class SilencedRow(Base):
    """An address, known only by its keyed hash, that nothing is sent to. why: opted_out (its owner wants nothing) |
    bounced (there is nobody)."""

    __tablename__ = "silenced_address"
    __table_args__ = (CheckConstraint("why IN ('opted_out', 'bounced')", name="why"),)
    to_hash: Mapped[str] = mapped_column(String(32), primary_key=True)
    why: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
