"""Route × role × own and foreign object: what is not for somebody answers exactly like what is not there."""

import re
from collections.abc import Callable

import pytest

from reunite.policy import TABLE, Role
from reunite.service import Service
from tests.api.objects import BUILDERS, FIELDS
from tests.api.test_policy_of_routes import Route, routes
from tests.visitor import Visitor

ROLES = [None, *Role]


def named(service: Service) -> list[Route]:
    """The routes that have a name in their path."""
    return [route for route in routes(service) if "{" in route.path and not route.path.startswith("/api/")]


def path_with(route: Route, what: str) -> str:
    """The path with what stands in it: one word, or for a path with two names both with | between."""
    words = iter(what.split("|"))
    return re.sub(r"\{\w+\}", lambda _: next(words), route.path)


def csrf(visitor: Visitor) -> str:
    # Every page has the forms of the head.
    found = re.search(r'name="csrf" value="([^"]+)"', visitor.open("/").page.text)
    assert found
    return found[1]


def answer(visitor: Visitor, route: Route, what: str) -> tuple[int, str, dict[str, str]]:
    """Status, body and headers, with what differs in every answer masked."""
    token = csrf(visitor)
    said = visitor._client.request(
        route.method, path_with(route, what), follow_redirects=False,
        data={"csrf": token, **FIELDS} if route.method == "POST" else None,
        files={"photo": b""} if route.method == "POST" and route.path.endswith("/photos") else None,
    )  # fmt: skip
    headers = {
        name: value
        for name, value in said.headers.items()
        if name not in ("date", "content-length", "x-request-id")
    }
    text = said.text.replace(token, "TOKEN").replace(path_with(route, what), "PATH")
    text = text.replace(what, "WHAT") if len(what) > 3 else text
    return said.status_code, text, headers


def test_every_route_with_a_name_in_its_path_has_a_builder(service: Service) -> None:
    assert {route.path for route in named(service)} == set(BUILDERS)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("path", sorted(BUILDERS))
def test_own_and_foreign_objects_answer_as_the_table_says(
    service: Service,
    staff: Callable[..., Visitor],
    visit: Callable[..., Visitor],
    role: Role | None,
    path: str,
) -> None:
    visitor = visit() if role is None else staff(role.value)
    for route in (route for route in named(service) if route.path == path):
        objects = BUILDERS[path](service, role)
        nothing = answer(visitor, route, objects.unknown)
        allowed = role in TABLE[route.actions[0]]
        if allowed:
            assert nothing[0] == 404, route
        else:
            assert nothing[0] == (303 if role is None else 403), route
        if objects.foreign:
            assert answer(visitor, route, objects.foreign) == nothing, route
        if allowed:
            assert answer(visitor, route, objects.own)[0] not in (403, 404), route
        else:
            assert answer(visitor, route, objects.own) == nothing, route
