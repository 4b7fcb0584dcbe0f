"""The tables of photos; the photos themselves are sealed files beside the database."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class PhotoRow(Base):
    """One photo of a report, in the order of `position`; `file` is its name in the folder of photos, `ref` its name
    in addresses. Width and height in pixels, `size` in bytes before sealing."""

    __tablename__ = "photo"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    file: Mapped[str] = mapped_column(String(64), unique=True)
    fingerprint: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    filed_at: Mapped[datetime]


class PhotoLeftoverRow(Base):
    """A file that no photo needs when `due` has come: one being written, unless its photo is stored by then, or one
    whose photo is gone. Only files named here are ever removed."""

    __tablename__ = "photo_leftover"
    file: Mapped[str] = mapped_column(String(64), primary_key=True)
    due: Mapped[datetime] = mapped_column(index=True)
