"""Coordinators and police: what waits for an answer, what reviewers want asked, and the messages of one report."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import messages, more_requests
from reunite.policy import Action
from reunite.problems import Invalid, Problem

router = APIRouter(include_in_schema=False)


@router.get("/messages", dependencies=needs(Action.WRITE_REPORTER))
def overview(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Answers that nobody has settled, and requests to ask a reporter."""
    with ctx.service.database.read() as session:
        answers, requests = messages.waiting(session, staff), more_requests.waiting(session, staff)
    return page(request, "messages.html", answers=answers, requests=requests)


@router.post("/messages", dependencies=needs(Action.WRITE_REPORTER))
def dismiss(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Nobody needs to be asked."""
    with ctx.service.database.write() as session:
        more_requests.dismiss(session, ctx.service.keys, staff, fields.get("request", ""))
    return RedirectResponse("/messages", 303)


@router.get("/reports/{case_number}/messages", dependencies=needs(Action.WRITE_REPORTER))
def thread(request: Request, ctx: Ctx, staff: Signed, case_number: str, asking: str = "") -> HTMLResponse:
    """The messages of one report, and a field to write to its reporter; `asking` names the request to turn into one."""
    return _thread(request, ctx, staff, case_number, asking)


@router.post("/reports/{case_number}/messages", dependencies=needs(Action.WRITE_REPORTER))
def write(request: Request, ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """Write to who filed the report."""
    text, asking = fields.get("text", ""), fields.get("asking", "")
    try:
        with ctx.service.database.write() as session:
            number = messages.write(session, ctx.service.keys, staff, case_number, text, asking)
    except Invalid as error:
        return _thread(request, ctx, staff, case_number, asking, text, error.problems[0])
    return RedirectResponse(f"/reports/{number}/messages", 303)


@router.post("/reports/{case_number}/messages/settle", dependencies=needs(Action.WRITE_REPORTER))
def settle(ctx: Ctx, staff: Signed, case_number: str, fields: Form) -> Response:
    """What the family answered needs no answer."""
    with ctx.service.database.write() as session:
        messages.settle(session, ctx.service.keys, staff, case_number)
    return RedirectResponse("/messages", 303)


def _thread(
    request: Request, ctx: Ctx, staff: Signed, case_number: str, asking: str, text: str = "",
    problem: Problem | None = None,
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.write() as session:
        report, letters = messages.thread(session, ctx.service.keys, staff, case_number)
        wanted = more_requests.of_report(session, staff, report, asking) if asking else None
    return page(
        request, "report_thread.html", 422 if problem else 200, report=report, letters=letters, wanted=wanted,
        text=text, problem=problem, longest=messages.LONGEST,
    )  # fmt: skip
