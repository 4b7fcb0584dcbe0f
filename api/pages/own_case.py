"""A family's own case besides its status: correct what was told, answer a message, keep the receipt as a picture."""

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api import receipt_picture
from api.access import Ctx, Form, needs
from api.pages.public import show_case
from api.rendering import page
from api.report_form import DATES, N_, Field, Topic, topics
from matching import date_words, dates
from reunite import messages, own_case, poster_consent, receipts, reports
from reunite.policy import ON_POSTERS, Action
from reunite.problems import Conflict, Invalid, NotFound, Problem, by_field

router = APIRouter(include_in_schema=False)
_CHANGED = N_("Your change is kept, and your report is compared again with all others.")
_SAME = N_("Nothing was changed: it stands there already.")
_ANSWERED = N_("Your answer is with us.")
_POSTER_ASKED = N_("Your wish is with us. A coordinator looks at it before anybody sees the poster.")
_POSTER_TAKEN_BACK = N_("The poster is gone. Please take down what was printed, where you can.")


@router.post("/case/correct", dependencies=needs(Action.SEE_OWN_CASE))
def correct(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Show one topic of one's own report to add to or correct, and keep what was changed."""
    service, number, secret = ctx.service, fields.get("case_number", ""), fields.get("secret", "")
    with service.database.read() as session:
        status = reports.status(session, service.keys, number, secret)
        told = own_case.told(session, service.keys, number, secret)
    if status is None:
        raise NotFound
    _, asked = _topic(status.kind, fields)
    filled = {column: _as_people_write(column, text, ctx.language) for column, text in told.items()}
    if status.state != "open":
        return show_case(request, ctx, fields)
    if fields.get("step") != "save":
        return _form(request, fields, status.kind, told, filled)
    said = {field.column: fields[field.column] for field in asked if field.column in fields}
    # What stands as it was filled in was not written.
    written = {column: told[column] if text == filled.get(column) and column not in own_case.UNSEEN else text
               for column, text in said.items()}  # fmt: skip
    try:
        with service.database.write() as session:
            changed = own_case.correct(session, service.keys, number, secret, written, _taken(asked, fields))
    except Invalid as error:
        return _form(request, fields, status.kind, told, filled, error.problems)
    service.doorbell.ring()
    return show_case(request, ctx, fields, said=_CHANGED if changed else _SAME)


@router.post("/case/answer", dependencies=needs(Action.SEE_OWN_CASE))
def answer(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Answer what a coordinator or the police wrote."""
    number, secret, text = (fields.get(name, "") for name in ("case_number", "secret", "text"))
    try:
        with ctx.service.database.write() as session:
            messages.answer(session, ctx.service.keys, number, secret, text)
    except Invalid as error:
        return show_case(request, ctx, fields, answer=text, problem=error.problems[0])
    except Conflict as error:
        return show_case(request, ctx, fields, answer=text, problem=Problem("text", "", str(error)))
    return show_case(request, ctx, fields, said=_ANSWERED)


@router.post("/case/poster", dependencies=needs(Action.SEE_OWN_CASE))
def ask_for_poster(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """Say what of one's own report may stand on a poster, and ask for it."""
    service, number, secret = ctx.service, fields.get("case_number", ""), fields.get("secret", "")
    columns = [column for column in ON_POSTERS if fields.get(f"show_{column}") == "yes"]
    agrees = fields.get("agree") == "yes"
    try:
        with service.database.write() as session:
            poster_consent.ask(
                session, service.keys, number, secret, columns, fields.get("photo", ""), agrees=agrees
            )
    except Invalid as error:
        return show_case(request, ctx, fields, poster_problem=error.problems[0])
    except Conflict as error:
        return show_case(request, ctx, fields, poster_problem=Problem("poster", "", str(error)))
    return show_case(request, ctx, fields, said=_POSTER_ASKED)


@router.post("/case/poster/take-back", dependencies=needs(Action.SEE_OWN_CASE))
def take_poster_back(request: Request, ctx: Ctx, fields: Form) -> HTMLResponse:
    """The poster comes down at once."""
    service = ctx.service
    with service.database.write() as session:
        poster_consent.take_back(
            session, service.keys, fields.get("case_number", ""), fields.get("secret", "")
        )
    return show_case(request, ctx, fields, said=_POSTER_TAKEN_BACK)


@router.post("/case/receipt", dependencies=needs(Action.SEE_OWN_CASE))
def picture(ctx: Ctx, fields: Form) -> Response:
    """One's receipt as a picture to keep."""
    secret = fields.get("secret", "")
    with ctx.service.database.read() as session:
        status = reports.status(session, ctx.service.keys, fields.get("case_number", ""), secret)
    if status is None:
        raise NotFound
    made = receipt_picture.png(status.case_number, receipts.written_secret(secret))
    name = f"reunite-{status.case_number}.png"
    return Response(
        made, HTTPStatus.OK, {"Content-Disposition": f'attachment; filename="{name}"'}, media_type="image/png"
    )


def _topic(kind: str, fields: Mapping[str, str]) -> tuple[Topic, list[Field]]:
    found = next((one for one in topics(kind) if one[0].key == fields.get("topic", "") and one[1]), None)
    if found is None:
        raise NotFound
    return found


def _as_people_write(column: str, text: str, language: str) -> str:
    """A date in words where these are understood as the same date again; everything else as it is kept."""
    words = dates.reckoned(text, language).partition(" → ")[0] if column in DATES else text
    try:
        return words if words == text or date_words.understand(words) == text else text
    except dates.DateError:
        return text


def _taken(asked: list[Field], fields: Mapping[str, str]) -> set[str]:
    """What shall go: what is ticked, and a choice put back to its first, which says that it is not known."""
    return {
        field.column
        for field in asked
        if fields.get(f"take_{field.column}") == "yes"
        or (field.control == "choice" and fields.get(field.column) == "")
    }


def _form(
    request: Request, fields: Mapping[str, str], kind: str, told: Mapping[str, str], filled: Mapping[str, str],
    problems: tuple[Problem, ...] = (),
) -> HTMLResponse:  # fmt: skip
    topic, asked = _topic(kind, fields)
    return page(
        request, "case_correct.html", 422 if problems else 200, fields=fields, topic=topic, asked=asked,
        told=told, filled=filled, problems=by_field(problems), unseen=own_case.UNSEEN,
        kept=fields.get("step") == "save",
    )  # fmt: skip
