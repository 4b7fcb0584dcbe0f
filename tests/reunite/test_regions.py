"""Regions: which provinces a report touches, and what volunteers of a region see."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from matching.model import load_model
from reunite import accounts, candidates, queues, regions, reports, reviews, submission
from reunite.actors import Staff
from reunite.candidates import Suggestion
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid, NotFound
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.policy_tables import ReportRegionRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked

SICHUAN, GUANGDONG, HENAN = "510000", "440000", "410000"
NOWHERE = {"place_event": "", "place_home": "", "place_found": ""}
Add = Callable[[Role], Staff]


@pytest.fixture
def add(service: Service) -> Add:
    def make(role: Role) -> Staff:
        with service.database.write() as session:
            email = f"{role}{len(accounts.list_staff(session))}@example.org"
            return accounts.add(
                session,
                service.keys,
                actor="operator",
                email=email,
                name=role,
                role=role,
                password_hash="none",
            )

    return make


def file(service: Service, kind: str, **changes: str) -> int:
    with service.database.write() as session:
        parsed = submission.parse(report_fields(kind, **changes))
        return reports.file(session, service.keys, parsed, actor="family").report_id


def pair(service: Service, missing: dict[str, str], found: dict[str, str]) -> str:
    ids = file(service, "missing", **missing), file(service, "found", **found)
    with service.database.write() as session:
        suggestion = Suggestion(ids[0], "missing", 1, load_model().version, (ranked(ids[1]),))
        candidates.store(session, [suggestion], {ids[1]: 1}, 0.0)
        return session.scalars(select(CandidateRow.ref).where(CandidateRow.missing_id == ids[0])).one()


def of(service: Service, report_id: int) -> set[str]:
    with service.database.read() as session:
        query = select(ReportRegionRow.province).where(ReportRegionRow.report_id == report_id)
        return set(session.scalars(query))


def give(service: Service, to: Staff, *codes: str) -> None:
    boss = Staff(0, "boss", "", Role.COORDINATOR)
    with service.database.write() as session:
        for code in codes:
            regions.assign(session, service.keys, boss, to.id, code, take=False)


def opens(service: Service, staff: Staff, ref: str) -> bool:
    with service.database.read() as session:
        try:
            queues.find(session, staff, ref)
        except NotFound:
            return False
        return True


def sees(service: Service, staff: Staff) -> list[str]:
    with service.database.read() as session:
        items = queues.queue(session, service.keys, staff)
        assert queues.queue_size(session, staff) == len(items)
        return [item.ref for item in items]


def test_a_report_belongs_to_the_provinces_of_its_places_also_the_sealed_one(service: Service) -> None:
    found = file(service, "found")
    assert of(service, found) == {SICHUAN, GUANGDONG}
    assert of(service, file(service, "missing", **NOWHERE)) == {regions.UNKNOWN}
    with service.database.write() as session:
        changed = submission.parse(report_fields("found", place_event="", place_found="河南省郑州市"))
        reports.amend(session, service.keys, session.get_one(ReportRow, found), changed, actor="family")
    assert of(service, found) == {HENAN}


@given(
    st.dictionaries(
        st.sampled_from(["place_event", "place_home", "place_found", "marks"]), st.text(max_size=30)
    )
)
def test_every_report_has_a_region_or_is_open_to_all(person: dict[str, str]) -> None:
    codes = regions.provinces_of(person)
    assert codes
    assert codes == [regions.UNKNOWN] or set(codes) <= {place.code for place in regions.all_provinces()}


def test_a_volunteer_sees_what_touches_their_regions_and_nothing_else(service: Service, add: Add) -> None:
    here = pair(service, {}, {"place_event": "", "place_found": "河南省郑州市"})
    there = pair(service, {"place_event": "广东省", "place_home": ""}, {"place_event": ""})
    unknown = pair(service, NOWHERE, {})
    everywhere, local = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    give(service, local, HENAN)
    assert set(sees(service, everywhere)) == {here, there, unknown}
    assert set(sees(service, local)) == {here, unknown}
    assert [opens(service, local, ref) for ref in (here, there, unknown, "nothing")] == [
        True,
        False,
        True,
        False,
    ]
    with pytest.raises(NotFound), service.database.write() as session:
        reviews.claim(session, service.keys, local, there, 10)
    give(service, local, GUANGDONG)
    assert opens(service, local, there)


def test_what_a_volunteer_has_claimed_or_reviewed_stays_open_to_them(service: Service, add: Add) -> None:
    claimed, reviewed = pair(service, {}, {}), pair(service, {}, {})
    volunteer = add(Role.VOLUNTEER)
    with service.database.write() as session:
        for ref in (claimed, reviewed):
            reviews.claim(session, service.keys, volunteer, ref, 10)
        reviews.judge(session, service.keys, volunteer, reviewed, "plausible", "the same mark")
    give(service, volunteer, HENAN)
    assert opens(service, volunteer, claimed)
    assert opens(service, volunteer, reviewed)
    assert sees(service, volunteer) == []


def test_a_claim_that_has_run_out_opens_nothing_outside_of_ones_regions(service: Service, add: Add) -> None:
    volunteer, ref = add(Role.VOLUNTEER), pair(service, {}, {})
    with service.database.write() as session:
        reviews.claim(session, service.keys, volunteer, ref, 10)
    give(service, volunteer, HENAN)
    assert opens(service, volunteer, ref)
    with service.database.write() as session:
        session.execute(update(CandidateRow).values(claimed_until=now(session)))
    assert not opens(service, volunteer, ref)


def test_regions_do_not_limit_coordinators_and_are_given_by_coordinators_and_administrators(
    service: Service, add: Add
) -> None:
    volunteer, coordinator = add(Role.VOLUNTEER), add(Role.COORDINATOR)
    for role in Role:
        who = Staff(0, "x", "", role)
        with service.database.write() as session:
            if role in (Role.COORDINATOR, Role.ADMIN):
                regions.assign(session, service.keys, who, volunteer.id, SICHUAN, take=role is Role.ADMIN)
                assert [one.id for one in regions.volunteers(session, who)] == [volunteer.id]
            else:
                with pytest.raises(Forbidden):
                    regions.assign(session, service.keys, who, volunteer.id, SICHUAN, take=False)
    with service.database.write() as session:
        boss = Staff(0, "boss", "", Role.COORDINATOR)
        for person, code, error in ((coordinator.id, SICHUAN, NotFound), (999, SICHUAN, NotFound),
                                    (volunteer.id, "CN", Invalid), (volunteer.id, "x", Invalid)):  # fmt: skip
            with pytest.raises(error):
                regions.assign(session, service.keys, boss, person, code, take=False)
