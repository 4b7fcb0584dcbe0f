"""The tables against abuse: counted requests, what a report looked like when it came, moderation, alarms."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class RateRow(Base):
    """How often somebody asked in one window of time; `key` holds a keyed hash of who, never an address."""

    __tablename__ = "rate_window"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class PrintRow(Base):
    """Keyed hashes of a report as it was filed, to notice copies; empty where there is nothing to compare.

    `sender` (a hash of the address) is emptied after a day.
    """

    __tablename__ = "report_print"
    __table_args__ = (
        Index("ix_report_print_sender", "sender", "body", "report_id"),
        Index("ix_report_print_person", "person", "report_id"),
        Index("ix_report_print_at", "at"),
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    sender: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(String(64))
    person: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime]


class ModerationRow(Base):
    """Why a coordinator should look at a report. decision: none yet -> real | not_a_report."""

    __tablename__ = "moderation"
    __table_args__ = (
        CheckConstraint("reason IN ('flood', 'copy', 'same_person', 'same_phone')", name="reason"),
        CheckConstraint("decision IN ('real', 'not_a_report')", name="decision"),
        Index("ix_moderation_open", "decision", "at"),
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(12), primary_key=True)
    other_id: Mapped[int | None] = mapped_column(ForeignKey("report.id", ondelete="SET NULL"))
    at: Mapped[datetime]
    decision: Mapped[str | None] = mapped_column(String(12))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]


class AlarmRow(Base):
    """Something a person should look into: ids only, one a day for each kind and subject."""

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("kind", "subject", "day", name="uq_alarm_kind"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80))
    day: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime]
    seen_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    seen_at: Mapped[datetime | None]
