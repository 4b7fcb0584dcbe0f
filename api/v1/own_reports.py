"""One report that a partner organisation filed, as JSON: its status, what it says, and every change to it."""

from typing import Any

from fastapi import APIRouter, Response

from api.access import Asking, Context, Ctx, needs
from api.v1 import conditions, describe, examples, shapes
from api.v1.asking import MERGE_PATCH, Body, Number, PatchBody
from api.v1.body import read_object, read_patch
from api.v1.conditions import IfMatch, IfNoneMatch
from api.v1.shapes import Content, OwnStatus
from reunite import erasure, partner_reports, photos
from reunite.partner_reports import OwnReport
from reunite.policy import Action, Scope
from reunite.submission import REPORTER_COLUMNS

router = APIRouter(prefix="/api/v1", tags=["reports"])
_STATUS = describe.ok(examples.OWN_STATUS, describe.ETAG)
_NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "It is as you have it", "headers": describe.ETAG}
}
_WRITES = describe.secured(Scope.WRITE_REPORTS)


@router.get(
    "/reports/{case_number}", dependencies=needs(Action.SEE_FILED_REPORT), response_model=OwnStatus,
    response_model_exclude_none=True, openapi_extra=describe.secured(Scope.READ_CASES),
    responses=_STATUS | _NOT_MODIFIED | describe.problems(401, 403, 404, 422),
    summary="Look at one's organisation's report",
)  # fmt: skip
def see(
    ctx: Ctx, partner: Asking, case_number: Number, response: Response, if_none_match: IfNoneMatch = None
) -> OwnStatus | Response:
    """The status of a report that the key's organisation filed; every other one is not there."""
    with ctx.service.database.read() as session:
        own = partner_reports.status(session, ctx.service.keys, partner, case_number)
    return conditions.unchanged(if_none_match, own.edition) or _answer(ctx, response, own)


@router.get(
    "/reports/{case_number}/content", dependencies=needs(Action.READ_FILED_REPORT), response_model=Content,
    openapi_extra=describe.secured(Scope.READ_REPORTS),
    responses=describe.ok(examples.CONTENT, describe.ETAG) | _NOT_MODIFIED | describe.problems(401, 403, 404, 422),
    summary="Read what one's organisation filed",
)  # fmt: skip
def content(
    ctx: Ctx, partner: Asking, case_number: Number, response: Response, if_none_match: IfNoneMatch = None
) -> Content | Response:
    """What the report says, in the columns in which it was filed, and of its contact data just enough to know it again.
    Every reading is a line in the service's log."""
    with ctx.service.database.write() as session:
        own, told = partner_reports.content(session, ctx.service.keys, partner, case_number)
    if (same := conditions.unchanged(if_none_match, own.edition)) is not None:
        return same
    conditions.tag(response, own.edition)
    return Content(
        report={column: text for column, text in told.items() if column not in REPORTER_COLUMNS},
        reporter={column: text for column, text in told.items() if column in REPORTER_COLUMNS},
    )


@router.put(
    "/reports/{case_number}", dependencies=needs(Action.CHANGE_FILED_REPORT), response_model_exclude_none=True,
    openapi_extra=describe.report(examples.WHOLE) | _WRITES,
    responses=_STATUS | describe.problems(401, 403, 404, 409, 412, 413, 415, 422),
    summary="Amend one's organisation's report",
)  # fmt: skip
def amend(
    ctx: Ctx, partner: Asking, case_number: Number, body: Body, response: Response, if_match: IfMatch = None
) -> OwnStatus:
    """Replace all that the report says, contact data too; it is compared again. `kind` and `source_id` stay and may be
    left out."""
    fields, expected = read_object(body), conditions.expected(if_match)
    with ctx.service.database.write() as session:
        own = partner_reports.amend(session, ctx.service.keys, partner, case_number, fields, expected)
    return _changed(ctx, response, own)


@router.patch(
    "/reports/{case_number}", dependencies=needs(Action.CHANGE_FILED_REPORT), response_model_exclude_none=True,
    openapi_extra=describe.report(examples.PATCH, media=MERGE_PATCH, empty=True) | _WRITES,
    responses=_STATUS | describe.problems(401, 403, 404, 409, 412, 413, 415, 422),
    summary="Change fields of one's organisation's report",
)  # fmt: skip
def change(
    ctx: Ctx, partner: Asking, case_number: Number, body: PatchBody, response: Response, if_match: IfMatch = None
) -> OwnStatus:  # fmt: skip
    """Write the fields that are sent, take away those that are null, and leave all others as they are (RFC 7396); it is
    compared again."""
    (written, taken), expected = read_patch(body), conditions.expected(if_match)
    with ctx.service.database.write() as session:
        own = partner_reports.change(
            session, ctx.service.keys, partner, case_number, written, taken, expected
        )
    return _changed(ctx, response, own)


@router.delete(
    "/reports/{case_number}", dependencies=needs(Action.CHANGE_FILED_REPORT), response_model_exclude_none=True,
    openapi_extra=_WRITES, responses=_STATUS | describe.problems(401, 403, 404, 412, 422),
    summary="Withdraw one's organisation's report",
)  # fmt: skip
def withdraw(
    ctx: Ctx, partner: Asking, case_number: Number, response: Response, if_match: IfMatch = None
) -> OwnStatus:
    """Take the report back: it is compared no longer and leaves every queue. It is erased some time later; see
    `erase`."""
    expected = conditions.expected(if_match)
    with ctx.service.database.write() as session:
        own = partner_reports.withdraw(session, ctx.service.keys, partner, case_number, expected)
    return _changed(ctx, response, own)


@router.post(
    "/reports/{case_number}/extend", dependencies=needs(Action.CHANGE_FILED_REPORT), response_model_exclude_none=True,
    openapi_extra=_WRITES, responses=_STATUS | describe.problems(401, 403, 404),
    summary="Have one's organisation's report compared for longer",
)  # fmt: skip
def extend(ctx: Ctx, partner: Asking, case_number: Number, response: Response) -> OwnStatus:
    """The time for which the report is compared begins anew; one that has ended stays as it is."""
    with ctx.service.database.write() as session:
        own = partner_reports.keep_on(session, ctx.service.keys, partner, case_number)
    return _answer(ctx, response, own)


@router.post(
    "/reports/{case_number}/erase", status_code=204, dependencies=needs(Action.ERASE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.ERASE_REPORTS), responses=describe.problems(401, 403, 404),
    summary="Erase one's organisation's report for good",
)  # fmt: skip
def erase(ctx: Ctx, partner: Asking, case_number: Number) -> None:
    """Destroy all that the report says, its photos and its messages, because somebody asked for it. It cannot be
    undone; then the report is not there any more, and its receipt opens nothing."""
    service = ctx.service
    with service.database.write() as session:
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        partner_reports.erase(session, service.keys, ledger, partner, case_number)
    photos.sweep(service)
    service.database.scrub()
    service.doorbell.ring()


def _changed(ctx: Context, response: Response, own: OwnReport) -> OwnStatus:
    ctx.service.doorbell.ring()
    return _answer(ctx, response, own)


def _answer(ctx: Context, response: Response, own: OwnReport) -> OwnStatus:
    conditions.tag(response, own.edition)
    return shapes.own_status(ctx, own)
