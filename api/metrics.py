"""What Prometheus reads: how the queue, the workers and the pages do. Numbers and fixed words, nothing of a report."""

import threading
import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from reunite import jobs, outbox_care, worker_status
from reunite.service import Service
from reunite.storage.tables import CandidateRow, ReportRow
from reunite.worker_status import BUCKETS

_COUNTED_ANEW_S = 60.0
_LATENCIES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0)


class Metrics:
    """This server's requests, and what the database says of all jobs and workers."""

    def __init__(self, service: Service) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_Jobs(service))
        self._requests = Counter("reunite_requests", "Requests answered, by route and kind of status",
                                 ["method", "route", "status"], registry=self._registry)  # fmt: skip
        self._seconds = Histogram("reunite_request_seconds", "Time until a request was answered, by route",
                                  ["route"], buckets=_LATENCIES, registry=self._registry)  # fmt: skip

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request; `route` is the path of the route with its names, never what stands for them."""
        self._requests.labels(method, route, f"{status // 100}xx").inc()
        self._seconds.labels(route).observe(seconds)

    def text(self) -> bytes:
        """All of it in Prometheus's text format."""
        return generate_latest(self._registry)


class _Jobs(Collector):
    def __init__(self, service: Service) -> None:
        self._service = service
        self._counting = threading.Lock()
        self._counted: tuple[float, list[Metric]] = (float("-inf"), [])

    def describe(self) -> list[Metric]:
        return []  # nothing is asked of the database when the registry is made

    def collect(self) -> Iterator[Metric]:
        with self._service.database.read() as session:
            yield from _queue(session)
            yield from _workers(session)
            yield from self._stock(session)
        yield CounterMetricFamily("reunite_doorbell_missed", "Rings that no worker could hear",
                                  value=self._service.doorbell.missed)  # fmt: skip

    def _stock(self, session: Session) -> list[Metric]:
        """Reports and candidates, which are many: counted once a minute at most."""
        with self._counting:
            counted_at, found = self._counted
            if time.monotonic() - counted_at > _COUNTED_ANEW_S:
                found = [_candidates(session), _reports(session)]
                self._counted = (time.monotonic(), found)
        return found


def _queue(session: Session) -> Iterator[Metric]:
    summary = jobs.summary(session)
    yield GaugeMetricFamily("reunite_queue_oldest_seconds", "Age of the oldest report that waits to be matched",
                            value=summary.oldest_s)  # fmt: skip
    states = GaugeMetricFamily("reunite_jobs", "Jobs by state", labels=["state"])
    for state in ("ready", "leased", "done", "quarantined"):
        states.add_metric([state], getattr(summary, state))
    yield states
    deliveries = GaugeMetricFamily(
        "reunite_deliveries", "Deliveries of the last days by state", labels=["state"]
    )
    for state, count in outbox_care.counts(session).items():
        deliveries.add_metric([state], count)
    yield deliveries
    yield GaugeMetricFamily("reunite_jobs_too_new", "Jobs that wait for a newer version of this program",
                            value=jobs.too_new(session))  # fmt: skip


def _workers(session: Session) -> Iterator[Metric]:
    crew = worker_status.crew(session)
    yield GaugeMetricFamily("reunite_workers", "Worker processes seen within a minute", value=crew.alive)
    behind = "Changed reports that the index furthest behind has not taken in"
    yield GaugeMetricFamily("reunite_index_lag_reports", behind, value=crew.lag)
    yield GaugeMetricFamily("reunite_index_reports", "Reports in the smallest index of a worker",
                            value=crew.indexed)  # fmt: skip
    outcomes = CounterMetricFamily("reunite_job_outcomes", "How jobs ended", labels=["outcome"])
    for outcome in ("done", "failed", "set_aside", "lost"):
        outcomes.add_metric([outcome], getattr(crew.counts, outcome))
    yield outcomes
    below, buckets = 0, []
    for bound, count in zip([*map(str, BUCKETS), "+Inf"], crew.counts.buckets, strict=True):
        below += count
        buckets.append((bound, below))
    yield HistogramMetricFamily("reunite_job_seconds", "Time from claim to stored candidates", buckets=buckets,
                                sum_value=crew.counts.seconds)  # fmt: skip


def _candidates(session: Session) -> Metric:
    found = GaugeMetricFamily("reunite_candidates", "Candidates by stage; current: whether the engine still says so",
                              labels=["stage", "current"])  # fmt: skip
    groups = select(CandidateRow.stage, CandidateRow.current, func.count()).group_by(
        CandidateRow.stage, CandidateRow.current
    )
    for stage, current, count in session.execute(groups):
        found.add_metric([stage, "yes" if current else "no"], count)
    return found


def _reports(session: Session) -> Metric:
    found = GaugeMetricFamily("reunite_reports", "Reports by kind and state", labels=["kind", "state"])
    groups = select(ReportRow.kind, ReportRow.state, func.count()).group_by(ReportRow.kind, ReportRow.state)
    for kind, state, count in session.execute(groups):
        found.add_metric([kind, state], count)
    return found
