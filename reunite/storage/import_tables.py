"""Imports that were begun and have not ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class ImportMarkRow(Base):
    """How far the file that a source's last import read was taken; gone once it was taken whole."""

    __tablename__ = "import_mark"
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    counts: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ColumnMappingRow(Base):
    """What the columns of a source's tables are, as people said: column of ours by heading."""

    __tablename__ = "column_mapping"
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    columns: Mapped[dict[str, Any]]
    at: Mapped[datetime]


class ImportJobRow(Base):
    """A table that somebody sent to be imported. state: sent -> checking -> checked -> importing -> done;
    checking | importing -> stopped (by somebody) | failed; checked | stopped -> importing. `mapping`, `told` (what the
    dry run found) and the file's name are sealed, for they repeat what stands in the table."""

    __tablename__ = "import_job"
    __table_args__ = (
        CheckConstraint(
            "state IN ('sent', 'checking', 'checked', 'importing', 'stopped', 'failed', 'done')", name="state"
        ),
        Index("ix_import_job_state", "state", "lease_until"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    source: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10), default="sent")
    counts: Mapped[dict[str, Any]]
    position: Mapped[int] = mapped_column(Integer, default=0)
    size: Mapped[int] = mapped_column(Integer, default=0)
    name: Mapped[bytes]
    mapping: Mapped[bytes]
    told: Mapped[bytes]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]


class ImportPieceRow(Base):
    """A part of a file that belongs to an import, sealed: what was sent (`part` table), and the rows that were
    refused."""

    __tablename__ = "import_piece"
    __table_args__ = (CheckConstraint("part IN ('table', 'refused')", name="part"),)
    job_id: Mapped[int] = mapped_column(ForeignKey("import_job.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[bytes]
