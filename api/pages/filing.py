"""Filing a report, one topic a page: fill in, read what was understood, file, keep the receipt."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from api import drafting, report_form
from api.access import Context, Ctx, Form, address_of, needs
from api.pace import paced
from api.rendering import page
from matching import dates
from reunite import drafts, floods, photos, reports, submission
from reunite.actors import FAMILY
from reunite.drafts import Draft
from reunite.floods import Sender
from reunite.policy import Action
from reunite.problems import Invalid, NotFound, Problem, by_field
from reunite.rates import Rates
from reunite.submission import Submission

router = APIRouter(include_in_schema=False)
Kind = Literal["missing", "found"]


@router.get("/report/continue", dependencies=needs(Action.FILE_REPORT))
def ask_for_code(request: Request) -> HTMLResponse:
    """Ask for the code of a draft that was begun elsewhere."""
    return page(request, "draft_continue.html", wrong=False)


@router.post("/report/continue", dependencies=needs(Action.FILE_REPORT))
def continue_draft(request: Request, ctx: Ctx, fields: Form) -> Response:
    """Open the draft of this code in this browser. A wrong code and one whose time is over look the same."""
    rates: Rates = request.app.state.rates
    rates.look_up(address_of(request))
    code = fields.get("code", "")[:60]
    with ctx.service.database.read() as session:
        draft = drafts.find(session, ctx.service.keys, code)
    if draft is None or draft.receipt is not None:
        return page(request, "draft_continue.html", 404, wrong=True)
    response = RedirectResponse(f"/report/{draft.kind}", 303)
    drafting.remember(request, response, code)
    return response


@router.post("/report/erase", dependencies=needs(Action.FILE_REPORT))
def erase_draft(request: Request, ctx: Ctx, fields: Form) -> Response:
    """Erase the draft now, with its photos."""
    with ctx.service.database.write() as session:
        drafts.erase(session, ctx.service.keys, drafting.code_of(request))
    ctx.service.database.scrub()
    response = page(request, "draft_erased.html")
    drafting.remember(request, response, "")
    return response


@router.post("/report/understand", dependencies=needs(Action.FILE_REPORT))
def understand(ctx: Ctx, fields: Form) -> JSONResponse:
    """How a date is understood, for the page while somebody types; nothing of it is kept."""
    said = report_form.dated(fields)
    column = next((column for column in report_form.DATES if said.get(column, "").strip()), "")
    try:
        text = dates.explain(dates.understand(said[column][:100]), ctx.language) if column else ""
    except dates.DateError as error:
        problem = Problem(column, "", error.expected)
        return JSONResponse({"understood": "", "problem": ctx.catalogue.problem(problem)})
    return JSONResponse({"understood": text, "problem": ""})


@router.get("/report/{kind}", dependencies=needs(Action.FILE_REPORT))
def first_page(request: Request, ctx: Ctx, kind: Kind) -> HTMLResponse:
    """The first topic."""
    return topic_page(request, ctx, kind, report_form.TOPICS[0].key)


@router.get("/report/{kind}/{topic}", dependencies=needs(Action.FILE_REPORT))
def topic_page(request: Request, ctx: Ctx, kind: Kind, topic: str) -> HTMLResponse:
    """One topic with what was written already, or the page that shows all of it."""
    draft = drafting.found(request, ctx, kind)
    fields = draft.fields if draft else {}
    if topic == report_form.CHECK:
        return _check(request, ctx, kind, draft)
    return show_topic(request, ctx, kind, topic, fields, code=drafting.code_of(request) if draft else "")


@router.post("/report/{kind}/check", dependencies=needs(Action.FILE_REPORT))
def file(
    request: Request, ctx: Ctx, kind: Kind, fields: Form, sender: Annotated[Sender, Depends(paced)]
) -> Response:
    """File what the draft holds, words and photos together; once, however often the button is pressed."""
    service, code = ctx.service, drafting.code_of(request)
    with service.database.read() as session:
        draft = drafts.find(session, service.keys, code)
        kept = drafts.photos(session, service.keys, code) if draft else []
    if draft is None or (draft.receipt is None and draft.kind != kind):
        return RedirectResponse(f"/report/{kind}", 303)
    receipt = draft.receipt
    if receipt is None:
        try:
            parsed = _parsed(ctx, kind, draft)
        except Invalid:
            return _check(request, ctx, kind, draft)
        names = photos.names(service, len(kept)) if kept else []
        with service.database.write() as session:
            now = drafts.find(session, service.keys, code, lock=True)
            receipt = now.receipt if now else None
            if receipt is None:
                if now != draft or drafts.photos(session, service.keys, code) != kept:
                    # Written on meanwhile, in another window: it is shown once more before it is filed.
                    return RedirectResponse(f"/report/{kind}/{report_form.CHECK}", 303)
                receipt = reports.file(session, service.keys, parsed, actor=FAMILY)
                pictures = [one.photo for one in kept]
                photos.attach(service, session, receipt.report_id, pictures, names, actor=FAMILY)
                floods.note(session, service.keys, receipt.report_id, parsed, sender)
                drafts.close(session, service.keys, code, receipt)
        service.doorbell.ring()
    return page(request, "receipt.html", 201, receipt=receipt, kind=kind, most_photos=photos.MOST_PHOTOS)


@router.post("/report/{kind}/{topic}", dependencies=needs(Action.FILE_REPORT))
def keep_topic(request: Request, ctx: Ctx, kind: Kind, topic: str, fields: Form) -> Response:
    """Keep what was written and go on, back, or to the page that shows all; a mistake is told first, except to who
    goes back. Nothing typed is ever lost."""
    _topic(topic)
    draft = drafting.found(request, ctx, kind)
    code = drafting.keep(request, ctx, kind, draft, fields)
    go = fields.get("go", "next")
    written = {**(draft.fields if draft else {}), **fields}
    wrong = {
        column: problem for column, problem in drafting.problems_of(kind, written).items()
        if column in {field.column for field in report_form.fields(topic, kind)}
    }  # fmt: skip
    if wrong and go != "back":
        response: Response = show_topic(request, ctx, kind, topic, written, wrong, code=code)
    else:
        response = RedirectResponse(f"/report/{kind}/{report_form.next_key(topic, go)}", 303)
    drafting.remember(request, response, code)
    return response


def show_topic(
    request: Request, ctx: Context, kind: Kind, topic: str, written: Mapping[str, str],
    problems: Mapping[str, Problem] | None = None, *, code: str = "", refused: Sequence[str] = (),
) -> HTMLResponse:  # fmt: skip
    """The page of a topic; `refused` says, in the reader's words, which photos could not be taken and why."""
    place = _topic(topic)
    pictures = []
    if code and topic == "photos":
        with ctx.service.database.read() as session:
            pictures = [(one.ref, photos.inline(one.photo.preview))
                        for one in drafts.photos(session, ctx.service.keys, code)]  # fmt: skip
    return page(
        request, "report_topic.html", 422 if problems or refused else 200, kind=kind, topic=place, code=code,
        fields=report_form.fields(topic, kind), number=report_form.TOPICS.index(place) + 1,
        count=len(report_form.TOPICS), written=written, problems=problems or {},
        understood=drafting.understood(written, ctx), dated=report_form.DATED,
        added=report_form.AS, pictures=pictures, refused=refused, most_photos=photos.MOST_PHOTOS,
    )  # fmt: skip


