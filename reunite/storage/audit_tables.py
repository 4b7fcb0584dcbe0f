"""The tables of the append-only log."""

from sqlalchemy import (
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class AuditRow(Base):
    """One line of the log: ids only, chained by keyed hashes; each predecessor has one successor."""

    __tablename__ = "audit_entry"
    no: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(32), index=True)
    actor: Mapped[str] = mapped_column(String(40))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(80), index=True)
    detail: Mapped[str] = mapped_column(String(200))
    previous: Mapped[str] = mapped_column(String(64), unique=True)
    hash: Mapped[str] = mapped_column(String(64))


class AuditHeadRow(Base):
    """One row: how long the chain is and where it ends, sealed by the same key, so that a cut tail shows."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(Id)
    hash: Mapped[str] = mapped_column(String(64))
    seal: Mapped[str] = mapped_column(String(64))
