"""Pages of sightings: whom one may be of, and how it becomes a found report."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from reunite.service import Service
from reunite.storage.tables import ReportRow
from tests.reunite.hanging import a_sighting
from tests.reunite.sighting_cases import told_of_another
from tests.visitor import Visitor
from workers.drain import Drain


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("role", ["coordinator", "police"])
def test_who_reads_a_sighting_sees_whom_else_it_may_be_of_and_why(
    service: Service, staff: Callable[..., Visitor], role: str, language: str
) -> None:
    poster, other, _ = told_of_another(service)
    reader = staff(role, language=language)
    address = f"/reports/{poster.case_number}/sightings"
    early = {"en": "It has not been compared", "zh-CN": "尚未与寻人登记比对"}[language]
    assert early in reader.open(address).text
    Drain(service).run()
    text = reader.open(address).text
    assert f"/reports/{other.case_number}" in reader.links
    assert early not in text
    assert {"en": "the child of this poster", "zh-CN": "这张海报上的孩子"}[language] in text
    assert "右脸黑痣" in text
    assert address in reader.open("/sightings/elsewhere").links
    assert f"/reports/{other.case_number}" in reader.links
    assert "红裙子" not in reader.text, "opening them is logged, a list is not"
    assert "/sightings/elsewhere" in reader.open("/sightings").links


def test_where_none_fits_another_child_the_list_says_so(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    service.settings = service.settings.model_copy(update={"sighting_floor": 1.0})
    poster, _ = a_sighting(service)
    reader = staff("coordinator")
    Drain(service).run()
    assert "the child of this poster" in reader.open(f"/reports/{poster.case_number}/sightings").text
    assert "None fits another report better." in reader.open("/sightings/elsewhere").text


def test_a_coordinator_raises_it_keeps_the_receipt_and_finds_the_report_the_second_time(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    poster, _, sighting = told_of_another(service)
    coordinator = staff("coordinator")
    address = f"/reports/{poster.case_number}/sightings/{sighting}/raise"
    assert address in coordinator.open(f"/reports/{poster.case_number}/sightings").links
    coordinator.open(address)
    assert "王晓明" not in coordinator.page.text
    assert "穿红裙子" in coordinator.page.text
    wrong = coordinator.press(address, birth_date="when the plums were ripe", name="<b>花花</b>")
    assert wrong.status == 422
    assert "&lt;b&gt;花花&lt;/b&gt;" in wrong.page.text, "nothing typed is lost"
    filed = coordinator.press(address, birth_date="2019", name="花花")
    assert filed.status == 201
    (number,) = set(re.findall(r"(?<!\w)F-\w{4}-\w{4}", filed.text))
    assert f"/reports/{poster.case_number}/sightings" in filed.links
    assert "A found report was made of it already." in coordinator.open(address).text
    assert f"/reports/{number}" in coordinator.open(f"/reports/{poster.case_number}/sightings").links
    assert address not in coordinator.links
    with service.database.read() as session:
        assert len(session.scalars(select(ReportRow).where(ReportRow.kind == "found")).all()) == 1
    assert "A found report was made of a sighting" in coordinator.open(f"/reports/{poster.case_number}").text


def test_pressing_twice_leads_to_the_one_report(service: Service, staff: Callable[..., Visitor]) -> None:
    poster, _, sighting = told_of_another(service)
    coordinator = staff("coordinator")
    address = f"/reports/{poster.case_number}/sightings/{sighting}/raise"
    token = coordinator.open(address).field(address, "csrf")
    said = {"csrf": token, "place_found": "郑州", "sex": "female"}
    answers = [coordinator._client.post(address, data=said, follow_redirects=False) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 303]
    number = re.findall(r"(?<!\w)F-\w{4}-\w{4}", answers[0].text)[0]
    assert answers[1].headers["location"] == f"/reports/{number}"


@pytest.mark.parametrize("sighting", ["0", "-1", "x", "²", "9" * 16, "1e3"])
def test_one_that_is_not_there_is_not_found(
    service: Service, staff: Callable[..., Visitor], sighting: str
) -> None:
    poster, _ = a_sighting(service)
    assert staff("police").open(f"/reports/{poster.case_number}/sightings/{sighting}/raise").status == 404
