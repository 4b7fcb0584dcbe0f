"""The time: the database's on PostgreSQL, so that machines with wrong clocks agree; ours on SQLite."""

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session


def aware(moment: datetime) -> datetime:
    """The same moment in UTC; a naive one is taken as UTC (SQLite stores no zone)."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def now(session: Session) -> datetime:
    """Wall-clock time now, not the transaction's start."""
    if session.get_bind().dialect.name == "postgresql":
        moment = session.scalar(text("SELECT clock_timestamp()"))
        assert isinstance(moment, datetime)  # noqa: S101 - what PostgreSQL returns here is known
        return aware(moment)
    return datetime.now(UTC)
