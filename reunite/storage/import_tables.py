"""Imports that were begun and have not ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class ImportMarkRow(Base):
    """How far the file that a source's last import read was taken; gone once it was taken whole."""

    __tablename__ = "import_mark"
    source: Mapped[str] = mapped_column(String(200), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    position: Mapped[int] = mapped_column(BigInteger)
    counts: Mapped[dict[str, Any]]
    at: Mapped[datetime]
