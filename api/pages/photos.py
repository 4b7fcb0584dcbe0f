"""Photos on pages: a family adds and removes those of its own report; staff look at those of a candidate."""

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.access import Ctx, Form, Signed, needs
from api.pages.public import show_case
from api.rendering import page
from api.uploads import UploadedForm
from reunite import photos, queues
from reunite.actors import FAMILY
from reunite.policy import Action
from reunite.problems import Conflict, Invalid, NotFound, Problem

router = APIRouter(include_in_schema=False)


@router.post("/case/photos", dependencies=needs(Action.SEE_OWN_CASE))
def add(request: Request, ctx: Ctx, sent: UploadedForm) -> HTMLResponse:
    """Add photos to one's own report, each by itself: one that cannot be taken keeps none of the others away."""
    problems: list[tuple[int, Problem]] = []
    if not sent.photos:
        problems.append((0, Problem("photo", "", "Please choose a photo first.")))
    number, secret = sent.fields.get("case_number", ""), sent.fields.get("secret", "")
    added = 0
    for place, file in enumerate(sent.photos, start=1):
        try:
            photos.add(ctx.service, number, secret, file, actor=FAMILY)
            added += 1
        except Invalid as error:
            problems += [(place if len(sent.photos) > 1 else 0, problem) for problem in error.problems]
        except Conflict as error:
            problems.append((0, Problem("photo", "", str(error))))
            break
    ctx.service.doorbell.ring()
    return show_case(request, ctx, sent.fields, refused=problems, added=added)


@router.post("/case/photos/remove", dependencies=needs(Action.SEE_OWN_CASE))
def remove(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Take one photo away from one's own report."""
    number, secret = fields.get("case_number", ""), fields.get("secret", "")
    photos.remove(ctx.service, number, secret, fields.get("photo", ""), actor=FAMILY)
    ctx.service.doorbell.ring()
    return show_case(request, ctx, fields)


@router.get("/candidates/{ref}/photos", dependencies=needs(Action.SEE_PHOTOS))
def of_candidate(request: Request, ctx: Ctx, staff: Signed, ref: str) -> HTMLResponse:
    """The photos of both reports side by side, on a page of their own: nobody sees them who did not ask."""
    with ctx.service.database.read() as session:
        both = photos.of_candidate(session, staff, ref)
        candidate = queues.find(session, staff, ref)
    if both is None:
        raise NotFound
    return page(request, "candidate_photos.html", ref=candidate.ref, missing=both[0], found=both[1])


@router.get("/candidates/{ref}/photos/{photo}", dependencies=needs(Action.SEE_PHOTOS))
def view(ctx: Ctx, staff: Signed, ref: str, photo: str) -> Response:
    """One photo; looking at it is a line in the log."""
    return _jpeg(photos.view(ctx.service, staff, ref, photo))


@router.get("/reports/{case_number}/photos", dependencies=needs(Action.SEE_PHOTOS_UNCLAIMED))
def of_report(request: Request, ctx: Ctx, staff: Signed, case_number: str) -> HTMLResponse:
    """The photos of one report, on a page of their own."""
    with ctx.service.database.read() as session:
        number, shown = photos.of_report(session, staff, case_number)
    return page(request, "report_photos.html", case_number=number, photos=shown)


@router.get("/reports/{case_number}/photos/{photo}", dependencies=needs(Action.SEE_PHOTOS_UNCLAIMED))
def view_of_report(ctx: Ctx, staff: Signed, case_number: str, photo: str) -> Response:
    """One photo of a report; looking at it is a line in the log."""
    return _jpeg(photos.view_of_report(ctx.service, staff, case_number, photo))


def _jpeg(shown: bytes) -> Response:
    return Response(
        shown, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="photo.jpg"'}
    )
