"""Messages between family and coordinators, and the requests of reviewers that become one."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from reunite import (
    accounts,
    erasure,
    keys,
    messages,
    more_requests,
    receipts,
    reports,
    reserved,
    reviews,
    submission,
    vault,
)
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, Forbidden, Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.message_tables import MessageRow, MoreRequestRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import a_pair, case_number
from tests.factory import report_fields
from tests.reunite.test_vault import everything_written

ASKED = "您还记得村口那棵槐树有多高吗？"
ANSWERED = "比屋顶还高，树干是空心的"
WHY = "is the scar on the left or on the right"


@pytest.fixture
def add(service: Service) -> Callable[[Role], Staff]:
    def make(role: Role) -> Staff:
        with service.database.write() as session:
            count = len(accounts.list_staff(session))
            return accounts.add(
                session, service.keys, actor="test", email=f"{role}{count}@example.invalid", name=f"{role} {count}",
                role=role, password_hash="-",
            )  # fmt: skip

    return make


@pytest.fixture
def receipt(service: Service) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields()), actor="family")


def write(service: Service, staff: Staff, number: str, said: str = ASKED, request: str = "") -> None:
    with service.database.write() as session:
        messages.write(session, service.keys, staff, number, said, request)


def answer(service: Service, receipt: Receipt, said: str = ANSWERED) -> None:
    with service.database.write() as session:
        messages.answer(session, service.keys, receipt.case_number, receipt.secret, said)


def read(service: Service, receipt: Receipt) -> list[tuple[bool, str, bool]]:
    with service.database.read() as session:
        own = messages.own(session, service.keys, receipt.case_number, receipt.secret)
    return [(one.from_family, one.text, one.settled) for one in own]


def waiting(service: Service, staff: Staff) -> list[tuple[str, int]]:
    with service.database.read() as session:
        return [(one.case_number, one.count) for one in messages.waiting(session, staff)]


def log(service: Service) -> list[tuple[str, str, str, str]]:
    with service.database.read() as session:
        rows = session.scalars(select(AuditRow).order_by(AuditRow.no))
        wanted = ("message", "request")
        return [(r.actor, r.action, r.subject, r.detail) for r in rows if r.action.startswith(wanted)]


def need_more(service: Service, staff: Staff, pair: CandidateRow, about: str = "") -> str:
    with service.database.write() as session:
        reviews.claim(session, service.keys, staff, pair.ref, 30)
        reviews.judge(session, service.keys, staff, pair.ref, "need_more", WHY, about)
        return session.scalars(select(MoreRequestRow.ref).where(MoreRequestRow.reviewer_id == staff.id)).one()


def open_requests(service: Service, staff: Staff) -> list[str]:
    with service.database.read() as session:
        return [one.ref for one in more_requests.waiting(session, staff)]


def test_a_coordinator_writes_the_family_reads_and_answers_and_the_answer_waits_until_it_is_settled(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator, officer = add(Role.COORDINATOR), add(Role.POLICE)
    assert read(service, receipt) == []
    write(service, coordinator, receipt.case_number)
    assert read(service, receipt) == [(False, ASKED, False)]
    with service.database.write() as session:
        messages.mark_read(session, service.keys, receipt.case_number, receipt.secret)
        messages.mark_read(session, service.keys, receipt.case_number, receipt.secret)
    assert read(service, receipt) == [(False, ASKED, True)]
    answer(service, receipt)
    assert waiting(service, coordinator) == waiting(service, officer) == [(receipt.case_number, 1)]
    write(service, officer, receipt.case_number, "谢谢")
    assert waiting(service, coordinator) == []
    answer(service, receipt, "不客气")
    with service.database.write() as session:
        messages.settle(session, service.keys, coordinator, receipt.case_number)
        messages.settle(session, service.keys, coordinator, receipt.case_number)
    assert waiting(service, officer) == []
    of_it = f"report:{receipt.report_id}"
    assert log(service) == [
        (coordinator.actor, "message.written", of_it, ""), ("family", "message.read", of_it, ""),
        ("family", "message.answered", of_it, ""), (officer.actor, "message.written", of_it, ""),
        ("family", "message.answered", of_it, ""), (coordinator.actor, "message.settled", of_it, ""),
    ]  # fmt: skip


def test_reading_the_messages_of_a_report_is_a_line_in_the_log(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator = add(Role.COORDINATOR)
    write(service, coordinator, receipt.case_number)
    with service.database.write() as session:
        report, letters = messages.thread(session, service.keys, coordinator, receipt.case_number)
    assert (report.id, [one.text for one in letters]) == (receipt.report_id, [ASKED])
    assert log(service)[-1] == (coordinator.actor, "messages.viewed", f"report:{receipt.report_id}", "")


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.ADMIN, Role.AUDITOR])
def test_nobody_else_reads_or_writes(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt, role: Role
) -> None:
    staff = add(role)
    for deed in (messages.thread, messages.settle):
        with pytest.raises(Forbidden), service.database.write() as session:
            deed(session, service.keys, staff, receipt.case_number)
    with pytest.raises(Forbidden):
        write(service, staff, receipt.case_number)
    for seen in (messages.waiting, more_requests.waiting):
        with pytest.raises(Forbidden), service.database.read() as session:
            seen(session, staff)


def test_what_is_reserved_to_the_police_is_not_there_for_a_coordinator(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator, officer = add(Role.COORDINATOR), add(Role.POLICE)
    write(service, coordinator, receipt.case_number)
    answer(service, receipt)
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        reserved.reserve(session, service.keys, officer, report, on=True)
    for deed in (messages.thread, messages.settle):
        with pytest.raises(NotFound), service.database.write() as session:
            deed(session, service.keys, coordinator, receipt.case_number)
    with pytest.raises(NotFound):
        write(service, coordinator, receipt.case_number)
    assert waiting(service, coordinator) == []
    assert waiting(service, officer) == [(receipt.case_number, 1)]


def test_a_receipt_that_does_not_fit_reads_and_writes_nothing(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    write(service, add(Role.COORDINATOR), receipt.case_number)
    for number, secret in ((receipt.case_number, "0" * 24), ("M-0000-0000", receipt.secret), ("", "")):
        wrong = Receipt(number, secret, 0)
        assert read(service, wrong) == []
        with pytest.raises(NotFound):
            answer(service, wrong)
        with service.database.write() as session:
            messages.mark_read(session, service.keys, number, secret)
    assert read(service, receipt) == [(False, ASKED, False)]


def test_a_family_answers_only_what_was_asked_and_not_without_end(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    with pytest.raises(Conflict):
        answer(service, receipt)
    write(service, add(Role.COORDINATOR), receipt.case_number)
    for number in range(messages.MOST_UNANSWERED):
        answer(service, receipt, f"{ANSWERED} {number}")
    with pytest.raises(Conflict):
        answer(service, receipt)


def test_the_same_answer_again_adds_nothing(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator = add(Role.COORDINATOR)
    for _ in range(2):
        write(service, coordinator, receipt.case_number)
        for _ in range(2):
            answer(service, receipt)
    assert [text for _, text, _ in read(service, receipt)] == [ASKED, ANSWERED] * 2


@pytest.mark.parametrize("said", ["", " \n ", "\u202e\u0000", "x" * (messages.LONGEST + 1)])
def test_an_empty_and_a_too_long_message_are_refused(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt, said: str
) -> None:
    coordinator = add(Role.COORDINATOR)
    with pytest.raises(Invalid):
        write(service, coordinator, receipt.case_number, said)
    write(service, coordinator, receipt.case_number, "x" * messages.LONGEST)
    with pytest.raises(Invalid):
        answer(service, receipt, said)


def test_marks_that_deceive_the_reader_are_taken_out(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    write(service, add(Role.COORDINATOR), receipt.case_number, "  is it\u202e left\u0000\x07?\r\n")
    assert read(service, receipt)[0][1] == "is it left?"


@pytest.mark.parametrize("spelling", ["{0}", "{0} ", "xx{1}xx", "{2}", "{3}", "({4})"])
def test_a_message_with_the_case_number_of_the_other_side_is_refused(
    service: Service, add: Callable[[Role], Staff], spelling: str
) -> None:
    pair, coordinator = a_pair(service), add(Role.COORDINATOR)
    mine, other = (case_number(service, side) for side in (pair.missing_id, pair.found_id))
    spellings = (
        other, other.replace("-", ""), " ".join(other.lower()), other[2:],
        other.translate({ord("0"): "O", ord("1"): "l", **{ord(c): chr(ord(c) + 0xFEE0) for c in "ABCDEFG23456"}}),
    )  # fmt: skip
    with pytest.raises(Invalid, match="another case number"):
        write(service, coordinator, mine, "Do you know of " + spelling.format(*spellings))
    write(
        service,
        coordinator,
        mine,
        f"Your case {mine} and {mine.lower()} is with us. Most schools from Fuzhou?",
    )


def test_a_case_number_of_anybody_else_is_refused_whether_or_not_it_exists(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator = add(Role.COORDINATOR)
    there = case_number(service, a_pair(service).found_id)
    for number in (there, receipts.new_case_number("found"), receipts.new_case_number("missing")):
        for written in (number, number.lower().replace("-", " "), number.replace("-", "")):
            with pytest.raises(Invalid):
                write(service, coordinator, receipt.case_number, f"see {written}")


def test_messages_lie_sealed_and_go_with_the_report(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    coordinator = add(Role.COORDINATOR)
    write(service, coordinator, receipt.case_number)
    answer(service, receipt)
    with service.database.read() as session:
        rows = session.scalars(select(MessageRow).order_by(MessageRow.id)).all()
        stored = str(session.execute(text("SELECT * FROM message")).all())
        first = rows[0].sealed
        assert vault.open(session, service.keys, receipt.report_id, f"message:{rows[0].id}", first)
        with pytest.raises(ValueError, match="another"):
            vault.open(session, service.keys, receipt.report_id, f"message:{rows[1].id}", first)
    for words in (ASKED, ANSWERED):
        assert words not in stored
        assert words.encode() not in everything_written(service)
    with service.database.write() as session:
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        assert erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)
    with service.database.read() as session:
        assert session.scalars(select(MessageRow)).all() == []
        with pytest.raises(NotFound):
            vault.open(session, service.keys, receipt.report_id, f"message:{rows[0].id}", first)
    with pytest.raises(NotFound):
        write(service, coordinator, receipt.case_number)


def test_messages_open_after_the_wrapping_key_was_changed(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    write(service, add(Role.COORDINATOR), receipt.case_number)
    keys.add_wrapping_key(service.settings.key_path(), keep={1})
    with service.database.write() as session:
        assert vault.rewrap(session, service.keys) == 1
    assert read(service, receipt) == [(False, ASKED, False)]


def test_need_more_raises_a_request_that_a_coordinator_turns_into_a_message_to_one_reporter(
    service: Service, add: Callable[[Role], Staff]
) -> None:
    pair, volunteer, coordinator = a_pair(service), add(Role.VOLUNTEER), add(Role.COORDINATOR)
    ref = need_more(service, volunteer, pair, "found")
    numbers = [case_number(service, side) for side in (pair.missing_id, pair.found_id)]
    with service.database.read() as session:
        (one,) = more_requests.waiting(session, coordinator)
    assert (one.ref, one.candidate, one.missing_case, one.found_case) == (ref, pair.ref, *numbers)
    assert (one.about, one.reason) == ("found", WHY)
    write(service, coordinator, numbers[1], "Is there a scar, and where?", ref)
    assert open_requests(service, coordinator) == []
    with pytest.raises(NotFound):
        write(service, coordinator, numbers[1], "Again?", ref)
    pair_of = f"pair:{pair.missing_id}:{pair.found_id}"
    assert log(service) == [
        (volunteer.actor, "request.raised", pair_of, ""), (coordinator.actor, "request.asked", pair_of, ""),
        (coordinator.actor, "message.written", f"report:{pair.found_id}", ""),
    ]  # fmt: skip
    with service.database.read() as session:
        assert [row.report_id for row in session.scalars(select(MessageRow))] == [pair.found_id]


def test_a_request_is_refused_for_a_report_that_it_is_not_about_and_dismissed_once(
    service: Service, add: Callable[[Role], Staff], receipt: Receipt
) -> None:
    pair, coordinator = a_pair(service), add(Role.COORDINATOR)
    ref = need_more(service, add(Role.VOLUNTEER), pair)
    for number, asking in (
        (receipt.case_number, ref),
        (case_number(service, pair.missing_id), "nothing-here"),
    ):
        with pytest.raises(NotFound):
            write(service, coordinator, number, ASKED, asking)
    with service.database.write() as session:
        assert session.scalars(select(MessageRow)).all() == []
        more_requests.dismiss(session, service.keys, coordinator, ref)
    for wrong in (ref, "nothing-here", "' OR 1=1 --"):
        with pytest.raises(NotFound), service.database.write() as session:
            more_requests.dismiss(session, service.keys, coordinator, wrong)
    assert log(service)[-1][1] == "request.dismissed"


def test_other_verdicts_raise_no_request_and_only_a_side_can_be_asked(
    service: Service, add: Callable[[Role], Staff]
) -> None:
    pair, volunteer = a_pair(service), add(Role.VOLUNTEER)
    with service.database.write() as session:
        reviews.claim(session, service.keys, volunteer, pair.ref, 30)
    with pytest.raises(Invalid), service.database.write() as session:
        reviews.judge(session, service.keys, volunteer, pair.ref, "need_more", WHY, "police")
    with service.database.write() as session:
        reviews.judge(session, service.keys, volunteer, pair.ref, "plausible", WHY, "missing")
        assert session.scalars(select(MoreRequestRow)).all() == []


def test_requests_follow_the_pair_to_the_police_and_leave_with_it(
    service: Service, add: Callable[[Role], Staff]
) -> None:
    pair, coordinator, officer = a_pair(service), add(Role.COORDINATOR), add(Role.POLICE)
    ref = need_more(service, add(Role.VOLUNTEER), pair)
    assert (open_requests(service, coordinator), open_requests(service, officer)) == ([ref], [])
    with service.database.write() as session:
        report = session.get_one(ReportRow, pair.missing_id)
        reserved.reserve(session, service.keys, officer, report, on=True)
    assert (open_requests(service, coordinator), open_requests(service, officer)) == ([], [ref])
    with pytest.raises(NotFound), service.database.write() as session:
        more_requests.dismiss(session, service.keys, coordinator, ref)
    with pytest.raises(NotFound):
        write(service, coordinator, case_number(service, pair.found_id), ASKED, ref)
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, pair.missing_id), "withdrawn")
    assert open_requests(service, officer) == []


def test_a_request_goes_when_a_report_of_it_is_erased(service: Service, add: Callable[[Role], Staff]) -> None:
    pair, coordinator = a_pair(service), add(Role.COORDINATOR)
    need_more(service, add(Role.VOLUNTEER), pair)
    with service.database.write() as session:
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        report = session.get_one(ReportRow, pair.found_id)
        erasure.erase(session, service.keys, ledger, report, actor="test")
        assert session.scalars(select(MoreRequestRow)).all() == []
    assert open_requests(service, coordinator) == []
