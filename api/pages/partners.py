"""The administrator's page of partner organisations: keys, and the webhooks that webhooks.py makes and ends."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import partners, webhooks
from reunite.policy import USUAL_SCOPES, Action, Scope
from reunite.problems import Invalid, NotFound, Problem
from reunite.webhook_events import EventType

router = APIRouter(include_in_schema=False)


@router.get("/partners", dependencies=needs(Action.MANAGE_PARTNERS))
def keys(request: Request, ctx: Ctx) -> HTMLResponse:
    """Every key and webhook, and a form to make one of each."""
    return show(request, ctx)


@router.post("/partners", dependencies=needs(Action.MANAGE_PARTNERS))
def make(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Make a key; it is shown once."""
    days = fields.get("days", "").strip()
    try:
        with ctx.service.database.write() as session:
            key = partners.create(
                session, ctx.service.keys, actor=staff.actor, source=fields.get("source", ""),
                scopes=[scope for scope in Scope if fields.get(scope.value)],
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            )  # fmt: skip
    except Invalid as error:
        return show(request, ctx, 422, problems=error.problems, written=fields)
    return show(request, ctx, key=key)


@router.post("/partners/{key_id}/revoke", dependencies=needs(Action.MANAGE_PARTNERS))
def revoke(request: Request, ctx: Ctx, staff: Signed, key_id: str, fields: Form) -> HTMLResponse:
    """The key counts no longer."""
    number = number_of(key_id)
    with ctx.service.database.write() as session:
        partners.revoke(session, ctx.service.keys, number, actor=staff.actor)
    return show(request, ctx)


def number_of(text: str) -> int:
    """A number in an address; raises NotFound for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) < 18):
        raise NotFound
    return int(text)


def show(
    request: Request, ctx: Ctx, status: int = 200, *, key: str = "", secret: str = "",
    problems: Sequence[Problem] = (), hook_problems: Sequence[Problem] = (), written: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    """The page: with a key or a secret that was just made, or with what is wrong in one of its forms."""
    with ctx.service.database.read() as session:
        known, hooks = partners.list_keys(session), webhooks.list_all(session)
    usual = {"days": str(partners.DAYS), **{one.value: "yes" for one in (*USUAL_SCOPES, *EventType)}}
    return page(
        request, "partners.html", status, known=known, key=key, problems=problems, scopes=list(Scope),
        hooks=hooks, secret=secret, hook_problems=hook_problems, events=list(EventType), here="/partners",
        written=written if problems and written else usual, hook=written if hook_problems and written else usual,
        address=(ctx.service.settings.public_url or str(request.base_url)).rstrip("/"),
    )  # fmt: skip
