"""The tables of search and of children who were reported twice."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class SearchKeyRow(Base):
    """A key that a report is found under, see `matching.search_keys`. It is made of what the report says, so it goes
    when the report is erased."""

    __tablename__ = "search_key"
    __table_args__ = (Index("ix_search_key_report_id", "report_id"),)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)


class MergeRow(Base):
    """A report of a child who was reported more than once, and the one of them that is worked on: `kept_id`, whose own
    row names itself. Taking the row away undoes it. `closed_at`: when the confirmation of another of them closed it."""

    __tablename__ = "report_merge"
    __table_args__ = (Index("ix_report_merge_kept_id", "kept_id"),)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
