"""Every route asks the one policy table: the test walks the application's own routes, for every role."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.testclient import TestClient

from api.access import Needs
from api.app import create_app
from reunite import partners
from reunite.policy import SCOPES, TABLE, Action, Role, Scope
from reunite.service import Service
from tests import images
from tests.factory import report_fields
from tests.visitor import Visitor

PHOTO = images.saved(images.picture())
NOTHING = dict.fromkeys(("ref", "token", "case_number", "photo", "other", "file"), "nothing-here") | {
    "kind": "missing",
    "key_id": "0",
    "webhook_id": "0",
    "topic": "nothing-here",
    "sighting": "0",
}
"""For every name in a path, something that is not there."""


@dataclass(frozen=True)
class Route:
    """A method on a path, and the action it names."""

    method: str
    path: str
    actions: tuple[Action, ...]


def actions_of(dependant: Dependant) -> Iterator[Action]:
    for inner in dependant.dependencies:
        if isinstance(inner.call, Needs):
            yield inner.call.action
        yield from actions_of(inner)


_ROUTES: list[Route] = []


def routes(service: Service) -> list[Route]:
    """What the application answers; read once, for it is the same for every installation."""
    if not _ROUTES:
        _ROUTES.extend(_read(service))
    return _ROUTES


def _read(service: Service) -> Iterator[Route]:
    for context in iter_route_contexts(create_app(service).routes):
        route = context.route
        if isinstance(route, APIRoute):
            actions = tuple(actions_of(route.dependant))
            actions += tuple(
                one.dependency.action for one in route.dependencies if isinstance(one.dependency, Needs)
            )
            yield from (Route(method, route.path, tuple(set(actions))) for method in route.methods or ())


def test_every_route_names_exactly_one_action_of_the_table(service: Service) -> None:
    found = routes(service)
    assert len(found) >= 20
    assert [route for route in found if len(route.actions) != 1 or route.actions[0] not in TABLE] == []


@pytest.mark.parametrize("role", [None, *Role])
def test_every_route_lets_in_whom_the_table_allows_and_nobody_else(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor], role: Role | None
) -> None:
    visitor = visit() if role is None else staff(role.value)
    for route in routes(service):
        if route.path.startswith("/api/") and role is not None:
            continue  # the API knows no sessions: everybody is the public there
        allowed = role in TABLE[route.actions[0]]
        path = route.path.format(**NOTHING)
        answer = visitor._client.request(route.method, path, follow_redirects=False)
        sent_away = answer.status_code == 303 and answer.headers["location"] == "/sign-in"
        refused = "This is not for your role." in answer.text
        if route.path.startswith("/api/"):
            assert (answer.status_code == 401) is not allowed, route
        elif allowed:
            assert not sent_away or route.path == "/sign-out", route
            assert not refused, route
        else:
            assert sent_away if role is None else (answer.status_code == 403 and refused), route


def sent_to(route: Route) -> dict[str, Any]:
    """A body that the route takes."""
    what = route.path.rpartition("/")[2]
    if route.method in ("GET", "DELETE") or what in ("extend", "erase", "read"):
        return {}
    if what == "photos":
        return {"files": {"photo": PHOTO}}
    return {"json": {"messages": {"text": "hello"}, "poster": {"columns": "name", "agree": "yes"}}.get(
        what, report_fields(source_id="A-1"))}  # fmt: skip


@pytest.mark.parametrize("scopes", [*([scope] for scope in Scope), list(Scope)], ids=" ".join)
@pytest.mark.parametrize("own", [True, False], ids=["own", "foreign"])
def test_every_route_of_the_api_lets_in_the_keys_that_the_table_allows_and_only_to_their_own(
    service: Service, client: httpx2.Client, scopes: list[Scope], own: bool
) -> None:
    with service.database.write() as session:
        mine, filer = (
            partners.create(session, service.keys, actor="test", source=source, scopes=wanted)
            for source, wanted in (("mine", scopes), ("mine" if own else "other", Scope))
        )
    filed = client.post(
        "/api/v1/reports", json=report_fields(source_id="A-1"), headers={"Authorization": f"Bearer {filer}"}
    ).json()
    photo = client.post(
        f"/api/v1/reports/{filed['case_number']}/photos", files={"photo": PHOTO},
        headers={"Authorization": f"Bearer {filer}"},
    ).json()["ref"]  # fmt: skip
    found = [route for route in routes(service) if route.path.startswith("/api/")]
    assert len(found) >= 23
    # What takes something away comes last, and erasing at the very end.
    for route in sorted(
        found, key=lambda one: (one.path.endswith("erase"), one.method == "DELETE", -len(one.path))
    ):
        scope = SCOPES[route.actions[0]]
        answer = client.request(
            route.method, route.path.format(case_number=filed["case_number"], photo=photo),
            headers={"Authorization": f"Bearer {mine}"}, **sent_to(route),
        )  # fmt: skip
        if scope not in scopes:
            assert answer.status_code == 403, route
        elif "{case_number}" in route.path:
            # There is no message yet that could be answered.
            fine = (
                {409}
                if (route.method, route.path.rpartition("/")[2]) == ("POST", "messages")
                else {200, 201, 204}
            )
            assert answer.status_code in (fine if own else {404}), route
        else:
            assert answer.status_code not in (401, 403, 404), route


def test_a_route_without_an_action_would_be_found(service: Service) -> None:
    app = create_app(service)
    app.add_api_route("/forgotten", lambda: "hello")
    found = (context.route for context in iter_route_contexts(app.routes))
    bare = [route for route in found if isinstance(route, APIRoute) and route.path == "/forgotten"]
    assert len(bare) == 1
    assert not list(actions_of(bare[0].dependant))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        assert client.get("/forgotten").status_code == 200
