"""Devices with browsers that asked a push service on this machine for an address: what they say of themselves, and what
they read of what arrives there."""

import base64
import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.outside import PUBLIC, Gateway, Request

CONTACT = "mailto:technician@example.org"


def ways(there: Gateway) -> dict[str, str]:
    """The settings with which notifications are sent there."""
    return {"public_url": PUBLIC, "trusted_proxies": "127.0.0.1", "quiet_hours": "", "push_contact": CONTACT,
            "push_hosts": origin(there)}  # fmt: skip


def origin(there: Gateway) -> str:
    """Scheme, host and port of the push service."""
    return there.url.removesuffix("/send")


@dataclass
class Device:
    """One browser. `path`: the part of its address that names it."""

    there: Gateway
    path: str = field(default_factory=lambda: f"/push/{secrets.token_urlsafe(16)}")
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def address(self) -> str:
        """Where its push service takes messages for it."""
        return origin(self.there) + self.path

    @property
    def point(self) -> bytes:
        """Its public key."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def said(self) -> str:
        """What its PushSubscription is as JSON."""
        keys = {"p256dh": _text(self.point), "auth": _text(self.auth)}
        return json.dumps({"endpoint": self.address, "expirationTime": None, "keys": keys})

    def got(self) -> list[Request]:
        """What arrived for it."""
        return [one for one in self.there.requests if one.path == self.path]

    def read(self, request: Request) -> dict[str, str]:
        """What a message says; nobody else can read it."""
        plain = http_ece.decrypt(
            request.body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        said: dict[str, str] = json.loads(plain)
        return said

    def shows(self) -> list[dict[str, str]]:
        """What it was sent, the first first."""
        return [self.read(one) for one in self.got()]


def claims(request: Request, server_key: str) -> dict[str, Any]:
    """What the sender says of itself, if this key signed it (RFC 8292)."""
    scheme, _, said = request.headers["authorization"].partition(" ")
    parts = dict(one.strip().split("=", 1) for one in said.split(","))
    assert scheme == "vapid"
    assert parts["k"] == server_key
    point = base64.urlsafe_b64decode(server_key + "=" * (-len(server_key) % 4))
    jwk = {"kty": "EC", "crv": "P-256", "x": _text(point[1:33]), "y": _text(point[33:])}
    token = jwt.decode(parts["t"], ECKey.import_key(jwk), algorithms=["ES256"])
    assert token.header["alg"] == "ES256"
    assert 0 < token.claims["exp"] - time.time() <= 24 * 3600
    return dict(token.claims)


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
