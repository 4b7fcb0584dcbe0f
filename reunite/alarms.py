"""Alarms: what a person should look into, kept for people and written to both logs as ids."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import distinct, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reunite import audit
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action, demand
from reunite.problems import Conflict, NotFound
from reunite.storage.abuse_tables import AlarmRow
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.staff_tables import StaffRow

log = structlog.get_logger()
MOST_A_DAY = 100
"""Rows of one kind a day: who comes from ever new addresses must not fill the table. The log gets all."""
EXPORTED_A_DAY = 1000
"""Reports that an account may take as files in a day before an alarm."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as the page shows it; `seen_by` is a name, empty while nobody has looked into it."""

    id: int
    kind: str
    subject: str
    at: datetime
    seen_by: str


def raise_alarm(session: Session, keys: Keys, kind: str, subject: str) -> bool:
    """Keep an alarm in the caller's transaction, once a day for each kind and subject; True where it is new. `kind`
    is a word of ours and `subject` an id or a keyed hash: nothing personal."""
    at = now(session)
    day = at.astimezone(UTC).date().isoformat()
    if _kept(session, kind, day) >= MOST_A_DAY:
        log.warning("alarm", kind=kind, subject=subject, kept=False)
        return False
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    row = insert(AlarmRow).values(kind=kind, subject=subject, day=day, at=at)
    if not session.execute(row.on_conflict_do_nothing().returning(AlarmRow.id)).all():
        return False
    audit.append(session, keys, actor=audit.SYSTEM, action="alarm.raised", subject=subject, detail=kind)
    log.warning("alarm", kind=kind, subject=subject)
    return True


def watch_openings(session: Session, keys: Keys, most_per_hour: int) -> None:
    """Raise an alarm for each account that opened more than so many different cases in the last hour, or eight times
    as many in the last day. Counted from the log's own lines, so that no way to a case goes by it."""
    for kind, hours, most in (
        ("many_cases_opened", 1, most_per_hour),
        ("many_cases_in_a_day", 24, 8 * most_per_hour),
    ):
        since = (now(session).astimezone(UTC) - timedelta(hours=hours)).isoformat(timespec="microseconds")
        opened = (
            select(AuditRow.actor)
            .where(AuditRow.at >= since, AuditRow.actor.like("staff:%"), AuditRow.action.like("%viewed"))
            .group_by(AuditRow.actor)
            .having(func.count(distinct(AuditRow.subject)) > most)
        )
        for actor in session.scalars(opened).all():
            raise_alarm(session, keys, kind, actor)


def watch_exports(session: Session, keys: Keys) -> None:
    """Raise an alarm for each account that took more reports as files than EXPORTED_A_DAY in the last day, in one
    export or many. Counted from the log's own lines, which begin with how many."""
    since = (now(session).astimezone(UTC) - timedelta(days=1)).isoformat(timespec="microseconds")
    query = select(AuditRow.actor, AuditRow.detail).where(
        AuditRow.at >= since, AuditRow.actor.like("staff:%"), AuditRow.action == "reports.exported"
    )
    taken = Counter[str]()
    for actor, detail in session.execute(query):
        taken[actor] += int(detail.split(" ", 1)[0])
    for actor, count in taken.items():
        if count > EXPORTED_A_DAY:
            raise_alarm(session, keys, "many_reports_exported", actor)


def unseen(session: Session) -> int:
    """How many alarms nobody has looked into."""
    return session.scalars(select(func.count()).select_from(AlarmRow).where(AlarmRow.seen_by.is_(None))).one()


def newest(session: Session, staff: Staff, limit: int = 200) -> Sequence[Alarm]:
    """The alarms, those that nobody has seen first, then the newest."""
    demand(staff.role, Action.SEE_ALARMS)
    rows = session.execute(
        select(AlarmRow, func.coalesce(StaffRow.name, ""))
        .outerjoin(StaffRow, StaffRow.id == AlarmRow.seen_by)
        .order_by(AlarmRow.seen_by.is_not(None), AlarmRow.id.desc())
        .limit(limit)
    )
    return [Alarm(row.id, row.kind, row.subject, row.at, name) for row, name in rows]


def mark_seen(session: Session, keys: Keys, staff: Staff, alarm_id: int) -> None:
    """Note who has looked into it. Raises NotFound, or Conflict where the alarm is about that very person."""
    demand(staff.role, Action.SETTLE_ALARM)
    row = session.get(AlarmRow, alarm_id, with_for_update=True)
    if row is None:
        raise NotFound
    if row.subject == staff.actor:
        raise Conflict("This alarm is about you, so somebody else must look into it.")
    if row.seen_by is None:
        row.seen_by, row.seen_at = staff.id, now(session)
        audit.append(
            session, keys, actor=staff.actor, action="alarm.seen", subject=f"alarm:{row.id}", detail=row.kind
        )


def _kept(session: Session, kind: str, day: str) -> int:
    query = select(func.count()).select_from(AlarmRow).where(AlarmRow.kind == kind, AlarmRow.day == day)
    return session.scalars(query).one()
