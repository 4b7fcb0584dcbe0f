"""Numbers that order changes, so that an index can catch up with the database and miss nothing.

On SQLite one writer at a time makes a plain counter safe. On PostgreSQL a transaction may commit late with a lower
number, so a change carries its writing transaction's id, and a reader goes back to the oldest one that still ran
when it last looked (the snapshot's xmin).
"""

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from reunite.storage.tables import Installation


def next_change(session: Session) -> int:
    """The number to stamp on what this transaction changes."""
    if session.get_bind().dialect.name == "postgresql":
        return int(session.scalars(text("SELECT pg_current_xact_id()::text::bigint")).one())
    step = update(Installation).values(change_no=Installation.change_no + 1).returning(Installation.change_no)
    return session.scalars(step).one()


def horizon(session: Session) -> int:
    """The first number that a transaction not seen by this snapshot may carry."""
    if session.get_bind().dialect.name == "postgresql":
        return int(
            session.scalars(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")).one()
        )
    return session.scalars(select(func.max(Installation.change_no))).one() + 1
