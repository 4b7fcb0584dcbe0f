"""Search over all reports: what is looked for is sent in a form and answered at once, so that no address holds it."""

import re
from collections.abc import Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import DATES
from matching import dates
from reunite import receipts, regions, searching
from reunite.exchange.writing import FORMS
from reunite.policy import Action, allows
from reunite.problems import Invalid, Problem
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
        with service.database.read() as session:
            known = searching.by_number(session, staff, said["name"])
        if known.hits or figures:  # without any figure it is a name, which can look like a case number
            return _known(request, ctx, staff, said, known)
    try:
        asked = searching.wanted(said)
    except Invalid as error:
        return _page(request, ctx, said, 422, problems=error.problems)
    with service.database.read() as session:
        found = searching.search(session, staff, asked)
    return _shown(request, ctx, staff, said, found)


def _known(request: Request, ctx: Ctx, staff: Signed, said: dict[str, str], known: Found) -> Response:
    if not known.hits:
        return _page(request, ctx, said, 404, problems=[_UNKNOWN])
    if allows(staff.role, Action.SEE_REPORTS):
        return RedirectResponse(f"/reports/{known.hits[0].case_number}", 303)
    return _shown(request, ctx, staff, said, known)


def _shown(request: Request, ctx: Ctx, staff: Signed, said: dict[str, str], found: Found) -> HTMLResponse:
    with ctx.service.database.write() as session:
        searching.note(session, ctx.service.keys, staff, found)
    return _page(request, ctx, said, found=found)


def _page(
    request: Request, ctx: Ctx, said: dict[str, str], status: int = 200,
    found: Found | None = None, problems: Sequence[Problem] = (),
) -> HTMLResponse:  # fmt: skip
    exports = tuple(FORMS) if ctx.staff and allows(ctx.staff.role, Action.EXPORT_REPORTS) else ()
    return page(
        request, "search.html", status, said={**dict.fromkeys(_FIELDS, ""), **said}, found=found,
        problems={problem.field: problem for problem in problems}, kinds=searching.KINDS, states=searching.STATES,
        provinces=regions.all_provinces(), exports=exports, told=lambda hit: _told(hit, ctx.language),
    )  # fmt: skip


def _told(hit: Hit, language: str) -> dict[str, str]:
    """The person of a hit, dates as they were understood."""
    return {
        column: dates.reckoned(text, language) if column in DATES else text for column, text in hit.person.items()
    }  # fmt: skip
