"""The tables of feeds: what ours has given on, and how far those of others were read."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, false
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class FeedRecordRow(Base):
    """A record that our feed gave on, of a poster that hung: its id there, and when the feed last saw it change. It
    outlives the poster and the report's content and says nothing of the child: once `ended` it stays so, that copies
    elsewhere are deleted, and a poster that hangs anew is another record. `published_at`: which poster it was."""

    __tablename__ = "feed_record"
    __table_args__ = (
        Index("ix_feed_record_entry_date", "entry_date", unique=True),
        Index("ix_feed_record_report_id", "report_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id"))
    ref: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[str] = mapped_column(String(300), unique=True)
    published_at: Mapped[datetime]
    entry_date: Mapped[datetime]
    ended: Mapped[bool] = mapped_column(default=False, server_default=false())


class FeedMarkRow(Base):
    """How far the feed of another service was read: the newest entry_date; `digest` is of its address, which may hold
    a key."""

    __tablename__ = "feed_mark"
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    newest: Mapped[datetime]
    at: Mapped[datetime]
