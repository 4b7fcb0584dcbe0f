"""The draft of a browser: found by the code in its cookie, which dies with the window; in addresses it never is."""

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from api import report_form, security
from api.access import Context, address_of
from matching import dates
from reunite import drafts, submission
from reunite.drafts import Draft
from reunite.problems import Problem, by_field
from reunite.rates import Rates

COLUMNS = (*report_form.FIELDS, *(f"{column}{report_form.AS}" for column in report_form.DATES))
"""What a draft holds: every field of the form, and how each date is known."""


def code_of(request: Request) -> str:
    """The code in the browser's cookie; empty where there is none."""
    cookies: security.Cookies = request.app.state.cookies
    return request.cookies.get(cookies.name(security.DRAFT), "")[:60]


def found(request: Request, ctx: Context, kind: str) -> Draft | None:
    """The draft of this side that is being written in this browser."""
    code = code_of(request)
    if not code:
        return None
    with ctx.service.database.read() as session:
        draft = drafts.find(session, ctx.service.keys, code)
    return draft if draft and draft.kind == kind and draft.receipt is None else None


def keep(request: Request, ctx: Context, kind: str, draft: Draft | None, written: Mapping[str, str]) -> str:
    """Keep what was written now with what was written before; gives the draft's code, a new one's where the draft has
    run out meanwhile."""
    fields = {
        **(draft.fields if draft else {}),
        **{name: written[name] for name in COLUMNS if name in written},
    }
    service, code = ctx.service, code_of(request)
    if draft is not None:
        with service.database.write() as session:
            if drafts.keep(session, service.keys, code, kind, fields):
                return code
    rates: Rates = request.app.state.rates
    rates.drafting(address_of(request))
    with service.database.write() as session:
        return drafts.begin(session, service.keys, kind, fields)


def remember(request: Request, response: Response, code: str) -> None:
    """Have the browser hold the code; an empty one is forgotten."""
    cookies: security.Cookies = request.app.state.cookies
    response.headers.append("Set-Cookie", cookies.header(security.DRAFT, code, max_age=None if code else 0))


def problems_of(kind: str, fields: Mapping[str, str]) -> dict[str, Problem]:
    """What is wrong with what was written so far, the first of each field."""
    return by_field(submission.check({**report_form.dated(fields), "kind": kind}, lenient=True)[1])


def understood(written: Mapping[str, str], ctx: Context) -> dict[str, str]:
    """How dates and ages were understood, where they were and that is more than what was written."""
    values, problems = submission.check({**report_form.dated(written), "kind": "missing"}, lenient=True)
    wrong = {problem.field for problem in problems}
    told = {column: dates.explain(values[column], ctx.language)
            for column in report_form.DATES if column in values and column not in wrong}  # fmt: skip
    if "age_at_event" in values and "age_at_event" not in wrong:
        told["age_at_event"] = values["age_at_event"]
    return {column: text for column, text in told.items() if text != written.get(column, "").strip()}
