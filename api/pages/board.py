"""The coordinator's board, where their day begins."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.menu import menu_of
from api.rendering import page
from reunite import board, poster_decisions, regions, sightings, waiting
from reunite.policy import Action
from reunite.problems import NotFound

router = APIRouter(include_in_schema=False)
_DECIDED_ELSEWHERE = ("/poster-requests", "/sightings", "/moderation", "/messages", "/alarms", "/regions")
"""Pages with work of their own; the board leads to those that the menu has."""


@router.get("/board", dependencies=needs(Action.SEE_BOARD))
def shown(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """What is new, waits, is overdue, with the police or confirmed."""
    settings = ctx.service.settings
    with ctx.service.database.read() as session:
        now = board.of(session, staff, settings.overdue_days)
        waits = {"/poster-requests": poster_decisions.how_many(session, staff),
                 "/sightings": len(sightings.waiting(session, staff))}  # fmt: skip
    return page(
        request, "board.html", board=now, overdue_days=settings.overdue_days, new_days=board.NEW_DAYS,
        confirmed_days=board.CONFIRMED_DAYS, most=waiting.MOST_COUNTED, provinces=regions.all_provinces(),
        waits=waits, elsewhere=[entry for entry in menu_of(staff) if entry.path in _DECIDED_ELSEWHERE],
    )  # fmt: skip


@router.post("/board/assign", dependencies=needs(Action.ASSIGN_REGION))
def assign(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Give a province to a volunteer, and go on with the board."""
    number = fields.get("volunteer", "")
    if not (number.isascii() and number.isdecimal()) or len(number) > 15:
        raise NotFound
    with ctx.service.database.write() as session:
        regions.assign(session, ctx.service.keys, staff, int(number), fields.get("province", ""), take=False)
    return RedirectResponse("/board", 303)
