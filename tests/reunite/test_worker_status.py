"""What workers tell of themselves: added up over processes that come and go, and never less than before."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reunite import worker_status
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.worker_tables import WorkerRow
from reunite.worker_status import Teller


def tell(service: Service, teller: Teller, change_no: int = 1, reports: int = 5) -> None:
    with service.database.write() as session:
        teller.tell(session, change_no, reports)


def age(service: Service, **by: float) -> None:
    with service.database.write() as session:
        session.execute(update(WorkerRow).values(seen_at=now(session) - timedelta(**by)))


def crew(service: Service) -> worker_status.Crew:
    with service.database.read() as session:
        return worker_status.crew(session)


def rows(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(WorkerRow)).one()


def test_counts_of_all_processes_add_up(service: Service) -> None:
    one, other = Teller(), Teller()
    for seconds in (0.001, 0.3, 99.0):
        one.counts.took(seconds)
    other.counts.failed = 2
    tell(service, one, reports=7)
    tell(service, other, reports=5)
    found = crew(service)
    assert (found.alive, found.indexed) == (2, 5)
    assert (found.counts.done, found.counts.failed) == (3, 2)
    assert found.counts.seconds == pytest.approx(99.301)
    assert sum(found.counts.buckets) == 3
    assert (found.counts.buckets[0], found.counts.buckets[-1]) == (1, 1)


def test_who_has_gone_stays_in_the_sums_and_leaves_the_crew(service: Service) -> None:
    for days in (3, 2):
        gone = Teller()
        gone.counts.took(0.1)
        tell(service, gone)
        age(service, days=days)
        with service.database.write() as session:
            worker_status.forget_old(session)
        assert rows(service) == 1
    alive = Teller()
    alive.counts.took(0.1)
    tell(service, alive)
    found = crew(service)
    assert (found.counts.done, found.alive, rows(service)) == (3, 1, 2)


def test_a_process_that_slept_for_long_begins_under_a_new_name(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper = Teller()
    sleeper.counts.took(0.1)
    tell(service, sleeper)
    age(service, days=2)
    with service.database.write() as session:
        worker_status.forget_old(session)
    monkeypatch.setattr(worker_status, "_ANEW_S", 0.0)
    assert sleeper.is_due()
    sleeper.counts.took(0.1)
    tell(service, sleeper)
    assert crew(service).counts.done == 2, "the first is not counted twice"


def test_it_is_told_soon_after_work_and_seldom_without(
    monkeypatch: pytest.MonkeyPatch, service: Service
) -> None:
    teller = Teller()
    assert teller.is_due(), "who comes is told at once"
    tell(service, teller)
    assert not teller.is_due()
    monkeypatch.setattr(worker_status, "_SOON_S", 0.0)
    assert not teller.is_due(), "nothing happened"
    teller.counts.took(0.1)
    assert teller.is_due()
