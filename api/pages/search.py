"""Search over all reports: what is looked for is sent in a form and answered at once, so that no address holds it."""

import re
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import DATES
from matching import dates
from reunite import cases, receipts, regions, searching
from reunite.policy import Action
from reunite.problems import Invalid, NotFound, Problem
from reunite.searching import Found, Hit

router = APIRouter(include_in_schema=False)
_FIELDS = ("name", "kind", "state", "born", "age", "province")
_UNKNOWN = Problem("name", "", "There is no report with this case number.")


@router.get("/search", dependencies=needs(Action.SEARCH_REPORTS))
def search_form(request: Request, ctx: Ctx) -> HTMLResponse:
    """Ask what to look for."""
    return _page(request, ctx, {})


@router.post("/search", dependencies=needs(Action.SEARCH_REPORTS))
def search(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Show what fits; a case number, in any spelling of it, leads to its report."""
    said, service = {name: fields.get(name, "")[:200] for name in _FIELDS}, ctx.service
    figures = re.search("[0-9]", said["name"])
    if figures or receipts.read_case_number(said["name"]):
        try:
            with service.database.read() as session:
                number = cases.find(session, staff, said["name"]).case_number
            return RedirectResponse(f"/reports/{number}", 303)
        except NotFound:
            if figures:  # without any it is a name, which can look like a case number
                return _page(request, ctx, said, 404, problems=[_UNKNOWN])
    try:
        asked = searching.wanted(said)
    except Invalid as error:
        return _page(request, ctx, said, 422, problems=error.problems)
    with service.database.read() as session:
        found = searching.search(session, staff, asked)
    with service.database.write() as session:
        searching.note(session, service.keys, staff, found)
    return _page(request, ctx, said, found=found)


def _page(
    request: Request, ctx: Ctx, said: dict[str, str], status: int = 200,
    found: Found | None = None, problems: Sequence[Problem] = (),
) -> HTMLResponse:  # fmt: skip
    return page(
        request, "search.html", status, said={**dict.fromkeys(_FIELDS, ""), **said}, found=found,
        problems={problem.field: problem for problem in problems}, kinds=searching.KINDS, states=searching.STATES,
        provinces=regions.all_provinces(), told=lambda hit: _told(hit, ctx.language),
    )  # fmt: skip


def _told(hit: Hit, language: str) -> dict[str, str]:
    """The person of a hit, dates as they were understood."""
    return {
        column: dates.reckoned(text, language) if column in DATES else text for column, text in hit.person.items()
    }  # fmt: skip
