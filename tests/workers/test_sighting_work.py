"""Sightings are compared with all missing reports, once, whoever dies in the middle."""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from matching.shard import Shard
from reunite import erasure, reports, reserved, sighting_jobs, sighting_matches
from reunite.config import Settings
from reunite.policy import Role
from reunite.problems import Forbidden
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.sighting_matches import Fit
from reunite.storage.clock import now
from reunite.storage.poster_tables import SightingRow
from reunite.storage.sighting_tables import SightingJobRow, SightingMatchRow
from reunite.storage.tables import ReportRow
from tests.api.objects import an
from tests.reunite.hanging import ref_of, tell
from tests.reunite.sighting_cases import another_child, told_of_another
from tests.reunite.test_vault import everything_written
from workers.drain import Drain
from workers.sighting_work import SightingWork

WHOLE = Shard()


@pytest.fixture
def drain(service: Service) -> Drain:
    return Drain(service)


def fits(service: Service, sighting: int, role: Role = Role.COORDINATOR) -> list[Fit]:
    with service.database.read() as session:
        return sighting_matches.of(session, service.keys, an(role), [sighting])[sighting]


def others(service: Service, sighting: int, role: Role = Role.COORDINATOR) -> list[str]:
    return [fit.case_number for fit in fits(service, sighting, role) if not fit.own]


def elsewhere(service: Service, role: Role = Role.COORDINATOR) -> list[tuple[str, str]]:
    with service.database.read() as session:
        return [(one.case_number, one.other_case) for one in sighting_matches.elsewhere(session, an(role))]


def job(service: Service) -> SightingJobRow:
    with service.database.read() as session:
        return session.scalars(select(SightingJobRow)).one()


def change_job(service: Service, **values: object) -> None:
    with service.database.write() as session:
        session.execute(update(SightingJobRow).values(**values))


def erase(service: Service, receipt: Receipt) -> None:
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        assert erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)


def test_a_sighting_of_another_child_than_the_poster_s_is_matched_to_the_right_report(
    service: Service, drain: Drain
) -> None:
    poster, other, sighting = told_of_another(service)
    assert fits(service, sighting) == []
    drain.run()
    best, own = fits(service, sighting)
    assert (best.case_number, best.own) == (other.case_number, False)
    assert (own.case_number, own.own) == (poster.case_number, True)
    assert best.probability > 0.5 > own.probability
    assert {"marks", "sex", "place_found"} <= {line.field for line in best.evidence}
    assert elsewhere(service) == [(poster.case_number, other.case_number)]
    assert job(service).state == "done"


def test_ranking_it_twice_stores_it_once(service: Service, drain: Drain) -> None:
    _, _, sighting = told_of_another(service)
    drain.run()
    before = [(fit.case_number, round(fit.total, 6)) for fit in fits(service, sighting)]
    with service.database.write() as session:
        session.execute(update(SightingJobRow).values(state="ready"))
    assert drain.run() == 1
    assert [(fit.case_number, round(fit.total, 6)) for fit in fits(service, sighting)] == before


def test_a_withdrawn_report_is_not_suggested(service: Service, drain: Drain) -> None:
    _, other, sighting = told_of_another(service)
    drain.run()
    assert others(service, sighting) == [other.case_number]
    with service.database.write() as session:
        reports.withdraw(session, service.keys, other.case_number, other.secret)
    assert others(service, sighting) == []
    assert elsewhere(service) == []
    change_job(service, state="ready")
    drain.run()
    with service.database.read() as session:
        assert other.report_id not in session.scalars(select(SightingMatchRow.report_id)).all()


def test_one_that_was_withdrawn_before_never_is(service: Service, drain: Drain) -> None:
    _, other, sighting = told_of_another(service)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, other.case_number, other.secret)
    drain.run()
    assert others(service, sighting) == []


def test_a_reserved_report_is_suggested_to_the_police_alone(service: Service, drain: Drain) -> None:
    poster, other, sighting = told_of_another(service)
    drain.run()
    with service.database.write() as session:
        row = session.get_one(ReportRow, other.report_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), row, on=True)
    assert others(service, sighting) == []
    assert others(service, sighting, Role.POLICE) == [other.case_number]
    assert elsewhere(service) == []
    assert elsewhere(service, Role.POLICE) == [(poster.case_number, other.case_number)]


