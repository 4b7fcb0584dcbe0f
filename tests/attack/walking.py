"""A walk over the application's own list of routes, as nobody and as every role, with hostile texts in every path
parameter, query parameter and field of a form: no 5xx, nobody let in whom the policy table does not allow, nothing
echoed without escaping, no answer that a browser would be led elsewhere by."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, urlsplit

import httpx2
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts

from api.access import Needs
from api.app import create_app
from reunite.policy import TABLE, Action, Role
from reunite.service import Service, open_service
from tests.attack import hostile, target
from tests.attack.broken import SEEDED, with_defects
from tests.attack.target import Target

_LONGEST = 300  # of an address: the server ends connections whose head is larger than 64 kB
CALLERS = (None, *Role)
_ENDS_THE_SESSION = "/sign-out"
_MAY_END_IT = ("/account", "/prove", "/second-factor")
"""Where five wrong tries end the session: walked last, so that all else is walked as who one is."""


@dataclass
class Found:
    """How many requests were sent, and what came back that must not."""

    sent: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


def routes_of(app: FastAPI) -> list[tuple[str, APIRoute, Action | None]]:
    """Every method on every path, with the action it names."""
    found = []
    for context in iter_route_contexts(app.routes):
        route = context.route
        if isinstance(route, APIRoute):
            named = [one.dependency.action for one in route.dependencies if isinstance(one.dependency, Needs)]
            found += [(method, route, named[0] if named else None) for method in sorted(route.methods)]
    return found


def walk(
    at: Target,
    texts: int,
    make: Callable[[Service], FastAPI] = create_app,
    callers: Iterable[Role | None] = CALLERS,
) -> Found:
    """Send so many texts to every route of the application that is made, as each caller."""
    service = open_service(at.settings)
    routes = sorted(routes_of(make(service)), key=lambda one: one[1].path.startswith(_MAY_END_IT))
    service.close()
    found = Found()
    for caller in callers:
        with httpx2.Client(base_url=at.address, timeout=30) as client:
            visitor = target.sign_in(client, caller)
            token = visitor.field("/language", "csrf")
            for method, route, action in routes:
                if route.path != _ENDS_THE_SESSION:
                    _try(found, at, client, token, caller, method, route, action, texts, Random(1))
    return found


def uncaught() -> list[str]:
    """The seeded defects that the walk does not notice."""
    with target.running("tests.attack.broken") as at:
        wrong = walk(at, 32, _only_seeded, (None,)).wrong
    return [
        path for path, what in SEEDED.items() if not any(f" {path} " in one and what in one for one in wrong)
    ]


def _only_seeded(service: Service) -> FastAPI:
    app = with_defects(service)
    app.router.routes = [
        one.route for one in iter_route_contexts(app.routes) if getattr(one.route, "path", "") in SEEDED
    ]
    return app


def _try(
    found: Found, at: Target, client: httpx2.Client, token: str, caller: Role | None, method: str, route: APIRoute,
    action: Action | None, texts: int, random: Random,
) -> None:  # fmt: skip
    names = [*target.fields_of_forms()]
    for text, _ in zip(hostile.texts(random), range(texts), strict=False):
        headers = target.somewhere(random)
        form = None
        if method != "GET":
            honest = {name: "yes" for name in random.sample(names, 10)}
            form = {**honest, **dict.fromkeys(random.sample(names, 25), text), "csrf": token}
        query = {name: text[:_LONGEST] for name in ("start", "before", "state", "code", text[:30])}
        for path in _paths(at, route, text, random):
            found.sent[str(caller or "nobody")] += 1
            try:
                answer = client.request(
                    method, path, params=query, data=form, headers=headers, follow_redirects=False
                )
                wrong = _judged(answer, caller, action)
            except httpx2.TransportError as error:
                wrong = f"ended the connection ({type(error).__name__})"
            if wrong:
                found.wrong.append(f"{method} {route.path} as {caller or 'nobody'}: {wrong} ({text[:60]!r})")


def _paths(at: Target, route: APIRoute, text: str, random: Random) -> Iterator[str]:
    """The route's address with the text, and with something that is there."""
    if "{" not in route.path:
        yield route.path
        return
    there = {"kind": "missing", "ref": random.choice(at.refs), "case_number": random.choice(at.case_numbers)}
    yield re.sub(r"\{(\w+)[^}]*\}", lambda m: quote(text[:_LONGEST] or "x", safe=""), route.path)
    yield re.sub(r"\{(\w+)[^}]*\}", lambda m: there.get(m[1], "1"), route.path)


def _judged(answer: httpx2.Response, caller: Role | None, action: Action | None) -> str:
    if answer.status_code >= 500:
        return f"answered {answer.status_code}"
    if action is None:
        return "no rule in the policy table"
    location = answer.headers.get("location", "")
    api = answer.request.url.path.startswith("/api/")
    kept_out = answer.status_code in (401, 404, 403) or location == "/sign-in"
    if (None if api else caller) not in TABLE[action] and not kept_out:
        return f"let in with {answer.status_code}"
    if location and (
        urlsplit(location).netloc not in ("", urlsplit(str(answer.url)).netloc)
        or location[:2] in ("//", "/\\")
    ):
        return "led elsewhere"
    if any(hostile.MARK in name for name in answer.headers):
        return "a header of the attacker's"
    return hostile.leaks(answer.text, answer.headers.get("content-type", ""))
