"""Copies and floods are noticed and marked; true reports get through, are shown and keep their candidates."""

import pytest
from sqlalchemy import select, text, update

from reunite import accounts, floods, moderation, queues, reports, submission
from reunite.actors import Staff
from reunite.floods import Sender
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid
from reunite.service import Service
from reunite.storage.abuse_tables import ModerationRow, PrintRow
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.reunite.leased import claim_one
from workers.drain import Drain

HERE, THERE = Sender("here", False), Sender("there", False)
SPAM = Sender("spammer", True)


def file(service: Service, kind: str = "missing", sender: Sender = HERE, **changes: str) -> int:
    parsed = submission.parse(report_fields(kind, **changes))
    with service.database.write() as session:
        receipt = reports.file(session, service.keys, parsed, actor="family")
        floods.note(session, service.keys, receipt.report_id, parsed, sender)
        return receipt.report_id


def reasons(service: Service, report_id: int) -> dict[str, int | None]:
    with service.database.read() as session:
        rows = session.scalars(select(ModerationRow).where(ModerationRow.report_id == report_id))
        return {row.reason: row.other_id for row in rows}


def person(service: Service, role: Role) -> Staff:
    with service.database.write() as session:
        return accounts.add(session, service.keys, actor="test", email=f"{role}@example.invalid", name=role.value,
                            role=role, password_hash="-")  # fmt: skip


def case_number(service: Service, report_id: int) -> str:
    with service.database.read() as session:
        return session.get_one(ReportRow, report_id).case_number


def decide(service: Service, staff: Staff, decision: str, *report_ids: int) -> int:
    numbers = [case_number(service, one) for one in report_ids]
    with service.database.write() as session:
        return moderation.decide(session, service.keys, staff, numbers, decision)


def queue(service: Service, staff: Staff, limit: int = 50, offset: int = 0) -> list[str]:
    with service.database.read() as session:
        return [item.missing_case for item in queues.queue(session, service.keys, staff, limit, offset)]


def test_the_same_report_again_from_the_same_place_is_a_copy(service: Service) -> None:
    first, again, elsewhere = file(service), file(service), file(service, sender=THERE)
    assert reasons(service, first) == {}
    assert reasons(service, again) == {"copy": first}
    assert reasons(service, elsewhere) == {"same_person": first, "same_phone": first}


def test_the_same_person_in_other_words_is_noticed_on_the_same_side_only(service: Service) -> None:
    first = file(service, name="Wang Xiaoming", reporter_phone="10005550101")
    other = file(service, sender=THERE, name="wang xiaoming ", marks="", reporter_phone="10005550102")
    assert reasons(service, other) == {"same_person": first}
    assert (
        reasons(service, file(service, "found", THERE, name="Wang Xiaoming", reporter_phone="10005550103"))
        == {}
    )


def test_the_same_telephone_is_noticed_however_it_is_written_but_not_an_organisations(
    service: Service,
) -> None:
    first = file(service, reporter_phone="13800000000")
    for number in range(5):
        phone = ("+86 138 0000 0000", "0086-138-0000-0000")[number % 2]
        other = file(service, sender=THERE, name=f"王{number}", reporter_phone=phone)
        assert reasons(service, other) == {"same_phone": first}
    assert reasons(service, file(service, name="李四", reporter_phone="13800000000")) == {}


def test_reports_without_name_or_telephone_resemble_nothing(service: Service) -> None:
    bare = {"name": "", "reporter_phone": "", "other_names": "", "memories": "a bridge"}
    file(service, **bare)
    assert reasons(service, file(service, sender=THERE, **bare)) == {}


def test_a_mark_is_set_once_and_a_closed_report_has_no_copies(service: Service) -> None:
    first = file(service)
    with service.database.write() as session:
        parsed = submission.parse(report_fields())
        floods.note(session, service.keys, first, parsed, SPAM)
        assert session.scalars(select(ModerationRow)).all() == []
        report = session.get_one(ReportRow, first)
        reports.leave(session, report, "withdrawn")
    assert reasons(service, file(service)) == {}


def test_reports_of_which_nobody_knows_who_sent_them_are_no_copies(service: Service) -> None:
    nobody, parsed = Sender("", False), submission.parse(report_fields())
    before = file(service, sender=nobody)
    with service.database.write() as session:
        filed = reports.file_all(session, service.keys, [parsed, parsed], actor="family")
        floods.note_each(session, service.keys, [(one.report_id, parsed, nobody) for one in filed])
    for one in filed:
        assert reasons(service, one.report_id) == {"same_person": before, "same_phone": before}


def test_only_keyed_hashes_are_kept_and_the_senders_for_a_day(service: Service) -> None:
    file(service)
    with service.database.write() as session:
        row = session.scalars(select(PrintRow)).one()
        assert all(len(said) == 64 for said in (row.body, row.person))
        floods.forget_senders(session)
        session.expire_all()
        assert session.scalars(select(PrintRow.sender)).one() == "here"
        session.execute(text("UPDATE report_print SET at = '2001-01-01 00:00:00'"))
        floods.forget_senders(session)
        assert session.scalars(select(PrintRow.sender)).one() == ""


