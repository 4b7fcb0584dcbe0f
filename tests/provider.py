"""A small OpenID Connect provider on localhost: real HTTP, keys of its own, and any lie a test asks it to tell."""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

CLIENT, SECRET = "reunite-test", "a client secret"
Claims = dict[str, Any]


@dataclass
class Provider:
    """What it says next: `email` signs in; `lie` changes the ID token's claims, `forge` makes the token itself."""

    issuer: str = ""
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}, private=True))
    email: str = "volunteer@example.invalid"
    verified: Any = True
    lie: Callable[[Claims], None] = lambda _: None
    forge: Callable[["Provider", Claims], str] | None = None
    discovery: Claims = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def sign(self, claims: Claims, key: RSAKey | None = None) -> str:
        """A token as it should be made."""
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, key or self.key)

    def id_token(self, nonce: str) -> str:
        """The ID token, with the lie of the day."""
        at = int(time.time())
        claims: Claims = {
            "iss": self.issuer, "sub": "somebody", "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": nonce,
            "email": self.email, "email_verified": self.verified,
        }  # fmt: skip
        self.lie(claims)
        return self.forge(self, claims) if self.forge else self.sign(claims)

    def authorise(self, asked: dict[str, str]) -> str:
        """Somebody signs in there: where their browser is sent with the code."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["client_id"] == CLIENT
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, form: dict[str, str], authorization: str) -> tuple[int, Claims]:
        """A code for tokens: once, with the verifier of its challenge and the client's secret."""
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        basic = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or form["redirect_uri"] != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        if authorization != basic:
            return 401, {"error": "invalid_client"}
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": self.id_token(asked["nonce"])}


def unsigned(_: Provider, claims: Claims) -> str:
    """A token of the algorithm none."""

    def part(said: Claims) -> str:
        return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none'})}.{part(claims)}."


def by_public_key(provider: Provider, claims: Claims) -> str:
    """A token signed by HMAC with the provider's public key as the secret."""
    return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(provider.key.as_pem(private=False)),
                      algorithms=["HS256"])  # fmt: skip


def by_another_key(provider: Provider, claims: Claims) -> str:
    """A token signed with a key that the provider does not publish."""
    return provider.sign(claims, RSAKey.generate_key(2048, {"kid": "one"}, private=True))


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            provider.asked.append(address.path)
            if address.path == "/.well-known/openid-configuration":
                at = provider.issuer
                said = {"issuer": at, "authorization_endpoint": f"{at}/authorise", "token_endpoint": f"{at}/token",
                        "jwks_uri": f"{at}/keys", **provider.discovery}  # fmt: skip
                self._answer(200, said)
            elif address.path == "/keys":
                self._answer(200, {"keys": [provider.key.as_dict(private=False)]})
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(sent).items()}
            self._answer(*provider.exchange(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, said: Claims) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
