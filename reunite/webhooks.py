"""Partner organisations' webhooks: made and ended by the administrator, ended by themselves, told again on demand."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import addresses, alarms, audit, outbox_care, signing, webhook_events
from reunite.keys import Keys
from reunite.problems import Invalid, NotFound, Problem
from reunite.storage.clock import aware, now
from reunite.storage.tables import ReportRow
from reunite.storage.webhook_tables import WebhookEventRow, WebhookRow
from reunite.submission import tidy
from reunite.webhook_events import Event, EventType

KEPT = timedelta(days=30)
"""How long events can be told again."""
_MOST_AGAIN = 1000
_PATIENCE, _FAILURES = timedelta(days=3), 10
"""So long, and so often in a row, a webhook may fail before it is ended."""
_LONGEST_SOURCE, _LONGEST_URL = 200, 1000
_URL = re.compile(r"https?://[!-~]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook as lists show it: never its secret. `state`: valid, or why it ended."""

    id: int
    source: str
    url: str
    events: tuple[str, ...]
    created_at: datetime
    ended_at: datetime | None
    failures: int
    state: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a delivery goes, and what signs it."""

    id: int
    url: str
    secret: str
    failures: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many deliveries were queued again, and from when to ask for the rest; None where that was all."""

    queued: int
    more_since: datetime | None


def create(
    session: Session, keys: Keys, *, actor: str, source: str, url: str, events: Iterable[str] = tuple(EventType),
    private: bool = False,
) -> str:  # fmt: skip
    """Make a webhook of the organisation and give its secret, the only time; raises Invalid. `private`: addresses of
    private networks may be called."""
    name, there, wanted = tidy(source).strip(), url.strip(), sorted(set(events))
    if problems := [*_problems(name, there, wanted, private)]:
        raise Invalid(problems)
    row = WebhookRow(source=name, url=there, secret=b"", events=" ".join(wanted), created_at=now(session))
    session.add(row)
    session.flush()
    secret = signing.new_secret()
    row.secret = keys.seal(_PURPOSE, str(row.id), secret)
    webhook_events.look_again(session)
    _log(session, keys, actor, "webhook.made", row)
    return secret


def end(session: Session, keys: Keys, hook_id: int, *, actor: str) -> None:
    """The webhook is told nothing more; raises NotFound where there is none of this number."""
    row = session.get(WebhookRow, hook_id, with_for_update=True)
    if row is None:
        raise NotFound
    _end(session, keys, row, "stopped", actor)


def list_all(session: Session) -> Sequence[Webhook]:
    """Every webhook, by organisation, the newest first."""
    query = select(WebhookRow).order_by(WebhookRow.source, WebhookRow.id.desc())
    return [
        Webhook(row.id, row.source, row.url, tuple(row.events.split()), row.created_at, row.ended_at, row.failures,
                row.why or "valid")
        for row in session.scalars(query)
    ]  # fmt: skip


def target(session: Session, keys: Keys, hook_id: int) -> Target | None:
    """Where to send what is for this webhook; None where it has ended."""
    row = session.get(WebhookRow, hook_id)
    if row is None or row.ended_at is not None:
        return None
    return Target(row.id, row.url, keys.open(_PURPOSE, str(row.id), row.secret), row.failures)


def arrived(session: Session, hook_id: int) -> None:
    """The webhook has taken something: what failed before is forgotten."""
    row = session.get_one(WebhookRow, hook_id, with_for_update=True)
    row.failures, row.failing_since = 0, None


def failed(session: Session, keys: Keys, hook_id: int, *, gone: bool = False) -> None:
    """The webhook has not taken something. Where it is `gone`, or has failed for days, it ends, with an alarm."""
    row, at = session.get_one(WebhookRow, hook_id, with_for_update=True), now(session)
    row.failures += 1
    row.failing_since = since = row.failing_since or at
    for_days = row.failures >= _FAILURES and aware(since) <= at - _PATIENCE
    if row.ended_at is None and (gone or for_days):
        _end(session, keys, row, "gone" if gone else "failing", audit.SYSTEM)
        alarms.raise_alarm(session, keys, "webhook_ended", _subject(row))


