"""The table of partner organisations' keys."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class PartnerKeyRow(Base):
    """A key of a partner organisation, known only by its keyed hash. It counts until `expires_at` or `revoked_at`.
    `source` is the organisation as reports name it; `scopes` are separated by spaces."""

    __tablename__ = "partner_key"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    source: Mapped[str] = mapped_column(String(200))
    scopes: Mapped[str] = mapped_column(String(200))
    prefix: Mapped[str] = mapped_column(String(20))
    key_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
