"""The table of what must happen between a confirmed pair and a meeting."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class ReunionStepRow(Base):
    """One step that was done for a confirmed pair; `answer` is yes or no where the step is a question. What was written
    with it is sealed with the missing report's key."""

    __tablename__ = "reunion_step"
    __table_args__ = (CheckConstraint("answer IN ('yes', 'no')", name="answer"),)
    missing_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    found_id: Mapped[int] = mapped_column(
        ForeignKey("report.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    step: Mapped[str] = mapped_column(String(20), primary_key=True)
    answer: Mapped[str] = mapped_column(String(3))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
