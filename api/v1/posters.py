"""The poster of a missing child that a partner organisation filed: asked for when the family agrees, ended any time."""

from fastapi import APIRouter

from api.access import Asking, Ctx, needs
from api.v1 import describe, examples, shapes
from api.v1.asking import Body, Number
from api.v1.body import read_object
from api.v1.shapes import Poster
from reunite import partner_case
from reunite.policy import ON_POSTERS, Action, Scope

router = APIRouter(prefix="/api/v1", tags=["posters"])
_WISH = {
    "columns": {
        "type": "string",
        "description": f"What may stand on it, with ; between: {', '.join(ON_POSTERS)}",
    },
    "photo": {"type": "string", "description": "The `ref` of one of the report's photos, or left out"},
    "agree": {
        "type": "string",
        "enum": ["yes"],
        "description": "The family knows that everybody may see this, and agrees",
    },
}
_POSTER = describe.ok(examples.POSTER)


@router.get(
    "/reports/{case_number}/poster", dependencies=needs(Action.SEE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.READ_CASES), responses=_POSTER | describe.problems(401, 403, 404, 409),
    summary="Look at how far a poster is",
)  # fmt: skip
def see(ctx: Ctx, partner: Asking, case_number: Number) -> Poster:
    """The poster of a missing child that is still looked for; 409 where there can be none."""
    with ctx.service.database.read() as session:
        return shapes.poster(partner_case.poster(session, partner, case_number))


@router.put(
    "/reports/{case_number}/poster", dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.body(_WISH, examples.POSTER_WISH, needs=("agree",)) | describe.secured(Scope.WRITE_REPORTS),
    responses=_POSTER | describe.problems(401, 403, 404, 409, 413, 415, 422), summary="Ask for a poster",
)  # fmt: skip
def ask(ctx: Ctx, partner: Asking, case_number: Number, body: Body) -> Poster:
    """Ask for a poster with what the family agrees to. A coordinator looks at it before anybody sees it; one that hangs
    already comes down until then."""
    said = read_object(body, tuple(_WISH))
    columns = [column.strip() for column in said.get("columns", "").split(";")]
    with ctx.service.database.write() as session:
        wished = partner_case.ask_for_poster(
            session, ctx.service.keys, partner, case_number, columns, said.get("photo", ""),
            agrees=said.get("agree") == "yes",
        )  # fmt: skip
    return shapes.poster(wished)


@router.delete(
    "/reports/{case_number}/poster", status_code=204, dependencies=needs(Action.CHANGE_FILED_REPORT),
    openapi_extra=describe.secured(Scope.WRITE_REPORTS), responses=describe.problems(401, 403, 404),
    summary="Take a poster down",
)  # fmt: skip
def end(ctx: Ctx, partner: Asking, case_number: Number) -> None:
    """The family wants no poster any more: it is gone at once."""
    with ctx.service.database.write() as session:
        partner_case.end_poster(session, ctx.service.keys, partner, case_number)
