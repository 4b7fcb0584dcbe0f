"""For the technician's programs: does it live, is all there that it needs, how does it do."""

import structlog
from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import JSONResponse, PlainTextResponse, Response

from api import security
from api.access import Ctx, needs
from api.metrics import Metrics
from reunite import readiness
from reunite.policy import Action
from reunite.problems import NotFound

router = APIRouter(include_in_schema=False)
log = structlog.get_logger()


@router.get("/healthz", dependencies=needs(Action.SIGN_IN))
def healthz() -> PlainTextResponse:
    """Whether this process answers; nothing else is asked, so that a dead database restarts nobody."""
    return PlainTextResponse("ok")


@router.get("/readyz", dependencies=needs(Action.SIGN_IN))
def readyz(ctx: Ctx) -> JSONResponse:
    """Whether all is there that the service needs, and what is not: words alone, the sentences are in the log."""
    missing = readiness.missing(ctx.service)
    for one in missing:
        log.warning("not_ready", what=one.what, see=one.said)
    words = [one.what for one in missing]
    return JSONResponse({"ready": not words, "missing": words}, 503 if words else 200)


@router.get("/metrics", dependencies=needs(Action.SIGN_IN))
def metrics(request: Request, ctx: Ctx) -> Response:
    """Prometheus's text, for who has the token of the settings; without one in the settings the page is not there."""
    token, sent = ctx.service.settings.metrics_token, request.headers.get("authorization", "")
    if not token or not security.same_token(sent, f"Bearer {token}"):
        raise NotFound
    told: Metrics = request.app.state.metrics
    return Response(told.text(), media_type=CONTENT_TYPE_LATEST)
