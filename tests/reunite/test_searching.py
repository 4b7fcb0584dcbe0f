"""Search: keys go with what a report says, names are found by sound, and nothing that is not for somebody is found."""

from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import func, inspect, select

from reunite import accounts, erasure, regions, reports, reserved, searching, submission
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid
from reunite.reports import Receipt
from reunite.searching import Found, Wanted, wanted
from reunite.service import Service
from reunite.storage import schema
from reunite.storage.audit_tables import AuditRow
from reunite.storage.search_tables import SearchKeyRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import an
from tests.factory import report_fields
from tests.reunite.office import Office

COORDINATOR, OFFICER = an(Role.COORDINATOR), an(Role.POLICE)


def file(service: Service, kind: str = "missing", **changes: str) -> Receipt:
    with service.database.write() as session:
        said = submission.parse(report_fields(kind, **changes))
        return reports.file(session, service.keys, said, actor="family")


def amend(service: Service, receipt: Receipt, **changes: str) -> None:
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        reports.amend(
            session, service.keys, report, submission.parse(report_fields(**changes)), actor="family"
        )


def erase(service: Service, receipt: Receipt) -> None:
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        assert erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)


def search(service: Service, name: str = "", who: Staff = COORDINATOR, **more: Any) -> Found:
    with service.database.read() as session:
        return searching.search(session, who, Wanted(name=name, **more))


def by_number(service: Service, who: Staff, receipt: Receipt) -> list[str]:
    with service.database.read() as session:
        return cases(searching.by_number(session, who, receipt.case_number.lower()))


def cases(found: Found) -> list[str]:
    return [hit.case_number for hit in found.hits]


def keys_of(service: Service, receipt: Receipt) -> set[str]:
    with service.database.read() as session:
        return set(
            session.scalars(select(SearchKeyRow.key).where(SearchKeyRow.report_id == receipt.report_id))
        )


@pytest.mark.parametrize(
    "name", ["王晓明", "王小鸣", "wang xiaoming", "Wang Hsiao-ming", "Wong Siu Ming", "小明", "王"]
)
def test_a_report_is_found_by_letters_by_sound_and_by_other_spellings(service: Service, name: str) -> None:
    mine, _ = file(service, name="王晓明", other_names=""), file(service, name="李建国", other_names="")
    assert cases(search(service, name)) == [mine.case_number]


def test_a_nickname_finds_it_too(service: Service) -> None:
    mine = file(service, name="李建国", other_names="毛毛")
    assert cases(search(service, "毛毛")) == [mine.case_number]


def test_the_likest_name_comes_first(service: Service) -> None:
    homophone = file(service, name="王小鸣", other_names="")
    same = file(service, name="王晓明", other_names="")
    given = file(service, name="王明", other_names="")
    assert cases(search(service, "王晓明")) == [
        same.case_number, homophone.case_number, given.case_number
    ]  # fmt: skip


def test_corrected_the_report_is_found_by_its_new_name_alone(service: Service) -> None:
    mine = file(service, name="王晓明", other_names="")
    amend(service, mine, name="李建国", other_names="", birth_date="2001")
    assert cases(search(service, "王晓明")) == []
    assert cases(search(service, "李建国")) == [mine.case_number]
    assert cases(search(service, born=2001)) == [mine.case_number]
    assert cases(search(service, born=1994)) == []


def test_erased_it_leaves_no_key_and_is_never_found(service: Service) -> None:
    mine = file(service)
    assert keys_of(service, mine)
    erase(service, mine)
    assert keys_of(service, mine) == set()
    assert cases(search(service, "王晓明")) == []
    assert cases(search(service, kind="missing", province="510000")) == []


def test_withdrawn_it_is_still_found_with_its_state(service: Service) -> None:
    mine = file(service)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, mine.case_number, mine.secret)
    (hit,) = search(service, "王晓明").hits
    assert hit.state == "withdrawn"
    assert cases(search(service, "王晓明", state="open")) == []


def test_what_is_reserved_is_found_by_the_police_alone(service: Service) -> None:
    mine = file(service)
    with service.database.write() as session:
        reserved.reserve(session, service.keys, OFFICER, session.get_one(ReportRow, mine.report_id), on=True)
    assert cases(search(service, "王晓明")) == cases(search(service, born=1994)) == []
    assert cases(search(service, "王晓明", OFFICER)) == [mine.case_number]


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_nobody_else_searches(service: Service, role: Role) -> None:
    file(service)
    with pytest.raises(Forbidden):
        search(service, "王晓明", an(role))


