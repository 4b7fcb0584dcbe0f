"""The officer's file on paper, and the checklist after a confirmation."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from tests.reunite.office import Office
from tests.visitor import Visitor


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)


@pytest.fixture
def pair(office: Office) -> str:
    """A referred candidate; gives its address."""
    ref = office.pair(office.file(withheld="a tin soldier"), office.file("found"))
    office.refer(ref)
    return f"/candidates/{ref}"


def made(service: Service) -> int:
    with service.database.read() as session:
        query = select(func.count()).select_from(AuditRow).where(AuditRow.action == "dossier.made")
        return session.scalars(query).one()


def test_a_dossier_has_everything_the_police_may_see_and_is_a_line_in_the_log(
    service: Service, staff: Callable[..., Visitor], pair: str
) -> None:
    officer = staff("police").open(pair)
    assert f"{pair}/dossier" in officer.links, "sign in, open the pair, open the dossier"
    officer.open(f"{pair}/dossier")
    for said in (
        "王晓明",
        "黄小鸣",
        "a tin soldier",
        "marks agree",
        "one",
        "two",
        "广东省广州市",
        "Confidential",
    ):
        assert said in officer.text, said
    for hidden in ("10005550100", "Invented Reporter"):
        assert hidden not in officer.page.text, "contact data has its own page and reason"
    assert made(service) == 1


@pytest.mark.parametrize("role", ["volunteer", "coordinator", "admin", "auditor"])
def test_nobody_else_gets_a_dossier(
    service: Service, staff: Callable[..., Visitor], pair: str, role: str
) -> None:
    visitor = staff(role, f"some-{role}")
    assert visitor.open(f"{pair}/dossier").status == 403
    assert visitor.open("/reunions").status == 403
    assert made(service) == 0


def test_the_checklist_appears_after_the_confirmation_and_keeps_its_order(
    office: Office, staff: Callable[..., Visitor], pair: str
) -> None:
    officer = staff("police").open(pair)
    assert "Until they meet" not in officer.text
    office.decide(pair.rpartition("/")[2])
    officer.open("/reunions")
    assert f"{pair}#reunion" in officer.links
    assert "5 steps open" in officer.text
    step = {"step": "meeting", "answer": "yes", "note": "at the station"}

    def record(**said: str) -> None:
        csrf = officer.open(pair).field(f"{pair}/reunion", "csrf")
        sent = {"csrf": csrf, **said}
        officer._show(officer._client.post(f"{pair}/reunion", data=sent, follow_redirects=True))

    record(**step)
    assert officer.status == 409
    assert "whether contact is safe" in officer.text
    assert "at the station" in officer.page.text, "what was written comes back"
    record(step="protection", answer="yes")
    record(step="wish", answer="yes")
    record(**step)
    assert officer.status == 200
    assert "They met" in officer.text
    assert "2 steps open" in officer.open("/reunions").text
