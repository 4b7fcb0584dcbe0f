"""Coordinators and the police read what people saw, see which children it may be of, and raise it to a found report."""

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import drafting, report_form
from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import photos, raising, sighting_matches, sightings
from reunite.policy import Action
from reunite.problems import Invalid, NotFound, Problem, by_field

router = APIRouter(include_in_schema=False)
_TOPICS = tuple(
    (topic, fields) for topic, fields in report_form.topics("found") if topic.key not in ("photos", "safety")
)
"""What the form of a raised report asks, on one page."""


@router.get("/sightings", dependencies=needs(Action.READ_SIGHTINGS))
def told(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """The reports with sightings that nobody has dealt with."""
    with ctx.service.database.read() as session:
        found = sightings.waiting(session, staff)
    return page(request, "sightings.html", waiting=found)


@router.get("/reports/{case_number}/sightings", dependencies=needs(Action.READ_SIGHTINGS))
def of_report(request: Request, ctx: Ctx, staff: Signed, case_number: str) -> HTMLResponse:
    """What people saw of one child."""
    with ctx.service.database.write() as session:
        number, found = sightings.of_report(session, ctx.service.keys, staff, case_number)
    return page(request, "report_sightings.html", case_number=number, sightings=found)


@router.post("/reports/{case_number}/sightings", dependencies=needs(Action.READ_SIGHTINGS))
def settle(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Those that were shown have been dealt with."""
    newest = fields.get("newest", "")
    shown = int(newest) if re.fullmatch("[0-9]{1,15}", newest) else 0  # a page without any settles none
    with ctx.service.database.write() as session:
        sightings.settle(session, ctx.service.keys, staff, case_number, shown)
    return RedirectResponse("/sightings", 303)


@router.get("/sightings/elsewhere", dependencies=needs(Action.READ_SIGHTINGS))
def elsewhere(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """The sightings that fit another child better than the one of their poster."""
    with ctx.service.database.read() as session:
        found = sighting_matches.elsewhere(session, staff)
    return page(request, "sightings_elsewhere.html", found=found)


@router.get("/reports/{case_number}/sightings/{sighting}/raise", dependencies=needs(Action.RAISE_SIGHTING))
def prepare(request: Request, ctx: Ctx, staff: Signed, case_number: str, sighting: str) -> HTMLResponse:
    """The form of a found report, with what the sighting says."""
    return _form(request, ctx, staff, case_number, sighting)


@router.post("/reports/{case_number}/sightings/{sighting}/raise", dependencies=needs(Action.RAISE_SIGHTING))
def raise_report(
    request: Request, ctx: Ctx, staff: Signed, case_number: str, sighting: str, fields: Form
) -> Response:
    """File it and show the receipt; raised before, lead to the report that there is."""
    service, said = ctx.service, report_form.dated(fields)
    try:
        with service.database.write() as session:
            raised = raising.raise_report(
                session, service.keys, staff, case_number, _number(sighting), said, ctx.catalogue.tag
            )
    except Invalid as error:
        return _form(request, ctx, staff, case_number, sighting, fields, by_field(error.problems))
    if raised.receipt is None:
        return RedirectResponse(f"/reports/{raised.case_number or case_number}", 303)
    service.doorbell.ring()
    return page(
        request, "receipt.html", 201, receipt=raised.receipt, kind="found", most_photos=photos.MOST_PHOTOS,
        raised_from=case_number,
    )  # fmt: skip


def _form(
    request: Request, ctx: Ctx, staff: Signed, case_number: str, sighting: str,
    written: Mapping[str, str] | None = None, problems: Mapping[str, Problem] | None = None,
) -> HTMLResponse:  # fmt: skip
    service = ctx.service
    zone = ZoneInfo(service.settings.time_zone)
    with service.database.write() as session:
        begun = raising.prepare(session, service.keys, staff, case_number, _number(sighting), zone)
    fields = begun.fields if written is None else written
    return page(
        request, "sighting_raise.html", 422 if problems else 200, begun=begun, sighting=sighting, topics=_TOPICS,
        written=fields, problems=problems or {}, understood=drafting.understood(fields, ctx), dated=report_form.DATED,
        added=report_form.AS,
    )  # fmt: skip


def _number(sighting: str) -> int:
    if not re.fullmatch("[0-9]{1,15}", sighting):
        raise NotFound
    return int(sighting)
