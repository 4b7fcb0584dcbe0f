"""The administrator's page of partner organisations' keys."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import partners
from reunite.policy import USUAL_SCOPES, Action, Scope
from reunite.problems import Invalid, NotFound, Problem

router = APIRouter(include_in_schema=False)


@router.get("/partners", dependencies=needs(Action.MANAGE_PARTNERS))
def keys(request: Request, ctx: Ctx) -> HTMLResponse:
    """Every key, and a form to make one."""
    return _show(request, ctx)


@router.post("/partners", dependencies=needs(Action.MANAGE_PARTNERS))
def make(request: Request, ctx: Ctx, staff: Signed, fields: Form) -> HTMLResponse:
    """Make a key; it is shown once."""
    days = fields.get("days", "").strip()
    try:
        with ctx.service.database.write() as session:
            key = partners.create(
                session, ctx.service.keys, actor=staff.actor, source=fields.get("source", ""),
                scopes=[scope for scope in Scope if fields.get(scope.value)],
                days=int(days) if days.isascii() and days.isdigit() and len(days) < 6 else 0,
            )  # fmt: skip
    except Invalid as error:
        return _show(request, ctx, 422, problems=error.problems, written=fields)
    return _show(request, ctx, key=key)


@router.post("/partners/{key_id}/revoke", dependencies=needs(Action.MANAGE_PARTNERS))
def revoke(request: Request, ctx: Ctx, staff: Signed, key_id: str, fields: Form) -> HTMLResponse:
    """The key counts no longer."""
    if not (key_id.isascii() and key_id.isdigit() and len(key_id) < 18):
        raise NotFound
    with ctx.service.database.write() as session:
        partners.revoke(session, ctx.service.keys, int(key_id), actor=staff.actor)
    return _show(request, ctx)


def _show(
    request: Request, ctx: Ctx, status: int = 200, *, key: str = "", problems: Sequence[Problem] = (),
    written: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.read() as session:
        known = partners.list_keys(session)
    return page(
        request, "partners.html", status, known=known, key=key, problems=problems, scopes=list(Scope),
        written=written or {"days": str(partners.DAYS), **{scope.value: "yes" for scope in USUAL_SCOPES}},
        address=(ctx.service.settings.public_url or str(request.base_url)).rstrip("/"),
    )  # fmt: skip
