"""How a webhook is called: one signed request, to an address that was looked at, and nothing of the answer but its
status."""

import json
import time
from datetime import UTC, datetime

import httpx

from reunite import addresses, calling, signing, webhooks
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Delivery
from reunite.problems import NotFound
from reunite.sending import NotNowError, RefusedError, id_of
from reunite.storage.session import Database
from reunite.webhooks import Target

_GONE = 410


class Sender:
    """Sends to the webhook that a delivery names, and notes how it goes with it."""

    def __init__(self, settings: Settings, keys: Keys, database: Database) -> None:
        self._settings, self._keys, self._database = settings, keys, database

    def __call__(self, delivery: Delivery) -> None:
        """Send; payload: webhook, body. 2xx: taken. 410: the webhook ends. All else: not this time."""
        with self._database.read() as session:
            there = webhooks.target(session, self._keys, int(delivery.payload["webhook"]))
        if there is None:
            raise RefusedError("webhook_ended")
        try:
            status = self.call(there, id_of(self._keys, delivery.once), delivery.payload["body"].encode())
        except (OSError, httpx.HTTPError, addresses.PrivateAddressError):
            self._failed(there)
            raise
        if not 200 <= status < 300:
            self._failed(there, gone=status == _GONE)
            raise RefusedError(f"http_{status}") if status == _GONE else NotNowError
        if there.failures:
            with self._database.write() as session:
                webhooks.arrived(session, there.id)

    def test(self, hook_id: int) -> int:
        """Send an event that says nothing, at once, and give the status of the answer; raises NotFound."""
        with self._database.read() as session:
            there = webhooks.target(session, self._keys, hook_id)
        if there is None:
            raise NotFound
        at = datetime.now(UTC)
        said = {"type": "webhook.test", "timestamp": at.isoformat(timespec="seconds"), "data": {}}
        id = id_of(self._keys, f"webhook-test:{hook_id}:{at.timestamp()}")
        return self.call(there, id, json.dumps(said).encode())

    def call(self, there: Target, id: str, body: bytes) -> int:
        """Post this, signed, and give the status of the answer."""
        headers = signing.sign(there.secret, id, int(time.time()), body) | {
            "Content-Type": "application/json"
        }
        return calling.post(there.url, body, headers, private=self._settings.webhook_private)

    def _failed(self, there: Target, *, gone: bool = False) -> None:
        with self._database.write() as session:
            webhooks.failed(session, self._keys, there.id, gone=gone)
