"""File a report, list those of one's organisation, and look at a case by its receipt, as JSON."""

from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import AwareDatetime
from starlette.concurrency import run_in_threadpool

from api.access import Asking, Context, Ctx, needs, partner
from api.errors import VALUE
from api.pace import counted, slowed
from api.v1 import describe, examples, shapes
from api.v1.asking import Body
from api.v1.body import read_object
from api.v1.shapes import Filed, Kind, Reports, Status, Step
from reunite import partner_list, partner_reports, reports, submission
from reunite.floods import Sender
from reunite.intake import Intake
from reunite.partner_list import MOST, Wanted
from reunite.policy import Action, Scope
from reunite.problems import Invalid, NotFound, Problem
from reunite.reports import Receipt
from reunite.submission import Submission, tidy

router = APIRouter(prefix="/api/v1", tags=["reports"])
_FILTERS = ("limit", "cursor", "kind", "step", "source_id", "changed_after")
_REPORT = describe.report(examples.REPORT, needs=("kind",))
_FILED: dict[int | str, dict[str, Any]] = {
    **describe.ok(examples.FILED, describe.LOCATION, 201),
    **describe.ok(
        examples.AMENDED,
        describe.LOCATION,
        model=Filed,
        description="With a key: the report of this source_id was amended",
    ),
}


@router.post(
    "/reports", status_code=201, dependencies=needs(Action.FILE_REPORT), response_model_exclude_none=True,
    openapi_extra=_REPORT | describe.secured(Scope.WRITE_REPORTS, optional=True),
    responses=_FILED | describe.problems(401, 403, 409, 413, 415, 422), summary="File a report",
)  # fmt: skip
async def file(
    request: Request,
    ctx: Ctx,
    body: Body,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(
            max_length=200,
            description="A random text of yours: sending the same again gives the same answer",
            examples=["0f8b6a52-7c1d-4e57-9c55-2f0c7a1d9e34"],
        ),
    ] = None,
) -> Filed:
    """Store a report; it is compared with all of the other side at once. All fields but `kind` may be left out,
    with at least one that tells something of the child. With a key `source_id` is needed: the same `source_id` again
    amends the report instead of filing another."""
    if ctx.partner is not None:
        # Known by its key, so not counted; its reports wait behind families' like imported ones.
        filed, response.status_code = await run_in_threadpool(_of_partner, ctx, body, idempotency_key)
        response.headers["Location"] = f"/api/v1/reports/{filed.case_number}"
        return filed
    parsed, sender, receipt = await run_in_threadpool(_taken, request, body, idempotency_key)
    if receipt is None:
        await slowed(sender)
        receipt = await run_in_threadpool(_filed, request, parsed, sender, idempotency_key)
    return Filed(case_number=receipt.case_number, secret=receipt.secret)


def _taken(request: Request, body: bytes, key: str | None) -> tuple[Submission, Sender, Receipt | None]:
    """The report in the body, counted once it is one that can be taken, and filed unless that has to wait; raises
    Invalid with every problem."""
    parsed = submission.parse(read_object(body))
    sender = counted(request)
    return parsed, sender, None if sender.flood else _filed(request, parsed, sender, key)


def _filed(request: Request, parsed: Submission, sender: Sender, key: str | None) -> Receipt:
    intake: Intake = request.app.state.intake
    return intake.file(parsed, sender, idempotency_key=key)


def _of_partner(ctx: Context, body: bytes, key: str | None) -> tuple[Filed, int]:
    service, asking = ctx.service, partner(ctx)
    parsed = submission.parse(read_object(body), asking.source)
    status, given = partner_reports.file(service.database, service.keys, asking, parsed, key)
    service.doorbell.ring()
    return Filed(
        case_number=status.case_number, secret=given.secret if given else None
    ), 201 if given else 200


@router.get(
    "/reports", dependencies=needs(Action.SEE_FILED_REPORT), response_model_exclude_none=True,
    openapi_extra=describe.secured(Scope.READ_CASES),
    responses=describe.ok(examples.REPORTS, describe.LINK) | describe.problems(401, 403, 422),
    summary="List one's organisation's reports",
)  # fmt: skip
def list_(
    request: Request,
    ctx: Ctx,
    partner: Asking,
    response: Response,
    limit: Annotated[int, Query(ge=1, le=MOST, description="How many on a page at most")] = 50,
    cursor: Annotated[
        str,
        Query(
            max_length=500, description="`next` of the page before", examples=["mC0v8uW3yT1xq7sRz5bN2kJd4hLf"]
        ),
    ] = "",
    kind: Annotated[Kind | None, Query(description="Only this side", examples=["missing"])] = None,
    step: Annotated[Step | None, Query(description="Only those that are so far", examples=["news"])] = None,
    source_id: Annotated[
        str, Query(max_length=200, description="Only that of this id of yours", examples=["A-1"])
    ] = "",
    changed_after: Annotated[
        AwareDatetime | None,
        Query(
            description="Only those filed or changed since, by your organisation or because the case ended: a moment "
            "with its zone. Begin some minutes before your last look",
            examples=["2026-03-01T08:30:00Z"],
        ),
    ] = None,
) -> Reports:
    """The status of every report that the key's organisation filed, also of those it imported, in the order in which
    they were filed. While others are filed or changed the pages stay as they are; what was filed meanwhile comes last.
    Take the next page by `next` with the same filters, or by the address in `Link`."""
    if set(request.query_params) - set(_FILTERS):
        raise Invalid([Problem("query", "", "It has a field that is not known here.")])
    wanted = Wanted(kind or "", step or "", tidy(source_id), _in_calendar(changed_after))
    with ctx.service.database.read() as session:
        found, more = partner_list.page(session, ctx.service.keys, partner, wanted, limit, cursor)
    if more:
        asked = {name: text for name, text in request.query_params.items() if name != "cursor"}
        response.headers["Link"] = f'</api/v1/reports?{urlencode({**asked, "cursor": more})}>; rel="next"'
    return Reports(reports=[shapes.own_status(ctx, one) for one in found], next=more or None)


def _in_calendar(moment: datetime | None) -> datetime | None:
    try:
        return moment and moment.astimezone(UTC)
    except OverflowError:
        raise Invalid([Problem("changed_after", "", VALUE)]) from None


_RECEIPT = describe.body(
    {
        "case_number": {"type": "string", "description": "As on the receipt; marks and capitals do not matter"},
        "secret": {"type": "string", "description": "As on the receipt"},
    },
    examples.RECEIPT,
    needs=("case_number", "secret"),
)  # fmt: skip


@router.post(
    "/case", dependencies=needs(Action.SEE_OWN_CASE),
    openapi_extra=_RECEIPT | describe.secured(Scope.READ_CASES, optional=True),
    responses=describe.ok(examples.STATUS) | describe.problems(401, 403, 404, 413, 415, 422),
    summary="Look at one's own case",
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
    return shapes.status(ctx, status)
