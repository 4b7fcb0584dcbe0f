"""The tables of reports and pairs. States are written beside each column that holds one."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from reunite.storage.base import Base, Id

_CLAIMED = text("claimed_until IS NOT NULL")


class Installation(Base):
    """One row: proves the key fits the database, counts changes on SQLite, and says which programs may run on it."""

    __tablename__ = "installation"
    id: Mapped[int] = mapped_column(primary_key=True)
    key_check: Mapped[str] = mapped_column(String(64))
    change_no: Mapped[int] = mapped_column(Id, default=0)
    oldest_program: Mapped[int] = mapped_column(SmallInteger, default=24, server_default="24")
    """The number of the last migration that a program must know to run on these tables."""


class ReportRow(Base):
    """What somebody filed. state: open -> closed | withdrawn | expired. `do_not_disclose`: its pairs skip volunteers
    and go to the police. `kept_from`: when the time that it is kept began; `expires_at`: the source's own end of it."""

    __tablename__ = "report"
    __table_args__ = (
        UniqueConstraint("source", "source_id", name="uq_report_source"),
        CheckConstraint("kind IN ('missing', 'found')", name="kind"),
        CheckConstraint("state IN ('open', 'closed', 'withdrawn', 'expired')", name="state"),
        Index("ix_report_change_no", "change_no"),
        Index("ix_report_filed_at", "filed_at"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=True)
    case_number: Mapped[str] = mapped_column(String(16), unique=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10), default="open")
    rev: Mapped[int] = mapped_column(Integer, default=1)
    change_no: Mapped[int] = mapped_column(Id)
    source: Mapped[str | None] = mapped_column(String(200))
    source_id: Mapped[str | None] = mapped_column(String(200))
    person: Mapped[dict[str, str]]
    language: Mapped[str] = mapped_column(String(35))
    secret_hash: Mapped[str] = mapped_column(String(64))
    do_not_disclose: Mapped[bool] = mapped_column(default=False, server_default=false())
    filed_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    kept_from: Mapped[datetime]
    noticed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class IdempotencyRow(Base):
    """An answer that may have been lost on its way: the same request gets the same answer."""

    __tablename__ = "idempotency"
    key_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
    created_at: Mapped[datetime]


class MatchJobRow(Base):
    """One a report. state: ready -> leased -> done; leased -> ready (failed, lease ran out) | quarantined. `needs`: the
    least reunite.jobs.VERSION of a worker that may do it."""

    __tablename__ = "match_job"
    __table_args__ = (
        CheckConstraint("state IN ('ready', 'leased', 'done', 'quarantined')", name="state"),
        Index("ix_match_job_due", "state", "bulk", "due"),
    )
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    rev: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(12), default="ready")
    bulk: Mapped[bool] = mapped_column(default=False)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    needs: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    due: Mapped[datetime]
    lease_token: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    boot_id: Mapped[str | None] = mapped_column(String(64))
    problem: Mapped[str | None] = mapped_column(String(200))
    done_at: Mapped[datetime | None]


class CandidateRow(Base):
    """A suggested pair. `current` is the engine's word (False: stale); `stage` is people's: open -> referred |
    set_aside (two found it unlikely) | closed (one of its reports left: another pair, or withdrawn);
    referred -> confirmed | ruled_out | closed."""

    __tablename__ = "candidate"
    __table_args__ = (
        CheckConstraint(
            "stage IN ('open', 'referred', 'set_aside', 'confirmed', 'ruled_out', 'closed')", name="stage"
        ),
        Index("ix_candidate_queue", "stage", "current", "probability", "born"),
        Index("ix_candidate_born", "stage", "current", "born", "probability"),
        Index("ix_candidate_found_id", "found_id"),
        Index(
            "ix_candidate_claimed_until", "claimed_until", sqlite_where=_CLAIMED, postgresql_where=_CLAIMED
        ),
    )
    missing_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    found_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    ref: Mapped[str] = mapped_column(String(32), unique=True)
    missing_rev: Mapped[int] = mapped_column(Integer)
    found_rev: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(40))
    prior: Mapped[float]
    total: Mapped[float]
    probability: Mapped[float]
    evidence: Mapped[list[Any]]
    born: Mapped[int | None] = mapped_column(SmallInteger)
    """The latest year of birth that one of both reports may mean; None where neither tells it."""
    current: Mapped[bool] = mapped_column(default=True)
    stage: Mapped[str] = mapped_column(String(10), default="open")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    claimed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    claimed_until: Mapped[datetime | None]


class ReviewRow(Base):
    """A volunteer's verdict on a pair; one a person, the database holds it."""

    __tablename__ = "review"
    __table_args__ = (
        CheckConstraint("verdict IN ('plausible', 'unlikely', 'ruled_out', 'need_more')", name="verdict"),
        Index("ix_review_found_id", "found_id"),
    )
    missing_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    found_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    verdict: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ConfirmationRow(Base):
    """The officer's finding on a pair, with its basis."""

    __tablename__ = "confirmation"
    __table_args__ = (
        CheckConstraint("outcome IN ('confirmed', 'ruled_out')", name="outcome"),
        CheckConstraint("basis IN ('dna', 'documents', 'recognition', 'other')", name="basis"),
    )
    missing_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    found_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str] = mapped_column(String(10))
    basis: Mapped[str] = mapped_column(String(12))
    reference: Mapped[str] = mapped_column(String(200))
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class ExclusionRow(Base):
    """A pair ruled out for good: not suggested again unless the evidence grows past `total` by a margin."""

    __tablename__ = "exclusion"
    missing_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    found_id: Mapped[int] = mapped_column(ForeignKey("report.id"), primary_key=True)
    total: Mapped[float]
    at: Mapped[datetime]
