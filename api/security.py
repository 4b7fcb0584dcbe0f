"""What protects every answer: headers, cookies, the token against forged forms."""

import hmac
import re
import secrets
from collections.abc import Mapping

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from reunite.config import Settings
from reunite.keys import Keys

_POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "script-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(
        f"{name}=()"
        for name in (
            "accelerometer",
            "browsing-topics",
            "camera",
            "display-capture",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "midi",
            "payment",
            "screen-wake-lock",
            "usb",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_FEEDS = ("/alerts/feed.atom", "/alerts/cap/")
SESSION, VISITOR, LANGUAGE, DEVICE, DRAFT = "session", "visitor", "language", "device", "draft"


class SecurityHeaders:
    """Adds the headers to every answer; nothing but static files may be kept by caches, and for a minute the feeds of
    alerts, which many ask for at once."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(_HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=63072000; includeSubDomains"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                fed = scope["path"].startswith(_FEEDS) and message["status"] in (200, 304)
                static = scope["path"].startswith("/static/") and message["status"] in (200, 304)
                # What is asked for with the hash of its content (rendering.asset) never changes.
                kept = "31536000, immutable" if scope["query_string"].startswith(b"v=") else "3600"
                kept = "60" if fed else kept
                headers["Cache-Control"] = f"public, max-age={kept}" if static or fed else "no-store"
            await send(message)

        await self._app(scope, receive, secured if scope["type"] == "http" else send)


class BodyLimit:
    """Ends a body that grows too large while it is read: 413, answered in the application's own words. `larger` says
    for which paths, written as patterns, it may be more than `most` bytes.

    FastAPI's max_body_size would answer in plain text, whatever the application says.
    """

    def __init__(self, app: ASGIApp, *, most: int, larger: Mapping[str, int]) -> None:
        self._app, self._most = app, most
        self._larger = [(re.compile(path), bytes_) for path, bytes_ in larger.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        read = 0
        path = scope.get("path", "")
        most = next((bytes_ for larger, bytes_ in self._larger if larger.fullmatch(path)), self._most)

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        await self._app(scope, limited if scope["type"] == "http" else receive, send)


class Cookies:
    """Names and flags of our cookies: with https they are Secure and bound to this host."""

    def __init__(self, settings: Settings) -> None:
        self.secure = settings.public_url.startswith("https://")

    def name(self, plain: str) -> str:
        """The cookie's full name."""
        return f"__Host-{plain}" if self.secure else plain

    def header(self, plain: str, value: str, *, max_age: int | None = None) -> str:
        """A Set-Cookie header."""
        parts = [f"{self.name(plain)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        parts += ["Secure"] if self.secure else []
        parts += [f"Max-Age={max_age}"] if max_age is not None else []
        return "; ".join(parts)


def new_visitor() -> str:
    """A random name for a browser nobody has signed in with; it lives as long as the window."""
    return secrets.token_urlsafe(18)


def visitor_of(value: str | None) -> str | None:
    """The visitor's cookie, if it is one of ours."""
    return value if value and re.fullmatch(r"[\w-]{24}", value) else None


def visitor_token(keys: Keys, visitor: str) -> str:
    """The token in the forms of a visitor's browser; another site cannot know it."""
    return keys.mac("csrf-visitor", visitor)


def same_token(sent: str, expected: str) -> bool:
    """Compare two tokens in constant time."""
    return hmac.compare_digest(sent.encode(), expected.encode())


def local(back: str) -> str:
    """The address if it is a page of ours, else the start page: a link must not lead people elsewhere."""
    safe = back.startswith("/") and not back.startswith("//") and re.fullmatch(r"[!-\[\]-~]{1,300}", back)
    return back if safe else "/"
