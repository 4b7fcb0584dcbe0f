"""The administrator's people."""

import re
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import accounts, regions
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
    return _people(request, ctx, request.query_params)


@router.post("/people/find", dependencies=needs(Action.MANAGE_STAFF))
def find(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Those of a name or e-mail address; what is sought stands in no address."""
    return _people(request, ctx, fields)


@router.post("/people", dependencies=needs(Action.MANAGE_STAFF))
def invite(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Invite somebody; the link is shown once."""
    service, role = ctx.service, fields.get("role", "")
    said = {name: fields.get(name, "") for name in ("email", "role", "province")}
    if role not in list(Role):
        return _people(request, ctx, {}, 422, "Please choose a role.", said)
    try:
        with service.database.write() as session:
            token = accounts.invite(
                session,
                service.keys,
                actor=staff.actor,
                email=said["email"],
                role=Role(role),
                province=said["province"],
            )
    except Invalid as error:
        return _people(request, ctx, {}, 422, ctx.catalogue.problem(error.problems[0]), said)
    except Conflict as error:
        return _people(request, ctx, {}, 409, str(error), said)
    return _people(request, ctx, {}, link=_address(request, ctx, "invitation", token))


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
        return _people(request, ctx, fields, 409, str(error))
    reset = _address(request, ctx, "reset", token) if wanted == "link" else ""
    return _people(request, ctx, fields, reset=reset)


@router.post("/people/invitations", dependencies=needs(Action.MANAGE_STAFF))
def revoke(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Take an invitation back."""
    with ctx.service.database.write() as session:
        team.revoke(session, ctx.service.keys, staff, fields.get("invitation", ""))
    return RedirectResponse("/people", 303)


def _people(
    request: Request, ctx: Ctx, shown: Mapping[str, str], status: int = 200, problem: str = "",
    said: Mapping[str, str] | None = None, link: str = "", reset: str = "",
) -> HTMLResponse:  # fmt: skip
    """The page; `shown` says of whom: `sought`, `of_role` and `page`, where they make sense."""
    of_role, number = shown.get("of_role", ""), shown.get("page", "")
    at = int(number) if re.fullmatch(r"[1-9][0-9]{0,4}", number) else 1
    role, sought = Role(of_role) if of_role in list(Role) else None, shown.get("sought", "").strip()[:254]
    with ctx.service.database.read() as session:
        members, more = team.members(session, sought, role, at)
        pending = team.pending(session)
    return page(
        request, "people.html", status, people=members, pending=pending, roles=list(Role), problem=problem,
        said=said or {}, link=link, reset=reset, sought=sought, of_role=role.value if role else "", at=at, more=more,
        provinces=regions.all_provinces(),
    )  # fmt: skip


def _address(request: Request, ctx: Ctx, what: str, token: str) -> str:
    base = ctx.service.settings.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/{what}/{token}"
