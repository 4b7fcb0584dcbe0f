"""One child reported twice: two reports of one side beside each other, tied together and untied by a coordinator."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import compare
from api.access import Ctx, Form, Signed, needs
from api.pages.cases import show_report
from api.rendering import page
from api.report_form import N_
from reunite import cases, duplicates
from reunite.policy import Action
from reunite.problems import Conflict, Invalid, NotFound

router = APIRouter(include_in_schema=False)
_NO_OTHER = N_("There is no other report of this side with this case number.")


@router.post("/reports/{case_number}/duplicates", dependencies=needs(Action.MERGE_REPORTS))
def choose(request: Request, ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Lay another report, by its case number in any spelling, beside this one."""
    with ctx.service.database.read() as session:
        mine = cases.find(session, staff, case_number)
        try:
            other = cases.find(session, staff, fields.get("other", ""))
        except NotFound:
            other = mine
    if other.id == mine.id or other.kind != mine.kind:
        return show_report(request, ctx, staff, case_number, 422, _NO_OTHER)
    return RedirectResponse(f"/reports/{mine.case_number}/duplicates/{other.case_number}", 303)


@router.get("/reports/{case_number}/duplicates/{other}", dependencies=needs(Action.MERGE_REPORTS))
def beside(request: Request, ctx: Ctx, staff: Signed, case_number: str, other: str) -> HTMLResponse:
    """Two reports of one side, field by field."""
    return _page(request, ctx, staff, case_number, other)


@router.post("/reports/{case_number}/duplicates/{other}", dependencies=needs(Action.MERGE_REPORTS))
def tie(request: Request, ctx: Ctx, staff: Signed, case_number: str, other: str, fields: Form) -> Response:
    """Tie them together: both are of one child."""
    kept, reason, service = fields.get("kept", ""), fields.get("reason", ""), ctx.service
    try:
        with service.database.write() as session:
            duplicates.tie(session, service.keys, staff, case_number, other, kept, reason)
    except Invalid as error:
        told = ctx.catalogue.problem(error.problems[0])
        return _page(request, ctx, staff, case_number, other, 422, told, kept, reason)
    except Conflict as error:
        return _page(request, ctx, staff, case_number, other, 409, str(error), kept, reason)
    return RedirectResponse(f"/reports/{kept}", 303)


@router.post("/reports/{case_number}/untie", dependencies=needs(Action.MERGE_REPORTS))
def untie(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Untie a report again."""
    with ctx.service.database.write() as session:
        number = duplicates.untie(session, ctx.service.keys, staff, case_number)
    return RedirectResponse(f"/reports/{number}", 303)


def _page(
    request: Request, ctx: Ctx, staff: Signed, case_number: str, other: str, status: int = 200, problem: str = "",
    kept: str = "", reason: str = "",
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.write() as session:
        one, two = duplicates.both(session, ctx.service.keys, staff, case_number, other)
    return page(
        request, "duplicates.html", status, one=one, two=two, problem=problem, reason=reason,
        kept=kept or one.head or two.head or one.case_number,
        lines=compare.same_side(one.person, two.person, ctx.language),
    )  # fmt: skip
