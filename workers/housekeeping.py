"""What is done once a minute, by whichever worker comes to it: nothing of it must wait for a report."""

import structlog
from sqlalchemy.orm import Session

from reunite import (
    alarms,
    alert_spread,
    anchors,
    audit,
    drafts,
    floods,
    imports,
    jobs,
    outbox_care,
    parts,
    photos,
    retention,
    sessions,
    sighting_jobs,
    silence,
    subscriptions,
    throttling,
    webhooks,
    worker_status,
)
from reunite.service import Service
from reunite.storage import rate_windows

log = structlog.get_logger()


def keep(service: Service) -> None:
    """Find jobs that should be there and are not, compare sightings of the last weeks again, look for unusual openings
    and exports, forget what was counted, anchor the audit log outside, and let go of reports whose time is over."""
    with service.database.write() as session:
        found = jobs.reconcile(session)
        sighting_jobs.reconcile(session)
        sighting_jobs.again(session)
    if found:
        log.error("reconciler_found_unmatched_reports", count=found)
    with service.database.write() as session:
        alarms.watch_openings(session, service.keys, service.settings.opened_per_hour)
        alarms.watch_exports(session, service.keys)
        rate_windows.forget_old(session)
        throttling.forget_old(session)
        sessions.forget_old(session, service.settings.session_idle_minutes)
        floods.forget_senders(session)
        drafts.forget_old(session)
        imports.forget_old(session)
        worker_status.forget_old(session)
        parts.forget_old(session)
        outbox_care.forget_old(session)
        silence.forget_old(session)
        webhooks.forget_old(session)
        subscriptions.forget_old(session)
        alert_spread.sweep(session)
    with service.database.read() as session:
        path = service.settings.data_dir / "audit.anchor"
        sound = audit.anchor(session, service.keys, path)
        sound = _anchored(service, session) and sound
        set_aside, too_new = jobs.summary(session).quarantined, jobs.too_new(session)
        sightings_aside = sighting_jobs.quarantined(session)
    if not sound:
        log.error("audit_anchor_contradicts_the_log")
        with service.database.write() as session:
            alarms.raise_alarm(session, service.keys, "log_contradicts_anchor", "log")
    if set_aside:
        log.error("jobs_in_quarantine", count=set_aside)
    if sightings_aside:
        log.error("sightings_in_quarantine", count=sightings_aside)
    if too_new:
        log.warning("jobs_wait_for_a_newer_version", count=too_new)
    _let_go(service)


def _let_go(service: Service) -> None:
    """Erase what is due, with its files. A disk that is full or away is told, and the work goes on."""
    try:
        retention.sweep(service.database, service.keys, service.settings)
        photos.sweep(service)
    except OSError as error:
        log.error("reports_not_let_go", problem=type(error).__name__, errno=error.errno)


def _anchored(service: Service, session: Session) -> bool:
    """Whether the log agrees with the anchors of the days before."""
    anchor = service.settings.data_dir / "audit.anchor"
    try:
        return anchors.append_daily(session, service.keys, service.settings.anchors_path(), anchor)
    except OSError:
        log.error("daily_anchor_cannot_be_written")
        return True
