"""What staff were refused: a line in the log, at most once a minute for each person and route."""

from datetime import UTC, timedelta

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.storage.audit_tables import AuditHeadRow, AuditRow
from reunite.storage.clock import now
from reunite.storage.session import Database

ACTION = "access.refused"
_PAUSE = timedelta(minutes=1)
_LONGEST_SUBJECT = 80


def note(database: Database, keys: Keys, staff: Staff, route: str) -> None:
    """Write that this person was refused; `route` is the template of its path, never the path itself."""
    subject = f"route:{route}"[:_LONGEST_SUBJECT]
    with database.read() as session:  # who is refused all the time makes nobody wait for a lock
        if _noted(session, staff, subject):
            return
    with database.write() as session:
        session.scalars(select(AuditHeadRow).with_for_update()).one()
        if not _noted(session, staff, subject):
            audit.append(session, keys, actor=staff.actor, action=ACTION, subject=subject)


def _noted(session: Session, staff: Staff, subject: str) -> bool:
    since = (now(session) - _PAUSE).astimezone(UTC).isoformat(timespec="microseconds")
    recent = exists().where(
        AuditRow.at >= since,
        AuditRow.actor == staff.actor,
        AuditRow.action == ACTION,
        AuditRow.subject == subject,
    )
    return bool(session.scalar(select(recent)))
