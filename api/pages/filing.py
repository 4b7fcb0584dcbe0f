"""Filing a report by the form: fill in, read what was understood, file, keep the receipt."""

import secrets
from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse

from api import report_form
from api.access import Context, Ctx, Form, needs
from api.pace import paced
from api.rendering import page
from matching import dates
from reunite import floods, reports, submission
from reunite.actors import FAMILY
from reunite.floods import Sender
from reunite.photos import MOST_PHOTOS
from reunite.policy import Action
from reunite.problems import Invalid, Problem
from reunite.submission import Submission

router = APIRouter(include_in_schema=False)
Kind = Literal["missing", "found"]


async def _sender(request: Request, fields: Form) -> Sender | None:
    """Who files, counted where the button was the last one; None on the steps before."""
    return await paced(request) if fields.get("step") == "file" else None


@router.get("/report/{kind}", dependencies=needs(Action.FILE_REPORT))
def empty_form(request: Request, kind: Kind) -> HTMLResponse:
    """The empty form."""
    return _form(request, kind, {})


@router.post("/report/{kind}", dependencies=needs(Action.FILE_REPORT))
def file(
    request: Request, ctx: Ctx, kind: Kind, fields: Form, sender: Annotated[Sender | None, Depends(_sender)]
) -> HTMLResponse:
    """Check what was written; show it back as understood; file it when told so. Nothing typed is ever lost."""
    written = {name: value for name, value in fields.items() if name in report_form.FIELDS}
    step = fields.get("step", "check")
    if step == "change":
        return _form(request, kind, written)
    try:
        parsed = submission.parse({**written, "kind": kind, "language": ctx.catalogue.tag}, lenient=True)
    except Invalid as error:
        return _form(request, kind, written, error.problems)
    if sender is None:
        key = secrets.token_urlsafe(18)
        return page(
            request, "report_check.html", kind=kind, topics=report_form.topics(kind), written=written, key=key,
            understood=_understood(parsed, written, ctx),
        )  # fmt: skip
    with ctx.service.database.write() as session:
        # The key in the form makes filing twice (a double tap, a reload) one report with one receipt.
        receipt = reports.file(
            session,
            ctx.service.keys,
            parsed,
            actor=FAMILY,
            idempotency_key=f"{ctx.visitor}:{fields.get('key', '')[:40]}",
        )
        floods.note(session, ctx.service.keys, receipt.report_id, parsed, sender)
    ctx.service.doorbell.ring()
    return page(request, "receipt.html", 201, receipt=receipt, kind=kind, most_photos=MOST_PHOTOS)


def _form(
    request: Request, kind: Kind, written: Mapping[str, str], problems: tuple[Problem, ...] = ()
) -> HTMLResponse:
    by_field: dict[str, Problem] = {}
    for problem in problems:
        by_field.setdefault(problem.field, problem)
    return page(
        request, "report_form.html", 422 if problems else 200, kind=kind, topics=report_form.topics(kind),
        written=written, problems=by_field,
    )  # fmt: skip


def _understood(parsed: Submission, written: Mapping[str, str], ctx: Context) -> dict[str, str]:
    """How dates and ages were understood, where that is more than what was written."""
    said = {column: dates.explain(parsed.person[column], ctx.language)
            for column in report_form.DATES if column in parsed.person}  # fmt: skip
    age = parsed.person.get("age_at_event", "")
    if age:
        said["age_at_event"] = age
    return {column: text for column, text in said.items() if text != written.get(column, "").strip()}
