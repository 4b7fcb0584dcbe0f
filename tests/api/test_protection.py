"""Headers on every answer of every route, and no form that another site could send: from the application's own list."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import delete, event
from starlette.testclient import TestClient

from api.access import Needs, form
from api.app import create_app
from api.uploads import table_form, upload_form
from reunite import rates
from reunite.policy import TABLE, Action
from reunite.rates import Limit, Per, Rates, Then, What
from reunite.service import Service
from reunite.storage.abuse_tables import RateRow
from tests.factory import report_fields
from tests.visitor import Visitor

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
ONE_CLICK = {"/stop/{token}", "/alerts/leave/{token}", "/alerts/device/{token}"}
"""What mailboxes do by a click of their own (RFC 8058), and devices when something arrives, which sends no cookie: the
link itself cannot be forged."""
FEEDS = ("/alerts/feed.atom",)
FORGED = "This page was open too long."
VALUES = {
    "kind": "missing",
    "topic": "when",
    "ref": "nothing-here",
    "token": "nothing-here",
    "photo": "x",
    "file": "poster.pdf",
    "key_id": "0",
    "webhook_id": "0",
    "case_number": "M-0000-0000",
    "other": "M-0000-0001",
    "sighting": "0",
}
WITHOUT = ("unsafe-inline", "unsafe-eval", "*", "http:", "https:", "strict-dynamic")


def routes(service: Service) -> list[APIRoute]:
    return [
        one.route
        for one in iter_route_contexts(create_app(service).routes)
        if isinstance(one.route, APIRoute)
    ]


def address(route: APIRoute) -> str:
    return route.path.format(**VALUES)


def action(route: APIRoute) -> Action:
    return next(one.dependency.action for one in route.dependencies if isinstance(one.dependency, Needs))


def asks_for_the_form(route: APIRoute) -> bool:
    def calls(dependant: object) -> Iterator[object]:
        for inner in dependant.dependencies:  # type: ignore[attr-defined]
            yield inner.call
            yield from calls(inner)

    return bool({form, upload_form, table_form} & set(calls(route.dependant)))


@pytest.fixture
def https(service: Service) -> Iterator[httpx2.Client]:
    """A client of an installation behind a proxy that speaks https."""
    service.settings = service.settings.model_copy(
        update={"public_url": "https://reunite.example.org", "trusted_proxies": "10.0.0.0/24"}
    )
    app = create_app(service)
    with TestClient(app, base_url="https://reunite.example.org", raise_server_exceptions=False) as made:
        yield made


def test_every_route_answers_with_every_header(service: Service, https: httpx2.Client) -> None:
    paths = {address(route) for route in routes(service)} | {"/no/such/page", "/api/v1/nothing"}
    assert len(paths) > 15
    for method in ("GET", "POST", "DELETE", "OPTIONS"):
        for path in sorted(paths):
            answer = https.request(method, path, follow_redirects=False)
            said = answer.headers
            policy = said["content-security-policy"]
            assert policy.startswith("default-src 'none'"), path
            assert "frame-ancestors 'none'" in policy
            assert "base-uri 'none'" in policy
            assert "form-action 'self'" in policy
            assert not [word for word in WITHOUT if word in policy]
            assert said["strict-transport-security"] == "max-age=63072000; includeSubDomains"
            assert said["x-content-type-options"] == "nosniff"
            assert said["x-frame-options"] == "DENY"
            assert said["referrer-policy"] == "no-referrer"
            assert "camera=()" in said["permissions-policy"]
            assert "geolocation=()" in said["permissions-policy"]
            for name, value in (
                ("opener", "same-origin"),
                ("embedder", "require-corp"),
                ("resource", "same-origin"),
            ):
                assert said[f"cross-origin-{name}-policy"] == value
            kept = path in FEEDS and method == "GET"
            assert said["cache-control"] == ("public, max-age=60" if kept else "no-store"), path
            assert "server" not in said
            assert "access-control-allow-origin" not in said


def test_refusals_of_the_frame_carry_the_headers_too(https: httpx2.Client) -> None:
    for answer in (
        https.get("/", headers={"Host": "evil.example"}),
        https.post("/api/v1/reports", content=b"x" * 300_000, headers={"Content-Type": "application/json"}),
    ):
        assert answer.status_code in (400, 413)
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
    style = https.get("/static/app.css")
    assert style.headers["cache-control"] == "public, max-age=3600"
    assert "content-security-policy" in style.headers


def test_cookies_are_bound_to_the_host_and_kept_from_scripts(https: httpx2.Client) -> None:
    answer = https.get("/case")
    token = answer.text.partition('name="csrf" value="')[2].partition('"')[0]
    chosen = https.post("/language", data={"csrf": token, "language": "en"}, follow_redirects=False)
    cookies = [*answer.headers.get_list("set-cookie"), *chosen.headers.get_list("set-cookie")]
    assert len(cookies) == 2
    for cookie in cookies:
        name, *flags = cookie.split("; ")
        assert name.startswith("__Host-")
        assert {"Path=/", "HttpOnly", "SameSite=Lax", "Secure"} <= set(flags)


def test_the_sessions_cookie_is_kept_from_scripts_and_sign_out_clears_the_browser(
    staff: Callable[..., Visitor],
) -> None:
    visitor = staff("volunteer")
    cookie = next(one for answer in visitor.page.history for one in answer.headers.get_list("set-cookie"))
    assert {"HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))
    visitor.press("/sign-out")
    left = visitor.page.history[0].headers
    assert left["clear-site-data"] == '"cache", "storage"'
    assert "Max-Age=0" in left["set-cookie"]


def test_every_unsafe_route_of_the_pages_reads_its_form_through_the_check(service: Service) -> None:
    unsafe = [one for one in routes(service) if one.methods & UNSAFE and not one.path.startswith("/api/")]
    assert len(unsafe) >= 12
    assert {one.path for one in unsafe if not asks_for_the_form(one)} == ONE_CLICK


def test_no_unsafe_route_takes_a_forged_form(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    signed: dict[str, Visitor] = {}

    def somebody(name: str, role: str) -> Visitor:
        if name + role not in signed:
            signed[name + role] = staff(role, name + role) if role else visit()
        return signed[name + role]

    tried = 0
    for route in routes(service):
        if not route.methods & UNSAFE or route.path.startswith("/api/") or route.path in ONE_CLICK:
            continue
        roles = TABLE[action(route)]
        role = "" if None in roles else min(one.value for one in roles if one)
        ours, theirs = somebody("ours", role), somebody("theirs", role)
        with service.database.write() as session:
            session.execute(delete(RateRow))  # so that it is the forgery that is refused, and not the haste
        good, other = (one.open("/").field("/language", "csrf") for one in (ours, theirs))
        for method in sorted(route.methods & UNSAFE):
            for data, headers in (
                ({}, {}),
                ({"csrf": ""}, {}),
                ({"csrf": other}, {}),
                ({"csrf": good[:-1] + ("0" if good[-1] != "0" else "1")}, {}),
                ({"csrf": good}, {"Sec-Fetch-Site": "cross-site"}),
                ({"csrf": good}, {"Sec-Fetch-Site": "same-site"}),
            ):
                # A part without a file makes it multipart, as the forms with photos are.
                in_parts = route.path.endswith("/photos") or route.path == "/imports"
                answer = ours._client.request(
                    method, address(route), data=data, files={"photo": b""} if in_parts else None, headers=headers,
                    follow_redirects=False,
                )  # fmt: skip
                assert answer.status_code == 403, (method, route.path, data)
                assert FORGED in answer.text
                tried += 1
    assert tried >= 70


def test_the_api_knows_no_cookies_so_there_is_nothing_to_forge(staff: Callable[..., Visitor]) -> None:
    visitor = staff("police")
    filed = visitor._client.post("/api/v1/reports", json=report_fields())
    assert filed.status_code == 201
    assert "set-cookie" not in filed.headers


def seen(service: Service, client: httpx2.Client, **headers: str) -> str:
    """Which address the service believes: that whose look-ups are counted."""
    told: list[str] = []

    class Told(Rates):
        def look_up(self, address: str) -> None:
            told.append(address)

    client.app.state.rates = Told(service.database, service.keys)  # type: ignore[attr-defined]
    client.post("/api/v1/case", json={}, headers=headers)
    return told[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "believed"),
    [
        ("10.0.0.9", "192.0.2.1", "192.0.2.1"),
        ("10.0.0.9", "6.6.6.6, 192.0.2.1", "192.0.2.1"),
        ("10.0.0.9", "6.6.6.6, 192.0.2.1, 10.0.0.8", "192.0.2.1"),
        ("10.0.0.9", "", "10.0.0.9"),
        ("10.0.1.9", "192.0.2.1", "10.0.1.9"),
        ("203.0.113.5", "10.0.0.9", "203.0.113.5"),
    ],
)
def test_only_a_trusted_proxy_may_say_who_asks(
    service: Service, peer: str, forwarded: str, believed: str
) -> None:
    service.settings = service.settings.model_copy(update={"trusted_proxies": "10.0.0.0/24"})
    client = TestClient(create_app(service), base_url="http://127.0.0.1", client=(peer, 5000))
    headers = {"X-Forwarded-For": forwarded, "Forwarded": "for=6.6.6.6", "X-Real-IP": "6.6.6.6"}
    assert seen(service, client, **headers) == believed


def test_without_trusted_proxies_nobody_may_say_who_asks(service: Service) -> None:
    client = TestClient(create_app(service), base_url="http://127.0.0.1", client=("127.0.0.1", 5000))
    assert seen(service, client, **{"X-Forwarded-For": "192.0.2.1"}) == "127.0.0.1"


def test_every_route_that_takes_a_receipt_is_throttled_before_the_look_up_and_alike(
    service: Service, monkeypatch: pytest.MonkeyPatch, visit: Callable[..., Visitor]
) -> None:
    visitor = visit().open("/case")
    client = visitor._client
    filed = client.post("/api/v1/reports", json=report_fields()).json()
    monkeypatch.setattr(rates, "LIMITS", ())
    client.app.state.rates.limits = (Limit(What.LOOK_UP, Per.ADDRESS, 1, 86_400, Then.REFUSE),)  # type: ignore[attr-defined]
    assert client.post("/api/v1/case", json=filed).status_code == 200
    statements: list[str] = []
    event.listen(service.database._reader, "before_cursor_execute", lambda *said: statements.append(said[2]))
    taking = [one for one in routes(service) if action(one) is Action.SEE_OWN_CASE and one.methods & UNSAFE]
    assert len(taking) >= 3
    token = visitor.field("/case", "csrf")
    for route in taking:
        answers = []
        for receipt in (filed, {**filed, "secret": "0" * 24}, {"case_number": "M-0000-0000", "secret": "0"}):
            sent = (
                {"json": receipt} if route.path.startswith("/api/") else {"data": {**receipt, "csrf": token}}
            )
            answers.append(client.post(address(route), **sent))
        assert {answer.status_code for answer in answers} == {429}, route.path
        assert {answer.headers["retry-after"] for answer in answers} == {"86400"}
        assert len({answer.content for answer in answers}) == 1
        assert "Too many tries" in answers[0].text
    assert not [one for one in statements if "FROM report" in one]
