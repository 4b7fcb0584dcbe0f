"""Whether what came to your webhook is from Reunite: signed as Standard Webhooks describes it (standardwebhooks.com).
It needs only Python and imports nothing else of ours, so this file can be copied. docs/integrate.md shows how."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from typing import Any

TOLERANCE_S = 300
"""How far the clocks of both sides may lie apart, and how long a request that somebody copied counts."""


class WebhookRefused(ValueError):
    """It is not from the service that you share the secret with, was changed on the way, or is too old: answer 401."""


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> dict[str, Any]:
    """What the body says: `type`, `timestamp` and `data`. Give the body as it came, byte for byte. Keep `webhook-id`
    of what you have done: the same comes again after a lost answer and in a replay. Raises WebhookRefused."""
    said = {name.lower(): value for name, value in headers.items()}
    id, at, sent = (said.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (at.isascii() and at.isdigit() and len(at) < 12):
        raise WebhookRefused("there is no time in webhook-timestamp")
    if abs((time.time() if now is None else now) - int(at)) > TOLERANCE_S:
        raise WebhookRefused("it is too old, or the clocks differ")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    expected = b"v1," + base64.b64encode(mac)
    if not any([hmac.compare_digest(one.encode(), expected) for one in sent.split(" ")]):
        raise WebhookRefused("the signature does not fit")
    event = json.loads(body)
    if not isinstance(event, dict):
        raise WebhookRefused("it is no event")
    return event