def replay(
    session: Session, keys: Keys, since: datetime, *, actor: str, hook_id: int | None = None, source: str | None = None
) -> Replayed:  # fmt: skip
    """Tell again, under the same names, what happened after `since` and at most 30 days ago: to one webhook, or to all
    of an organisation. Some at a time. Raises NotFound where there is no webhook of this number."""
    query = select(WebhookRow).where(WebhookRow.ended_at.is_(None)).order_by(WebhookRow.id)
    which = WebhookRow.source == source if hook_id is None else WebhookRow.id == hook_id
    rows = session.scalars(query.where(which)).all()
    if not rows and hook_id is not None:
        raise NotFound
    if not rows:
        return Replayed(0, None)
    events, more = _events(session, rows[0].source, since)
    queued = 0
    for row in rows:
        wanted = [event for event in events if event.type in row.events.split()]
        outbox_care.forget(session, [webhook_events.once_of(row.id, event.id) for event in wanted])
        queued += sum(webhook_events.queue(session, keys, row.id, event) for event in wanted)
        _log(session, keys, actor, "webhook.replayed", row)
    return Replayed(queued, events[-1].at if more else None)


def forget_old(session: Session) -> None:
    """Forget what can no longer be told again."""
    session.execute(delete(WebhookEventRow).where(WebhookEventRow.at <= now(session) - KEPT))


def forget(session: Session, report_id: int) -> None:
    """The report is erased: nobody is told again what happened to it."""
    session.execute(delete(WebhookEventRow).where(WebhookEventRow.report_id == report_id))


_PURPOSE = "webhook"


def _events(session: Session, source: str, since: datetime) -> tuple[list[Event], bool]:
    """What happened to the organisation's reports, the oldest first, and whether there is more. What happened at one
    moment is given together, so that asking on from the last moment leaves nothing out."""
    first = max(aware(since), now(session) - KEPT)
    query = (
        select(WebhookEventRow, ReportRow.case_number, ReportRow.source_id)
        .join(ReportRow, ReportRow.id == WebhookEventRow.report_id)
        .where(ReportRow.source == source, ReportRow.erased_at.is_(None))
        .order_by(WebhookEventRow.at, WebhookEventRow.id)
    )
    found = list(session.execute(query.where(WebhookEventRow.at > first).limit(_MOST_AGAIN + 1)))
    more = len(found) > _MOST_AGAIN
    if more:
        last = found[_MOST_AGAIN - 1][0].at
        these = WebhookEventRow.at > first, WebhookEventRow.at <= last
        found = list(session.execute(query.where(*these)))
    return [
        Event(row.id, row.type, row.at, row.report_id, number, source_id or "", row.step)
        for row, number, source_id in found
    ], more


def _end(session: Session, keys: Keys, row: WebhookRow, why: str, actor: str) -> None:
    if row.ended_at is None:
        row.ended_at, row.why = now(session), why
        webhook_events.look_again(session)
        _log(session, keys, actor, "webhook.ended", row)


def _problems(name: str, url: str, events: list[str], private: bool) -> Iterator[Problem]:
    if not 1 <= len(name) <= _LONGEST_SOURCE:
        text = "Please write the organisation's name, at most {limit} characters."
        yield Problem("hook_source", "", text, {"limit": str(_LONGEST_SOURCE)})
    if not _is_url(url):
        yield Problem("url", "", "Please write an address that begins with https://, without a password.")
    elif not private and not _may_be_public(urlsplit(url)):
        yield Problem("url", "", "This address is of a private network, and is not called.")
    if not events or not set(events) <= set(EventType):
        yield Problem("events", "", "Please choose at least one thing that is told.")


def _is_url(url: str) -> bool:
    if len(url) > _LONGEST_URL or not _URL.fullmatch(url):
        return False
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if not parts.hostname or parts.username is not None or parts.fragment or port == 0:
        return False
    return parts.scheme == "https" or parts.hostname in ("localhost", "127.0.0.1")


def _may_be_public(parts: SplitResult) -> bool:
    """As far as can be seen without asking for the name's address, which is done at every sending."""
    host = parts.hostname or ""
    try:
        return addresses.is_public(ipaddress.ip_address(host))
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


def _subject(row: WebhookRow) -> str:
    return f"webhook:{row.id}"


def _log(session: Session, keys: Keys, actor: str, action: str, row: WebhookRow) -> None:
    audit.append(session, keys, actor=actor, action=action, subject=_subject(row), detail=row.why or "")
