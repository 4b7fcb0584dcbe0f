"""The service with seeded defects, each of a kind that an attack must notice: `python -m tests.attack.broken serve`."""

from fastapi import FastAPI
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse

import api.serve
from api.access import Needs, needs
from api.app import create_app
from reunite.cli import main
from reunite.policy import Action
from reunite.service import Service

# The address, and what the walk must say of it.
SEEDED = {
    "/seeded/open": "no rule in the policy table",
    "/seeded/echo": "echoed without escaping",
    "/seeded/nul": "answered 500",
    "/seeded/leak": "an error of ours shown",
    "/seeded/away": "led elsewhere",
    "/partners": "let in with 200",
}
_NEEDS = needs(Action.SIGN_IN)


def with_defects(service: Service) -> FastAPI:
    """The application with a route for each defect, and one whose rule is not asked."""
    app = create_app(service)
    app.dependency_overrides[Needs(Action.MANAGE_PARTNERS)] = lambda: None

    @app.get("/seeded/open")
    def without_a_rule() -> PlainTextResponse:
        return PlainTextResponse("everybody")

    @app.get("/seeded/echo", dependencies=_NEEDS)
    def echoes(start: str = "") -> HTMLResponse:
        return HTMLResponse(f"<p>{start}</p>")

    @app.get("/seeded/nul", dependencies=_NEEDS)
    def fails_on_nul(start: str = "") -> PlainTextResponse:
        if "\0" in start:
            raise RuntimeError
        return PlainTextResponse("fine")

    @app.get("/seeded/leak", dependencies=_NEEDS)
    def shows_its_error(start: str = "") -> PlainTextResponse:
        return PlainTextResponse(f"{type(start)}", 400)

    @app.get("/seeded/away", dependencies=_NEEDS)
    def leads_elsewhere(start: str = "/") -> RedirectResponse:
        return RedirectResponse(start, 303)

    @app.get("/api/v1/seeded/{case_number}", dependencies=_NEEDS)
    def fails_on_words(case_number: str) -> int:
        return int(case_number)

    return app


if __name__ == "__main__":
    api.serve.create_app = with_defects
    main()
