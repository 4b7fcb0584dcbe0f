"""The OpenAPI document: every route is described, in Chinese and English, and its examples are taken as they stand."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.v1 import examples
from reunite import accounts, messages
from reunite.policy import Role
from reunite.service import Service
from tests import images
from tests.api.test_partner_api import REPORTS, Key, file, key
from tests.api.test_policy_of_routes import routes

__all__ = ["key"]
BOTH = {"zh-Hans", "en"}
WITH_BODY = {"post", "put", "patch"}
WITHOUT_BODY = ("/extend", "/erase", "/read")
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def described(client: httpx2.Client) -> dict[str, Any]:
    said: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return said


def operations(described: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_every_route_of_the_api_is_in_the_document(service: Service, described: dict[str, Any]) -> None:
    assert described["openapi"].startswith("3.1")
    ours = {(route.method.lower(), route.path) for route in routes(service) if route.path.startswith("/api/")}
    assert len(ours) >= 23
    assert {(method, path) for method, path, _ in operations(described)} == ours


def test_every_route_has_summary_description_and_what_a_key_needs(described: dict[str, Any]) -> None:
    summaries = [operation["summary"] for _, _, operation in operations(described)]
    assert len(set(summaries)) == len(summaries)
    for method, path, operation in operations(described):
        assert len(operation["description"]) > 20, (method, path)
        (with_key, *without) = operation["security"]
        assert with_key["partnerKey"], (method, path)
        assert bool(without) is (
            path in (REPORTS, "/api/v1/case", "/api/v1/case/photos") and method == "post"
        )


def test_every_parameter_and_header_is_described_with_examples(described: dict[str, Any]) -> None:
    seen = set()
    for method, path, operation in operations(described):
        named = {one["name"] for one in operation["parameters"]}
        assert set(re.findall(r"\{(\w+)\}", path)) <= named
        assert "Accept-Language" in named
        for one in operation["parameters"]:
            where = (method, path, one["name"])
            assert one.get("description"), where
            schema = one.get("schema", {})
            shown = one.get("examples") or schema.get("examples") or schema.get("default")
            assert shown, where
            seen.add(one["name"].lower())
        for status, response in operation["responses"].items():
            assert response["headers"]["X-Request-ID"], (method, path, status)
            assert all(one["description"] for one in response["headers"].values())
            seen |= {name.lower() for name in response["headers"]}
    assert {
        "if-match",
        "if-none-match",
        "idempotency-key",
        "limit",
        "cursor",
        "etag",
        "link",
        "retry-after",
    } <= seen


def test_every_answer_has_examples_in_both_languages(described: dict[str, Any]) -> None:
    for method, path, operation in operations(described):
        good = [status for status in operation["responses"] if status.startswith("2")]
        assert good, (method, path)
        for status, response in operation["responses"].items():
            where = (method, path, status)
            assert response["description"], where
            for media, content in response.get("content", {}).items():
                if media == "image/jpeg":
                    continue
                assert set(content["examples"]) == BOTH, where
                assert content["schema"], where
                assert (media == "application/problem+json") is (status[0] in "45"), where


def test_every_problem_is_shown_as_it_is_answered(described: dict[str, Any]) -> None:
    for method, path, operation in operations(described):
        problems = {status: one for status, one in operation["responses"].items() if status[0] in "45"}
        assert {"401", "403", "503"} <= set(problems), (method, path)
        assert ("404" in problems) is ("{case_number}" in path or "/case" in path), (method, path)
        for status, response in problems.items():
            shown = response["content"]["application/problem+json"]["examples"]
            assert {shown[language]["value"]["status"] for language in BOTH} == {int(status)}
            assert shown["en"]["value"]["title"] != shown["zh-Hans"]["value"]["title"]


def test_examples_of_problems_are_in_the_words_of_the_service(
    client: httpx2.Client, key: Callable[..., Key], described: dict[str, Any]
) -> None:
    responses = described["paths"][REPORTS]["post"]["responses"]
    for language in BOTH:
        headers = {**key(), "Accept-Language": language}
        refused = client.post(REPORTS, json={"kind": "missing", "name": "a"}, headers=headers)
        shown = responses["422"]["content"]["application/problem+json"]["examples"][language]["value"]
        assert refused.json() == shown


def bodies(described: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Method, path, type and what is said of every body."""
    for method, path, operation in operations(described):
        for media, said in operation.get("requestBody", {}).get("content", {}).items():
            yield method, path, media, said


