"""Notifications by Web Push (RFC 8030): encrypted for the one browser that can read them, signed as ours, and posted to
the push service that the browser named."""

import json
import time
from functools import lru_cache

from pywebpush import Vapid, WebPusher

from reunite import calling, devices, push_addresses
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Delivery
from reunite.sending import NotNowError, RefusedError

SIZE = 3000
"""Bytes of a message before it is encrypted: all are as long, so that their length tells nothing. A push service need
not take more than 4096 in all (RFC 8030, 7.2)."""
_NOBODY, _NEVER = {404, 410}, {400, 413}
_HOUR, _LASTS_H = 3600, 12  # a token is used for an hour; it may last a day (RFC 8292, 2)


class Sender:
    """Sends to the push service that a device's address names."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._services, self._contact = settings.push_services(), settings.push_contact
        self._pair = keys.signing_key(devices.PURPOSE)
        self._signed = lru_cache(maxsize=64)(self._sign)

    def __call__(self, delivery: Delivery) -> None:
        """Send; payload: to, what a device says of itself; message; topic, so that a later one replaces one that waits;
        ttl, how many seconds it may wait. 2xx: taken. 404, 410: there is nobody any more. 400 and 413: never. All else:
        not this time."""
        payload = delivery.payload
        try:
            address = devices.read(payload["to"], self._services).address
        except ValueError as error:  # its host was named by a setting once, and no longer is
            raise RefusedError("BadDevice") from error
        service = push_addresses.service_of(address, self._services)
        headers = {
            "Authorization": self._signed(push_addresses.origin_of(address), int(time.time()) // _HOUR),
            "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": payload["ttl"],
            "Topic": payload["topic"], "Urgency": "high",
        }  # fmt: skip
        body = _encrypted(payload["to"], payload["message"])
        status = calling.post(address, body, headers, private=service is not None and service.own)
        if status in _NOBODY or status in _NEVER:
            raise RefusedError(f"http_{status}", nobody=status in _NOBODY)
        if not 200 <= status < 300:
            raise NotNowError

    def _sign(self, origin: str, hour: int) -> str:
        """What tells a push service that it is we who send (RFC 8292)."""
        claims = {"aud": origin, "exp": (hour + _LASTS_H) * _HOUR, "sub": self._contact}
        # Its own look at `sub` takes no path; the setting was looked at already.
        signed: str = Vapid(self._pair, conf={"no-strict": True}).sign(claims)["Authorization"]
        return signed


def _encrypted(device: str, message: str) -> bytes:
    """For this device alone (RFC 8291); JSON may end in spaces."""
    plain = message.encode().ljust(SIZE)
    if len(plain) > SIZE:
        raise RefusedError("TooLong")
    body: bytes = WebPusher(json.loads(device)).encode(plain, content_encoding="aes128gcm")["body"]
    return body
