"""The tables of partner organisations' webhooks, and of what happened to their reports."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class WebhookRow(Base):
    """Where a partner organisation is told of its own reports. It counts until `ended_at`; `why`: stopped (by a person)
    | gone (it answered so) | failing (for days). `secret` is sealed; `events` are separated by spaces; `failures`: so
    many in a row, since `failing_since`."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("why IN ('stopped', 'gone', 'failing')", name="why"),
        CheckConstraint("(why IS NULL) = (ended_at IS NULL)", name="ended"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(200), index=True)
    url: Mapped[str] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    events: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    why: Mapped[str | None] = mapped_column(String(10))
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None]


class WebhookEventRow(Base):
    """That something happened to a partner's report, for replays: nothing of what it says. `step` is what the report
    came to, of events that tell it."""

    __tablename__ = "webhook_event"
    __table_args__ = (Index("ix_webhook_event_at", "at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    type: Mapped[str] = mapped_column(String(40))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    step: Mapped[str | None] = mapped_column(String(10))
    at: Mapped[datetime]
