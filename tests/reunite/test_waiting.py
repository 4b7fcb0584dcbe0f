"""The queue narrowed by age: the youngest that one of both reports may mean counts, as of this year."""

from datetime import UTC, datetime

import pytest
from alembic import command
from sqlalchemy import select

from reunite import queues, reports, submission, waiting
from reunite.actors import Staff
from reunite.policy import Role
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage import schema
from reunite.storage.tables import CandidateRow, ReportRow
from reunite.waiting import AGES, UNKNOWN_AGE, Wanted
from tests.api.objects import an
from tests.factory import report_fields
from workers.drain import Drain

COORDINATOR: Staff = an(Role.COORDINATOR)
THIS_YEAR = datetime.now(UTC).year


def file(service: Service, kind: str, **changes: str) -> Receipt:
    with service.database.write() as session:
        said = submission.parse(report_fields(kind, **changes))
        return reports.file(session, service.keys, said, actor="family")


def a_pair(service: Service, missing: dict[str, str], found: dict[str, str]) -> Receipt:
    """Two reports that the engine has put together; gives the receipt of the first."""
    receipt = file(service, "missing", **missing)
    file(service, "found", **found)
    Drain(service).run()
    return receipt


def bands(service: Service) -> list[str]:
    """The ages under which the only candidate is listed."""
    with service.database.read() as session:
        return [
            age for age in (*AGES, UNKNOWN_AGE)
            if queues.queue(session, service.keys, COORDINATOR, wanted=Wanted(age=age))
        ]  # fmt: skip


NO_TIME = {"birth_date": "", "age_at_event": "", "event_date": "", "found_date": ""}


@pytest.mark.parametrize(
    ("missing", "found", "band"),
    [
        ({"birth_date": "1994"}, {"birth_date": "1995"}, "grown"),
        ({"birth_date": str(THIS_YEAR - 18)}, NO_TIME, "grown"),
        ({"birth_date": str(THIS_YEAR - 17)}, NO_TIME, "child"),
        (NO_TIME, {"birth_date": str(THIS_YEAR - 7)}, "child"),
        ({"birth_date": str(THIS_YEAR - 6)}, NO_TIME, "small"),
        ({"birth_date": f"{THIS_YEAR - 19}"}, {"birth_date": f"{THIS_YEAR - 17}"}, "child"),
        ({"birth_date": f"{THIS_YEAR - 20}/{THIS_YEAR - 16}"}, NO_TIME, "child"),
        ({**NO_TIME, "age_at_event": "4", "event_date": str(THIS_YEAR - 1)}, NO_TIME, "small"),
        (NO_TIME, NO_TIME, UNKNOWN_AGE),
    ],
)
def test_a_pair_is_listed_under_the_age_of_the_youngest_it_may_mean(
    service: Service, missing: dict[str, str], found: dict[str, str], band: str
) -> None:
    dated = {"event_date": str(THIS_YEAR)}
    a_pair(service, {**dated, **missing}, {**dated, **found})
    assert bands(service) == [band]


def test_among_many_the_same_ones_are_listed(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    a_pair(service, {"birth_date": str(THIS_YEAR - 6), "event_date": str(THIS_YEAR)}, NO_TIME)
    assert bands(service) == ["small"]
    monkeypatch.setattr(waiting, "_MANY", 1)
    assert bands(service) == ["small"]


def test_every_year_of_birth_is_in_one_band() -> None:
    for age in range(120):
        assert len([low for low, beyond in AGES.values() if low <= age < beyond]) == 1


def births(service: Service) -> list[int | None]:
    with service.database.read() as session:
        return list(session.scalars(select(CandidateRow.born)))


def test_a_corrected_birth_moves_the_pair(service: Service) -> None:
    receipt = a_pair(service, {"birth_date": "1994"}, {"birth_date": ""})
    assert births(service) == [1994]
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        said = submission.parse(report_fields(birth_date="1995"))
        reports.amend(session, service.keys, report, said, actor="family")
    Drain(service).run()
    assert births(service) == [1995]


def test_the_migration_fills_in_the_births_of_the_candidates_that_are_there(service: Service) -> None:
    a_pair(service, {"birth_date": "1994"}, {"birth_date": "1993/1995"})
    with service.database.engine.begin() as connection:
        command.downgrade(schema.config(connection, service.keys), "0021")
    assert schema.migrate(service.database, service.keys)
    assert births(service) == [1995]