def test_sightings_of_a_reserved_poster_are_listed_for_the_police_alone(
    service: Service, drain: Drain
) -> None:
    poster, *_ = told_of_another(service)
    drain.run()
    with service.database.write() as session:
        row = session.get_one(ReportRow, poster.report_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), row, on=True)
    assert elsewhere(service) == []
    assert len(elsewhere(service, Role.POLICE)) == 1


def test_what_is_dealt_with_is_listed_no_more(service: Service, drain: Drain) -> None:
    _, _, sighting = told_of_another(service)
    drain.run()
    with service.database.write() as session:
        session.execute(update(SightingRow).values(settled_at=now(session)))
    assert elsewhere(service) == []
    assert others(service, sighting) != []


def test_a_lease_that_ran_out_loses_no_sighting(service: Service, drain: Drain) -> None:
    _, other, sighting = told_of_another(service)
    with service.database.write() as session:
        dead = sighting_jobs.claim(session, WHOLE, lease_seconds=0)
    assert dead is not None
    drain.run()
    assert others(service, sighting) == [other.case_number]
    assert not SightingWork(service, None).attempt(dead, drain._indices), "who comes too late stores nothing"
    assert job(service).attempts == 2


def test_who_comes_too_late_changes_nothing(service: Service, drain: Drain) -> None:
    told_of_another(service)
    with service.database.write() as session:
        slow = sighting_jobs.claim(session, WHOLE, lease_seconds=0)
    with service.database.write() as session:
        quick = sighting_jobs.claim(session, WHOLE, lease_seconds=60)
    assert slow is not None
    assert quick is not None
    assert not SightingWork(service, None).attempt(slow, drain._indices)
    with service.database.read() as session:
        assert session.scalars(select(SightingMatchRow)).all() == []
    assert SightingWork(service, None).attempt(quick, drain._indices)


