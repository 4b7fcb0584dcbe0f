"""One's own account: the second factor, a fresh proof of who one is, the password, open sessions."""

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import cookies, proof
from api.access import Ctx, Form, Signed, needs
from api.pages.staff import begins
from api.rendering import page
from api.report_form import N_
from reunite import accounts, factors, sessions
from reunite.actors import Staff
from reunite.policy import SECOND_FACTOR, Action
from reunite.problems import Conflict, Invalid, NotFound

router = APIRouter(include_in_schema=False)
_WRONG_CODE = N_("This code does not fit, or was used already. Wait for the next one.")
_WRONG = N_("This does not fit. Please try again.")


@router.get("/second-factor", dependencies=needs(Action.SHOW_FACTOR))
def factor_form(request: Request, ctx: Ctx) -> Response:
    """Ask for a code, or show how to set the app up at the first time."""
    return _factor(request, ctx)


@router.post("/second-factor", dependencies=needs(Action.SHOW_FACTOR))
def show_factor(request: Request, ctx: Ctx, fields: Form) -> Response:
    """Take the code: the session is whole then, under a new token."""
    person, service, token, said = ctx.half, ctx.service, ctx.token or "", fields.get("code", "")
    if person is None:
        return RedirectResponse("/staff", 303)
    device = cookies.known_device(request, service.keys, person.email)
    codes: list[str] | None = None
    try:
        with service.database.write() as session:
            if ctx.has_factor:
                right = factors.shows(session, service.keys, person, token, said, device)
            else:
                codes = factors.enrol(session, service.keys, person, token, said)
                right = codes is not None
            signed = sessions.complete(session, service.keys, token) if right else None
    except Conflict as error:
        return _factor(request, ctx, 409, str(error))
    if signed is None:
        return _factor(request, ctx, 403, _WRONG_CODE)
    if codes is None:
        response: Response = RedirectResponse(begins(person), 303)
    else:
        request.state.context = replace(ctx, staff=signed.staff, half=None, token=signed.token)
        response = page(request, "codes.html", codes=codes)
    cookies.keep(request, response, service.keys, signed)
    return response


@router.get("/prove", dependencies=needs(Action.SEE_HOME))
def prove_form(request: Request, back: str = "/staff") -> Response:
    """Ask for the password or a code before something that only its owner may do."""
    return proof.shown(request, {"back": back})


@router.post("/prove", dependencies=needs(Action.SEE_HOME))
def prove(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Take it and go back, or on with what was being sent."""
    service, token, said, problem = ctx.service, ctx.token or "", fields.get("proof", ""), _WRONG
    try:
        if ctx.has_factor and "".join(said.split()).isdecimal():
            device = cookies.known_device(request, service.keys, staff.email)
            with service.database.write() as session:
                right = factors.shows(session, service.keys, staff, token, said, device)
        else:
            right = accounts.knows_password(service.database, service.keys, staff, token, said)
    except Conflict as error:
        right, problem = False, str(error)
    if not right:
        return proof.shown(request, fields, 403, problem)
    with service.database.write() as session:
        sessions.prove(session, service.keys, token)
    return proof.onward(fields)


@router.get("/account", dependencies=needs(Action.SEE_HOME))
def account(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """Password, second factor, open sessions."""
    return _account(request, ctx, staff)


@router.post("/account/password", dependencies=needs(Action.SEE_HOME))
def change_password(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Set another password; everybody who is signed in with the old one must sign in again."""
    service = ctx.service
    try:
        accounts.change_password(
            service.database,
            service.keys,
            staff,
            ctx.token or "",
            fields.get("old", ""),
            fields.get("password", ""),
        )
    except Invalid as error:
        return _account(request, ctx, staff, 422, ctx.catalogue.problem(error.problems[0]))
    return RedirectResponse("/sign-in", 303)


@router.post("/account/sessions", dependencies=needs(Action.SEE_HOME))
def end_sessions(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """End one of one's own sessions, or all others."""
    service, which = ctx.service, fields.get("session", "")
    with service.database.write() as session:
        if which == "others":
            sessions.end_others(session, service.keys, staff, ctx.token or "")
        else:
            sessions.end_one(session, service.keys, staff, which)
    return RedirectResponse("/account", 303)


@router.get("/account/factor", dependencies=needs(Action.SECURE_ACCOUNT))
def own_factor_form(request: Request, ctx: Ctx, staff: Signed) -> Response:
    """Show how to set up the app, for those whose role does not want it."""
    if ctx.has_factor:
        return RedirectResponse("/account", 303)
    return _offer(request, ctx, staff)


@router.post("/account/factor", dependencies=needs(Action.SECURE_ACCOUNT))
def own_factor(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Set it up, get new recovery codes, or take it away where the role allows that."""
    service, token, wanted = ctx.service, ctx.token or "", fields.get("do", "")
    if wanted == "remove":
        if staff.role in SECOND_FACTOR:
            raise NotFound
        with service.database.write() as session:
            factors.give_up(session, service.keys, staff)
        return RedirectResponse("/sign-in", 303)
    with service.database.write() as session:
        if wanted == "codes":
            codes: list[str] | None = factors.renew_codes(session, service.keys, staff)
        else:
            codes = factors.enrol(session, service.keys, staff, token, fields.get("code", ""))
    if codes is None:
        return _offer(request, ctx, staff, 403, _WRONG_CODE)
    return page(request, "codes.html", codes=codes)


def _factor(request: Request, ctx: Ctx, status: int = 200, problem: str = "") -> Response:
    if ctx.half is None:
        return RedirectResponse("/staff", 303)
    if not ctx.has_factor:
        return _offer(request, ctx, ctx.half, status, problem)
    return page(request, "factor.html", status, problem=problem, offer=None)


def _offer(request: Request, ctx: Ctx, person: Staff, status: int = 200, problem: str = "") -> HTMLResponse:
    service = ctx.service
    made = factors.offer(service.keys, person, ctx.token or "", service.settings.organisation)
    return page(request, "factor.html", status, problem=problem, offer=made)


def _account(request: Request, ctx: Ctx, staff: Staff, status: int = 200, problem: str = "") -> HTMLResponse:
    service = ctx.service
    with service.database.read() as session:
        opened = sessions.listed(
            session, service.keys, staff, ctx.token or "", service.settings.session_idle_minutes
        )
        left = factors.codes_left(session, staff.id)
    return page(
        request, "account.html", status, opened=opened, codes_left=left, problem=problem,
        must_have=staff.role in SECOND_FACTOR,
    )  # fmt: skip
