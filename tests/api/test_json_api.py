"""The JSON API: reports in, receipts out, and answers that say what was wrong and echo nothing."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from starlette import concurrency

from api import access, pace
from api.v1 import reports
from reunite.service import Service
from reunite.storage.tables import ReportRow
from tests.factory import report_fields

REPORTS = "/api/v1/reports"
MARKED = "Zyxwv-marked-value"


def count(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(ReportRow)).one()


def send(client: httpx2.Client, body: bytes | str, **headers: str) -> httpx2.Response:
    return client.post(REPORTS, content=body, headers={"Content-Type": "application/json", **headers})


def test_a_filed_report_gets_a_receipt_that_opens_its_case(client: httpx2.Client, service: Service) -> None:
    answer = client.post(REPORTS, json=report_fields())
    assert answer.status_code == 201
    assert set(answer.json()) == {"case_number", "secret"}
    case = client.post("/api/v1/case", json=answer.json())
    assert case.status_code == 200
    assert case.json()["step"] == "received"
    assert set(case.json()) == {"case_number", "kind", "filed_at", "step", "call"}


def test_a_report_is_read_counted_and_filed_in_one_thread(
    client: httpx2.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed, run = [], concurrency.run_in_threadpool

    async def counted(work: Callable[..., Any], *given: Any, **more: Any) -> Any:
        handed.append(work)
        return await run(work, *given, **more)

    for module in (access, pace, reports):
        monkeypatch.setattr(module, "run_in_threadpool", counted)
    assert client.post(REPORTS, json=report_fields()).status_code == 201
    assert len(handed) == 1


def test_the_same_idempotency_key_gives_the_same_answer_and_another_body_a_conflict(
    client: httpx2.Client, service: Service
) -> None:
    first = client.post(REPORTS, json=report_fields(), headers={"Idempotency-Key": "one"})
    again = client.post(REPORTS, json=report_fields(), headers={"Idempotency-Key": "one"})
    assert again.json() == first.json()
    other = client.post(REPORTS, json=report_fields(name="王芳"), headers={"Idempotency-Key": "one"})
    assert other.status_code == 409
    assert other.headers["content-type"] == "application/problem+json"
    assert count(service) == 1


BAD = {
    "not json": b"{",
    "empty": b"",
    "a list": b"[]",
    "text": b'"report"',
    "not a number": b'{"kind": "missing", "name": NaN}',
    "an endless number": b'{"kind": "missing", "name": 1e999}',
    "a large number": b'{"kind": "missing", "name": 9223372036854775808}',
    "a boolean": b'{"kind": true, "name": "a"}',
    "a lone surrogate": b'{"kind": "missing", "name": "\\ud800"}',
    "a nul": b'{"kind": "missing", "name": "a\\u0000"}',
    "a key twice": b'{"kind": "missing", "kind": "found", "name": "a"}',
    "an unknown key": b'{"kind": "missing", "name": "a", "colour": "red"}',
    "a surrogate as key": b'{"kind": "missing", "name": "a", "\\udfff": "red"}',
    "a wrong kind": b'{"kind": "lost", "name": "a"}',
    "no kind": b'{"name": "a"}',
    "nothing told": b'{"kind": "missing"}',
    "a wrong date": b'{"kind": "missing", "name": "a", "birth_date": "1998-13"}',
    "not utf-8": b'{"kind": "missing", "name": "\xff"}',
    "deep": b'{"name":' + b"[" * 20_000,
    "a long language": json.dumps({"kind": "missing", "name": "a", "language": "z" * 60}).encode(),
    "no language": json.dumps({"kind": "missing", "name": "a", "language": "中文"}).encode(),
    "a long id": json.dumps({"kind": "missing", "name": "a", "source_id": "z" * 201}).encode(),
    "nothing visible": json.dumps({"kind": "missing", "name": "\u200b"}).encode(),
    "a long name": json.dumps({"kind": "missing", "name": "a" * 301}).encode(),
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_bad_input_gets_a_clear_answer_and_nothing_is_stored(
    client: httpx2.Client, service: Service, body: bytes
) -> None:
    answer = send(client, body)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    said = answer.json()
    assert said["status"] == 422
    assert said["problems"]
    assert all(problem["field"] and problem["message"] for problem in said["problems"])
    assert count(service) == 0


def test_every_problem_is_named_at_once_in_the_language_asked_for(client: httpx2.Client) -> None:
    body = json.dumps(report_fields(birth_date="1998-02-30", sex="boy", height_cm="tall"))
    english = send(client, body).json()
    assert {problem["field"] for problem in english["problems"]} == {"birth_date", "sex", "height_cm"}
    chinese = send(client, body, **{"Accept-Language": "zh-CN"})
    assert chinese.headers["content-language"] == "zh-Hans"
    messages = {problem["field"]: problem["message"] for problem in chinese.json()["problems"]}
    assert messages["birth_date"] == "那个月没有这一天。"


def test_an_answer_to_bad_json_echoes_nothing_of_it(client: httpx2.Client) -> None:
    body = json.dumps({"kind": "missing", "name": [MARKED], "secret": MARKED})
    answer = send(client, body)
    assert answer.status_code == 422
    assert MARKED not in answer.text


def test_an_answer_to_wrong_values_names_the_fields_and_echoes_none_of_them(client: httpx2.Client) -> None:
    columns = (
        "kind",
        "sex",
        "birth_date",
        "age_at_event",
        "height_cm",
        "blood_type",
        "reporter_email",
        "language",
    )
    wrong = dict.fromkeys(columns, f"{MARKED}!")
    answer = send(client, json.dumps({**wrong, f"{MARKED}!": "a", "name": MARKED * 50}))
    assert (answer.status_code, MARKED in answer.text) == (422, False)
    answer = send(client, json.dumps({**wrong, "name": MARKED * 50}))
    assert {one["field"] for one in answer.json()["problems"]} == {*wrong, "name"}
    assert MARKED not in answer.text
    said = {one["field"]: one["message"] for one in answer.json()["problems"]}
    assert said["sex"] == "sex is not one of: female, male, other."


def test_another_content_type_and_a_body_too_large_are_refused(
    client: httpx2.Client, service: Service
) -> None:
    assert client.post(REPORTS, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415
    large = json.dumps(report_fields(memories="a" * 300_000))
    answer = send(client, large)
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(service) == 0


def test_unknown_addresses_methods_and_receipts_look_the_same(client: httpx2.Client) -> None:
    filed = client.post(REPORTS, json=report_fields()).json()
    answers = [
        client.get("/api/v1/no-such-thing"),
        client.put(REPORTS, json={}),
        client.delete("/api/v1/case"),
        client.post("/api/v1/case", json={**filed, "secret": "0000-0000-0000-0000-0000-0000"}),
        client.post("/api/v1/case", json={"case_number": "M-0000-0000", "secret": filed["secret"]}),
        client.post("/api/v1/case", json={}),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1


def test_the_description_has_examples_that_can_be_filed_as_they_are(client: httpx2.Client) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    content = described["paths"][REPORTS]["post"]["requestBody"]["content"]["application/json"]
    assert len(content["examples"]) == 2
    for example in content["examples"].values():
        assert client.post(REPORTS, json=example["value"]).status_code == 201
    assert content["schema"]["additionalProperties"] is False
    assert {"409", "413", "415", "422"} <= set(described["paths"][REPORTS]["post"]["responses"])


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.dictionaries(st.sampled_from(["kind", "name", "birth_date", "sex", "x"]), JSON | st.just("missing"))
)
def test_any_object_is_filed_or_refused_and_never_an_error_of_ours(
    client: httpx2.Client, said: dict[str, Any]
) -> None:
    assert send(client, json.dumps(said)).status_code in (201, 422)
