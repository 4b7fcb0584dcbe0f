"""Reports as a file, as the one who asks may see them."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import StreamingResponse

from api.access import Ctx, Signed, needs
from reunite import exporting, regions
from reunite.exchange.writing import FORMS
from reunite.exporting import Asked
from reunite.policy import Action
from reunite.problems import Invalid, Problem

router = APIRouter(include_in_schema=False)
_Choice = Annotated[str, Query(max_length=20)]


@router.get("/reports/export.csv", dependencies=needs(Action.EXPORT_REPORTS))
@router.get("/reports/export.xlsx", dependencies=needs(Action.EXPORT_REPORTS))
@router.get("/reports/export.jsonl", dependencies=needs(Action.EXPORT_REPORTS))
@router.get("/reports/export.pfif", dependencies=needs(Action.EXPORT_REPORTS))
def export(
    request: Request, ctx: Ctx, staff: Signed, kind: _Choice = "", state: _Choice = "", province: _Choice = ""
) -> StreamingResponse:
    """All reports of this kind, state and province that this person may see, with the fields that they may see."""
    form = request.url.path.rpartition(".")[2]
    if province and province not in {one.code for one in regions.all_provinces()}:
        raise Invalid([Problem("kind", "", "Please choose from the list.")])
    asked = Asked(kind, state, province)
    exporting.begin(ctx.service, staff, asked, form)
    write, media = FORMS[form]
    body = write(exporting.rows(ctx.service, staff, asked), datetime.now(UTC))
    named = {"Content-Disposition": f'attachment; filename="reports.{form}"'}
    return StreamingResponse(body, media_type=media, headers=named)