def test_a_flood_delays_no_true_report_and_does_not_hide_it(service: Service) -> None:
    file(service, "found", THERE)
    for hundred in range(20):
        with service.database.write() as session:
            for number in range(100):
                parsed = submission.parse(report_fields(memories=f"spam {hundred} {number}"))
                receipt = reports.file(session, service.keys, parsed, actor="family")
                floods.note(session, service.keys, receipt.report_id, parsed, SPAM)
    true = file(service, sender=THERE, marks="")
    with service.database.write() as session:
        first = [claim_one(session, lease_seconds=60) for _ in range(2)]
        assert true in {lease.report_id for lease in first if lease}, "before all spam, though filed after it"
        session.execute(update(MatchJobRow).values(state="ready", due=MatchJobRow.due))
        session.execute(
            update(MatchJobRow)
            .where(MatchJobRow.report_id.notin_([1, true, *range(2, 40)]))
            .values(state="done")
        )
    Drain(service).run()
    shown = queue(service, person(service, Role.VOLUNTEER))
    assert shown[0] == case_number(service, true)
    assert len(shown) > 30, "what may be spam is shown all the same, after it"


def test_pages_of_the_queue_show_everything_once(service: Service) -> None:
    file(service, "found", THERE)
    for number in range(6):
        file(service, sender=SPAM if number % 2 else HERE, memories=f"words {number}")
    Drain(service).run()
    staff = person(service, Role.VOLUNTEER)
    whole = queue(service, staff)
    assert len(set(whole)) == 6
    for step in (1, 2, 4):
        assert [one for start in range(0, 6, step) for one in queue(service, staff, step, start)] == whole


def test_a_flood_does_not_push_true_candidates_out_of_a_list(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"candidates_per_report": 5})
    true = file(service, "found", THERE, marks="", memories="", relatives="")
    for number in range(20):
        file(service, "found", SPAM, memories=f"门前有一座石桥 {number}")
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(state="done"))
    wanted = file(service, sender=THERE)
    Drain(service).run()
    with service.database.read() as session:
        kept = set(session.scalars(select(CandidateRow.found_id).where(CandidateRow.missing_id == wanted)))
    assert true in kept
    assert len(kept) == 6, "five at most of the flood beside it"


def test_a_report_that_matches_everything_takes_no_place_in_the_others_lists(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"candidates_per_report": 3})
    found = [file(service, "found", THERE, memories=f"石桥 {number}") for number in range(12)]
    spam = file(service, sender=SPAM)
    true = file(service, sender=THERE, memories="石桥 7")
    Drain(service).run()
    with service.database.read() as session:
        pairs = session.execute(select(CandidateRow.missing_id, CandidateRow.found_id)).all()
    assert sum(missing == spam for missing, _ in pairs) <= len(found)
    assert {found_id for missing, found_id in pairs if missing == true} == set(found), (
        "each found report lists it"
    )


def test_a_copys_pairs_are_not_shown_beside_its_originals(service: Service) -> None:
    file(service, "found", THERE)
    first, again = file(service), file(service)
    Drain(service).run()
    staff = person(service, Role.VOLUNTEER)
    assert queue(service, staff) == [case_number(service, first)]
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, first), "withdrawn")
    assert queue(service, staff) == [case_number(service, again)], (
        "the copy stands in for a withdrawn original"
    )


def test_a_coordinator_says_that_a_report_is_real(service: Service) -> None:
    file(service, "found", THERE)
    first, again, spam = file(service), file(service), file(service, sender=SPAM, memories="other words")
    coordinator = person(service, Role.COORDINATOR)
    with service.database.write() as session:
        shown = moderation.listed(session, service.keys, coordinator)
        assert [one.case_number for one in shown] == [case_number(service, again), case_number(service, spam)]
        assert moderation.waiting(session) == 2
    assert decide(service, coordinator, "real", again, spam, first) == 2
    assert decide(service, coordinator, "not_a_report", again, spam) == 0, "decided once"
    with service.database.read() as session:
        assert not any(session.scalars(select(MatchJobRow.bulk)))
        assert floods.suspects(session) == set()
    Drain(service).run()
    assert len(queue(service, coordinator)) == 3


def test_what_is_not_a_report_is_closed_with_its_candidates(service: Service) -> None:
    file(service, "found", THERE)
    spam = file(service, sender=SPAM)
    Drain(service).run()
    coordinator = person(service, Role.COORDINATOR)
    assert len(queue(service, coordinator)) == 1, "reviewed like others while it waits"
    assert decide(service, coordinator, "not_a_report", spam) == 1
    assert queue(service, coordinator) == []
    with service.database.read() as session:
        assert session.get_one(ReportRow, spam).state == "closed"
        assert session.scalars(select(CandidateRow.stage)).all() == ["closed"]


def test_only_a_coordinator_decides_and_only_in_words_we_know(service: Service) -> None:
    spam = file(service, sender=SPAM)
    with pytest.raises(Invalid):
        decide(service, person(service, Role.COORDINATOR), "spam", spam)
    for role in set(Role) - {Role.COORDINATOR}:
        with pytest.raises(Forbidden):
            decide(service, person(service, role), "real", spam)