def _topic(key: str) -> report_form.Topic:
    found = next((topic for topic in report_form.TOPICS if topic.key == key), None)
    if found is None:
        raise NotFound
    return found


def _parsed(ctx: Context, kind: Kind, draft: Draft) -> Submission:
    said = {**report_form.dated(draft.fields), "kind": kind, "language": ctx.catalogue.tag}
    return submission.parse(said, lenient=True)


def _check(request: Request, ctx: Context, kind: Kind, draft: Draft | None) -> HTMLResponse:
    """Everything as it was understood; with the mistakes, where there are any, instead of the button that files."""
    problems: dict[str, Problem] = {}
    try:
        _parsed(ctx, kind, draft or Draft(kind, {}))
    except Invalid as error:
        problems = by_field(error.problems)
    fields = draft.fields if draft else {}
    code = drafting.code_of(request) if draft else ""
    with ctx.service.database.read() as session:
        pictures = (
            [photos.inline(one.photo.preview) for one in drafts.photos(session, ctx.service.keys, code)]
            if code
            else []
        )
    return page(
        request, "report_check.html", 422 if problems else 200, kind=kind, topics=report_form.topics(kind),
        written=fields, problems=problems, understood=drafting.understood(fields, ctx), code=code, pictures=pictures,
        topic_of=report_form.TOPIC_OF, told=[column for column, text in fields.items() if text.strip()],
    )  # fmt: skip