def test_a_volunteer_finds_what_the_queue_shows_and_is_led_there(service: Service) -> None:
    office = Office(service)
    volunteer, coordinator = office.who["one"], office.who["coordinator"]
    alone = office.file()
    sichuan = office.pair(office.file(), office.file("found"))
    henan = office.file(place_event="河南省郑州市", place_home="河南省郑州市")
    other = office.pair(henan, office.file("found", place_event="河南省", place_found="河南省"))

    def refs() -> set[str]:
        return {hit.candidate for hit in search(service, "王晓明", volunteer).hits}

    assert refs() == {sichuan, other}
    assert alone.case_number not in cases(search(service, "王晓明", volunteer))
    with service.database.write() as session:
        regions.assign(session, service.keys, coordinator, volunteer.id, "510000", take=False)
    assert refs() == {sichuan}
    assert by_number(service, volunteer, henan) == by_number(service, volunteer, alone) == []
    assert by_number(service, coordinator, alone) == [alone.case_number]
    with service.database.write() as session:
        row = session.scalars(select(CandidateRow).where(CandidateRow.ref == sichuan)).one()
        found = session.get_one(ReportRow, row.found_id)
        reserved.reserve(session, service.keys, OFFICER, found, on=True)
    assert refs() == set()


def test_a_volunteer_still_finds_what_they_reviewed(service: Service) -> None:
    office = Office(service)
    ref = office.pair(office.file(), office.file("found"))
    office.refer(ref)
    assert {hit.candidate for hit in search(service, "黄小鸣", office.who["one"]).hits} == {ref}
    with service.database.write() as session:
        third = accounts.add(session, service.keys, actor="test", email="three@example.invalid", name="three",
                             role=Role.VOLUNTEER, password_hash="-")  # fmt: skip
    assert cases(search(service, "黄小鸣", third)) == []


def test_side_state_year_age_and_province_narrow_it(service: Service) -> None:
    missing, found = file(service), file(service, "found")
    both = {missing.case_number, found.case_number}
    assert set(cases(search(service, province="510000"))) == both
    assert cases(search(service, province="510000", kind="found")) == [found.case_number]
    assert set(cases(search(service, born=1994))) == both
    assert cases(search(service, born=1995)) == [found.case_number], "about 1994 is 1993 to 1995"
    assert cases(search(service, age=3, kind="missing")) == [missing.case_number]
    assert cases(search(service, age=9)) == []
    assert cases(search(service, province="440000")) == [found.case_number], (
        "where the person is now, by province"
    )
    assert cases(search(service, "王晓明", kind="found", born=1980)) == []


def test_where_a_found_person_is_and_who_filed_are_in_no_hit(service: Service) -> None:
    file(service, "found", place_found="广东省广州市某巷77号")
    (hit,) = search(service, "黄小鸣").hits
    assert "77号" not in str(hit)
    assert not {"reporter_phone", "reporter_name", "withheld", "photo", "place_found"} & set(hit.person)


def test_more_than_a_page_says_so(service: Service) -> None:
    for _ in range(searching.MOST_SHOWN + 1):
        file(service)
    found = search(service, "王晓明")
    assert (len(found.hits), found.more) == (searching.MOST_SHOWN, True)


@pytest.mark.parametrize(
    "name", ["'; DROP TABLE report; --", "%", "_", "\\", "王%", "\U0001f476", "a" * 80, "()[]*"]
)
def test_hostile_words_find_nothing_and_break_nothing(service: Service, name: str) -> None:
    file(service, name="李建国", other_names="")
    assert cases(search(service, name)) == []


@pytest.mark.parametrize(
    ("said", "wrong"),
    [({}, "name"), ({"name": "x" * 81}, "name"), ({"born": "1"}, "born"), ({"born": "abcd"}, "born"),
     ({"age": "200"}, "age"), ({"age": "-1"}, "age"), ({"age": "²"}, "age"), ({"kind": "any", "name": "王"}, "kind"),
     ({"province": "999999"}, "kind"), ({"state": "lost", "name": "王"}, "kind"), ({"kind": "missing"}, "name")],
)  # fmt: skip
def test_what_cannot_be_asked_says_which_field(said: dict[str, str], wrong: str) -> None:
    with pytest.raises(Invalid) as refused:
        wanted(said)
    assert [problem.field for problem in refused.value.problems] == [wrong]


def test_the_log_has_the_ids_of_what_was_shown_and_nothing_that_was_asked(service: Service) -> None:
    ids = [file(service).report_id for _ in range(12)]
    with service.database.write() as session:
        searching.note(
            session, service.keys, COORDINATOR, searching.search(session, COORDINATOR, Wanted("王晓明"))
        )
    with service.database.read() as session:
        lines = session.scalars(select(AuditRow).where(AuditRow.action == "search.viewed")).all()
    assert sorted(int(one) for line in lines for one in line.detail.split(",")) == ids
    assert "王" not in str([(line.subject, line.detail, line.actor) for line in lines])


def test_the_migration_gives_keys_to_the_reports_that_are_there(service: Service) -> None:
    mine, gone = file(service), file(service)
    before = keys_of(service, mine)
    erase(service, gone)
    scripts = ScriptDirectory.from_config(schema.config())
    (made,) = [one for one in scripts.walk_revisions() if "search_and_merges" in one.path]
    with service.database.engine.begin() as connection:
        command.downgrade(schema.config(connection, service.keys), str(made.down_revision))
        assert "search_key" not in inspect(connection).get_table_names()
    assert schema.migrate(service.database, service.keys)
    assert keys_of(service, mine) == before
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(SearchKeyRow)) == len(before)
