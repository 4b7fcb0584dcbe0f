"""The administrator's people and the auditor's log."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import accounts, anchors, audit
from reunite.policy import Action, Role
from reunite.problems import Conflict, Invalid

router = APIRouter(include_in_schema=False)
_ENTRIES = 100


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
    base = service.settings.public_url or str(request.base_url)
    return _people(request, ctx, link=f"{base.rstrip('/')}/invitation/{token}")


@router.get("/log", dependencies=needs(Action.READ_AUDIT))
def log(request: Request, ctx: Ctx, before: int | None = None) -> HTMLResponse:
    """The newest entries and whether the chain is whole."""
    service = ctx.service
    with service.database.read() as session:
        entries = audit.entries(session, _ENTRIES, before if before is None else min(max(before, 1), 2**62))
        # What came since the last daily anchor is walked, on the first page; the command walks everything.
        anchor = service.settings.data_dir / "audit.anchor"
        since = anchors.verified_until(session, service.keys, service.settings.anchors_path())
        problems = audit.verify(session, service.keys, anchor, since) if before is None else None
    return page(
        request, "log.html", entries=entries, problems=problems, since=since, more=len(entries) == _ENTRIES
    )


def _people(
    request: Request, ctx: Ctx, status: int = 200, problem: str = "", email: str = "", link: str = ""
) -> HTMLResponse:
    with ctx.service.database.read() as session:
        staff = accounts.list_staff(session)
    return page(
        request,
        "people.html",
        status,
        people=staff,
        roles=list(Role),
        problem=problem,
        email=email,
        link=link,
    )
