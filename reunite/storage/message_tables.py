"""The tables of messages between a reporter and the coordinators, and of what volunteers want asked."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class MessageRow(Base):
    """One message of a report; `staff_id` is empty where the family wrote it. `settled_at`: the family has read it, or
    somebody of staff has answered it or needs not to. The text is sealed and removed when the report is erased."""

    __tablename__ = "message"
    __table_args__ = (Index("ix_message_waiting", "staff_id", "settled_at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class MoreRequestRow(Base):
    """What a reviewer needs to know before a pair can be judged; the words are the review's reason. `about`: the side
    to ask, none where it was not said. state: open -> asked (a message was written) | dismissed."""

    __tablename__ = "more_request"
    __table_args__ = (
        ForeignKeyConstraint(
            ["missing_id", "found_id", "reviewer_id"],
            ["review.missing_id", "review.found_id", "review.reviewer_id"],
            name="fk_more_request_review",
        ),
        CheckConstraint("about IN ('missing', 'found')", name="about"),
        CheckConstraint("state IN ('open', 'asked', 'dismissed')", name="state"),
        Index("ix_more_request_state", "state", "at"),
    )
    missing_id: Mapped[int] = mapped_column(Id, primary_key=True)
    found_id: Mapped[int] = mapped_column(Id, primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(Id, primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    about: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10), default="open")
    at: Mapped[datetime]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None]
