"""Every request gets a name of its own, which stands in all lines of the log written for it, and is counted."""

import secrets
import time

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics

log = structlog.get_logger()
_UNKNOWN = "(none)"


class Watch:
    """Outermost of what handles requests: `X-Request-ID` in the answer is what stands as `request` in the log."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name, began, status = secrets.token_hex(8), time.perf_counter(), 500

        async def named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        with structlog.contextvars.bound_contextvars(request=name):
            try:
                await self._app(scope, receive, named)
            finally:
                took, route = time.perf_counter() - began, _route(scope)
                method = scope["method"] if scope["method"] in ("GET", "POST", "HEAD") else "other"
                self._metrics.answered(method, route, status, took)
                log.info("request_answered", method=method, route=route, status=status, ms=round(took * 1000))


def _route(scope: Scope) -> str:
    """The route with its names (`/candidates/{ref}`): a path may hold a case number or a link's secret."""
    if scope["path"].startswith("/static/"):
        return "/static"
    return str(getattr(scope.get("route"), "path", _UNKNOWN))
