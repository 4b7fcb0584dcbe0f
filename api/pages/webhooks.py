"""Webhooks on the administrator's page of partner organisations."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.access import Ctx, Form, Signed, needs
from api.pages.partners import number_of, show
from reunite import webhooks
from reunite.policy import Action
from reunite.problems import Invalid
from reunite.webhook_events import EventType

router = APIRouter(include_in_schema=False)


@router.post("/partners/webhooks", dependencies=needs(Action.MANAGE_PARTNERS))
def make(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Make a webhook; its secret is shown once."""
    try:
        with ctx.service.database.write() as session:
            secret = webhooks.create(
                session, ctx.service.keys, actor=staff.actor, source=fields.get("hook_source", ""),
                url=fields.get("url", ""), events=[event for event in EventType if fields.get(event.value)],
                private=ctx.service.settings.webhook_private,
            )  # fmt: skip
    except Invalid as error:
        return show(request, ctx, 422, hook_problems=error.problems, written=fields)
    return show(request, ctx, secret=secret)


@router.post("/partners/webhooks/{webhook_id}/end", dependencies=needs(Action.MANAGE_PARTNERS))
def end(request: Request, ctx: Ctx, staff: Signed, webhook_id: str, fields: Form) -> HTMLResponse:
    """The webhook is told nothing more."""
    number = number_of(webhook_id)
    with ctx.service.database.write() as session:
        webhooks.end(session, ctx.service.keys, number, actor=staff.actor)
    return show(request, ctx)
