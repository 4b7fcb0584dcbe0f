"""Staff come and go: sign-in, sign-out, invitations, and where each role begins."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import security
from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import accounts
from reunite.policy import Action, Role
from reunite.problems import Conflict, Invalid, NotFound

router = APIRouter(include_in_schema=False)
_BEGINS = {
    Role.VOLUNTEER: "/queue",
    Role.COORDINATOR: "/queue",
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
    """Begin a session and go where the role's work is."""
    email, service = fields.get("email", ""), ctx.service
    problem = "E-mail address or password is wrong."
    try:
        signed = accounts.sign_in(
            service.database, service.keys, email[:254], fields.get("password", ""),
            hours=service.settings.session_hours,
        )  # fmt: skip
    except Conflict as error:
        signed, problem = None, str(error)
    if signed is None:
        return page(request, "sign_in.html", 403, email=email, problem=problem)
    return with_session(request, signed)


@router.post("/sign-out", dependencies=needs(Action.SEE_HOME))
def sign_out(request: Request, ctx: Ctx, fields: Form) -> Response:
    """End the session, here and on the server."""
    with ctx.service.database.write() as session:
        accounts.sign_out(session, ctx.service.keys, ctx.token or "")
    cookies: security.Cookies = request.app.state.cookies
    response = RedirectResponse("/", 303)
    response.headers.append("Set-Cookie", cookies.header(security.SESSION, "", max_age=0))
    # What the browser still holds of the cases that were open.
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@router.get("/staff", dependencies=needs(Action.SEE_HOME))
def begin(staff: Signed) -> RedirectResponse:
    """Go where the role's work is."""
    return RedirectResponse(_BEGINS[staff.role], 303)


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
        accounts.accept(service.database, service.keys, token[:100], name, fields.get("password", ""))
    except Invalid as error:
        with service.database.read() as session:
            offered = accounts.invitation(session, service.keys, token[:100])
        return page(request, "invitation.html", 422, offered=offered, name=name, problems=error.problems)
    return RedirectResponse("/sign-in", 303)


def with_session(request: Request, signed: accounts.SignedIn) -> RedirectResponse:
    """Go where the role's work is, with the session's cookie."""
    cookies: security.Cookies = request.app.state.cookies
    response = RedirectResponse(_BEGINS[signed.staff.role], 303)
    response.headers.append("Set-Cookie", cookies.header(security.SESSION, signed.token))
    return response
