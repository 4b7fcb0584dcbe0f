"""A device that shows notifications: the address that its browser got from a push service, and the keys of its browser,
without which nobody can read what is sent there, the push service neither (RFC 8291)."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from reunite import push_addresses
from reunite.keys import Keys
from reunite.push_addresses import PushService

LONGEST = 4000
"""Characters of what a browser says of itself."""
PURPOSE = "vapid"
"""Of the key pair by which push services know us (RFC 8292)."""
_POINT, _AUTH = 65, 16  # bytes: an uncompressed point on P-256, and a shared secret


@dataclass(frozen=True, slots=True)
class Device:
    """Where notifications go, and for whom they are encrypted."""

    address: str
    point: str
    auth: str

    def written(self) -> str:
        """As `read` takes it, and the same for the same device."""
        return json.dumps({"endpoint": self.address, "keys": {"auth": self.auth, "p256dh": self.point}})


def read(text: str, services: Sequence[PushService]) -> Device:
    """What a browser says of itself (the JSON of its PushSubscription); raises ValueError where it names an address
    that nothing is sent to, or keys that are none."""
    if len(text) > LONGEST:
        raise ValueError("too long")
    try:
        said = json.loads(text)
        address, keys = said["endpoint"], said["keys"]
        point, auth = _bytes(keys["p256dh"]), _bytes(keys["auth"])
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("not what a browser says") from error
    if not isinstance(address, str) or push_addresses.service_of(address, services) is None:
        raise ValueError("not an address of a push service")
    if len(point) != _POINT or len(auth) != _AUTH:
        raise ValueError("keys of another length")
    # Raises ValueError where it is not on the curve.
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    return Device(address, _text(point), _text(auth))


def server_key(keys: Keys) -> str:
    """Our public key, which a browser must name when it asks its push service for an address."""
    public = keys.signing_key(PURPOSE).public_key()
    return _text(public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _bytes(text: object) -> bytes:
    if not isinstance(text, str):
        raise TypeError
    try:
        written = text.rstrip("=").encode("ascii")
        return base64.b64decode(written + b"=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise ValueError("not base64url") from error


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
