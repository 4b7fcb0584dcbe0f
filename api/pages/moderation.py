"""The coordinator's moderation, and the alarms that coordinator, administrator and auditor look into."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import FIELDS
from reunite import alarms
from reunite import moderation as queue
from reunite.policy import Action, allows
from reunite.problems import Conflict, NotFound

router = APIRouter(include_in_schema=False)


@router.get("/moderation", dependencies=needs(Action.MODERATE))
def moderation(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Reports that look like a flood or a copy, in their own words."""
    with ctx.service.database.write() as session:
        suspects = queue.listed(session, ctx.service.keys, staff)
        size = queue.waiting(session)
    return page(request, "moderation.html", suspects=suspects, size=size, fields=FIELDS)


@router.post("/moderation", dependencies=needs(Action.MODERATE))
def decide(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Decide on the ticked reports."""
    ticked = [value for name, value in fields.items() if name.startswith("case-")]
    with ctx.service.database.write() as session:
        queue.decide(session, ctx.service.keys, staff, ticked, fields.get("decision", ""))
    ctx.service.doorbell.ring()
    return RedirectResponse("/moderation", 303)


@router.get("/alarms", dependencies=needs(Action.SEE_ALARMS))
def listed(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """What somebody should look into."""
    return _alarms(request, ctx, staff)


@router.post("/alarms", dependencies=needs(Action.SETTLE_ALARM))
def seen(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Note that one has been looked into."""
    number = fields.get("alarm", "")
    if not number.isdecimal() or len(number) > 15:
        raise NotFound
    try:
        with ctx.service.database.write() as session:
            alarms.mark_seen(session, ctx.service.keys, staff, int(number))
    except Conflict as error:
        return _alarms(request, ctx, staff, 409, str(error))
    return RedirectResponse("/alarms", 303)


def _alarms(request: Request, ctx: Ctx, staff: Signed, status: int = 200, problem: str = "") -> HTMLResponse:
    with ctx.service.database.read() as session:
        found = alarms.newest(session, staff)
    settles = allows(staff.role, Action.SETTLE_ALARM)
    return page(request, "alarms.html", status, alarms=found, settles=settles, problem=problem)