def test_every_body_is_described_to_its_last_field(described: dict[str, Any]) -> None:
    with_body = {(method, path) for method, path, _, _ in bodies(described)}
    assert with_body == {
        (method, path)
        for method, path, _ in operations(described)
        if method in WITH_BODY and not path.endswith(WITHOUT_BODY)
    }
    for method, path, media, said in bodies(described):
        assert said["schema"]["additionalProperties"] is False, (method, path)
        for name, field in said["schema"]["properties"].items():
            assert field["type"], (path, name)
            assert field["description"], (path, name)
            assert media != "multipart/form-data" or field["examples"], (path, name)
        if media != "multipart/form-data":
            assert len(said["examples"]) >= 2, (method, path)
            assert re.search("[一-鿿]", str(said["examples"])), (method, path)
            assert all(
                set(one["value"]) <= set(said["schema"]["properties"]) for one in said["examples"].values()
            )


def prepared(client: httpx2.Client, service: Service, headers: Key, number: int, kind: str) -> str:
    """The address of a fresh report to whose reporter a coordinator has written."""
    case = file(client, headers, kind=kind, source_id=f"E-{number}")["case_number"]
    with service.database.write() as session:
        writer = accounts.add(session, service.keys, actor="test", email=f"{number}@example.invalid", name="writer",
                              role=Role.COORDINATOR, password_hash="-")  # fmt: skip
        messages.write(session, service.keys, writer, case, "Was there a bridge?")
    return case


def test_the_service_takes_every_example_of_a_body_as_it_stands(
    service: Service, client: httpx2.Client, key: Callable[..., Key], described: dict[str, Any]
) -> None:
    mine, sent = key(), 0
    client.app.state.rates.limits = ()  # type: ignore[attr-defined]
    for method, path, media, said in bodies(described):
        for name, example in said.get("examples", {}).items():
            sent += 1
            kind = "found" if name == "en" and path.endswith("}") else "missing"
            case = prepared(client, service, mine, sent, kind) if "{" in path else ""
            public = path in (REPORTS, "/api/v1/case")
            answer = client.request(
                method, path.format(case_number=case), json=example["value"],
                headers={"Content-Type": media, **({} if public else mine)},
            )  # fmt: skip
            # The receipt of the example is of no report: it is understood, and opens nothing.
            assert answer.status_code in ((404,) if path == "/api/v1/case" else (200, 201)), (
                method,
                path,
                name,
            )
    assert sent >= 12


def test_every_example_of_an_answer_has_the_fields_of_a_real_one(
    service: Service, client: httpx2.Client, key: Callable[..., Key], described: dict[str, Any]
) -> None:
    mine = key()
    case = prepared(client, service, mine, 1, "missing")
    photo = client.post(
        f"{REPORTS}/{case}/photos", files={"photo": images.saved(images.picture())}, headers=mine
    )
    real = {
        "": client.get(REPORTS, headers=mine, params={"limit": 1}),
        "/{case_number}": client.get(f"{REPORTS}/{case}", headers=mine),
        "/{case_number}/content": client.get(f"{REPORTS}/{case}/content", headers=mine),
        "/{case_number}/photos": client.get(f"{REPORTS}/{case}/photos", headers=mine),
        "/{case_number}/messages": client.get(f"{REPORTS}/{case}/messages", headers=mine),
        "/{case_number}/poster": client.get(f"{REPORTS}/{case}/poster", headers=mine),
    }
    assert set(photo.json()) == set(examples.ADDED["en"]["value"])
    for path, answer in real.items():
        said = described["paths"][REPORTS + path]["get"]["responses"]["200"]["content"]["application/json"]
        for one in said["examples"].values():
            assert set(answer.json()) <= set(one["value"]) <= set(answer.json()) | {"next", "kept_until"}, (
                path
            )


def test_the_document_is_the_same_each_time_it_is_made(service: Service) -> None:
    with TestClient(create_app(service), base_url="http://127.0.0.1") as client:
        first, second = (client.get("/api/v1/openapi.json").json() for _ in range(2))
    assert first == second
    assert "HTTPValidationError" not in str(first)
