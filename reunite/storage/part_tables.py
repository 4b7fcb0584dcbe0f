"""What each shard found for a report that several of them rank together."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base


class RankingPartRow(Base):
    """One shard's part of a ranking, under the lease of the report's job; gone once the ranking is stored, or another
    lease began it anew. `found` is empty until the part is done, see `reunite.parts`."""

    __tablename__ = "ranking_part"
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    shard: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    token: Mapped[str] = mapped_column(String(32))
    taken_at: Mapped[datetime | None]
    found: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
