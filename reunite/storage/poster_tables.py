"""The tables of posters, which a family consents to and a coordinator publishes, and of sightings that answer them."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id


class PosterRow(Base):
    """The poster of a missing report. state: asked (the family consents) -> published | declined by a coordinator;
    taken_back by the family, taken_down by a coordinator; asked again from each. `shown` (columns) and `photo` (its
    ref) are what the family consents to, `ref` is the poster's name in addresses, `rev` the report's when it was
    published."""

    __tablename__ = "poster"
    __table_args__ = (
        CheckConstraint(
            "state IN ('asked', 'published', 'declined', 'taken_back', 'taken_down')", name="state"
        ),
        Index("ix_poster_state", "state", "asked_at"),
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(16), unique=True)
    state: Mapped[str] = mapped_column(String(12))
    shown: Mapped[list[str]] = mapped_column(JSON)
    photo: Mapped[str] = mapped_column(String(32))
    asked_at: Mapped[datetime]
    rev: Mapped[int | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]


class PosterPartRow(Base):
    """What a published poster consists of, as the coordinator saw it: facts (JSON), pdf, png, photo, preview; each
    sealed with the report's key. There is none of a poster that is not published."""

    __tablename__ = "poster_part"
    report_id: Mapped[int] = mapped_column(
        ForeignKey("poster.report_id", ondelete="CASCADE"), primary_key=True
    )
    part: Mapped[str] = mapped_column(String(8), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class SightingRow(Base):
    """What somebody saw of a child on a poster, sealed with the report's key. `settled_at`: somebody of staff has read
    it and done what was to do; `raised_report_id`: the found report that they made of it."""

    __tablename__ = "sighting"
    __table_args__ = (Index("ix_sighting_waiting", "settled_at", "at"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    settled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    settled_at: Mapped[datetime | None]
    raised_report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id"))
