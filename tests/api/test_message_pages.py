"""Messages on pages: a reviewer needs to know more, a coordinator asks one family, the family answers on its case."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from reunite import reports, submission
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.message_tables import MessageRow, MoreRequestRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import a_pair, case_number
from tests.factory import report_fields
from tests.visitor import Visitor

ASKED = "Is there a scar, and where?"
ANSWERED = "Yes, on the left hand, from a kettle"
WHY = "the family may know which arm"


@pytest.fixture
def receipt(service: Service) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields()), actor="family")


@pytest.fixture
def pair(service: Service) -> CandidateRow:
    return a_pair(service)


def open_case(visitor: Visitor, receipt: Receipt) -> Visitor:
    return visitor.open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)


def need_more(volunteer: Visitor, ref: str, about: str = "") -> Visitor:
    page = f"/candidates/{ref}"
    volunteer.open(page).press(f"{page}/claim")
    return volunteer.press(f"{page}/verdict", "need_more", reason=WHY, about=about)


@pytest.mark.parametrize("role", ["coordinator", "police"])
def test_staff_write_the_family_sees_it_as_new_once_and_answers(
    staff: Callable[..., Visitor], visit: Callable[..., Visitor], receipt: Receipt, role: str
) -> None:
    address = f"/reports/{receipt.case_number}/messages"
    writer, family = staff(role), visit()
    assert "Messages" not in open_case(family, receipt).text
    assert address in writer.open(f"/reports/{receipt.case_number}").links or role == "police"
    writer.open(address).press(address, text=ASKED)
    assert writer.page.url.path == address
    assert ASKED in writer.text
    assert "new message" in open_case(family, receipt).text
    assert ASKED in family.text
    assert "new message" not in open_case(family, receipt).text
    assert family.press("/case/answer", text=ANSWERED).status == 200
    assert "Your answer is with us." in family.text
    assert ANSWERED in family.text
    assert address in writer.open("/messages").links
    assert ANSWERED not in writer.text, "opening the messages of a report is logged, a list is not"
    assert ANSWERED in writer.open(address).text
    writer.press(f"{address}/settle")
    assert writer.page.url.path == "/messages"
    assert address not in writer.links


def test_a_family_that_nobody_wrote_to_has_no_field_to_write_in(
    service: Service, visit: Callable[..., Visitor], receipt: Receipt
) -> None:
    family = open_case(visit(), receipt)
    assert "/case/answer" not in family.actions()
    token = family.field("/case/withdraw", "csrf")
    sent = {"csrf": token, "case_number": receipt.case_number, "secret": receipt.secret, "text": ANSWERED}
    answer = family._client.post("/case/answer", data=sent)
    assert answer.status_code == 422
    assert "no message yet" in answer.text
    with service.database.read() as session:
        assert session.scalars(select(MessageRow)).all() == []


def test_nothing_typed_is_lost_when_a_message_cannot_be_taken(
    staff: Callable[..., Visitor],
    visit: Callable[..., Visitor],
    pair: CandidateRow,
    service: Service,
    receipt: Receipt,
) -> None:
    mine, other = (case_number(service, side) for side in (pair.missing_id, pair.found_id))
    address, coordinator = f"/reports/{mine}/messages", staff("coordinator")
    said = f"Do you know {other}?"
    assert coordinator.open(address).press(address, text=said).status == 422
    assert "another case number" in coordinator.text
    assert coordinator.field(address, "text") == said
    with service.database.read() as session:
        assert session.scalars(select(MessageRow)).all() == []
    own = f"/reports/{receipt.case_number}/messages"
    coordinator.open(own).press(own, text=ASKED)
    family = open_case(visit(), receipt)
    long = "x" * 2001
    assert family.press("/case/answer", text=long).status == 422
    assert family.field("/case/answer", "text") == long
    assert "at most 2000 characters" in family.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_need_more_becomes_a_request_that_a_coordinator_turns_into_a_message(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow, language: str
) -> None:
    need_more(staff("volunteer"), pair.ref, "missing")
    number = case_number(service, pair.missing_id)
    coordinator = staff("coordinator", language=language).open("/messages")
    assert WHY in coordinator.text
    link = next(one for one in coordinator.links if one.startswith(f"/reports/{number}/messages?asking="))
    coordinator.open(link)
    assert WHY in coordinator.text
    assert coordinator.press(f"/reports/{number}/messages", text=" ").status == 422
    assert WHY in coordinator.text, "the request is still there to be asked"
    coordinator.press(f"/reports/{number}/messages", text=ASKED)
    assert WHY not in coordinator.open("/messages").text
    assert coordinator.open(link).status == 404
    with service.database.read() as session:
        assert session.scalars(select(MoreRequestRow.state)).all() == ["asked"]
        assert session.scalars(select(MessageRow.report_id)).all() == [pair.missing_id]


def test_whom_to_ask_is_kept_when_a_verdict_cannot_be_taken(
    staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    page, volunteer = f"/candidates/{pair.ref}", staff("volunteer")
    volunteer.open(page).press(f"{page}/claim")
    assert volunteer.press(f"{page}/verdict", "need_more", reason="", about="found").status == 422
    assert volunteer.field(f"{page}/verdict", "about") == "found"
    assert volunteer.press(f"{page}/verdict", "need_more", reason=WHY, about="nobody").status == 422
    assert "who should be asked" in volunteer.text


def test_a_request_can_be_dismissed(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    need_more(staff("volunteer"), pair.ref)
    coordinator = staff("coordinator").open("/messages")
    with service.database.read() as session:
        ref = session.scalars(select(MoreRequestRow.ref)).one()
    coordinator.press("/messages", ref)
    assert WHY not in coordinator.text
    assert coordinator._client.post("/messages", data={"csrf": "x", "request": ref}).status_code == 403
    token = coordinator.field("/language", "csrf")
    assert coordinator._client.post("/messages", data={"csrf": token, "request": ref}).status_code == 404


def test_what_is_reserved_shows_nothing_on_the_coordinators_pages(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    need_more(staff("volunteer"), pair.ref)
    coordinator, officer = staff("coordinator"), staff("police")
    number = case_number(service, pair.missing_id)
    address = f"/reports/{number}"
    coordinator.open(f"{address}/messages").press(f"{address}/messages", text=ASKED)
    officer.open(address).press(f"{address}/reserve", "yes")
    for page in ("/messages", f"{address}/messages"):
        text = coordinator.open(page).text
        assert WHY not in text
        assert ASKED not in text
    assert WHY in officer.open("/messages").text


def test_hostile_words_stay_words(
    staff: Callable[..., Visitor], visit: Callable[..., Visitor], receipt: Receipt
) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}\u202e"
    address = f"/reports/{receipt.case_number}/messages"
    coordinator, family = staff("coordinator"), visit()
    coordinator.open(address).press(address, text=hostile)
    pages = [coordinator.page.text, open_case(family, receipt).page.text]
    pages += [family.press("/case/answer", text=hostile).page.text, coordinator.open(address).page.text]
    for page in pages:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "{{ 7*7 }}" in page
        assert "\u202e" not in page
    assert coordinator.open(f"{address}?asking=%3Cscript%3E").status == 404


def test_a_family_is_not_told_which_member_of_staff_wrote(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor], receipt: Receipt
) -> None:
    address = f"/reports/{receipt.case_number}/messages"
    staff("coordinator", "Verysecretname").open(address).press(address, text=ASKED)
    assert "Verysecretname" not in open_case(visit(), receipt).page.text
    assert "From those who look after your case" in open_case(visit(), receipt).text


def test_withdrawn_cases_keep_their_messages_and_erased_ones_none(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor], receipt: Receipt
) -> None:
    address = f"/reports/{receipt.case_number}/messages"
    coordinator = staff("coordinator").open(address).press(address, text=ASKED)
    family = open_case(visit(), receipt).press("/case/withdraw", sure="yes")
    assert ASKED in family.text
    family.press("/case/erase", sure="yes")
    assert coordinator.open(address).status == 404
    with service.database.read() as session:
        assert session.scalars(select(MessageRow)).all() == []
        assert session.get_one(ReportRow, receipt.report_id).erased_at is not None


def test_the_words_of_the_pages_promise_no_letter_and_no_call(visit: Callable[..., Visitor]) -> None:
    family = visit().file_report("missing", name="李晓明", place_event="成都")
    assert not re.search(
        r"e-mail|SMS|text message|we will call", family.text.split("What happens next")[1], re.I
    )
