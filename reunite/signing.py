"""Signed requests as Standard Webhooks describes them (standardwebhooks.com, specification 1.0): who gets one can tell
that it is ours, whole and fresh. HMAC-SHA256 over `id.timestamp.body`, in base64 behind `v1,`."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping

BEGINS = "whsec_"
TOLERANCE_S = 300
ID, AT, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_FEWEST, _MOST = 24, 64  # bytes of a secret, as the specification wants


def new_secret() -> str:
    """A random secret of 256 bits."""
    return BEGINS + base64.b64encode(secrets.token_bytes(32)).decode()


def key_of(secret: str) -> bytes:
    """The bytes of a secret; raises ValueError for what is none."""
    try:
        key = base64.b64decode(secret.removeprefix(BEGINS), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(BEGINS) or not _FEWEST <= len(key) <= _MOST:
        raise ValueError(f"not a secret; write {BEGINS} and 24 to 64 random bytes in base64")
    return key


def sign(secret: str, id: str, at: int, body: bytes) -> dict[str, str]:
    """The headers that go with a body; `id` stays the same when it is sent again, `at` is the time in seconds."""
    return {ID: id, AT: str(at), SIGNATURE: f"v1,{_mac(secret, id, str(at), body)}"}


def verify(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> bool:
    """Whether these headers (names in small letters) sign this body, not more than five minutes from `now`. Of several
    signatures, as while a secret is changed, one suffices."""
    id, at = headers.get(ID, ""), headers.get(AT, "")
    if not (at.isascii() and at.isdigit() and len(at) < 12) or abs(now - int(at)) > TOLERANCE_S:
        return False
    expected = f"v1,{_mac(secret, id, at, body)}".encode()
    sent = [one.encode() for one in headers.get(SIGNATURE, "").split(" ")]
    return any([hmac.compare_digest(one, expected) for one in sent])


def _mac(secret: str, id: str, at: str, body: bytes) -> str:
    signed = hmac.new(key_of(secret), f"{id}.{at}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()
