"""What the technician's programs are told: alive, ready, numbers; and a name for every request."""

import re
from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from reunite import reports, submission, worker_status
from reunite.service import Service
from tests.factory import report_fields
from tests.visitor import Visitor
from workers.drain import Drain

TOKEN = "a token of some length"
Visit = Callable[..., Visitor]


@pytest.fixture
def service(service: Service) -> Service:
    service.settings = service.settings.model_copy(update={"metrics_token": TOKEN})
    return service


def numbers(visitor: Visitor) -> dict[str, float]:
    """Every sample, by its name and labels."""
    answer = visitor._client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return {
        f"{one.name}{{{','.join(f'{k}={v}' for k, v in sorted(one.labels.items()))}}}": one.value
        for family in text_string_to_metric_families(answer.text)
        for one in family.samples
    }


def file_pair(service: Service) -> None:
    for kind in ("missing", "found"):
        with service.database.write() as session:
            reports.file(session, service.keys, submission.parse(report_fields(kind)), actor="family")


def test_it_lives_and_is_ready(visit: Visit) -> None:
    assert visit().open("/healthz").page.text == "ok"
    assert visit().open("/readyz").page.json() == {"ready": True, "missing": []}


def test_numbers_are_for_who_has_the_token(service: Service, visit: Visit) -> None:
    client = visit()._client
    for sent in (
        {},
        {"Authorization": "Bearer another"},
        {"Authorization": TOKEN},
        {"Authorization": f"bearer {TOKEN}x"},
    ):
        assert client.get("/metrics", headers=sent).status_code == 404
    assert client.get(f"/metrics?token={TOKEN}").status_code == 404
    service.settings = service.settings.model_copy(update={"metrics_token": ""})
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_the_numbers_say_how_jobs_candidates_and_requests_are(
    service: Service, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_status, "_SOON_S", 0.0)
    file_pair(service)
    visitor = visit()
    before = numbers(visitor)
    assert before["reunite_jobs{state=ready}"] == 2
    assert before["reunite_queue_oldest_seconds{}"] > 0
    assert before["reunite_workers{}"] == 0
    Drain(service).run()
    visitor.open("/").open("/case").open("/no-such-page")
    after = numbers(visitor)
    assert after["reunite_jobs{state=done}"] == 2
    assert after["reunite_queue_oldest_seconds{}"] == 0
    assert after["reunite_job_outcomes_total{outcome=done}"] == 2
    assert after["reunite_job_seconds_count{}"] == after["reunite_job_seconds_bucket{le=+Inf}"] == 2
    assert after["reunite_job_seconds_sum{}"] > 0
    assert after["reunite_workers{}"] == 1
    assert after["reunite_index_lag_reports{}"] == 0
    assert after["reunite_reports{kind=missing,state=open}"] == 1
    assert after["reunite_requests_total{method=GET,route=/case,status=2xx}"] == 1
    assert after["reunite_requests_total{method=GET,route=(none),status=4xx}"] == 1


def test_a_report_that_no_index_knows_yet_is_lag(service: Service, visit: Visit) -> None:
    Drain(service).run()
    file_pair(service)
    assert numbers(visit())["reunite_index_lag_reports{}"] == 2


def test_no_number_and_no_line_of_the_log_names_a_case(
    service: Service, visit: Visit, capfd: pytest.CaptureFixture[str]
) -> None:
    visitor = visit()
    visitor.open("/candidates/abc-secret-ref").open("/invitation/secret-token").open("/M-SECR-ETXX")
    visitor._client.request("BREW", "/case")
    logged = capfd.readouterr().out
    assert "request_answered" in logged
    told = str(numbers(visitor)) + logged
    assert "ecret" not in told
    assert "SECR" not in told
    assert "BREW" not in told
    assert "/candidates/{ref}" in told


def test_every_answer_has_a_name_of_its_own(visit: Visit) -> None:
    client = visit()._client
    sent = [client.get("/", headers={"X-Request-ID": "mine"}).headers["x-request-id"] for _ in range(2)]
    assert sent[0] != sent[1]
    assert all(re.fullmatch("[0-9a-f]{16}", name) for name in sent)
