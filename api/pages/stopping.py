"""No more messages: the page behind the link in every mail and short message."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.access import Ctx, Form, needs
from api.rendering import page
from reunite import silence
from reunite.policy import Action
from reunite.problems import NotFound

router = APIRouter(include_in_schema=False)


@router.get("/stop/{token}", dependencies=needs(Action.STOP_MESSAGES))
def ask(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """A button: what merely follows links, as programs that check mail do, stops nothing."""
    with ctx.service.database.read() as session:
        stopped = silence.why(session, _hash(ctx, token)) == silence.OPTED_OUT
    return page(request, "stop.html", token=token, stopped=stopped)


@router.post("/stop/{token}", dependencies=needs(Action.STOP_MESSAGES))
def stop(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """Send nothing more to the address of the link. Mailboxes do this with a click of their own (RFC 8058), without a
    cookie and without a page of ours before: what nobody can forge is the link."""
    to_hash = _hash(ctx, token)
    with ctx.service.database.write() as session:
        silence.stop(session, to_hash)
    return page(request, "stop.html", token=token, stopped=True)


@router.post("/stop/{token}/undo", dependencies=needs(Action.STOP_MESSAGES))
def resume(request: Request, ctx: Ctx, token: str, fields: Form) -> HTMLResponse:
    """Tell them again."""
    to_hash = _hash(ctx, token)
    with ctx.service.database.write() as session:
        silence.resume(session, to_hash)
    return page(request, "stop.html", token=token, stopped=False, here=f"/stop/{token}")


def _hash(ctx: Ctx, token: str) -> str:
    to_hash = silence.read_token(ctx.service.keys, token)
    if to_hash is None:
        raise NotFound
    return to_hash
