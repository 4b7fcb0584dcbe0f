"""The auditor's log: looked through, narrowed, checked since its last daily anchor, and taken away as a file."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import IO
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse

from api.access import Ctx, Form, Signed, needs
from api.rendering import page
from reunite import anchors, audit, audit_search
from reunite.audit_search import Wanted
from reunite.policy import Action

router = APIRouter(include_in_schema=False)
_ENTRIES = 100
_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}


@router.get("/log", dependencies=needs(Action.READ_AUDIT))
def log(request: Request, ctx: Ctx, staff: Signed, before: int | None = None) -> HTMLResponse:
    """The newest entries that are wanted, and whether the chain is whole."""
    service, wanted = ctx.service, _wanted(request.query_params)
    with service.database.read() as session:
        older = before if before is None else min(max(before, 1), 2**62)
        entries = audit_search.find(session, staff, wanted, _ENTRIES, older)
        # What came since the last daily anchor is walked, on the first page; the command walks everything.
        anchor = service.settings.data_dir / "audit.anchor"
        since = anchors.verified_until(session, service.keys, service.settings.anchors_path())
        problems = audit.verify(session, service.keys, anchor, since) if before is None else None
    return page(
        request, "log.html", entries=entries, problems=problems, since=since, more=len(entries) == _ENTRIES,
        wanted=wanted, query=_query(wanted), kinds=audit_search.KINDS, formats=audit_search.FORMATS,
    )  # fmt: skip


@router.post("/log/case", dependencies=needs(Action.READ_AUDIT))
def of_case(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """The entries of one case, by the id that the log has of it."""
    with ctx.service.database.read() as session:
        subject = audit_search.subject_of(session, staff, fields.get("case_number", ""))
    return RedirectResponse(f"/log?{urlencode({'subject': subject})}", 303)


@router.post("/log/export", dependencies=needs(Action.READ_AUDIT))
def export(ctx: Ctx, staff: Signed, fields: Form) -> Response:
    """Every entry that is wanted, as a file."""
    form = fields.get("format", "") if fields.get("format") in _TYPES else "csv"
    file = audit_search.export(ctx.service.database, ctx.service.keys, staff, _wanted(fields), form)
    headers = {"Content-Disposition": f'attachment; filename="log.{form}"'}
    return StreamingResponse(_read(file), media_type=_TYPES[form], headers=headers)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(1 << 16):
            yield chunk


def _wanted(said: Mapping[str, str]) -> Wanted:
    plain = {name: said.get(name, "") for name in ("kind", "actor", "subject", "since", "until")}
    return Wanted(
        **{
            name: text if re.fullmatch(r"[\w:.-]{1,80}", text, re.ASCII) else ""
            for name, text in plain.items()
        }
    )


def _query(wanted: Wanted) -> str:
    return urlencode({name: text for name, text in asdict(wanted).items() if text})
