"""Tables that are sent: looked through, imported, stopped, gone on with; a worker may end at any step and nothing is
lost or done twice."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from reunite import import_work, imports
from reunite.actors import Staff
from reunite.exchange import importing, planning, remembered
from reunite.import_work import Claimed
from reunite.imports import Import
from reunite.policy import Role
from reunite.problems import Conflict, Forbidden, Invalid, NotFound
from reunite.service import Service
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.clock import now
from reunite.storage.import_tables import ImportJobRow, ImportPieceRow
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.reunite.sending import TABLE, a_coordinator, a_table
from workers.importer import Importer

WRONG = TABLE + "A-9,王小强,男,1994年13月,2001.3.9,四川省,10005559999,\r\n"


@pytest.fixture
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps of two rows, so that a small table has several."""
    monkeypatch.setattr(importing, "_BATCH", 2)
    monkeypatch.setattr(planning, "_BATCH", 2)


def found(service: Service, ref: str) -> Import:
    staff = a_coordinator(service)
    with service.database.read() as session:
        return imports.find(session, service.keys, staff, ref)


def act(service: Service, what: Callable[..., None], ref: str) -> None:
    staff = a_coordinator(service)
    with service.database.write() as session:
        what(session, service.keys, staff, ref)


def check(service: Service, ref: str, **columns: str) -> None:
    one, staff = found(service, ref), a_coordinator(service)
    places = {
        place: columns[guess.heading] for place, guess in enumerate(one.mapping) if guess.heading in columns
    }
    with service.database.write() as session:
        imports.check(session, service.keys, staff, ref, places, one.kind, one.source)


def work(service: Service) -> int:
    return Importer(service).run(60)


def claimed(service: Service) -> Claimed:
    with service.database.write() as session:
        one = import_work.claim(session, 60)
    assert one is not None
    return one


def reports(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(ReportRow)).one()


def test_a_table_is_looked_through_before_anything_is_stored(service: Service) -> None:
    ref = a_table(service, WRONG)
    assert [one.column for one in found(service, ref).mapping] == [
        "source_id", "name", "sex", "birth_date", "event_date", "place_event", "reporter_phone", "memories",
    ]  # fmt: skip
    check(service, ref)
    assert work(service)
    one = found(service, ref)
    assert (one.state, one.counts) == ("checked", {"filed": 5, "refused": 1})
    assert [(said["line"], said["field"]) for said in one.told["problems"]] == [(7, "birth_date")]
    assert reports(service) == 0


def test_what_was_looked_through_is_imported_with_its_jobs(service: Service) -> None:
    ref = a_table(service, WRONG)
    check(service, ref)
    work(service)
    act(service, imports.start, ref)
    work(service)
    one = found(service, ref)
    assert (one.state, one.counts) == ("done", {"filed": 5, "refused": 1})
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(MatchJobRow)).one() == 5
        assert session.scalars(select(ReportRow.person)).first()["birth_date"] == "1990-05"


def test_refused_rows_are_a_file_that_can_be_corrected_and_sent_again(service: Service) -> None:
    ref = a_table(service, WRONG)
    check(service, ref)
    work(service)
    staff = a_coordinator(service)
    with service.database.write() as session:
        content = imports.refused_rows(session, service.keys, staff, ref).decode("utf-8-sig")
    _, row = csv.reader(io.StringIO(content))
    assert row[:8] == WRONG.splitlines()[-1].split(",")
    assert row[8] == "7"
    assert row[9].startswith("出生日期: The month")
    again = a_table(service, content.replace("1994年13月", "1994年12月"))
    assert [one.column for one in found(service, again).mapping][8:] == ["", ""]
    check(service, again)
    work(service)
    assert found(service, again).counts == {"filed": 1}


def test_an_import_that_was_stopped_goes_on_where_it_was(service: Service, small_steps: None) -> None:
    ref = a_table(service)
    check(service, ref)
    work(service)
    act(service, imports.start, ref)
    steps = import_work.steps(service, claimed(service))
    next(steps)
    assert reports(service) == 2
    act(service, imports.stop, ref)
    assert list(steps) == []
    assert (found(service, ref).state, reports(service)) == ("stopped", 2)
    assert work(service) == 0
    act(service, imports.start, ref)
    work(service)
    one = found(service, ref)
    assert (one.state, one.counts, reports(service)) == ("done", {"filed": 5}, 5)


def test_a_worker_that_ends_in_the_middle_is_followed_by_another(service: Service, small_steps: None) -> None:
    ref = a_table(service, WRONG)
    check(service, ref)
    work(service)
    act(service, imports.start, ref)
    dead = import_work.steps(service, claimed(service))
    next(dead)
    with service.database.write() as session:
        assert import_work.claim(session, 60) is None
        late = now(session) - timedelta(seconds=1)
        session.execute(update(ImportJobRow).values(lease_until=late))
    work(service)
    assert list(dead) == []  # it finds that another has gone on, and does nothing more
    one = found(service, ref)
    assert (one.state, one.counts, reports(service)) == ("done", {"filed": 5, "refused": 1}, 5)
    with service.database.read() as session:
        assert session.scalars(select(func.count()).where(ImportPieceRow.part == "refused")).one() == 1


