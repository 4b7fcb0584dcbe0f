"""The coordinator's board, the report page, and one child reported twice, as pages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reunite import reports, submission
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.policy_tables import StaffRegionRow
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow
from tests.api.objects import a_pair, case_number, photo_of_a_report
from tests.api.test_review_pages import judge
from tests.factory import report_fields
from tests.visitor import Visitor

WHY = "the mother and the police station told of the same child"


@pytest.fixture
def pair(service: Service) -> CandidateRow:
    return a_pair(service)


@pytest.fixture
def cases(service: Service, pair: CandidateRow) -> tuple[str, str]:
    """Two missing reports of one child: that of the pair, and another."""
    with service.database.write() as session:
        said = submission.parse(report_fields(marks="<b>红色</b>"))
        other = reports.file(session, service.keys, said, actor="family").case_number
    return case_number(service, pair.missing_id), other


def tied(visitor: Visitor, one: str, other: str) -> Visitor:
    path = f"/reports/{one}/duplicates/{other}"
    return visitor.open(path).press(path, kept=one, reason=WHY)


@pytest.mark.parametrize(("language", "title"), [("en", "Board"), ("zh-CN", "工作台")])
def test_a_coordinator_s_day_begins_at_the_board(
    staff: Callable[..., Visitor], pair: CandidateRow, language: str, title: str
) -> None:
    visitor = staff("coordinator", language=language).open("/staff")
    assert visitor.page.url.path == "/board"
    assert title in visitor.text
    assert visitor.links.index("/board") < visitor.links.index("/queue"), "it is the first entry"


def test_the_board_leads_to_reports_candidates_and_work_elsewhere(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    with service.database.write() as session:
        long_ago = now(session) - timedelta(days=service.settings.overdue_days + 1)
        session.execute(update(CandidateRow).values(created_at=long_ago))
    visitor = staff("coordinator").open("/board")
    assert f"/candidates/{pair.ref}" in visitor.links
    assert f"/reports/{case_number(service, pair.missing_id)}" in visitor.links
    assert visitor.links.count("/moderation") == 3, (
        "in the menu of wide and of small windows, and on the board"
    )
    assert not {"/posters", "/messages"} & set(visitor.links) - {
        one for one in visitor.links if one in menu(visitor)
    }


def menu(visitor: Visitor) -> set[str]:
    return set(visitor.links[: visitor.links.index("/account")])


def test_a_region_is_given_to_a_volunteer_on_the_board(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    staff("volunteer", "Helper")
    visitor = staff("coordinator").open("/board")
    with service.database.read() as session:
        helper = session.scalars(select(StaffRow.id).where(StaffRow.name == "Helper")).one()
    visitor.press("/board/assign", province="510000", volunteer=str(helper))
    assert visitor.page.url.path == "/board"
    assert "Helper" in visitor.text
    with service.database.read() as session:
        assert session.scalars(select(StaffRegionRow.province)).all() == ["510000"]
    for number in ("", "-1", "x", "999999", "²", "1" * 30):
        visitor.open("/board")
        visitor.press("/board/assign", province="510000", volunteer=number)
        assert visitor.status == 404, number


def test_the_report_page_tells_what_happened_and_names_nobody(
    service: Service, staff: Callable[..., Visitor], pair: CandidateRow
) -> None:
    case, page = case_number(service, pair.missing_id), f"/candidates/{pair.ref}"
    for name in ("Volunteer Anna", "Volunteer Bert"):
        judge(staff("volunteer", name), page)
    visitor = staff("coordinator").open(f"/reports/{case}")
    for told in ("The report was filed", "by the family", "A candidate went to the police", "15 August 1994"):
        assert told in visitor.text
    assert "Volunteer Anna" not in visitor.text
    visitor.press(f"/reports/{case}/flag", "yes")
    assert "A warning was set" in visitor.text


def test_photos_of_a_report_are_shown_on_a_page_of_their_own_and_each_view_is_logged(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    visitor = staff("coordinator")
    number, photo = photo_of_a_report(service, None).own.split("|")
    visitor.open(f"/reports/{number}")
    assert "<img" not in visitor.page.text
    assert f"/reports/{number}/photos" in visitor.links
    assert f'src="/reports/{number}/photos/{photo}"' in visitor.open(f"/reports/{number}/photos").page.text
    shown = visitor.open(f"/reports/{number}/photos/{photo}").page
    assert shown.headers["content-type"] == "image/jpeg"
    with service.database.read() as session:
        assert (
            session.scalars(select(AuditRow).where(AuditRow.action == "photo.viewed")).one().actor != "family"
        )
    for wrong in ("nothing", "..%2f..", "a" * 500):
        assert visitor.open(f"/reports/{number}/photos/{wrong}").status == 404


def test_a_likely_duplicate_is_laid_beside_tied_and_untied(
    service: Service, staff: Callable[..., Visitor], cases: tuple[str, str]
) -> None:
    one, other = cases
    visitor = staff("coordinator").open(f"/reports/{one}")
    assert f"/reports/{one}/duplicates/{other}" in visitor.links
    assert "same telephone" in visitor.text
    visitor.press(f"/reports/{one}/duplicates", other=other.lower().replace("-", " "))
    assert visitor.page.url.path == f"/reports/{one}/duplicates/{other}"
    assert "<b>红色" not in visitor.page.text
    assert tied(visitor, one, other).page.url.path == f"/reports/{one}"
    assert WHY in visitor.text
    assert f"/reports/{one}" in visitor.open(f"/reports/{other}").links
    assert "reported more than once" in visitor.text
    visitor.press(f"/reports/{other}/untie")
    assert "reported more than once" not in visitor.text


def test_what_cannot_be_tied_is_said_and_the_reason_stays(
    service: Service, staff: Callable[..., Visitor], cases: tuple[str, str], pair: CandidateRow
) -> None:
    one, other = cases
    path, visitor = f"/reports/{one}/duplicates/{other}", staff("coordinator")
    assert visitor.open(path).press(path, kept=one, reason="?").status == 422
    assert visitor.press(path, kept="M-0000-0000", reason=WHY).status == 422
    assert visitor.field(path, "reason") == WHY
    tied(visitor, one, other)
    visitor.open(f"/reports/{one}/duplicates/{case_number(service, a_pair(service).missing_id)}")
    third = str(visitor.page.url.path)
    assert visitor.press(third, kept=third.rpartition("/")[2], reason=WHY).status == 409
    for wrong in ("", "what", "M-0000-0000", one, case_number(service, pair.found_id)):
        assert visitor.open(f"/reports/{one}").press(f"/reports/{one}/duplicates", other=wrong).status == 422


def test_the_officer_is_shown_the_other_reports_before_confirming(
    staff: Callable[..., Visitor], cases: tuple[str, str], pair: CandidateRow
) -> None:
    one, other = cases
    page = f"/candidates/{pair.ref}"
    tied(staff("coordinator"), one, other)
    volunteers = [staff("volunteer", name) for name in ("one", "two")]
    for volunteer in volunteers:
        assert other not in judge(volunteer, page).open(page).page.text, "volunteers see no other report"
    officer = staff("police").open(page)
    assert f"/reports/{other}" in officer.links
    finding = {"basis": "dna", "reference": "DNA 1"}
    assert officer.press(f"{page}/decision", "confirmed", **finding).status == 422
    assert "Please look at the other reports" in officer.text
    assert officer.press(f"{page}/decision", "confirmed", tied_read="yes", **finding).status == 200
    assert "closed" in officer.open(f"/reports/{other}").text


@pytest.mark.parametrize("role", ["volunteer", "police", "admin", "auditor"])
def test_nobody_else_ties_reports_or_has_the_board(
    staff: Callable[..., Visitor], cases: tuple[str, str], role: str
) -> None:
    one, other = cases
    visitor = staff(role)
    assert "/board" not in visitor.links
    for path in ("/board", f"/reports/{one}/duplicates/{other}"):
        assert visitor.open(path).status == 403
    if role == "police":
        assert f"/reports/{one}/duplicates" not in visitor.open(f"/reports/{one}").actions()
