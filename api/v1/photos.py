"""Photos of a report, sent as multipart/form-data: by its receipt, or with the key of who filed it."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.access import Asking, Ctx, needs
from api.uploads import Upload, Uploaded
from api.v1 import describe, examples, shapes
from api.v1.asking import Number, PhotoRef
from api.v1.shapes import Photo, Photos
from reunite import partner_case, photos
from reunite.actors import FAMILY
from reunite.policy import Action, Scope
from reunite.problems import Invalid, Problem
from reunite.submission import tidy

router = APIRouter(prefix="/api/v1", tags=["photos"])
_RECEIPT = ("case_number", "secret")
_FILE = {
    "photo": {
        "type": "string",
        "format": "binary",
        "description": "One JPEG, PNG or WebP file of at most 20 MB and 25 million pixels",
        "examples": ["@child.jpg", "@孩子.jpg"],
    }
}
_OF_RECEIPT = {
    "case_number": {"type": "string", "description": "As on the receipt",
                    "examples": [examples.CASE, examples.FOUND_CASE]},
    "secret": {"type": "string", "description": "As on the receipt", "examples": [examples.SECRET]},
}  # fmt: skip
_WITH_RECEIPT = describe.body(
    {**_OF_RECEIPT, **_FILE}, None, needs=(*_RECEIPT, "photo"), media="multipart/form-data"
)
_WITH_KEY = describe.body(_FILE, None, needs=("photo",), media="multipart/form-data")
_ADDED = describe.ok(examples.ADDED, status=201)


@router.post(
    "/case/photos", status_code=201, dependencies=needs(Action.SEE_OWN_CASE),
    openapi_extra=_WITH_RECEIPT | describe.secured(Scope.READ_CASES, optional=True),
    responses=_ADDED | describe.problems(400, 401, 403, 404, 409, 413, 422),
    summary="Add a photo to one's own report",
)  # fmt: skip
def add(ctx: Ctx, sent: Uploaded) -> Photo:
    """Keep a photo with the report that the receipt opens, which is compared again. Up to six a report; sending the
    same again adds nothing."""
    _check(sent, _RECEIPT)
    number, secret = (tidy(sent.fields[name]) for name in _RECEIPT)
    kept = photos.add(ctx.service, number, secret, sent.photos[0], actor=FAMILY)
    ctx.service.doorbell.ring()
    return shapes.photo(kept)


@router.post(
    "/reports/{case_number}/photos", status_code=201, dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=_WITH_KEY | describe.secured(Scope.WRITE_REPORTS),
    responses=_ADDED | describe.problems(400, 401, 403, 404, 409, 413, 422),
    summary="Add a photo to one's organisation's report",
)  # fmt: skip
def add_own(ctx: Ctx, partner: Asking, case_number: Number, sent: Uploaded) -> Photo:
    """Keep a photo with the report, which is compared again. Up to six a report; the same again adds nothing."""
    _check(sent, ())
    kept = partner_case.add_photo(ctx.service, partner, case_number, sent.photos[0])
    ctx.service.doorbell.ring()
    return shapes.photo(kept)


@router.get(
    "/reports/{case_number}/photos", dependencies=needs(Action.READ_FILED_REPORT),
    openapi_extra=describe.secured(Scope.READ_REPORTS),
    responses=describe.ok(examples.PHOTOS) | describe.problems(401, 403, 404),
    summary="List the photos of one's organisation's report",
)  # fmt: skip
def list_own(ctx: Ctx, partner: Asking, case_number: Number) -> Photos:
    """Which photos the report has, in their order."""
    with ctx.service.database.read() as session:
        kept = partner_case.photos_of(session, partner, case_number)
    return Photos(photos=[shapes.photo(one) for one in kept])


_JPEG: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The photo",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "/reports/{case_number}/photos/{photo}", dependencies=needs(Action.READ_FILED_REPORT), response_class=Response,
    openapi_extra=describe.secured(Scope.READ_REPORTS), responses=_JPEG | describe.problems(401, 403, 404),
    summary="Look at a photo of one's organisation's report",
)  # fmt: skip
def see_own(ctx: Ctx, partner: Asking, case_number: Number, photo: PhotoRef) -> Response:
    """The photo, small, as JPEG. Every look is a line in the service's log."""
    shown = partner_case.preview(ctx.service, partner, case_number, photo)
    return Response(
        shown, media_type="image/jpeg", headers={"Content-Disposition": 'inline; filename="photo.jpg"'}
    )


@router.delete(
    "/reports/{case_number}/photos/{photo}", status_code=204, dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.WRITE_REPORTS), responses=describe.problems(401, 403, 404),
    summary="Take a photo away from one's organisation's report",
)  # fmt: skip
def remove_own(ctx: Ctx, partner: Asking, case_number: Number, photo: PhotoRef) -> None:
    """The photo's file is removed at once, and the report is compared again. A poster that shows it comes down."""
    partner_case.remove_photo(ctx.service, partner, case_number, photo)
    ctx.service.doorbell.ring()


def _check(sent: Upload, fields: tuple[str, ...]) -> None:
    """Raises Invalid unless it has one photo, all of these fields and no others."""
    problems = [Problem(name, "", "This field is missing.") for name in fields if not sent.fields.get(name)]
    if len(sent.photos) != 1:
        problems.append(Problem("photo", "", "Send one photo at a time, as a file."))
    if set(sent.fields) - set(fields):
        problems.append(Problem("body", "", "It has a field that is not known here."))
    if problems:
        raise Invalid(problems)
