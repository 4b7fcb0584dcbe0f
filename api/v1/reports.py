"""File a report and look at its status, as JSON."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from pydantic import BaseModel, Field
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException

from api.access import Ctx, needs
from api.pace import paced
from api.v1 import describe
from api.v1.body import read_object
from reunite import floods, reports, submission
from reunite.actors import PARTNER
from reunite.floods import Sender
from reunite.policy import Action
from reunite.problems import NotFound
from reunite.submission import Submission

router = APIRouter(prefix="/api/v1", tags=["reports"])


class Filed(BaseModel):
    """The receipt: the only key to the case, shown once."""

    case_number: str = Field(examples=["M-7K3Q-9XT2"])
    secret: str = Field(
        description="Keep it: it is shown only now", examples=["7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"]
    )


class Status(BaseModel):
    """What the holder of a receipt may know: never whether a candidate exists."""

    case_number: str
    kind: str
    filed_at: datetime
    step: str = Field(
        description="received, compared, news (call the coordinator), withdrawn, expired or closed"
    )
    call: str = Field("", description="The number to call when there is news")


async def json_body(request: Request) -> bytes:
    """The raw body, if it says that it is JSON, which is always UTF-8."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind != b"application/json" or options.get(b"charset", b"utf-8").lower() not in (b"utf-8", b"utf8"):
        raise HTTPException(415)
    return await request.body()


Body = Annotated[bytes, Depends(json_body)]


def submitted(body: Body) -> Submission:
    """The report in the body; raises Invalid with every problem."""
    return submission.parse(read_object(body))


Parsed = Annotated[Submission, Depends(submitted)]


async def sender_of(request: Request, parsed: Parsed) -> Sender:
    """Who files, counted once the report is one that can be taken."""
    return await paced(request)


Paced = Annotated[Sender, Depends(sender_of)]


@router.post(
    "/reports", status_code=201, dependencies=needs(Action.FILE_REPORT), openapi_extra=describe.body(),
    responses=describe.problems(409, 413, 415, 422), summary="File a report",
)  # fmt: skip
def file(
    ctx: Ctx,
    parsed: Parsed,
    sender: Paced,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200, description="A random text of yours: sending the same again gives the same answer"
        ),
    ] = None,
) -> Filed:
    """Store a report; it is compared with all of the other side at once. All fields but `kind` may be left out,
    with at least one that tells something of the child."""
    with ctx.service.database.write() as session:
        receipt = reports.file(
            session, ctx.service.keys, parsed, actor=PARTNER, idempotency_key=idempotency_key
        )
        floods.note(session, ctx.service.keys, receipt.report_id, parsed, sender)
    ctx.service.doorbell.ring()
    return Filed(case_number=receipt.case_number, secret=receipt.secret)


_RECEIPT = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["case_number", "secret"],
                    "properties": {"case_number": {"type": "string"}, "secret": {"type": "string"}},
                },
                "example": {"case_number": "M-7K3Q-9XT2", "secret": "7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"},
            }
        },
    }
}


@router.post(
    "/case", dependencies=needs(Action.SEE_OWN_CASE), openapi_extra=_RECEIPT,
    responses=describe.problems(404, 415, 422, 429), summary="Look at one's own case",
)  # fmt: skip
def case(ctx: Ctx, body: Body) -> Status:
    """The status of a case by its receipt, which is sent in the body so that no log keeps it."""
    fields = read_object(body, ("case_number", "secret"))
    with ctx.service.database.read() as session:
        status = reports.status(
            session, ctx.service.keys, fields.get("case_number", ""), fields.get("secret", "")
        )
    if status is None:
        raise NotFound
    call = ctx.service.settings.news_phone if status.step == "news" else ""
    return Status(
        case_number=status.case_number,
        kind=status.kind,
        filed_at=status.filed_at,
        step=status.step,
        call=call,
    )
