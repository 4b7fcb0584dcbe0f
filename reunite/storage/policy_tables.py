"""The tables of who may see what: regions, flags of a report, and why somebody looked at contact data."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class ReportRegionRow(Base):
    """A province that the report touches, by its code; one row with an empty code where none is known."""

    __tablename__ = "report_region"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    province: Mapped[str] = mapped_column(String(8), primary_key=True)


class StaffRegionRow(Base):
    """A province that a volunteer works on; who has none works on all."""

    __tablename__ = "staff_region"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True)
    province: Mapped[str] = mapped_column(String(8), primary_key=True)


class ReportFlagRow(Base):
    """A warning on a report; `set_by` is empty where who filed it said so."""

    __tablename__ = "report_flag"
    __table_args__ = (
        CheckConstraint("kind IN ('custody_dispute', 'protection_order', 'danger')", name="kind"),
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    set_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class ContactAccessRow(Base):
    """Why somebody looked at contact data; the reason goes when the report is erased."""

    __tablename__ = "contact_access"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
