"""The tables of what is sealed: each report's own key, and its sealed values."""

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class ReportKeyRow(Base):
    """A report's data key, wrapped by the key of this number; without it nothing sealed of the report opens again."""

    __tablename__ = "report_key"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, index=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class SealedRow(Base):
    """One sealed value of a report."""

    __tablename__ = "sealed_value"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    column: Mapped[str] = mapped_column(String(40), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class PhoneRow(Base):
    """A keyed hash of the reporter's telephone number, so that equal numbers can be found and none be read."""

    __tablename__ = "phone_index"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    phone_hash: Mapped[str] = mapped_column(String(64), index=True)
