"""The police: a candidate's whole file to print, and what must happen between a confirmed pair and a meeting."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.pages.review import compared, show
from api.rendering import page
from reunite import audit, concerns, photos, queues, reunions
from reunite.policy import Action
from reunite.problems import Conflict, Invalid
from reunite.storage.clock import now

router = APIRouter(include_in_schema=False)


@router.get("/candidates/{ref}/dossier", dependencies=needs(Action.PRINT_DOSSIER))
def dossier(request: Request, ctx: Ctx, staff: Signed, ref: str) -> HTMLResponse:
    """Both reports, the evidence, the verdicts and the photos on paper; each dossier is a line in the log."""
    service = ctx.service
    with service.database.write() as session:
        view = queues.view(session, service.keys, staff, ref)
        row = queues.find(session, staff, ref)
        known = concerns.of_pair(session, service.keys, staff, row)
        pictures = photos.of_candidate(session, staff, ref) or ([], [])
        audit.append(session, service.keys, actor=staff.actor, action="dossier.made",
                     subject=f"pair:{row.missing_id}:{row.found_id}")  # fmt: skip
        at, engine = now(session), row.engine_version
    return page(request, "dossier.html", view=view, **compared(view, ctx.language), concerns=known, photos=pictures,
                at=at, engine=engine)  # fmt: skip


@router.post("/candidates/{ref}/reunion", dependencies=needs(Action.RECORD_REUNION))
def record(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Record one step of the checklist; what was written comes back where it cannot be taken."""
    said = {name: fields.get(name, "") for name in ("step", "answer", "note")}
    try:
        with ctx.service.database.write() as session:
            reunions.record(session, ctx.service.keys, staff, ref, **said)
    except Invalid as error:
        told = " ".join(ctx.catalogue.problem(problem) for problem in error.problems)
        return show(request, ctx, staff, ref, 422, told, written=said)
    except Conflict as error:
        return show(request, ctx, staff, ref, 409, str(error), written=said)
    return RedirectResponse(f"/candidates/{ref}#reunion", 303)


@router.get("/reunions", dependencies=needs(Action.RECORD_REUNION))
def pending(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """The confirmed pairs that have not come to an end."""
    with ctx.service.database.read() as session:
        found = reunions.pending(session, staff)
    return page(request, "reunions.html", found=found)
