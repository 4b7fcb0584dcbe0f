"""The coordinator's board counts what is new, waits, is overdue, with the police or confirmed, and nothing else."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from reunite import board, regions, reserved, reviews
from reunite.board import Board
from reunite.policy import Role
from reunite.problems import Forbidden
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import an
from tests.reunite.office import Office

OVERDUE_DAYS = 14


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)


def shown(office: Office, who: str = "coordinator") -> Board:
    with office.service.database.read() as session:
        return board.of(session, office.who[who], OVERDUE_DAYS)


def refs(pile: board.Pile) -> list[str]:
    assert pile.count == len(pile.lines)
    return [line.ref for line in pile.lines]


def back(office: Office, ref: str, days: int) -> None:
    """As if the candidate had come so many days ago."""
    with office.service.database.write() as session:
        earlier = now(session) - timedelta(days=days)
        session.execute(update(CandidateRow).where(CandidateRow.ref == ref).values(created_at=earlier))


def judge(office: Office, ref: str, verdict: str) -> None:
    with office.service.database.write() as session:
        reviews.claim(session, office.service.keys, office.who["one"], ref, 30)
        reviews.judge(session, office.service.keys, office.who["one"], ref, verdict, "for a reason")


def a_pair(office: Office, total: float = 2.0) -> str:
    return office.pair(office.file(), office.file("found"), total)


def test_a_report_is_new_for_a_week_and_until_somebody_has_judged_it(office: Office) -> None:
    old, judged, found, fresh = office.file(), office.file(), office.file("found"), office.file()
    with office.service.database.write() as session:
        session.get_one(ReportRow, old.report_id).filed_at = now(session) - timedelta(days=8)
    judge(office, office.pair(judged, found), "plausible")
    now_shown = shown(office)
    assert now_shown.new == 1
    assert [one.case_number for one in now_shown.newest] == [fresh.case_number]
    office.withdraw(fresh)
    assert shown(office).new == 0


def test_waiting_is_what_somebody_has_claimed_or_judged_once(office: Office) -> None:
    claimed, judged, twice, _ = (a_pair(office) for _ in range(4))
    with office.service.database.write() as session:
        reviews.claim(session, office.service.keys, office.who["two"], claimed, 30)
    judge(office, judged, "plausible")
    office.refer(twice)
    assert set(refs(shown(office).waiting)) == {claimed, judged}
    with office.service.database.write() as session:
        gone = now(session) - timedelta(minutes=1)
        session.execute(update(CandidateRow).where(CandidateRow.ref == claimed).values(claimed_until=gone))
    assert refs(shown(office).waiting) == [judged]


def test_overdue_is_a_strong_open_candidate_of_long_ago(office: Office) -> None:
    strong, weak, decided, young = (a_pair(office, total) for total in (4.0, -4.0, 3.0, 4.0))
    for ref in (strong, weak, decided):
        back(office, ref, OVERDUE_DAYS + 1)
    back(office, young, OVERDUE_DAYS - 1)
    office.refer(decided)
    found = shown(office).overdue
    assert refs(found) == [strong]
    assert found.lines[0].age_days == OVERDUE_DAYS + 1


def test_what_was_needed_is_unanswered_until_a_report_changes(office: Office) -> None:
    missing, found = office.file(), office.file("found")
    ref = office.pair(missing, found)
    judge(office, ref, "need_more")
    assert refs(shown(office).unanswered) == [ref]
    with office.service.database.write() as session:
        later = now(session) + timedelta(seconds=1)
        session.get_one(ReportRow, missing.report_id).changed_at = later
    assert refs(shown(office).unanswered) == []


def test_referred_and_confirmed_are_counted_apart(office: Office) -> None:
    confirmed, referred, ruled_out = (a_pair(office) for _ in range(3))
    for ref in (confirmed, referred, ruled_out):
        office.refer(ref)
    office.decide(confirmed)
    office.decide(ruled_out, outcome="ruled_out")
    found = shown(office)
    assert refs(found.referred) == [referred]
    assert refs(found.confirmed) == [confirmed]


def test_nothing_that_is_reserved_to_the_police_counts(office: Office) -> None:
    missing, found = office.file(), office.file("found")
    ref = office.pair(missing, found, 4.0)
    judge(office, ref, "need_more")
    back(office, ref, OVERDUE_DAYS + 1)
    before = shown(office)
    assert (before.overdue.count, before.waiting.count, before.unanswered.count) == (1, 1, 1)
    with office.service.database.write() as session:
        row = session.get_one(ReportRow, missing.report_id)
        reserved.reserve(session, office.service.keys, office.who["officer"], row, on=True)
    after = shown(office)
    piles = (after.overdue, after.waiting, after.unanswered, after.referred, after.confirmed)
    assert [pile.count for pile in piles] == [0] * 5
    assert missing.case_number not in [one.case_number for one in after.newest]


def test_of_tied_reports_one_pair_counts(office: Office) -> None:
    mother, police, found = office.file(), office.file(), office.file("found")
    both = [office.pair(mother, found, 3.0), office.pair(police, found, 4.0)]
    for ref in both:
        back(office, ref, OVERDUE_DAYS + 1)
    assert shown(office).overdue.count == 2
    office.tie(police, kept=mother)
    assert refs(shown(office).overdue) == [both[1]]


def test_provinces_tell_what_is_new_and_overdue_there_and_who_works_there(office: Office) -> None:
    missing, found = office.file(), office.file("found")
    office.file(place_event="", place_home="")
    ref = office.pair(missing, found, 4.0)
    back(office, ref, OVERDUE_DAYS + 1)
    with office.service.database.write() as session:
        keys, who = office.service.keys, office.who["coordinator"]
        regions.assign(session, keys, who, office.who["one"].id, "510000", take=False)
    told = {one.place.code if one.place else "": one for one in shown(office).provinces}
    assert (told["510000"].new, told["510000"].overdue) == (2, 2)
    assert [person.name for person in told["510000"].volunteers] == ["one"]
    assert (told["440000"].new, told["440000"].overdue) == (1, 1)
    assert (told[""].new, told[""].volunteers) == (1, ())


def test_an_empty_house_has_an_empty_board(office: Office) -> None:
    found = shown(office)
    assert (found.new, found.overdue.count, found.provinces) == (0, 0, ())


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_the_board_is_the_coordinators_alone(service: Service, role: Role) -> None:
    with service.database.read() as session, pytest.raises(Forbidden):
        board.of(session, an(role), OVERDUE_DAYS)
