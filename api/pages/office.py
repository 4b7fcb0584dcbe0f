"""The administrator's people."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import accounts
from reunite import people as team
from reunite.policy import Action, Role
from reunite.problems import Conflict, Invalid, NotFound

router = APIRouter(include_in_schema=False)
_CHANGES = {
    "lock": team.lock,
    "unlock": team.unlock,
    "factor": team.reset_factor,
    "sessions": team.end_sessions,
}


@router.get("/people", dependencies=needs(Action.MANAGE_STAFF))
def people(request: Request, ctx: Ctx) -> HTMLResponse:
    """Who works here, and a form to invite more."""
    return _people(request, ctx)


@router.post("/people", dependencies=needs(Action.MANAGE_STAFF))
def invite(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Invite somebody; the link is shown once."""
    service, email, role = ctx.service, fields.get("email", ""), fields.get("role", "")
    if role not in list(Role):
        return _people(request, ctx, 422, "Please choose a role.", email)
    try:
        with service.database.write() as session:
            token = accounts.invite(session, service.keys, actor=staff.actor, email=email, role=Role(role))
    except Invalid as error:
        return _people(request, ctx, 422, ctx.catalogue.problem(error.problems[0]), email)
    except Conflict as error:
        return _people(request, ctx, 409, str(error), email)
    return _people(request, ctx, link=_address(request, ctx, "invitation", token))


@router.post("/people/change", dependencies=needs(Action.MANAGE_STAFF))
def change(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Change somebody's account."""
    service, wanted, role = ctx.service, fields.get("do", ""), fields.get("role", "")
    number = fields.get("staff", "")
    if not (number.isascii() and number.isdecimal()) or len(number) > 15:
        raise NotFound
    try:
        with service.database.write() as session:
            if wanted == "role" and role in list(Role):
                team.set_role(session, service.keys, staff, int(number), Role(role))
            elif wanted == "link":
                token = team.reset_link(session, service.keys, staff, int(number))
            elif wanted in _CHANGES:
                _CHANGES[wanted](session, service.keys, staff, int(number))
            else:
                raise NotFound
    except Conflict as error:
        return _people(request, ctx, 409, str(error))
    return _people(request, ctx, reset=_address(request, ctx, "reset", token) if wanted == "link" else "")


@router.post("/people/invitations", dependencies=needs(Action.MANAGE_STAFF))
def revoke(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Take an invitation back."""
    with ctx.service.database.write() as session:
        team.revoke(session, ctx.service.keys, staff, fields.get("invitation", ""))
    return RedirectResponse("/people", 303)


def _people(
    request: Request, ctx: Ctx, status: int = 200, problem: str = "", email: str = "", link: str = "", reset: str = ""
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.read() as session:
        members, pending = team.members(session), team.pending(session)
    return page(
        request, "people.html", status, people=members, pending=pending, roles=list(Role), problem=problem,
        email=email, link=link, reset=reset,
    )  # fmt: skip


def _address(request: Request, ctx: Ctx, what: str, token: str) -> str:
    base = ctx.service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/{what}/{token}"