def test_a_worker_that_rests_hands_the_table_back_at_once(service: Service, small_steps: None) -> None:
    ref = a_table(service)
    check(service, ref)
    first = Importer(service)
    assert first._step()
    first.rest()
    assert work(service)
    assert found(service, ref).counts == {"filed": 5}


def test_a_table_that_ends_its_worker_every_time_is_set_aside(service: Service) -> None:
    ref = a_table(service)
    check(service, ref)
    for _ in range(20):
        with service.database.write() as session:
            if import_work.claim(session, 60) is None:
                break
            session.execute(update(ImportJobRow).values(lease_until=now(session) - timedelta(seconds=1)))
    assert found(service, ref).state == "failed"


def test_a_table_that_cannot_be_read_says_why(service: Service) -> None:
    ref = a_table(service)
    check(service, ref)
    with service.database.write() as session:
        row = session.scalars(select(ImportJobRow)).one()
        row.name = service.keys.seal("import", f"{ref}:name", "table.xlsx")
    work(service)
    one = found(service, ref)
    assert one.state == "failed"
    assert "damaged" in one.told["problems"][0]["message"]


def test_the_same_table_again_changes_nothing_and_a_corrected_one_amends(service: Service) -> None:
    corrected = TABLE.replace("王小明", "王小铭")
    for content, counts in (
        (TABLE, {"filed": 5}), (TABLE, {"unchanged": 5}), (corrected, {"amended": 1, "unchanged": 4}),
    ):  # fmt: skip
        ref = a_table(service, content)
        check(service, ref)
        work(service)
        assert found(service, ref).counts == counts
        act(service, imports.start, ref)
        work(service)
        assert found(service, ref).counts == counts
    assert found(service, ref).told["amendments"][0]["columns"] == ["name"]


def test_what_people_said_of_a_source_s_columns_is_remembered(service: Service) -> None:
    check(service, a_table(service), 备注="belongings")
    assert [one.column for one in found(service, a_table(service)).mapping][7] == "belongings"
    with service.database.read() as session:
        assert remembered.of_source(session, "ngo")["备注"] == "belongings"
        assert remembered.of_source(session, "another") == {}


def test_likely_copies_of_one_side_are_marked_and_not_merged(service: Service) -> None:
    again = TABLE.splitlines()
    ref = a_table(service, "\r\n".join([*again, again[1].replace("A-0", "B-0")]) + "\r\n")
    check(service, ref)
    work(service)
    act(service, imports.start, ref)
    work(service)
    with service.database.read() as session:
        marks = {row.reason for row in session.scalars(select(ModerationRow))}
    assert "same_person" in marks
    assert reports(service) == 6


def test_nothing_of_the_table_lies_in_plain_text(service: Service) -> None:
    a_table(service, WRONG, name="王小明.csv")
    with service.database.read() as session:
        row = session.scalars(select(ImportJobRow)).one()
        stored = [row.name, row.mapping, row.told, *session.scalars(select(ImportPieceRow.sealed))]
    assert not [one for one in stored if "王小明".encode() in one or b"10005" in one]


def test_only_coordinators_import(service: Service) -> None:
    ref = a_table(service)
    for role in (Role.VOLUNTEER, Role.POLICE, Role.ADMIN, Role.AUDITOR):
        with service.database.write() as session, pytest.raises(Forbidden):
            imports.start(session, service.keys, Staff(1, "x", "", role), ref)


def test_wrong_orders_are_refused(service: Service) -> None:
    ref = a_table(service)
    with pytest.raises(Conflict):
        act(service, imports.start, ref)
    with pytest.raises(NotFound):
        act(service, imports.stop, "nothing-here")
    with pytest.raises(Invalid):
        check(service, ref, 性别="name", 儿童姓名="sex", 出生日期="sex")
    check(service, ref)
    with pytest.raises(Conflict):
        act(service, imports.remove, ref)
    with pytest.raises(Conflict):
        check(service, ref)


def test_a_table_is_forgotten_after_a_week_and_at_once_when_asked(service: Service) -> None:
    first, second = a_table(service), a_table(service)
    act(service, imports.remove, first)
    with service.database.write() as session:
        imports.forget_old(session)
    assert found(service, second).state == "sent"
    with service.database.write() as session:
        session.execute(update(ImportJobRow).values(at=now(session) - imports.KEPT - timedelta(hours=1)))
        imports.forget_old(session)
        assert session.scalars(select(func.count()).select_from(ImportPieceRow)).one() == 0
