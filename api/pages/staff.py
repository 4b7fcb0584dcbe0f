"""Staff come and go: sign-in, sign-out, invitations, and where each role begins."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import cookies
from api.access import Ctx, Form, Signed, address_of, needs
from api.rendering import page
from reunite import accounts, people, sessions
from reunite.actors import Staff
from reunite.policy import Action, Role
from reunite.problems import Conflict, Invalid, NotFound
from reunite.rates import Rates
from reunite.service import Service
from reunite.sessions import SignedIn

router = APIRouter(include_in_schema=False)
_BEGINS = {
    Role.VOLUNTEER: "/queue",
    Role.COORDINATOR: "/board",
    Role.POLICE: "/referrals",
    Role.ADMIN: "/people",
    Role.AUDITOR: "/log",
}


@router.get("/sign-in", dependencies=needs(Action.SIGN_IN))
def sign_in_form(request: Request) -> HTMLResponse:
    """Ask for e-mail and password."""
    return page(request, "sign_in.html", email="", problem="")


@router.post("/sign-in", dependencies=needs(Action.SIGN_IN))
def sign_in(request: Request, ctx: Ctx, fields: Form) -> Response:
    """Begin a session and go where the role's work is, or on to the second factor."""
    email, service = fields.get("email", "")[:254], ctx.service
    problem = "E-mail address or password is wrong."
    device = cookies.known_device(request, service.keys, email)
    if not device:
        rates: Rates = request.app.state.rates
        rates.sign_in(address_of(request))
    try:
        signed = accounts.sign_in(
            service.database, service.keys, email, fields.get("password", ""),
            hours=service.settings.session_hours, device=device,
        )  # fmt: skip
    except Conflict as error:
        signed, problem = None, str(error)
    if signed is None:
        return page(request, "sign_in.html", 403, email=email, problem=problem)
    return with_session(request, service, signed)


@router.post("/sign-out", dependencies=needs(Action.SHOW_FACTOR))
def sign_out(request: Request, ctx: Ctx, fields: Form) -> Response:
    """End the session, here and on the server."""
    with ctx.service.database.write() as session:
        sessions.end(session, ctx.service.keys, ctx.token or "")
    response = RedirectResponse("/", 303)
    cookies.drop_session(request, response)
    # What the browser still holds of the cases that were open.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@router.get("/staff", dependencies=needs(Action.SEE_HOME))
def begin(staff: Signed) -> RedirectResponse:
    """Go where the role's work is."""
    return RedirectResponse(begins(staff), 303)


@router.get("/invitation/{token}", dependencies=needs(Action.SIGN_IN))
def invitation(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """Ask the invited person for name and password."""
    with ctx.service.database.read() as session:
        offered = accounts.invitation(session, ctx.service.keys, token[:100])
    if offered is None:
        raise NotFound
    return page(request, "invitation.html", offered=offered, name="", problems=())


@router.post("/invitation/{token}", dependencies=needs(Action.SIGN_IN))
def accept(request: Request, ctx: Ctx, token: str, fields: Form) -> Response:
    """Make the account and go on to sign in."""
    service, name = ctx.service, fields.get("name", "")
    try:
        staff = accounts.accept(service.database, service.keys, token[:100], name, fields.get("password", ""))
    except Invalid as error:
        with service.database.read() as session:
            offered = accounts.invitation(session, service.keys, token[:100])
        return page(request, "invitation.html", 422, offered=offered, name=name, problems=error.problems)
    response = RedirectResponse("/sign-in", 303)
    cookies.keep_device(request, response, service.keys, staff)
    return response


@router.get("/reset/{token}", dependencies=needs(Action.SIGN_IN))
def reset_form(request: Request, ctx: Ctx, token: str) -> HTMLResponse:
    """Ask for a new password by an administrator's link."""
    with ctx.service.database.read() as session:
        if people.reset_of(session, ctx.service.keys, token[:100]) is None:
            raise NotFound
    return page(request, "reset.html", problems=())


@router.post("/reset/{token}", dependencies=needs(Action.SIGN_IN))
def reset(request: Request, ctx: Ctx, token: str, fields: Form) -> Response:
    """Set it and go on to sign in; the second factor is still asked for there."""
    service = ctx.service
    try:
        staff = people.reset_password(service.database, service.keys, token[:100], fields.get("password", ""))
    except Invalid as error:
        return page(request, "reset.html", 422, problems=error.problems)
    response = RedirectResponse("/sign-in", 303)
    cookies.keep_device(request, response, service.keys, staff)
    return response


def with_session(request: Request, service: Service, signed: SignedIn) -> RedirectResponse:
    """Go where the role's work is, or first to the second factor, with the session's cookie."""
    response = RedirectResponse(begins(signed.staff) if signed.whole else "/second-factor", 303)
    cookies.keep(request, response, service.keys, signed)
    return response


def begins(staff: Staff) -> str:
    """Where the role's work is."""
    return _BEGINS[staff.role]
