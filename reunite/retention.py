"""How long reports are kept: compared until a date that the family sees and can move, then erased after a grace time.

A source may set an end of its own (`expires_at`; PFIF's expiry_date): one day after it everything personal is gone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from reunite import audit, erasure, notifications, reports, webhook_events
from reunite.actors import FAMILY
from reunite.config import Settings
from reunite.keys import Keys
from reunite.reports import CaseStatus
from reunite.storage.clock import now
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow
from reunite.webhook_events import EventType

NOTICE_DAYS = 60
"""How long before the end of a report its reporter is told."""
_BATCH = 100


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did: reports whose reporter is to be told, that ran out, and that were erased."""

    noticed: int = 0
    expired: int = 0
    erased: int = 0


def until(report: ReportRow | CaseStatus, settings: Settings) -> datetime | None:
    """When the report leaves the comparison (open) or is erased (not open); None where it is kept for good."""
    own = report.expires_at + erasure.SOURCE_GRACE if report.expires_at else None
    days = _days(report, settings)
    ours = report.kept_from + timedelta(days=days) if days else None
    return min((end for end in (own, ours) if end is not None), default=None)


def extend(session: Session, keys: Keys, case_number: str, secret: str) -> bool:
    """The reporter wants an open report to be kept on: its time begins anew. False where the receipt does not fit."""
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        return False
    keep_on(session, keys, report, actor=FAMILY)
    return True


def keep_on(session: Session, keys: Keys, report: ReportRow, *, actor: str) -> None:
    """The same of a report that is the actor's own and that the caller has locked."""
    if report.state == "open":
        report.kept_from, report.noticed_at = now(session), None
        audit.append(session, keys, actor=actor, action="report.extended", subject=f"report:{report.id}")


def sweep(database: Database, keys: Keys, settings: Settings) -> Swept:
    """Tell, end and erase what is due, a batch of each; call it again and again, it does nothing twice."""
    ledger = erasure.Ledger(settings.data_dir, keys)
    with database.write() as session:
        at = now(session)
        erased = _each(session, _to_erase(settings, at))
        for report in erased:
            erasure.erase(session, keys, ledger, report, actor=audit.SYSTEM)
        expired = _each(session, _to_expire(settings, at))
        for report in expired:
            reports.leave(session, report, "expired")
            audit.append(
                session, keys, actor=audit.SYSTEM, action="report.expired", subject=f"report:{report.id}"
            )
        noticed = _each(session, _to_notice(settings, at))
        for report in noticed:
            report.noticed_at = at
            if (end := until(report, settings)) is not None:
                notifications.ending(session, keys, report, end)
                if report.source is not None:
                    webhook_events.happened(session, EventType.EXPIRING, report.id)
            audit.append(
                session, keys, actor=audit.SYSTEM, action="report.end_noticed", subject=f"report:{report.id}"
            )
    if erased:
        database.scrub()
    return Swept(len(noticed), len(expired), len(erased))


def _days(report: ReportRow | CaseStatus, settings: Settings) -> int:
    if report.state == "open":
        return settings.retain_missing_days if report.kind == "missing" else settings.retain_found_days
    return settings.retain_closed_days if report.state == "closed" else settings.retain_withdrawn_days


def _each(session: Session, where: ColumnElement[bool]) -> list[ReportRow]:
    query = select(ReportRow).where(where, ReportRow.erased_at.is_(None)).order_by(ReportRow.id).limit(_BATCH)
    return list(session.scalars(query.with_for_update(key_share=True, skip_locked=True)))


def _to_erase(settings: Settings, at: datetime) -> ColumnElement[bool]:
    closed = at - timedelta(days=settings.retain_closed_days)
    left = at - timedelta(days=settings.retain_withdrawn_days)
    return or_(
        ReportRow.expires_at <= at - erasure.SOURCE_GRACE,
        and_(ReportRow.state == "closed", ReportRow.kept_from <= closed),
        and_(ReportRow.state.in_(("withdrawn", "expired")), ReportRow.kept_from <= left),
    )


def _to_expire(settings: Settings, at: datetime) -> ColumnElement[bool]:
    return and_(ReportRow.state == "open", _open_longer_than(settings, at, 0))


def _to_notice(settings: Settings, at: datetime) -> ColumnElement[bool]:
    near = _open_longer_than(settings, at, NOTICE_DAYS)
    return and_(ReportRow.state == "open", ReportRow.noticed_at.is_(None), near)


def _open_longer_than(settings: Settings, at: datetime, days_left: int) -> ColumnElement[bool]:
    ends = [(kind, days) for kind, days in (("missing", settings.retain_missing_days),
                                            ("found", settings.retain_found_days)) if days]  # fmt: skip
    return or_(
        ReportRow.id < 0,  # nothing, where all are kept for good
        *(and_(ReportRow.kind == kind, ReportRow.kept_from <= at - timedelta(days=max(days - days_left, 0)))
          for kind, days in ends),
    )  # fmt: skip
