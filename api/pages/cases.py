"""One report for coordinators and police, its warnings and contact data; volunteers' regions; the auditor's reasons."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import DATES, FIELDS
from matching import dates
from reunite import alerts, cases, concerns, duplicates, poster_decisions, regions, reserved
from reunite.policy import Action, allows
from reunite.problems import Invalid, NotFound
from reunite.submission import FLAGS

router = APIRouter(include_in_schema=False)
_ORDER = {column: place for place, column in enumerate(FIELDS)}


@router.get("/reports/{case_number}", dependencies=needs(Action.SEE_REPORTS))
def report(request: Request, ctx: Ctx, staff: Signed, case_number: str) -> HTMLResponse:
    """The report as it was filed, its state, warnings and candidates."""
    return show_report(request, ctx, staff, case_number)


@router.post("/reports/{case_number}/contact", dependencies=needs(Action.SEE_CONTACT))
def contact(request: Request, ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> HTMLResponse:
    """Show once how to reach who filed, for a reason that is kept."""
    service, reason = ctx.service, fields.get("reason", "")
    try:
        with service.database.write() as session:
            said = cases.contact(session, service.keys, staff, case_number, reason)
    except Invalid as error:
        told = ctx.catalogue.problem(error.problems[0])
        return show_report(request, ctx, staff, case_number, 422, told, reason)
    return show_report(request, ctx, staff, case_number, contact=said)


@router.post("/reports/{case_number}/flag", dependencies=needs(Action.FLAG_REPORT))
def flag(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Set a warning, or clear it."""
    with ctx.service.database.write() as session:
        found = cases.find(session, staff, case_number, lock=True)
        on = fields.get("set") == "yes"
        concerns.flag(session, ctx.service.keys, staff, found.id, fields.get("flag", ""), on=on)
    return RedirectResponse(f"/reports/{found.case_number}", 303)


@router.post("/reports/{case_number}/reserve", dependencies=needs(Action.RESERVE_REPORT))
def reserve(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Reserve the report to the police, or end that."""
    with ctx.service.database.write() as session:
        found = cases.find(session, staff, case_number, lock=True)
        reserved.reserve(session, ctx.service.keys, staff, found, on=fields.get("set") == "yes")
    return RedirectResponse(f"/reports/{found.case_number}", 303)


@router.get("/regions", dependencies=needs(Action.ASSIGN_REGION))
def assigned(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Which volunteer works on which provinces."""
    with ctx.service.database.read() as session:
        people = regions.volunteers(session, staff)
    return page(request, "regions.html", people=people, provinces=regions.all_provinces())


@router.post("/regions", dependencies=needs(Action.ASSIGN_REGION))
def assign(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Give a volunteer a region, or take it away."""
    number = fields.get("volunteer", "")
    if not number.isdecimal() or len(number) > 15:
        raise NotFound
    code, taken = fields.get("province", ""), fields.get("take", "")
    with ctx.service.database.write() as session:
        regions.assign(session, ctx.service.keys, staff, int(number), taken or code, take=bool(taken))
    return RedirectResponse("/regions", 303)


@router.get("/contact-access", dependencies=needs(Action.READ_AUDIT))
def contact_access(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Who looked at contact data, and why."""
    with ctx.service.database.read() as session:
        entries = cases.contact_accesses(session, staff)
    return page(request, "contact_access.html", entries=entries)


def show_report(
    request: Request, ctx: Ctx, staff: Signed, case_number: str, status: int = 200, problem: str = "",
    reason: str = "", contact: dict[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    """The page of a report; looking at it is a line in the log."""
    with ctx.service.database.write() as session:
        view = cases.view(session, ctx.service.keys, staff, case_number)
        merges = allows(staff.role, Action.MERGE_REPORTS)
        poster = allows(staff.role, Action.PUBLISH_POSTER) and poster_decisions.asked_for(
            session, view.case_number
        )
        can_alert = view.kind == "missing" and allows(staff.role, Action.APPROVE_ALERT)
        alert = alerts.of_report(session, staff, view.case_number) if can_alert else None
        alike = duplicates.possible(session, ctx.service.keys, staff, case_number) if merges else []
    said = {column: dates.reckoned(text, ctx.language) if column in DATES else text
            for column, text in sorted(view.person.items(), key=lambda one: _ORDER.get(one[0], 99))}  # fmt: skip
    return page(
        request, "report.html", status, view=view, said=said, fields=FIELDS, flags=FLAGS, problem=problem,
        reason=reason, contact=contact, reserves=allows(staff.role, Action.RESERVE_REPORT), merges=merges,
        alike=alike, poster=poster, alert=alert,
    )  # fmt: skip
