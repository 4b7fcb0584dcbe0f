"""Tables of other organisations: sent, looked through, looked at, imported, stopped and gone on with."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Request
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.access import Context, Ctx, Form, Signed, needs
from api.rendering import page
from api.report_form import FIELDS, N_
from api.uploads import SentTable, TableForm
from reunite import import_table, imports
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.policy import Action
from reunite.problems import Conflict, Invalid, Problem
from reunite.submission import COLUMNS

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why rows are refused, and which: the first of them stands for all."""

    problem: Problem
    lines: tuple[int, ...]


_SHOWN, _ROWS = 100, 20
"""How many reasons and changes are shown, and how many rows of one reason; the file has all."""
_OTHERS = {
    "kind": N_("Missing or found"), "source_id": N_("Their own number of the report"), "photo": N_("Photos"),
    "language": N_("Language to write to them in"),
}  # fmt: skip
_NONE = N_("Please choose a file.")


@router.get("/imports", dependencies=needs(Action.IMPORT_REPORTS))
def listed(request: Request, ctx: Ctx, staff: Signed) -> HTMLResponse:
    """The tables that are kept, and the form that sends one."""
    return _list(request, ctx, staff)


@router.post("/imports", dependencies=needs(Action.IMPORT_REPORTS))
def send(request: Request, ctx: Ctx, staff: Signed, sent: TableForm) -> Response:
    """Keep a table, with what its columns are taken for."""
    try:
        ref = _send(ctx, staff, sent)
    except Invalid as error:
        return _list(request, ctx, staff, 422, error.problems, sent.fields)
    except Conflict as error:
        return _list(request, ctx, staff, 409, [Problem("", "", str(error))], sent.fields)
    return RedirectResponse(f"/imports/{ref}", 303)


@router.get("/imports/{ref}", dependencies=needs(Action.IMPORT_REPORTS))
def shown(request: Request, ctx: Ctx, staff: Signed, ref: str) -> HTMLResponse:
    """What its columns are taken for, what an import would do, or how far it came."""
    return _one(request, ctx, staff, ref)


@router.post("/imports/{ref}/check", dependencies=needs(Action.IMPORT_REPORTS))
def check(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Have it looked through with these columns."""
    columns = {
        int(name[7:]): value
        for name, value in fields.items()
        if name[:7] == "column-" and name[7:].isdecimal()
    }
    try:
        with ctx.service.database.write() as session:
            imports.check(
                session,
                ctx.service.keys,
                staff,
                ref,
                columns,
                fields.get("kind", ""),
                fields.get("source", ""),
                ctx.language,
            )
    except Invalid as error:
        return _one(request, ctx, staff, ref, 422, error.problems, columns, fields)
    except Conflict as error:
        return _one(request, ctx, staff, ref, 409, [Problem("", "", str(error))])
    ctx.service.doorbell.ring(bulk=True)
    return RedirectResponse(f"/imports/{ref}", 303)


@router.post("/imports/{ref}/start", dependencies=needs(Action.IMPORT_REPORTS))
def start(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Import it, or go on."""
    answer = _changed(request, ctx, staff, ref, imports.start, f"/imports/{ref}")
    ctx.service.doorbell.ring(bulk=True)
    return answer


@router.post("/imports/{ref}/stop", dependencies=needs(Action.IMPORT_REPORTS))
def stop(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Stop the work on it."""
    return _changed(request, ctx, staff, ref, imports.stop, f"/imports/{ref}")


@router.post("/imports/{ref}/remove", dependencies=needs(Action.IMPORT_REPORTS))
def remove(request: Request, ctx: Ctx, staff: Signed, ref: str, fields: Form) -> Response:
    """Forget it."""
    return _changed(request, ctx, staff, ref, imports.remove, "/imports")


@router.get("/imports/{ref}/refused.csv", dependencies=needs(Action.IMPORT_REPORTS))
def refused(ctx: Ctx, staff: Signed, ref: str) -> Response:
    """The rows that were refused, with the reasons, to be corrected and sent again."""
    with ctx.service.database.write() as session:
        content = imports.refused_rows(session, ctx.service.keys, staff, ref)
    headers = {"Content-Disposition": 'attachment; filename="refused.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


def _changed(
    request: Request, ctx: Context, staff: Staff, ref: str, change: Callable[[Session, Keys, Staff, str], None], to: str
) -> Response:  # fmt: skip
    try:
        with ctx.service.database.write() as session:
            change(session, ctx.service.keys, staff, ref)
    except Conflict as error:
        return _one(request, ctx, staff, ref, 409, [Problem("", "", str(error))])
    return RedirectResponse(to, 303)


def _send(ctx: Context, staff: Staff, sent: SentTable) -> str:
    if sent.file is None:
        raise Invalid([Problem("table", "", _NONE)])
    source, kind = sent.fields.get("source", ""), sent.fields.get("kind", "")
    return import_table.send(ctx.service, staff, Path(sent.name).name, sent.file, source=source, kind=kind)


def _list(
    request: Request, ctx: Context, staff: Staff, status: int = 200, problems: Sequence[Problem] = (),
    written: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.read() as session:
        known = imports.listed(session, ctx.service.keys, staff)
    return page(request, "imports.html", status, known=known, problems=problems, written=written or {},
                days=imports.KEPT.days, most=imports.MOST_BYTES // 1_000_000)  # fmt: skip


def _one(
    request: Request, ctx: Context, staff: Staff, ref: str, status: int = 200, problems: Sequence[Problem] = (),
    columns: Mapping[int, str] | None = None, written: Mapping[str, str] | None = None,
) -> HTMLResponse:  # fmt: skip
    with ctx.service.database.read() as session:
        one = imports.find(session, ctx.service.keys, staff, ref)
    named = {
        name: _OTHERS.get(name) or FIELDS[name].label for name in COLUMNS if name in _OTHERS or name in FIELDS
    }
    told = [Problem(**said) for said in one.told.get("problems", [])]
    changes = one.told.get("amendments", [])
    return page(
        request, "import.html", status, one=one, problems=problems, named=named, told=told, amendments=changes,
        reasons=_reasons(told), rows=_ROWS,
        written=written or {"source": one.source, "kind": one.kind}, shown=_SHOWN, here=f"/imports/{ref}",
        columns=[(columns or {}).get(place, guess.column) for place, guess in enumerate(one.mapping)],
    )  # fmt: skip


def _reasons(told: Sequence[Problem]) -> list[Reason]:
    """The reasons that most rows have come first."""
    rows: dict[tuple[str, str], list[Problem]] = {}
    for one in told:
        rows.setdefault((one.field, one.text()), []).append(one)
    found = [Reason(same[0], tuple(one.line or 0 for one in same)) for same in rows.values()]
    return sorted(found, key=lambda one: -len(one.lines))
