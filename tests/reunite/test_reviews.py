"""Two different people, then a third: reviewing, referring, confirming, ruling out."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from matching.evidence import Evidence, sentence
from reunite import (
    accounts,
    candidates,
    confirmations,
    queues,
    reports,
    reviews,
    submission,
    vault,
    whereabouts,
)
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, Forbidden, Invalid, NotFound
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow, ExclusionRow, ReportRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked

Add = Callable[[Role], Staff]
REASON = "the scar and the father's name fit"


@pytest.fixture
def add(service: Service) -> Add:
    def make(role: Role) -> Staff:
        with service.database.write() as session:
            count = len(accounts.list_staff(session))
            return accounts.add(
                session, service.keys, actor="operator", email=f"{role}{count}@example.org",
                name=f"{role} {count}", role=role, password_hash="none",
            )  # fmt: skip

    return make


@pytest.fixture
def ref(service: Service) -> str:
    """A candidate of two fresh reports."""
    return suggest(service)


def suggest(service: Service, missing_id: int | None = None) -> str:
    with service.database.write() as session:

        def file(kind: str) -> int:
            parsed = submission.parse(report_fields(kind=kind))
            return reports.file(session, service.keys, parsed, actor="family").report_id

        missing_id, found_id = missing_id or file("missing"), file("found")
        suggestion = candidates.Suggestion(missing_id, "missing", 1, "engine", (ranked(found_id),))
        candidates.store(session, [suggestion], {found_id: 1}, floor=0.001)
        return session.scalars(select(CandidateRow.ref).where(CandidateRow.found_id == found_id)).one()


def judge(service: Service, staff: Staff, ref: str, verdict: str = "plausible") -> str:
    with service.database.write() as session:
        reviews.claim(session, service.keys, staff, ref, 30)
    with service.database.write() as session:
        return reviews.judge(session, service.keys, staff, ref, verdict, REASON)


def decide(service: Service, staff: Staff, ref: str, outcome: str) -> None:
    with service.database.write() as session:
        confirmations.decide(
            session, service.keys, staff, ref, outcome=outcome, basis="dna", reference="Lab 12/3"
        )


def waiting(service: Service, staff: Staff) -> list[str]:
    with service.database.read() as session:
        return [item.ref for item in queues.queue(session, service.keys, staff)]


def test_two_different_volunteers_refer_and_an_officer_confirms_and_both_reports_close(
    service: Service, add: Add, ref: str
) -> None:
    assert judge(service, add(Role.VOLUNTEER), ref) == "open"
    assert judge(service, add(Role.VOLUNTEER), ref) == "referred"
    officer = add(Role.POLICE)
    with service.database.read() as session:
        assert [item.ref for item in queues.referrals(session, service.keys, officer)] == [ref]
    decide(service, officer, ref, "confirmed")
    with service.database.read() as session:
        assert set(session.scalars(select(ReportRow.state))) == {"closed"}
        assert queues.referrals(session, service.keys, officer) == []


def test_nobody_judges_twice(service: Service, add: Add, ref: str) -> None:
    volunteer = add(Role.VOLUNTEER)
    judge(service, volunteer, ref)
    with pytest.raises(Conflict, match="already judged"):
        judge(service, volunteer, ref)
    assert waiting(service, volunteer) == []
    assert waiting(service, add(Role.VOLUNTEER)) == [ref]


def test_what_one_has_claimed_another_does_not_get(service: Service, add: Add, ref: str) -> None:
    first, second = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    with service.database.write() as session:
        reviews.claim(session, service.keys, first, ref, 30)
    assert (waiting(service, first), waiting(service, second)) == ([ref], [])
    with pytest.raises(Conflict), service.database.write() as session:
        reviews.claim(session, service.keys, second, ref, 30)
    with service.database.write() as session:
        reviews.release(session, service.keys, second, ref)
    assert waiting(service, second) == []
    with service.database.write() as session:
        reviews.release(session, service.keys, first, ref)
    assert waiting(service, second) == [ref]


def test_a_claim_that_ran_out_must_be_renewed_before_judging(service: Service, add: Add, ref: str) -> None:
    first, second = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    with service.database.write() as session:
        reviews.claim(session, service.keys, first, ref, 30)
        session.execute(update(CandidateRow).values(claimed_until=now(session)))
    with pytest.raises(Conflict, match="run out"), service.database.write() as session:
        reviews.judge(session, service.keys, first, ref, "plausible", REASON)
    assert waiting(service, second) == [ref]


def test_a_verdict_needs_a_reason_and_must_be_one_of_the_four(service: Service, add: Add, ref: str) -> None:
    volunteer = add(Role.VOLUNTEER)
    with service.database.write() as session:
        reviews.claim(session, service.keys, volunteer, ref, 30)
    with pytest.raises(Invalid) as caught, service.database.write() as session:
        reviews.judge(session, service.keys, volunteer, ref, "certain", " ")
    assert [problem.field for problem in caught.value.problems] == ["verdict", "reason"]


def test_two_verdicts_against_set_the_candidate_aside(service: Service, add: Add, ref: str) -> None:
    judge(service, add(Role.VOLUNTEER), ref, "unlikely")
    assert judge(service, add(Role.COORDINATOR), ref, "ruled_out") == "set_aside"
    assert waiting(service, add(Role.VOLUNTEER)) == []


def test_other_verdicts_show_only_after_ones_own(service: Service, add: Add, ref: str) -> None:
    first, second = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    judge(service, first, ref)
    with service.database.write() as session:
        assert queues.view(session, service.keys, second, ref).reviews == []
    judge(service, second, ref, "need_more")
    with service.database.write() as session:
        (other,) = queues.view(session, service.keys, second, ref).reviews
    assert (other.verdict, other.reason) == ("plausible", REASON)


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COORDINATOR, Role.ADMIN, Role.AUDITOR])
def test_only_the_police_confirm(service: Service, add: Add, ref: str, role: Role) -> None:
    with pytest.raises(Forbidden):
        decide(service, add(role), ref, "confirmed")


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_admin_and_auditor_see_no_case(service: Service, add: Add, ref: str, role: Role) -> None:
    staff = add(role)
    with pytest.raises(NotFound), service.database.write() as session:
        queues.view(session, service.keys, staff, ref)
    with pytest.raises(Forbidden), service.database.read() as session:
        queues.queue(session, service.keys, staff)


def test_an_officer_sees_nothing_that_was_not_referred(service: Service, add: Add, ref: str) -> None:
    officer = add(Role.POLICE)
    with pytest.raises(NotFound), service.database.write() as session:
        queues.view(session, service.keys, officer, ref)
    with pytest.raises(NotFound):
        decide(service, officer, ref, "confirmed")


def test_who_reviewed_as_a_volunteer_cannot_confirm_after_becoming_an_officer(
    service: Service, add: Add, ref: str
) -> None:
    volunteer = add(Role.VOLUNTEER)
    judge(service, volunteer, ref)
    judge(service, add(Role.VOLUNTEER), ref)
    turned = Staff(volunteer.id, volunteer.name, volunteer.email, Role.POLICE)
    with service.database.write() as session:
        assert queues.referrals(session, service.keys, turned) == []
        assert not queues.view(session, service.keys, turned, ref).can_confirm
    with pytest.raises(Conflict):
        decide(service, turned, ref, "confirmed")


def test_a_decision_is_made_once(service: Service, add: Add, ref: str) -> None:
    judge(service, add(Role.VOLUNTEER), ref)
    judge(service, add(Role.VOLUNTEER), ref)
    decide(service, add(Role.POLICE), ref, "ruled_out")
    with pytest.raises(Conflict):
        decide(service, add(Role.POLICE), ref, "confirmed")


def test_ruled_out_is_an_exclusion_and_leaves_both_reports_open(service: Service, add: Add, ref: str) -> None:
    judge(service, add(Role.VOLUNTEER), ref)
    judge(service, add(Role.VOLUNTEER), ref)
    decide(service, add(Role.POLICE), ref, "ruled_out")
    with service.database.write() as session:
        assert set(session.scalars(select(ReportRow.state))) == {"open"}
        row = session.scalars(select(ExclusionRow)).one()
        suggestion = candidates.Suggestion(
            row.missing_id, "missing", 1, "engine", (ranked(row.found_id, total=60.0),)
        )
        assert candidates.store(session, [suggestion], {row.found_id: 1}, floor=0.001) == [0]
        assert session.scalars(select(CandidateRow.stage)).all() == ["ruled_out"]


def test_a_confirmation_closes_every_other_candidate_of_the_two_reports(
    service: Service, add: Add, ref: str
) -> None:
    with service.database.read() as session:
        missing_id = session.scalars(select(CandidateRow.missing_id)).one()
    judge(service, add(Role.VOLUNTEER), ref)
    judge(service, add(Role.VOLUNTEER), ref)
    other = suggest(service, missing_id)
    decide(service, add(Role.POLICE), ref, "confirmed")
    with service.database.read() as session:
        stages = dict(session.execute(select(CandidateRow.ref, CandidateRow.stage)).all())
    assert stages == {ref: "confirmed", other: "closed"}


def test_a_confirmation_needs_a_known_basis_and_a_reference(service: Service, add: Add, ref: str) -> None:
    officer = add(Role.POLICE)
    with pytest.raises(Invalid) as caught, service.database.write() as session:
        confirmations.decide(
            session, service.keys, officer, ref, outcome="yes", basis="feeling", reference=""
        )
    assert [problem.field for problem in caught.value.problems] == ["outcome", "basis", "reference"]


@pytest.mark.parametrize("ref", ["", "nonsense", "x" * 5000, "' OR 1=1 --", "🙂"])
def test_an_unknown_candidate_is_not_found(service: Service, add: Add, ref: str) -> None:
    volunteer = add(Role.VOLUNTEER)
    with pytest.raises(NotFound), service.database.write() as session:
        queues.view(session, service.keys, volunteer, ref)


def test_every_step_is_in_the_log(service: Service, add: Add, ref: str) -> None:
    from reunite import audit

    judge(service, add(Role.VOLUNTEER), ref)
    judge(service, add(Role.VOLUNTEER), ref)
    officer = add(Role.POLICE)
    with service.database.write() as session:
        queues.view(session, service.keys, officer, ref)
    decide(service, officer, ref, "confirmed")
    with service.database.read() as session:
        actions = [entry.action for entry in reversed(audit.entries(session, 100))]
    assert [action for action in actions if action.startswith(("candidate", "report"))] == [
        "report.filed", "report.filed", "candidate.claimed", "candidate.judged_plausible", "candidate.claimed",
        "candidate.judged_plausible", "candidate.referred", "candidate.viewed", "candidate.confirmed",
        "report.closed", "report.closed",
    ]  # fmt: skip


def withdraw_missing(service: Service, ref: str) -> None:
    with service.database.write() as session:
        row = session.scalars(select(CandidateRow).where(CandidateRow.ref == ref)).one()
        reports.leave(session, session.get_one(ReportRow, row.missing_id), "withdrawn")


def test_a_withdrawn_report_can_no_longer_be_claimed_judged_or_referred(
    service: Service, add: Add, ref: str
) -> None:
    first, second = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    judge(service, first, ref)
    with service.database.write() as session:
        reviews.claim(session, service.keys, second, ref, 30)
    withdraw_missing(service, ref)
    with pytest.raises(Conflict), service.database.write() as session:
        reviews.judge(session, service.keys, second, ref, "plausible", REASON)
    assert waiting(service, second) == []


def test_a_referred_pair_leaves_the_officers_list_when_the_family_withdraws(
    service: Service, add: Add, ref: str
) -> None:
    for _ in range(2):
        judge(service, add(Role.VOLUNTEER), ref)
    officer = add(Role.POLICE)
    withdraw_missing(service, ref)
    with service.database.read() as session:
        assert queues.referrals(session, service.keys, officer) == []
    with pytest.raises(NotFound):
        decide(service, officer, ref, "confirmed")


def test_a_candidate_that_no_longer_holds_is_not_judged(service: Service, add: Add, ref: str) -> None:
    with service.database.write() as session:
        session.execute(update(CandidateRow).values(current=False))
    with pytest.raises(Conflict, match="no longer holds"):
        judge(service, add(Role.VOLUNTEER), ref)


def test_a_reviewer_is_named_to_the_police_only(service: Service, add: Add, ref: str) -> None:
    first, second = add(Role.VOLUNTEER), add(Role.VOLUNTEER)
    for volunteer in (first, second):
        judge(service, volunteer, ref)
    officer = add(Role.POLICE)
    with service.database.write() as session:
        seen = queues.view(session, service.keys, second, ref)
        police = queues.view(session, service.keys, officer, ref)
    assert [review.by for review in seen.reviews] == [""]
    assert [review.by for review in police.reviews] == [first.name, second.name]


def hide_and_show(service: Service, ref: str, staff: Staff, found_at: str) -> tuple[list[Evidence], float]:
    """What this person sees of the evidence when the engine stored this place."""
    line = Evidence(
        "place_found", "same_county", 5.5, "四川省成都市武侯区", found_at, {"km": "3", "when": "later"}
    )
    with service.database.write() as session:
        stored = whereabouts.without(line).to_json()
        session.execute(update(CandidateRow).values(evidence=[stored], prior=-9.0, total=-3.5))
        vault.put(
            session,
            service.keys,
            session.scalars(select(CandidateRow.found_id)).one(),
            "place_found",
            found_at,
        )
        view = queues.view(session, service.keys, staff, ref)
        item = queues.queue(session, service.keys, staff)[0]
    assert view.total == pytest.approx(view.prior + sum(line.bits for line in view.evidence))
    assert item.total == view.total
    return view.evidence, view.total


def test_a_volunteer_learns_the_province_and_nothing_by_distance_weight_or_older_evidence(
    service: Service, add: Add, ref: str
) -> None:
    volunteer, coordinator = add(Role.VOLUNTEER), add(Role.COORDINATOR)
    # The evidence is of an earlier revision: the report now names another place.
    shown = [hide_and_show(service, ref, volunteer, place)
             for place in ("四川省成都市武侯区某福利院", "四川省绵阳市涪城区", "四川省")]  # fmt: skip
    assert shown[0] == shown[1] == shown[2]
    (line,) = shown[0][0]
    assert (line.found, line.missing, line.bits, line.params) == ("四川省", "四川省", 0.0, {})
    for language in ("en", "zh_Hans"):
        assert not re.search("成都|武侯|绵阳|km|公里", sentence(line, language))
    (exact,), _ = hide_and_show(service, ref, coordinator, "四川省成都市武侯区某福利院")
    assert exact.bits == 5.5
    assert exact.found == "四川省成都市武侯区某福利院"
