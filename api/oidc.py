"""Sign-in by an organisation's own OpenID Connect provider: authorization code flow with PKCE, by Authlib.

State, nonce and PKCE verifier of a sign-in that began lie sealed in a cookie of the browser: nobody else can end it.
"""

import base64
import hmac
import json
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import urlsplit

import structlog
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet

from reunite.config import Settings
from reunite.keys import Keys
from reunite.problems import StartupError

log = structlog.get_logger()
MINUTES = 10
_ALGORITHMS = ("RS256", "PS256", "ES256")
_DISCOVERED_S, _PATIENCE_S, _LEEWAY_S = 600, 5, 60


class RefusedError(Exception):
    """The provider did not prove who this is; which check failed is in the log as the name of a class."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that began in one browser; `ends` in seconds since 1970."""

    state: str
    nonce: str
    verifier: str
    ends: float

    def sealed(self, keys: Keys) -> str:
        """As the cookie carries it."""
        sealed = keys.seal("oidc", "begun", json.dumps(asdict(self)))
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def begun(keys: Keys, cookie: str | None) -> Begun | None:
    """What the cookie carries; None where it is none of ours, or too old."""
    try:
        said = keys.open("oidc", "begun", base64.urlsafe_b64decode((cookie or "")[:1000] + "==="))
        made = Begun(**json.loads(said))
    except ValueError:
        return None
    return made if made.ends > time.time() else None


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider has proved: the verified e-mail, and whether by a second factor too."""

    email: str
    second_factor: bool


class Provider:
    """The provider that the settings name."""

    def __init__(self, settings: Settings) -> None:
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._second_factor = settings.oidc_second_factor
        self._secret = None
        if not self._client_id or not _safe(self._issuer):
            raise StartupError(
                "REUNITE_OIDC_ISSUER must be an address with https, and REUNITE_OIDC_CLIENT_ID must be set with it."
            )
        if settings.oidc_client_secret_file is not None:
            try:
                self._secret = settings.oidc_client_secret_file.read_text().strip()
            except (OSError, ValueError) as error:
                raise StartupError("The file in REUNITE_OIDC_CLIENT_SECRET_FILE cannot be read.") from error
        self._turn = threading.Lock()
        self._known: dict[str, Any] = {}
        self._known_until = 0.0

    def begin(self, redirect: str) -> tuple[str, Begun]:
        """Where to send the browser, and what its cookie must carry; raises RefusedError where nobody answers."""
        made = Begun(_random(), _random(), _random(), time.time() + MINUTES * 60)
        try:
            with self._client(redirect) as client:
                address, _ = client.create_authorization_url(
                    self._discovered(client)["authorization_endpoint"], state=made.state, nonce=made.nonce,
                    code_verifier=made.verifier,
                )  # fmt: skip
        except Exception as error:
            raise _refused(error) from error
        return str(address), made

    def finish(self, redirect: str, made: Begun, state: str, code: str) -> Identity:
        """Exchange the code and check the ID token; raises RefusedError whatever the provider or the browser does."""
        try:
            if not hmac.compare_digest(state.encode(), made.state.encode()):
                raise ValueError("the state of another sign-in")
            with self._client(redirect) as client:
                known = self._discovered(client)
                token = client.fetch_token(known["token_endpoint"], grant_type="authorization_code", code=code,
                                           redirect_uri=redirect, code_verifier=made.verifier)  # fmt: skip
                keys = KeySet.import_key_set(cast(Any, self._read(client, known["jwks_uri"])))
            read = jwt.decode(token["id_token"], keys, algorithms=_ALGORITHMS)
            claims = CodeIDToken(
                read.claims, read.header,
                options={"iss": {"essential": True, "value": self._issuer},
                         "aud": {"essential": True, "value": self._client_id}},
                params={"nonce": made.nonce, "client_id": self._client_id, "access_token": token.get("access_token")},
            )  # fmt: skip
            claims.validate(leeway=_LEEWAY_S)
            if claims.get("email_verified") is not True or not isinstance(claims.get("email"), str):
                raise ValueError("no verified e-mail address")
        except Exception as error:
            raise _refused(error) from error
        proven = [*(claims.get("amr") or ()), claims.get("acr")]
        return Identity(claims["email"], bool(self._second_factor) and self._second_factor in proven)

    def _client(self, redirect: str) -> Any:
        return OAuth2Client(
            self._client_id, self._secret, scope="openid email", redirect_uri=redirect, code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none", timeout=_PATIENCE_S,
        )  # fmt: skip

    def _discovered(self, client: Any) -> dict[str, Any]:
        with self._turn:
            if time.monotonic() >= self._known_until:
                known = self._read(client, f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
                if known["issuer"] != self._issuer:
                    raise ValueError("another issuer")
                endpoints = [known[name] for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")]
                if not all(_safe(address) for address in endpoints):
                    raise ValueError("an endpoint without https")
                self._known, self._known_until = known, time.monotonic() + _DISCOVERED_S
            return self._known

    @staticmethod
    def _read(client: Any, address: str) -> dict[str, Any]:
        answer = client.request("GET", address, withhold_token=True)
        answer.raise_for_status()
        said: dict[str, Any] = answer.json()
        return said


def _random() -> str:
    return secrets.token_urlsafe(32)


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
    )


def _refused(error: Exception) -> RefusedError:
    # The provider is a program of others: whatever it answers is a refusal. Messages may hold what people wrote.
    log.warning("oidc_refused", problem=type(error).__name__)
    return RefusedError()
