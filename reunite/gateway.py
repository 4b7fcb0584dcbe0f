"""Short messages by a gateway of the organisation's choice: one signed request a message."""

import json
import time

import httpx

from reunite import signing
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Delivery
from reunite.sending import NotNowError, RefusedError, id_of

PATIENCE = httpx.Timeout(10.0, connect=5.0)
_NEVER = {400, 404, 413, 422}
_NOBODY = 410


class Sender:
    """Sends to the gateway of the settings."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings, self._keys = settings, keys

    def __call__(self, delivery: Delivery) -> None:
        """Send; payload: to, text, language. 2xx: taken. 410: there is nobody under this number. 400, 404, 413 and 422:
        never. All else: not this time."""
        id, payload = id_of(self._keys, delivery.once), delivery.payload
        said = {"to": payload["to"], "text": payload["text"], "language": payload["language"], "id": id}
        body = json.dumps(said, ensure_ascii=False).encode()
        headers = signing.sign(self._settings.gateway_secret, id, int(time.time()), body)
        headers["Content-Type"] = "application/json"
        # Its status is all that counts: the body of the answer is not read.
        with (
            httpx.Client(timeout=PATIENCE, follow_redirects=False) as client,
            client.stream("POST", self._settings.gateway_url, content=body, headers=headers) as answer,
        ):
            status = answer.status_code
        if status == _NOBODY or status in _NEVER:
            raise RefusedError(f"http_{status}", nobody=status == _NOBODY)
        if not 200 <= status < 300:
            raise NotNowError
