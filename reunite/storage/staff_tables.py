"""The tables of those who work here. States are written beside each column that holds one."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    String,
)
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class StaffRow(Base):
    """A person who works here. state: active -> locked."""

    __tablename__ = "staff"
    __table_args__ = (
        CheckConstraint("role IN ('volunteer', 'coordinator', 'police', 'admin', 'auditor')", name="role"),
        CheckConstraint("state IN ('active', 'locked')", name="state"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(12))
    password_hash: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(8), default="active")
    created_at: Mapped[datetime]


class InvitationRow(Base):
    """Lets one person become staff, once, until it expires. `province`: where a volunteer begins; empty: everywhere."""

    __tablename__ = "invitation"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    role: Mapped[str] = mapped_column(String(12))
    province: Mapped[str] = mapped_column(String(8), default="", server_default="")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
