"""Coordinators decide on posters."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import poster_sheet, typeset
from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import DATES, FIELDS
from matching import dates
from reunite import photos, poster_decisions
from reunite.actors import Staff
from reunite.policy import Action
from reunite.poster_decisions import Wish
from reunite.problems import Conflict, Invalid, NotFound
from reunite.storage.clock import now

router = APIRouter(include_in_schema=False)


@router.get("/poster-requests", dependencies=needs(Action.PUBLISH_POSTER))
def waiting(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Posters that families ask for, and those whose report was changed since."""
    with ctx.service.database.read() as session:
        found = poster_decisions.waiting(session, staff)
    return page(request, "poster_requests.html", waiting=found)


@router.get("/reports/{case_number}/poster", dependencies=needs(Action.PUBLISH_POSTER))
def asked(request: Request, ctx: Ctx, staff: Signed, case_number: str) -> HTMLResponse:
    """What a family wants on its poster, and what can be decided."""
    return _wish(request, ctx, staff, case_number)


@router.post("/reports/{case_number}/poster", dependencies=needs(Action.PUBLISH_POSTER))
def decide(request: Request, ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Publish the poster, decline it with a message to the family, or take it down."""
    keys, reason = ctx.service.keys, fields.get("text", "")
    try:
        if fields.get("decision") == "publish":
            _publish(ctx, staff, case_number, fields)
        elif fields.get("decision") == "decline":
            with ctx.service.database.write() as session:
                poster_decisions.decline(session, keys, staff, case_number, reason)
        elif fields.get("decision") == "take_down":
            with ctx.service.database.write() as session:
                poster_decisions.take_down(session, keys, staff, case_number)
        else:
            raise NotFound
    except Invalid as error:
        told = ctx.catalogue.problem(error.problems[0])
        return _wish(request, ctx, staff, case_number, 422, told, reason)
    except Conflict as error:
        return _wish(request, ctx, staff, case_number, 409, ctx.catalogue.gettext(str(error)), reason)
    return RedirectResponse(f"/reports/{case_number}/poster", 303)


def _publish(ctx: Ctx, staff: Staff, case_number: str, fields: Form) -> None:
    """Set the poster as it is asked for, and publish it if nothing was changed meanwhile."""
    service = ctx.service
    with service.database.write() as session:
        wish = poster_decisions.of_report(session, service.keys, staff, case_number)
        photo = photos.chosen_for_poster(service, session, staff, case_number, wish.photo)
        year = now(session).year
    photo = photo if fields.get("photo") == "yes" else None
    facts = {column: text for column, text in wish.facts.items() if fields.get(f"show_{column}") == "yes"}
    address = poster_sheet.address_of(service.settings, wish.ref)
    sheet = poster_sheet.sheet(facts, wish.language, address, year, service.settings)
    made = typeset.printed(sheet, photo[0] if photo else None)
    parts = {"pdf": made.pdf, "png": made.png}
    if photo:
        parts |= {"photo": photo[0], "preview": photo[1]}
    with service.database.write() as session:
        reviewed = fields.get("reviewed", "")
        poster_decisions.publish(session, service.keys, staff, case_number, reviewed, facts.keys(), parts)


def _wish(
    request: Request, ctx: Ctx, staff: Staff, case_number: str, status: int = 200, problem: str = "", text: str = ""
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.write() as session:
        wish = poster_decisions.of_report(session, ctx.service.keys, staff, case_number)
    return page(
        request, "report_poster.html", status, wish=wish, said=_said(wish, ctx.language), fields=FIELDS,
        problem=problem, text=text, local=not ctx.service.settings.public_url,
        address=poster_sheet.address_of(ctx.service.settings, wish.ref),
    )  # fmt: skip


def _said(wish: Wish, language: str) -> dict[str, str]:
    return {column: dates.reckoned(text, language) if column in DATES else text
            for column, text in wish.facts.items()}  # fmt: skip
