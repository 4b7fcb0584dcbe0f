"""Messages of a report that a partner organisation filed: what the people who look after it wrote, and its answers."""

from fastapi import APIRouter

from api.access import Asking, Ctx, needs
from api.v1 import describe, examples, shapes
from api.v1.asking import Body, Number
from api.v1.body import read_object
from api.v1.shapes import Message, Messages
from reunite import partner_case
from reunite.policy import Action, Scope

router = APIRouter(prefix="/api/v1", tags=["messages"])
_TEXT = {"text": {"type": "string", "maxLength": 2000, "description": "What you answer"}}


@router.get(
    "/reports/{case_number}/messages", dependencies=needs(Action.READ_FILED_REPORT),
    openapi_extra=describe.secured(Scope.READ_REPORTS),
    responses=describe.ok(examples.MESSAGES) | describe.problems(401, 403, 404),
    summary="Read the messages of one's organisation's report",
)  # fmt: skip
def read(ctx: Ctx, partner: Asking, case_number: Number) -> Messages:
    """What coordinators or police wrote about the report and what was answered, the oldest first. It does not count as
    read by this: say so once a person has read it. Every look is a line in the service's log."""
    with ctx.service.database.write() as session:
        letters = partner_case.thread(session, ctx.service.keys, partner, case_number)
    return shapes.messages(letters)


@router.post(
    "/reports/{case_number}/messages", status_code=201, dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.body(_TEXT, examples.ANSWER, needs=("text",)) | describe.secured(Scope.WRITE_REPORTS),
    responses=describe.ok(examples.ANSWERED, status=201) | describe.problems(401, 403, 404, 409, 413, 415, 422),
    summary="Answer a message about one's organisation's report",
)  # fmt: skip
def answer(ctx: Ctx, partner: Asking, case_number: Number, body: Body) -> Message:
    """Answer what was written, or tell more of what was asked, once there is a message. Sending the same again adds
    nothing."""
    text = read_object(body, ("text",)).get("text", "")
    with ctx.service.database.write() as session:
        kept = partner_case.answer(session, ctx.service.keys, partner, case_number, text)
    return shapes.message(kept)


@router.post(
    "/reports/{case_number}/messages/read", status_code=204, dependencies=needs(Action.READ_FILED_REPORT),
    openapi_extra=describe.secured(Scope.READ_REPORTS), responses=describe.problems(401, 403, 404),
    summary="Say that the messages were read",
)  # fmt: skip
def note_read(ctx: Ctx, partner: Asking, case_number: Number) -> None:
    """A person has read what was written: who wrote it sees that."""
    with ctx.service.database.write() as session:
        partner_case.note_read(session, ctx.service.keys, partner, case_number)
