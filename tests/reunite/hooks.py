"""A partner organisation with a webhook that leads to a server of the test, for tests of what it is told."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select, update

from reunite import reports, submission, webhooks
from reunite.client_webhooks import verify_webhook
from reunite.config import Settings
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.webhook_tables import WebhookEventRow, WebhookRow
from reunite.webhook_events import EventType
from tests.factory import report_fields
from tests.outside import Gateway
from workers.post import Post

ALL = tuple(EventType)


@dataclass
class Hook:
    """A webhook of an organisation, and what it was told so far."""

    service: Service
    there: Gateway
    source: str = "shelter-a"
    events: Sequence[str] = ALL
    secret: str = ""
    id: int = 0
    read: int = field(default=0)

    def __post_init__(self) -> None:
        with self.service.database.write() as session:
            self.secret = webhooks.create(session, self.service.keys, actor="test", source=self.source,
                                          url=self.there.url, events=self.events, private=True)  # fmt: skip
            self.id = session.scalars(select(WebhookRow.id).order_by(WebhookRow.id.desc()).limit(1)).one()

    def told(self) -> list[dict[str, Any]]:
        """Deliver, and give what came since the last look: as the client reads it."""
        with self.service.database.write() as session:
            session.execute(update(DeliveryRow).where(DeliveryRow.state == "ready").values(due=now(session)))
        Post(self.service).run()
        new, self.read = self.there.requests[self.read :], len(self.there.requests)
        return [verify_webhook(self.secret, one.headers, one.body) for one in new]

    def words(self) -> list[str]:
        """The same, in a word each: the step where there is one."""
        return [one["data"].get("step", one["type"]) for one in self.told()]

    def ids(self) -> list[str]:
        """The names of all deliveries that came."""
        return [one.headers["webhook-id"] for one in self.there.requests]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on this machine."""
    return settings.model_copy(update={"webhook_private": True})


@pytest.fixture
def hook(service: Service, there: Gateway) -> Hook:
    """A webhook that leads there."""
    return Hook(service, there)


def file(
    service: Service, source: str | None = "shelter-a", kind: str = "missing", **changes: str
) -> Receipt:
    """A report of an organisation, or of a family."""
    with service.database.write() as session:
        said = submission.parse(
            report_fields(kind, **({"source_id": "A-1"} if source else {}), **changes), source=source
        )
        return reports.file(session, service.keys, said, actor="test")


def events(service: Service) -> list[tuple[str, str | None]]:
    """Type and step of what is kept."""
    with service.database.read() as session:
        rows = session.scalars(select(WebhookEventRow).order_by(WebhookEventRow.id))
        return [(row.type, row.step) for row in rows]


def state(service: Service, hook_id: int) -> webhooks.Webhook:
    """How the webhook stands."""
    with service.database.read() as session:
        return next(one for one in webhooks.list_all(session) if one.id == hook_id)
