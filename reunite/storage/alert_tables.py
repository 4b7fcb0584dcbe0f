"""The tables of alerts to people nearby, and of those who asked for them."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id

_ACTIVE = text("state = 'active'")


class SubscriptionRow(Base):
    """Somebody who wants to hear of children missing near a place. `place` is the code of a county or of what is
    larger, `latitude` and `longitude` are that place's, not the person's. `sealed`: the address; `to_hash`: a keyed
    hash by which it is known again. Nothing is sent before `confirmed_at`."""

    __tablename__ = "subscription"
    __table_args__ = (
        CheckConstraint("channel IN ('email', 'push')", name="channel"),
        UniqueConstraint("to_hash", "place"),
        Index("ix_subscription_confirmed_at", "confirmed_at", "at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    place: Mapped[str] = mapped_column(String(16))
    latitude: Mapped[float] = mapped_column(Double)
    longitude: Mapped[float] = mapped_column(Double)
    language: Mapped[str] = mapped_column(String(16))
    channel: Mapped[str] = mapped_column(String(8))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    to_hash: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class AlertRow(Base):
    """An alert about a missing report, which the police approved. state: active -> withdrawn. `ref` is its name in
    addresses, `place` the code of where the child was last. `ring`: how many rings of the growing radius are queued
    whole, `cursor`: the last subscription queued in the next one; once withdrawn, the last delivery whose reader was
    told so. `told_at`: all of those were."""

    __tablename__ = "alert"
    __table_args__ = (
        CheckConstraint("state IN ('active', 'withdrawn')", name="state"),
        CheckConstraint("(ended_at IS NULL) = (state = 'active')", name="ended_at"),
        Index("ix_alert_active", "report_id", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    place: Mapped[str] = mapped_column(String(16))
    approved_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12))
    ring: Mapped[int] = mapped_column(Integer, default=0)
    cursor: Mapped[int] = mapped_column(Id, default=0)
    ended_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]
