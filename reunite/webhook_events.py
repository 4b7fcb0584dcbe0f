"""What happens to partner organisations' own reports, noted and queued for their webhooks in the transaction in which
it happens.

Only what the status API tells them anyhow: a step of `reunite.steps`, that somebody wrote, that the end is near.
Nothing here is called when candidates come and go, are reviewed or referred. As long as no organisation has a webhook
this costs one look a transaction, and nothing is kept.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import outbox
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.storage.clock import aware, now
from reunite.storage.tables import ReportRow
from reunite.storage.webhook_tables import WebhookEventRow, WebhookRow

KEYS = "keys"
"""Under this name a session carries the installation's keys; see `Database.carries`."""
_LISTENING = "webhooks"
_BATCH = 500
_COMPARING = ("received", "compared")


class EventType(StrEnum):
    """What a webhook can be told."""

    STEP = "report.step_changed"
    EXPIRING = "report.expiring"
    MESSAGE = "message.received"
    PHOTO = "photo.removed"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a report; its number names it in deliveries, the same in replays."""

    id: int
    type: str
    at: datetime
    report_id: int
    case_number: str
    source_id: str
    step: str | None = None

    def body(self) -> str:
        """What the webhook is sent: the same every time."""
        data = {"case_number": self.case_number, "source_id": self.source_id}
        said = {"type": self.type, "timestamp": aware(self.at).isoformat(timespec="seconds"),
                "data": {**data, "step": self.step} if self.step else data}  # fmt: skip
        return json.dumps(said, ensure_ascii=False)


def stepped(session: Session, report_ids: Sequence[int], step: str) -> None:
    """These reports have come to this step just now. Those that have left the comparison are passed over where it is
    `received` or `compared`: their jobs run once more, and nobody is told."""
    _note(session, EventType.STEP, report_ids, step)


def happened(session: Session, type: EventType, report_id: int) -> None:
    """Something else happened to the report."""
    _note(session, type, [report_id], None)


def anybody_listens(session: Session) -> bool:
    """Whether any organisation has a webhook."""
    return bool(_listening(session))


def look_again(session: Session) -> None:
    """The webhooks have changed in this transaction."""
    session.info.pop(_LISTENING, None)


def queue(session: Session, keys: Keys, hook_id: int, event: Event) -> bool:
    """Have the webhook told; False where that is queued or on its way already."""
    told = {"webhook": str(hook_id), "body": event.body()}
    once = once_of(hook_id, event.id)
    return outbox.queue(session, keys, Delivery(Channel.WEBHOOK, once, told, event.report_id))


def once_of(hook_id: int, event_id: int) -> str:
    """What the delivery of an event to a webhook is called, always."""
    return f"webhook:{hook_id}:{event_id}"


def _note(session: Session, type: EventType, report_ids: Sequence[int], step: str | None) -> None:
    listening = _listening(session)
    for start in range(0, len(report_ids), _BATCH) if listening else ():
        query = (
            select(ReportRow.id, ReportRow.case_number, ReportRow.source, ReportRow.source_id)
            .where(ReportRow.id.in_(report_ids[start : start + _BATCH]), ReportRow.source.in_(listening),
                   ReportRow.erased_at.is_(None))
            .order_by(ReportRow.id)
        )  # fmt: skip
        if step in _COMPARING:
            query = query.where(ReportRow.state == "open")
        for report_id, number, source, source_id in session.execute(query).all():
            row = WebhookEventRow(type=type.value, report_id=report_id, step=step, at=now(session))
            session.add(row)
            session.flush()
            event = Event(row.id, type.value, row.at, report_id, number, source_id or "", step)
            for hook_id, wanted in listening[source or ""]:
                if type.value in wanted:
                    queue(session, session.info[KEYS], hook_id, event)


def _listening(session: Session) -> Mapping[str, list[tuple[int, list[str]]]]:
    """The webhooks that count, by organisation: number and events; looked up once a transaction."""
    if KEYS not in session.info:
        return {}
    if _LISTENING not in session.info:
        found: dict[str, list[tuple[int, list[str]]]] = {}
        query = select(WebhookRow.source, WebhookRow.id, WebhookRow.events).order_by(WebhookRow.id)
        for source, id, events in session.execute(query.where(WebhookRow.ended_at.is_(None))):
            found.setdefault(source, []).append((id, events.split()))
        session.info[_LISTENING] = found
    known: Mapping[str, list[tuple[int, list[str]]]] = session.info[_LISTENING]
    return known
