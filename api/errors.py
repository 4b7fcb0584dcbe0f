"""What went wrong, as a page for people or problem+json (RFC 9457) for programs; nothing of the input is echoed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from api import proof
from api.access import (
    FactorNeededError,
    ForgedFormError,
    KeyNeededError,
    ProofNeededError,
    SignInNeededError,
    read_context,
)
from api.rendering import page
from api.report_form import N_
from reunite.problems import Busy, Changed, Conflict, Forbidden, Invalid, NotFound, Problem, StartupError
from reunite.rates import TooManyError

log = structlog.get_logger()
TITLES = {
    400: N_("This request is not understood."),
    401: N_("This needs a valid key, in the header Authorization: Bearer."),
    403: N_("This is not for your role."),
    404: N_("There is nothing here for you."),
    409: N_("This cannot be done now."),
    412: N_("It was changed since you read it. Read it again before you change it; nothing was done."),
    413: N_("This is too large."),
    415: N_("Send JSON, with the header Content-Type: application/json."),
    422: N_("Something in it cannot be taken."),
    429: N_("Too many tries. Please wait and try again."),
    500: N_("Something went wrong on our side. What you sent was not stored; please try again."),
    503: N_("The service is busy. What you sent was not stored; please try again in a minute."),
}
VALUE = N_("This value cannot be taken here. The description of the API says what is meant.")
_FORGED = N_("This page was open too long. Go back, load it again, and send it once more.")


def answer(request: Request, status: int, title: str = "", problems: Sequence[Problem] = ()) -> Response:
    """The answer in the request's language, as a page or as problem+json."""
    ctx = read_context(request, known_staff=status < 500)
    said = ctx.catalogue.gettext(title or TITLES.get(status, TITLES[400]))
    if not request.url.path.startswith("/api/"):
        return page(request, "problem.html", status, title=said, problems=problems)
    body: dict[str, Any] = {"type": "about:blank", "title": said, "status": status}
    if problems:
        # A sentence with {value} says the field's name instead: programs log answers, and what people wrote with them.
        body["problems"] = [
            {"field": one.field, "message": ctx.catalogue.problem(replace(one, value=one.field))}
            for one in problems
        ]
    headers = {"Content-Language": ctx.catalogue.tag}
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Answer every error of the domain and of the framework."""

    @app.exception_handler(NotFound)
    def _not_found(request: Request, _: Exception) -> Response:
        return answer(request, 404)

    @app.exception_handler(Forbidden)
    def _forbidden(request: Request, _: Exception) -> Response:
        return answer(request, 403)

    @app.exception_handler(Conflict)
    def _conflict(request: Request, error: Conflict) -> Response:
        return answer(request, 409, str(error))

    @app.exception_handler(Changed)
    def _changed(request: Request, _: Exception) -> Response:
        return answer(request, 412)

    @app.exception_handler(Invalid)
    def _invalid(request: Request, error: Invalid) -> Response:
        return answer(request, 422, problems=error.problems)

    @app.exception_handler(SignInNeededError)
    def _sign_in(request: Request, _: Exception) -> Response:
        return RedirectResponse("/sign-in", 303)

    @app.exception_handler(FactorNeededError)
    def _factor(request: Request, _: Exception) -> Response:
        return RedirectResponse("/second-factor", 303)

    @app.exception_handler(ProofNeededError)
    async def _prove(request: Request, error: ProofNeededError) -> Response:
        return await proof.ask(request, error)

    @app.exception_handler(KeyNeededError)
    def _key(request: Request, _: Exception) -> Response:
        response = answer(request, 401)
        response.headers["WWW-Authenticate"] = 'Bearer realm="reunite"'
        return response

    @app.exception_handler(ForgedFormError)
    def _forged(request: Request, _: Exception) -> Response:
        return answer(request, 403, _FORGED)

    @app.exception_handler(TooManyError)
    def _too_many(request: Request, error: TooManyError) -> Response:
        response = answer(request, 429)
        response.headers["Retry-After"] = str(error.retry_after)
        return response

    @app.exception_handler(RequestValidationError)
    def _framework(request: Request, error: RequestValidationError) -> Response:
        if not request.url.path.startswith("/api/"):
            return answer(request, 404)
        # Only parameters are checked by the framework, so what is named here is a name of ours.
        named = dict.fromkeys(str(one["loc"][-1]) for one in error.errors())
        return answer(request, 422, problems=[Problem(name, "", VALUE) for name in named])

    @app.exception_handler(HTTPException)
    def _http(request: Request, error: HTTPException) -> Response:
        # A wrong method looks like a route that is not there.
        return answer(request, 404 if error.status_code == 405 else error.status_code)

    @app.exception_handler(Busy)
    @app.exception_handler(StartupError)
    @app.exception_handler(OperationalError)
    def _busy(request: Request, error: Exception) -> Response:
        log.error("database_busy", problem=type(getattr(error, "orig", error)).__name__)
        response = answer(request, 503)
        response.headers["Retry-After"] = "30"
        return response

    @app.exception_handler(Exception)
    def _ours(request: Request, error: Exception) -> Response:
        log.error("request_failed", problem=type(error).__name__, route=request.scope.get("path_format", ""))
        return answer(request, 500)
