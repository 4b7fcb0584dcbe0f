"""The tables of reports that are being written."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class DraftRow(Base):
    """One draft under the keyed hash of its code; what is in it opens by the code alone. Gone when `expires_at` has
    come."""

    __tablename__ = "draft"
    code_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class DraftPhotoRow(Base):
    """A cleaned photo of a draft, sealed like its words; in the database, because it is here for days at most."""

    __tablename__ = "draft_photo"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    code_hash: Mapped[str] = mapped_column(ForeignKey("draft.code_hash", ondelete="CASCADE"), index=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
