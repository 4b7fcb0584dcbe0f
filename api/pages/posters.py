"""Posters that everybody may see, and what people tell who saw the child; nothing of it is kept by search engines."""

import re
from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from api import poster_sheet
from api.access import Ctx, Form, address_of, needs
from api.rendering import page
from reunite import posters, sightings
from reunite.policy import Action
from reunite.problems import Invalid, NotFound, by_field
from reunite.rates import Rates

router = APIRouter(include_in_schema=False)
FILES = {
    "poster.pdf": ("pdf", "application/pdf"),
    "poster.png": ("png", "image/png"),
    "photo.jpg": ("photo", "image/jpeg"),
    "preview.jpg": ("preview", "image/jpeg"),
}
# A poster comes down at once; what a search engine has copied would hang on.
_UNSEARCHED = {"X-Robots-Tag": "noindex, noarchive"}


@router.get("/posters", dependencies=needs(Action.SEE_POSTER))
def listed(request: Request, ctx: Ctx, sought: Annotated[str, Query(alias="page")] = "1") -> HTMLResponse:
    """All posters that hang now, the newest first."""
    number = int(sought) if re.fullmatch("[0-9]{1,4}", sought) else 0
    if not number:
        raise NotFound
    with ctx.service.database.read() as session:
        found, more = posters.newest(session, ctx.service.keys, number)
    if number > 1 and not found:
        raise NotFound
    made = page(request, "posters.html", posters=found, number=number, more=more)
    made.headers.update(_UNSEARCHED)
    return made


@router.get("/posters/{ref}", dependencies=needs(Action.SEE_POSTER))
def shown(request: Request, ctx: Ctx, ref: str) -> HTMLResponse:
    """One poster, to read and to print."""
    service = ctx.service
    with service.database.read() as session:
        poster = posters.show(session, service.keys, ref)
    address = poster_sheet.address_of(service.settings, poster.ref)
    sheet = poster_sheet.sheet(poster.facts, poster.language, address, poster.since.year, service.settings)
    made = page(request, "poster.html", poster=poster, sheet=sheet)
    made.headers.update(_UNSEARCHED)
    return made


@router.get("/posters/{ref}/sighting", dependencies=needs(Action.SEND_SIGHTING))
def form(request: Request, ctx: Ctx, ref: str) -> HTMLResponse:
    """Ask what somebody saw."""
    return _form(request, ctx, ref)


@router.post("/posters/{ref}/sighting", dependencies=needs(Action.SEND_SIGHTING))
def send(request: Request, ctx: Ctx, ref: str, fields: Form) -> HTMLResponse:
    """Keep what somebody saw."""
    rates: Rates = request.app.state.rates
    rates.sighting(address_of(request))
    try:
        with ctx.service.database.write() as session:
            sightings.send(session, ctx.service.keys, ref, fields)
    except Invalid as error:
        return _form(request, ctx, ref, fields, error)
    ctx.service.doorbell.ring()
    return page(request, "sighting_sent.html", ref=ref)


@router.get("/posters/{ref}/{file}", dependencies=needs(Action.SEE_POSTER))
def file(ctx: Ctx, ref: str, file: str) -> Response:
    """The poster to print or to send around, or its photo."""
    name, kind = FILES.get(file, ("", ""))
    if not name:
        raise NotFound
    with ctx.service.database.read() as session:
        body = posters.part(session, ctx.service.keys, ref, name)
    how = "inline" if kind == "image/jpeg" else "attachment"
    named = {"Content-Disposition": f'{how}; filename="{file}"'}
    return Response(body, media_type=kind, headers={**_UNSEARCHED, **named})


def _form(
    request: Request,
    ctx: Ctx,
    ref: str,
    fields: Mapping[str, str] | None = None,
    error: Invalid | None = None,
) -> HTMLResponse:
    with ctx.service.database.read() as session:
        poster = posters.show(session, ctx.service.keys, ref)
    problems = by_field(error.problems) if error else {}
    return page(
        request, "sighting.html", 422 if error else 200, poster=poster, fields=fields or {}, problems=problems,
        limits=sightings.LIMITS,
    )  # fmt: skip
