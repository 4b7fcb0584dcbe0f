"""One child reported twice: tied by a person and untied again; each report keeps its own family, status and receipt."""

import pytest
from sqlalchemy import select

from reunite import (
    cases,
    merging,
    reports,
    reserved,
)
from reunite.problems import Conflict, Forbidden, Invalid, NotFound
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.search_tables import MergeRow
from reunite.storage.tables import ReportRow
from tests.reunite.office import WHY, Office


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)


def test_of_pairs_with_the_same_other_report_the_queue_shows_the_stronger(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    weak, strong = office.pair(mother, found, 1.0), office.pair(police, found, 3.0)
    assert office.queue() == [strong, weak]
    office.tie(police, kept=mother)
    assert office.queue() == [strong]
    office.untie(police)
    assert office.queue() == [strong, weak]


def test_pairs_with_other_reports_all_stay(office: Office) -> None:
    mother, police = office.file(), office.file()
    refs = {office.pair(mother, office.file("found")), office.pair(police, office.file("found"))}
    office.tie(police, kept=mother)
    assert set(office.queue()) == refs


def test_the_same_on_the_found_side_and_on_both_sides_at_once(office: Office) -> None:
    missing, founds = [office.file() for _ in range(2)], [office.file("found") for _ in range(2)]
    totals = {(0, 0): 5.0, (0, 1): 2.0, (1, 0): 3.0, (1, 1): 4.0}
    refs = {at: office.pair(missing[at[0]], founds[at[1]], total) for at, total in totals.items()}
    office.tie(founds[1], kept=founds[0])
    assert office.queue() == [refs[0, 0], refs[1, 1]]
    office.tie(missing[1], kept=missing[0])
    assert office.queue() == [refs[0, 0]]


def test_of_equally_strong_pairs_exactly_one_is_shown(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    first, _ = office.pair(mother, found), office.pair(police, found)
    office.tie(mother, kept=police)
    assert office.queue() == [first]


def test_a_pair_with_the_police_hides_the_stronger_one_of_the_tied_report(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    weak, _ = office.pair(mother, found, 1.0), office.pair(police, found, 3.0)
    office.refer(weak)
    office.tie(police, kept=mother)
    assert office.queue("coordinator") == []


def test_a_pair_set_aside_does_not_hide_a_stronger_one(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    weak, strong = office.pair(mother, found, 1.0), office.pair(police, found, 3.0)
    office.refer(weak, "unlikely")
    office.tie(police, kept=mother)
    assert office.queue("coordinator") == [strong]


@pytest.mark.parametrize("leaves", ["withdraw", "erase"])
def test_when_one_report_leaves_the_other_goes_on_as_it_was(office: Office, leaves: str) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    weak, _ = office.pair(mother, found, 1.0), office.pair(police, found, 3.0)
    office.tie(police, kept=mother)
    getattr(office, leaves)(police)
    assert office.queue() == [weak]
    assert office.state(mother) == "open"
    assert office.step(mother) == "received"


def test_erasing_either_report_takes_the_tie_and_its_reason_away(office: Office) -> None:
    for erased in (0, 1):
        both = [office.file(), office.file()]
        office.tie(both[0], kept=both[1])
        office.erase(both[erased])
        with office.service.database.read() as session:
            assert merging.others(session, (both[0].report_id,)) == []
            assert set(session.scalars(select(MergeRow.reason))) <= {""}


def test_a_third_report_is_tied_to_the_same_one_and_the_others_stay_when_it_is_untied(office: Office) -> None:
    kept, second, third = (office.file() for _ in range(3))
    office.tie(second, kept=kept)
    office.tie(third, kept=kept)
    office.untie(third)
    with office.service.database.read() as session:
        assert merging.others(session, (second.report_id,)) == [kept.report_id]
    office.untie(second)
    assert office.queue() == []
    office.tie(kept, kept=second)
    with office.service.database.read() as session:
        assert merging.kept_of(session, kept.report_id) == second.report_id


def test_only_open_reports_of_one_side_that_are_not_tied_already_are_tied(office: Office) -> None:
    kept, second, third, found = office.file(), office.file(), office.file(), office.file("found")
    office.tie(second, kept=kept)
    left = office.file()
    office.withdraw(left)
    for one, to in (
        (second, third),
        (third, second),
        (kept, third),
        (third, found),
        (left, third),
        (third, left),
    ):
        with pytest.raises(Conflict):
            office.tie(one, kept=to)
    with pytest.raises(Invalid):
        office.tie(third, kept=third)
    with pytest.raises(Invalid):
        office.tie(third, kept=kept, why="?")
    for who in ("one", "officer"):
        with pytest.raises(Forbidden):
            office.tie(third, kept=kept, who=who)
    assert office.rows() == 2


def test_a_report_that_is_reserved_to_the_police_cannot_be_tied_nor_seen_among_the_ties(
    office: Office,
) -> None:
    kept, second, third = (office.file() for _ in range(3))
    office.tie(second, kept=kept)
    with office.service.database.write() as session:
        for report in (second, third):
            row = session.get_one(ReportRow, report.report_id)
            reserved.reserve(session, office.service.keys, office.who["officer"], row, on=True)
    with pytest.raises(NotFound):
        office.tie(third, kept=kept)
    with office.service.database.read() as session:
        assert cases.ties(session, office.who["coordinator"], (kept.report_id,)) == ()
        assert len(cases.ties(session, office.who["officer"], (kept.report_id,))) == 1


def test_a_confirmation_closes_the_tied_reports_only_after_the_officer_has_looked(office: Office) -> None:
    mother, police, found, stranger = office.file(), office.file(), office.file("found"), office.file()
    ref = office.pair(mother, found)
    office.tie(police, kept=mother)
    office.refer(ref)
    with pytest.raises(Invalid) as refused:
        office.decide(ref)
    assert [problem.field for problem in refused.value.problems] == ["tied_read"]
    assert office.state(police) == office.state(mother) == "open"
    office.decide(ref, tied_read=True)
    assert [office.state(one) for one in (mother, police, found, stranger)] == ["closed"] * 3 + ["open"]
    assert office.step(mother) == office.step(police) == office.step(found) == "news"
    with pytest.raises(Conflict):
        office.untie(police)


def test_after_the_end_the_other_family_still_has_its_news_when_one_is_erased(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    ref = office.pair(mother, found)
    office.tie(police, kept=mother)
    office.refer(ref)
    office.decide(ref, tied_read=True)
    office.erase(mother)
    assert office.step(police) == "news"
    with office.service.database.read() as session:
        assert set(session.scalars(select(MergeRow.reason))) == {""}


@pytest.mark.parametrize("leaves", ["withdraw", "not_a_report"])
def test_a_tied_report_that_left_before_is_told_no_news(office: Office, leaves: str) -> None:
    """A hoaxer's copy that was closed must not learn what became of the true report."""
    mother, copy, found = office.file(), office.file(), office.file("found")
    ref = office.pair(mother, found)
    office.tie(copy, kept=mother)
    before = "closed"
    if leaves == "withdraw":
        office.withdraw(copy)
        before = "withdrawn"
    else:
        with office.service.database.write() as session:
            reports.leave(session, session.get_one(ReportRow, copy.report_id), "closed")
    office.refer(ref)
    office.decide(ref)
    assert office.step(mother) == "news"
    assert office.step(copy) == before


def test_a_warning_on_a_tied_report_must_be_read_too(office: Office) -> None:
    mother, police, found = office.file(), office.file(flag="danger"), office.file("found")
    ref = office.pair(mother, found)
    office.tie(police, kept=mother)
    office.refer(ref)
    with pytest.raises(Invalid) as refused:
        office.decide(ref, tied_read=True)
    assert [problem.field for problem in refused.value.problems] == ["warning_read"]
    office.decide(ref, tied_read=True, warning_read=True)


def test_ruling_out_closes_nothing_and_asks_for_no_tick(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    ref = office.pair(mother, found)
    office.tie(police, kept=mother)
    office.refer(ref)
    office.decide(ref, outcome="ruled_out")
    assert office.state(mother) == office.state(police) == "open"


def test_a_family_cannot_tell_whether_its_report_is_tied(office: Office) -> None:
    both = [office.file(), office.file()]
    before = [office.step(one) for one in both]
    office.tie(both[0], kept=both[1])
    assert [office.step(one) for one in both] == before


def test_tying_and_untying_are_lines_in_the_log_of_both_without_the_reason(office: Office) -> None:
    one, kept = office.file(), office.file()
    office.tie(one, kept=kept)
    office.untie(one)
    with office.service.database.read() as session:
        lines = session.scalars(select(AuditRow).where(AuditRow.action.like("report.%merged"))).all()
    assert {(line.action, line.subject) for line in lines} == {
        (action, f"report:{report.report_id}")
        for action in ("report.merged", "report.unmerged") for report in (one, kept)
    }  # fmt: skip
    assert WHY not in str([line.detail for line in lines])


def test_the_report_that_is_worked_on_shows_the_candidates_of_all(office: Office) -> None:
    mother, police = office.file(), office.file()
    refs = {office.pair(mother, office.file("found")), office.pair(police, office.file("found"))}
    office.tie(police, kept=mother)
    with office.service.database.write() as session:
        keys, who = office.service.keys, office.who["coordinator"]
        kept, tied = (cases.view(session, keys, who, one.case_number) for one in (mother, police))
    assert {pair.ref for pair in kept.pairs} == refs
    assert {pair.of_case for pair in kept.pairs} == {"", police.case_number}
    assert len(tied.pairs) == 1
    assert (kept.tied_to, tied.tied_to) == ("", mother.case_number)


def test_likely_duplicates_are_named_with_their_signs(office: Office) -> None:
    mine = office.file()
    same = office.file(name="王小鸣", other_names="", reporter_phone="10005550199")
    phone = office.file(name="李建国", other_names="", birth_date="")
    other = office.file(name="李建国", other_names="", birth_date="1970", reporter_phone="10005550299")
    sister = office.file(name="王晓明", sex="female", reporter_phone="10005550399")
    found = office.possible(mine)
    assert found[same.case_number] == ("name", "born", "province")
    assert found[phone.case_number] == ("phone", "province")
    assert not {other.case_number, sister.case_number, mine.case_number} & set(found)
    office.tie(same, kept=mine)
    assert same.case_number not in office.possible(mine)


def test_a_number_that_many_reports_carry_is_an_organisation_s(office: Office) -> None:
    names = ("李建国", "张丽", "陈志强", "刘洋", "赵敏", "孙浩", "周婷")
    mine = [
        office.file(name=name, other_names="", birth_date="", place_event="", place_home="") for name in names
    ]
    assert office.possible(mine[0]) == {}


def test_a_reserved_report_is_no_likely_duplicate(office: Office) -> None:
    mine, secret = office.file(), office.file()
    assert list(office.possible(mine)) == [secret.case_number]
    with office.service.database.write() as session:
        row = session.get_one(ReportRow, secret.report_id)
        reserved.reserve(session, office.service.keys, office.who["officer"], row, on=True)
    assert office.possible(mine) == {}
