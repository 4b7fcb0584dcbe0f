"""Pages for everybody: the start, the language, one's own case."""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import security
from api.access import Ctx, Form, needs
from api.rendering import page
from api.report_form import DATES, topics
from matching import dates
from reunite import erasure, i18n, messages, own_case, photos, poster_consent, receipts, reports, retention
from reunite.policy import Action
from reunite.problems import NotFound, Problem

router = APIRouter(include_in_schema=False)


@router.get("/", dependencies=needs(Action.SIGN_IN))
def home(request: Request) -> HTMLResponse:
    """What this is, and the two ways to file."""
    return page(request, "home.html")


@router.post("/language", dependencies=needs(Action.SIGN_IN))
def choose_language(request: Request, fields: Form) -> Response:
    """Keep the chosen language for a year and go back to where one was."""
    chosen = fields.get("language", "")
    response = RedirectResponse(security.local(fields.get("back", "/")), 303)
    if chosen in i18n.languages():
        cookies: security.Cookies = request.app.state.cookies
        response.headers.append("Set-Cookie", cookies.header(security.LANGUAGE, chosen, max_age=31_536_000))
    return response


@router.get("/case", dependencies=needs(Action.SEE_OWN_CASE))
def case_form(request: Request) -> HTMLResponse:
    """Ask for the receipt."""
    return page(request, "case_form.html")


@router.post("/case", dependencies=needs(Action.SEE_OWN_CASE))
def case(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """The status of one's own case; a receipt that does not fit is a page that is not there. A receipt that was copied
    whole may stand in the first field."""
    if not fields.get("secret", "").strip() and (both := receipts.read_both(fields.get("case_number", ""))):
        fields = {**fields, "case_number": both[0], "secret": both[1]}
    return show_case(request, ctx, fields)


def show_case(
    request: Request, ctx: Ctx, fields: Mapping[str, str], *, refused: Sequence[tuple[int, Problem]] = (),
    added: int = 0, said: str = "", answer: str = "", problem: Problem | None = None,
    poster_problem: Problem | None = None,
) -> HTMLResponse:  # fmt: skip
    """The case page; `refused` says which of the photos sent could not be taken, and why, `added` how many were; `said`
    is what was done, `answer` and `problem` what somebody wrote that cannot be taken, `poster_problem` why there
    is no poster as it was asked for."""
    service, number, secret = ctx.service, fields.get("case_number", ""), fields.get("secret", "")
    with service.database.read() as session:
        status = reports.status(session, service.keys, number, secret)
        pictures = photos.previews(service, session, number, secret)
        told = own_case.told(session, service.keys, number, secret)
        letters = messages.own(session, service.keys, number, secret)
        poster = poster_consent.of_own(session, service.keys, number, secret)
    if status is None:
        raise NotFound
    if any(not letter.from_family and not letter.settled for letter in letters):
        with service.database.write() as session:
            messages.mark_read(session, service.keys, number, secret)
    shown = {column: dates.reckoned(text, ctx.language) if column in DATES else text
             for column, text in told.items()}  # fmt: skip
    return page(
        request, "case.html", 422 if refused or problem or poster_problem else 200, status=status, secret=secret,
        news_phone=service.settings.news_phone, photos=pictures, most_photos=photos.MOST_PHOTOS, refused=refused,
        added=added, until=retention.until(status, service.settings), told=shown, topics=topics(status.kind),
        letters=letters, said=said, answer=answer, problem=problem, longest=messages.LONGEST,
        poster=poster, poster_problem=poster_problem, chosen=fields,
    )  # fmt: skip


@router.post("/case/extend", dependencies=needs(Action.SEE_OWN_CASE))
def extend(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Have one's own report compared for longer: its time begins anew."""
    with ctx.service.database.write() as session:
        number, secret = fields.get("case_number", ""), fields.get("secret", "")
        if not retention.extend(session, ctx.service.keys, number, secret):
            raise NotFound
    return case(request, ctx, fields)


@router.post("/case/erase", dependencies=needs(Action.SEE_OWN_CASE))
def erase(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Erase one's own report for good, after saying so twice; then the receipt opens nothing any more."""
    if fields.get("sure") != "yes":
        return case(request, ctx, fields)
    service = ctx.service
    with service.database.write() as session:
        number, secret = fields.get("case_number", ""), fields.get("secret", "")
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        if not erasure.by_receipt(session, service.keys, ledger, number, secret):
            raise NotFound
    photos.sweep(service)
    service.database.scrub()
    service.doorbell.ring()
    return page(request, "erased.html")


@router.post("/case/withdraw", dependencies=needs(Action.SEE_OWN_CASE))
def withdraw(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Take one's own report back, after saying so twice."""
    if fields.get("sure") == "yes":
        with ctx.service.database.write() as session:
            number, secret = fields.get("case_number", ""), fields.get("secret", "")
            if not reports.withdraw(session, ctx.service.keys, number, secret):
                raise NotFound
        ctx.service.doorbell.ring()
    return case(request, ctx, fields)
