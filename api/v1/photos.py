"""Add a photo to one's own report, as multipart/form-data."""

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Ctx, needs
from api.uploads import Uploaded
from api.v1 import describe
from reunite import photos
from reunite.actors import FAMILY
from reunite.policy import Action
from reunite.problems import Invalid, Problem
from reunite.submission import tidy

router = APIRouter(prefix="/api/v1", tags=["reports"])
_FIELDS = ("case_number", "secret")


class Added(BaseModel):
    """The photo as it was kept: a JPEG made anew from the pixels, upright, without anything else of the file."""

    width: int = Field(description="Pixels", examples=[1600])
    height: int = Field(description="Pixels", examples=[1200])


_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["case_number", "secret", "photo"],
                    "properties": {
                        "case_number": {"type": "string", "examples": ["M-7K3Q-9XT2"]},
                        "secret": {"type": "string", "examples": ["7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"]},
                        "photo": {
                            "type": "string",
                            "format": "binary",
                            "description": "One JPEG, PNG or WebP file of at most 20 MB and 25 million pixels",
                        },
                    },
                }
            }
        },
    }
}


@router.post(
    "/case/photos", status_code=201, dependencies=needs(Action.SEE_OWN_CASE), openapi_extra=_BODY,
    responses=describe.problems(400, 404, 409, 413, 422, 503), summary="Add a photo to one's own report",
)  # fmt: skip
def add(ctx: Ctx, sent: Uploaded) -> Added:
    """Keep a photo with the report that the receipt opens, which is compared again. Up to six a report; sending the
    same again adds nothing."""
    problems = [Problem(name, "", "This field is missing.") for name in _FIELDS if not sent.fields.get(name)]
    if len(sent.photos) != 1:
        problems.append(Problem("photo", "", "Send one photo at a time, as a file."))
    if set(sent.fields) - set(_FIELDS):
        problems.append(Problem("body", "", "It has a field that is not known here."))
    if problems:
        raise Invalid(problems)
    number, secret = (tidy(sent.fields[name]) for name in _FIELDS)
    kept = photos.add(ctx.service, number, secret, sent.photos[0], actor=FAMILY)
    ctx.service.doorbell.ring()
    return Added(width=kept.width, height=kept.height)