def test_a_worker_that_must_end_hands_it_back(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of_another(service)

    def ends(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(SightingWork, "_compare", ends)
    with pytest.raises(KeyboardInterrupt):
        drain.run()
    assert (job(service).state, job(service).attempts) == ("ready", 0)


def test_one_that_fails_every_time_is_set_aside_and_tried_again_tomorrow(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, other, sighting = told_of_another(service)

    def fails(*_: object) -> None:
        raise ValueError("what somebody wrote: 红裙子")

    with monkeypatch.context() as patched:
        patched.setattr(SightingWork, "_compare", fails)
        for _ in range(6):
            drain.run()
            with service.database.write() as session:
                session.execute(update(SightingJobRow).values(due=now(session)))
    assert (job(service).state, job(service).problem) == ("quarantined", "ValueError")
    with service.database.read() as session:
        assert sighting_jobs.quarantined(session) == 1
    with service.database.write() as session:
        assert sighting_jobs.again(session) == 0
        session.execute(update(SightingJobRow).values(due=now(session) - timedelta(days=1)))
        assert sighting_jobs.again(session) == 1
    drain.run()
    assert others(service, sighting) == [other.case_number]


def test_a_report_that_came_later_is_found_the_next_day(service: Service, drain: Drain) -> None:
    _, first, sighting = told_of_another(service)
    drain.run()
    later = another_child(service)
    with service.database.write() as session:
        session.execute(update(SightingJobRow).values(due=now(session) - timedelta(days=1)))
    drain.housekeeping()
    drain.run()
    assert set(others(service, sighting)) == {first.case_number, later.case_number}


@pytest.mark.parametrize("why", ["old", "settled", "raised"])
def test_old_ones_and_those_dealt_with_are_not_compared_again(
    service: Service, drain: Drain, why: str
) -> None:
    _, other, _ = told_of_another(service)
    drain.run()
    with service.database.write() as session:
        at = now(session)
        session.execute(update(SightingJobRow).values(due=at - timedelta(days=2)))
        changes = {"old": {"at": at - timedelta(days=31)}, "settled": {"settled_at": at},
                   "raised": {"raised_report_id": other.report_id}}[why]  # fmt: skip
        session.execute(update(SightingRow).values(**changes))
        assert sighting_jobs.again(session) == 0


def test_one_that_the_version_before_kept_gets_its_job(service: Service, drain: Drain) -> None:
    _, other, sighting = told_of_another(service)
    with service.database.write() as session:
        session.delete(session.get_one(SightingJobRow, sighting))
    drain.housekeeping()
    drain.run()
    assert others(service, sighting) == [other.case_number]


def test_a_report_that_was_changed_since_says_so(service: Service, drain: Drain) -> None:
    _, other, sighting = told_of_another(service)
    drain.run()
    with service.database.write() as session:
        reports.changed(session, session.get_one(ReportRow, other.report_id))
    assert [fit.changed for fit in fits(service, sighting) if not fit.own] == [True]


def test_evidence_lies_sealed_and_goes_with_either_report(service: Service, drain: Drain) -> None:
    poster, other, sighting = told_of_another(service)
    drain.run()
    assert any("黑痣" in line.found for fit in fits(service, sighting) for line in fit.evidence)
    written = everything_written(service)
    assert "红裙子，右脸".encode() not in written
    assert json.dumps("右脸有黑痣").encode() not in written
    erase(service, other)
    with service.database.read() as session:
        assert session.scalars(select(SightingMatchRow.report_id)).all() == [poster.report_id]
    erase(service, poster)
    with service.database.read() as session:
        for table in (SightingRow, SightingJobRow, SightingMatchRow):
            assert session.scalars(select(table)).all() == []


def test_a_sighting_that_is_erased_while_it_is_ranked_leaves_nothing(
    service: Service, drain: Drain, monkeypatch: pytest.MonkeyPatch
) -> None:
    poster, *_ = told_of_another(service)
    drain.run()
    change_job(service, state="ready")
    best = drain._indices.best

    def erases(*args: object) -> object:
        erase(service, poster)
        return best(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(drain._indices, "best", erases)
    with service.database.write() as session:
        lease = sighting_jobs.claim(session, WHOLE, lease_seconds=60)
    assert lease is not None
    assert not SightingWork(service, None).attempt(lease, drain._indices)
    with service.database.read() as session:
        assert session.scalars(select(SightingMatchRow)).all() == []


def test_nobody_else_reads_what_it_may_be_of(service: Service) -> None:
    told_of_another(service)
    for role in set(Role) - {Role.COORDINATOR, Role.POLICE}:
        with service.database.read() as session:
            with pytest.raises(Forbidden):
                sighting_matches.of(session, service.keys, an(role), [1])
            with pytest.raises(Forbidden):
                sighting_matches.elsewhere(session, an(role))


def crew(service: Service, of: int) -> Sequence[Drain]:
    settings = [service.settings.model_copy(update={"shards": of, "shard": shard}) for shard in range(of)]
    return [Drain(Service(one, service.database, service.keys)) for one in settings]


def test_shards_find_together_what_one_worker_finds(postgres_url: str, tmp_path: Path) -> None:
    service = open_service(Settings(data_dir=tmp_path / "data", database_url=postgres_url))
    _, _, sighting = told_of_another(service)
    for _ in range(4):
        another_child(service)
    drains = crew(service, 3)
    while any([drain.run() for drain in drains]):
        pass
    together = [(fit.case_number, round(fit.total, 2)) for fit in fits(service, sighting)]
    assert job(service).state == "done"
    change_job(service, state="ready", shard=0)
    Drain(service).run()
    assert [(fit.case_number, round(fit.total, 2)) for fit in fits(service, sighting)] == together
    assert len(together) == 6
    change_job(service, state="ready", shard=2)
    assert Drain(service).run() == 1, "one that waits for a shard that is no more is done by the last"
    service.close()


def test_no_more_than_ten_are_shown(service: Service, drain: Drain) -> None:
    _, _, sighting = told_of_another(service)
    for _ in range(12):
        another_child(service)
    drain.run()
    assert len(others(service, sighting)) == sighting_matches.MOST


def test_the_log_holds_no_word_of_it(
    service: Service, drain: Drain, capsys: pytest.CaptureFixture[str]
) -> None:
    told_of_another(service)
    drain.run()
    said = capsys.readouterr()
    assert "裙" not in said.out + said.err


def test_two_sightings_are_compared_each_for_itself(service: Service, drain: Drain) -> None:
    poster, other, sighting = told_of_another(service)
    boy = tell(service, ref_of(service, poster), what="一个男孩，左手臂有红色胎记", place="成都")
    drain.run()
    assert others(service, sighting) == [other.case_number]
    assert next(fit.own for fit in fits(service, boy))
