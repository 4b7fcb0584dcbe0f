"""File a report and look at its status, as JSON; partner organisations also change what they filed."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response
from pydantic import BaseModel, Field
from python_multipart.multipart import parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from api.access import Asking, Context, Ctx, needs, partner
from api.pace import counted, slowed
from api.v1 import describe
from api.v1.body import read_object
from reunite import partner_reports, reports, submission
from reunite.floods import Sender
from reunite.intake import Intake
from reunite.policy import Action, Scope
from reunite.problems import NotFound
from reunite.reports import CaseStatus
from reunite.submission import Submission

router = APIRouter(prefix="/api/v1", tags=["reports"])


class Filed(BaseModel):
    """The case number and, of a new report, its receipt: the only key to the case, shown once."""

    case_number: str = Field(examples=["M-7K3Q-9XT2"])
    secret: str | None = Field(
        None,
        description="Keep it: it is shown only now. Missing where a report was amended",
        examples=["7Q2M-R8XC-0D5T-W3HA-6KJ9-PZ1E"],
    )


class Status(BaseModel):
    """What who filed a report may know: never whether a candidate exists."""

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
Number = Annotated[str, Path(description="The case number of a report that your organisation filed",
                             examples=["M-7K3Q-9XT2"])]  # fmt: skip


_AMENDED: dict[int | str, dict[str, Any]] = {
    200: {"model": Filed, "description": "With a key: the report of this source_id was amended"}
}


@router.post(
    "/reports", status_code=201, dependencies=needs(Action.FILE_REPORT), response_model_exclude_none=True,
    openapi_extra=describe.body() | describe.secured(Scope.WRITE_REPORTS, optional=True),
    responses=_AMENDED | describe.problems(401, 403, 409, 413, 415, 422), summary="File a report",
)  # fmt: skip
async def file(
    request: Request,
    ctx: Ctx,
    body: Body,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200, description="A random text of yours: sending the same again gives the same answer"
        ),
    ] = None,
) -> Filed:
    """Store a report; it is compared with all of the other side at once. All fields but `kind` may be left out,
    with at least one that tells something of the child. With a key `source_id` is needed: the same `source_id` again
    amends the report instead of filing another."""
    if ctx.partner is not None:
        # Known by its key, so not counted; its reports wait behind families' like imported ones.
        filed, response.status_code = await run_in_threadpool(_of_partner, ctx, body, idempotency_key)
        return filed
    parsed, sender = await run_in_threadpool(_counted, request, body)
    await slowed(sender)
    intake: Intake = request.app.state.intake
    receipt = await run_in_threadpool(intake.file, parsed, sender, idempotency_key=idempotency_key)
    return Filed(case_number=receipt.case_number, secret=receipt.secret)


def _counted(request: Request, body: bytes) -> tuple[Submission, Sender]:
    """The report in the body, counted once it is one that can be taken; raises Invalid with every problem."""
    return submission.parse(read_object(body)), counted(request)


def _of_partner(ctx: Context, body: bytes, key: str | None) -> tuple[Filed, int]:
    service, asking = ctx.service, partner(ctx)
    parsed = submission.parse(read_object(body), asking.source)
    status, given = partner_reports.file(service.database, service.keys, asking, parsed, key)
    service.doorbell.ring()
    return Filed(
        case_number=status.case_number, secret=given.secret if given else None
    ), 201 if given else 200


@router.get(
    "/reports/{case_number}", dependencies=needs(Action.SEE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.READ_CASES), responses=describe.problems(401, 403, 404),
    summary="Look at one's organisation's report",
)  # fmt: skip
def see(ctx: Ctx, partner: Asking, case_number: Number) -> Status:
    """The status of a report that the key's organisation filed; every other one is not there."""
    with ctx.service.database.read() as session:
        return _status(ctx, partner_reports.status(session, partner, case_number))


@router.put(
    "/reports/{case_number}", dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.body() | describe.secured(Scope.WRITE_REPORTS),
    responses=describe.problems(401, 403, 404, 409, 413, 415, 422), summary="Amend one's organisation's report",
)  # fmt: skip
def amend(ctx: Ctx, partner: Asking, case_number: Number, body: Body) -> Status:
    """Replace all that the report says; it is compared again. `kind` and `source_id` stay and may be left out."""
    fields = read_object(body)
    with ctx.service.database.write() as session:
        status = partner_reports.amend(session, ctx.service.keys, partner, case_number, fields)
    ctx.service.doorbell.ring()
    return _status(ctx, status)


@router.delete(
    "/reports/{case_number}", dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.WRITE_REPORTS), responses=describe.problems(401, 403, 404),
    summary="Withdraw one's organisation's report",
)  # fmt: skip
def withdraw(ctx: Ctx, partner: Asking, case_number: Number) -> Status:
    """Take the report back: it is compared no longer and leaves every queue."""
    with ctx.service.database.write() as session:
        status = partner_reports.withdraw(session, ctx.service.keys, partner, case_number)
    ctx.service.doorbell.ring()
    return _status(ctx, status)


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
    "/case", dependencies=needs(Action.SEE_OWN_CASE),
    openapi_extra=_RECEIPT | describe.secured(Scope.READ_CASES, optional=True),
    responses=describe.problems(401, 403, 404, 413, 415, 422, 429), summary="Look at one's own case",
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
    return _status(ctx, status)


def _status(ctx: Context, status: CaseStatus) -> Status:
    call = ctx.service.settings.news_phone if status.step == "news" else ""
    return Status(
        case_number=status.case_number,
        kind=status.kind,
        filed_at=status.filed_at,
        step=status.step,
        call=call,
    )
