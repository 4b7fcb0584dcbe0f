"""Posters on pages: a mother asks, a coordinator publishes, everybody sees it, somebody tells, and it is gone again."""

import io
import tempfile
from collections.abc import Callable

import pytest
from PIL import Image
from sqlalchemy import select

from api import poster_sheet, typeset
from api.poster_sheet import Sheet
from reunite import photos
from reunite.config import Settings
from reunite.problems import Busy
from reunite.rates import Limit, Per, Then, What
from reunite.service import Service
from reunite.storage.poster_tables import PosterRow
from tests import images
from tests.factory import report_fields
from tests.reunite.hanging import a_poster, a_report, ask, ref_of
from tests.visitor import Visitor

PHONE = report_fields()["reporter_phone"]


def open_case(visitor: Visitor, number: str, secret: str) -> Visitor:
    return visitor.open("/case").press("/case", case_number=number, secret=secret)


def test_from_a_family_s_wish_to_a_poster_that_everybody_sees_and_back(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    receipt = a_report(service)
    with tempfile.TemporaryFile() as file:
        file.write(images.saved(images.picture()))
        photo = photos.add(service, receipt.case_number, receipt.secret, file, actor="family")
    family = open_case(visit(), receipt.case_number, receipt.secret)
    family.press("/case/poster", show_name="yes", show_marks="yes", photo=photo.ref, agree="yes")
    assert "A coordinator looks at it" in family.text

    coordinator = staff("coordinator")
    assert "/poster-requests" in coordinator.open("/board").links
    address = f"/reports/{receipt.case_number}/poster"
    assert address in coordinator.open("/poster-requests").links
    assert address in coordinator.open(f"/reports/{receipt.case_number}").links
    coordinator.open(address).press(address, "publish", show_name="yes", show_marks="yes", photo="yes")
    ref = ref_of(service, receipt)
    assert f"/posters/{ref}" in coordinator.links

    anybody = visit()
    assert f"/posters/{ref}" in anybody.open("/posters").links
    anybody.open(f"/posters/{ref}")
    assert "王晓明" in anybody.text.replace(" ", "")
    assert "左手臂红色胎记" in anybody.text
    assert "石桥" not in anybody.text
    assert PHONE not in anybody.page.text
    assert receipt.case_number not in anybody.page.text
    assert anybody.page.headers["X-Robots-Tag"] == "noindex, noarchive"
    picture = Image.open(io.BytesIO(anybody.open(f"/posters/{ref}/poster.png").page.content))
    assert picture.size == (1240, 1754), "one page A4 at 150 dots an inch"
    assert anybody.open(f"/posters/{ref}/poster.pdf").page.content.startswith(b"%PDF")
    assert Image.open(io.BytesIO(anybody.open(f"/posters/{ref}/photo.jpg").page.content)).size == (400, 300)

    open_case(family, receipt.case_number, receipt.secret)
    assert f"/posters/{ref}" in family.links
    family.press("/case/poster/take-back")
    assert "The poster is gone." in family.text
    for path in ("", "/poster.pdf", "/poster.png", "/photo.jpg", "/preview.jpg", "/sighting"):
        assert anybody.open(f"/posters/{ref}{path}").status == 404
    assert "nothing to decide" in coordinator.open(address).text


def test_what_a_family_ticked_is_still_there_when_something_is_missing(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    receipt = a_report(service)
    family = open_case(visit(), receipt.case_number, receipt.secret)
    family.press("/case/poster", show_name="yes", show_marks="yes")
    assert family.status == 422
    assert "Please tick that everybody may see this." in family.text
    assert family.page.text.count('value="yes" checked') == 2
    assert family.press("/case/poster", show_marks="yes", agree="yes").status == 422
    with service.database.read() as session:
        assert session.scalars(select(PosterRow)).all() == []


def test_a_coordinator_who_declines_writes_to_the_family(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    receipt = a_report(service)
    ask(service, receipt)
    coordinator, address = staff("coordinator"), f"/reports/{receipt.case_number}/poster"
    assert coordinator.open(address).press(address, "decline", text="").status == 422
    coordinator.press(address, "decline", text="Another photo, please: her school is on it.")
    family = open_case(visit(), receipt.case_number, receipt.secret)
    assert "her school is on it" in family.text
    assert "There is no poster for now." in family.text


def test_words_of_a_decision_are_kept_when_it_came_too_late(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    receipt = a_report(service)
    ask(service, receipt)
    coordinator, address = staff("coordinator"), f"/reports/{receipt.case_number}/poster"
    coordinator.open(address)
    ask(service, receipt, ["name"])
    late = coordinator.press(address, "publish", show_name="yes", show_marks="yes")
    assert late.status == 409
    assert "The family changed something meanwhile." in late.text
    assert late.open("/posters").links.count(f"/posters/{ref_of(service, receipt)}") == 0


def test_where_the_typesetter_fails_nothing_is_published(
    service: Service, staff: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> typeset.Printed:
        raise Busy

    receipt = a_report(service)
    ask(service, receipt)
    coordinator, address = staff("coordinator"), f"/reports/{receipt.case_number}/poster"
    coordinator.open(address)
    monkeypatch.setattr(typeset, "printed", fails)
    assert coordinator.press(address, "publish", show_name="yes").status == 503
    assert f"/posters/{ref_of(service, receipt)}" not in coordinator.open("/posters").links


@pytest.mark.parametrize("role", ["coordinator", "police"])
def test_somebody_tells_what_they_saw_without_saying_who_they_are(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor], role: str
) -> None:
    receipt, ref = a_poster(service)
    anybody, form = visit(), f"/posters/{ref}/sighting"
    assert form in anybody.open(f"/posters/{ref}").links
    assert anybody.open(form).press(form, place="火车站").status == 422
    assert "火车站" in anybody.page.text
    sent = anybody.press(form, what="<b>穿红毛衣</b>", place="火车站")
    assert "Thank you" in sent.text
    reader, address = staff(role), f"/reports/{receipt.case_number}/sightings"
    assert address in reader.open("/sightings").links
    assert "穿红毛衣" not in reader.text, "opening them is logged, a list is not"
    reader.open(address)
    assert "<b>穿红毛衣</b>" in reader.text
    assert "unknown who told it" in reader.text
    reader.press(address)
    assert address not in reader.links
    family = open_case(visit(), receipt.case_number, receipt.secret)
    assert "红毛衣" not in family.text


def test_who_tells_very_often_is_asked_to_wait(service: Service, visit: Callable[..., Visitor]) -> None:
    _, ref = a_poster(service)
    anybody, form = visit(), f"/posters/{ref}/sighting"
    anybody._client.app.state.rates.limits = (Limit(What.SIGHTING, Per.ADDRESS, 2, 60, Then.REFUSE),)
    for words in ("one", "two"):
        assert anybody.open(form).press(form, what=words).status == 200
    refused = anybody.open(form).press(form, what="three")
    assert refused.status == 429
    assert refused.page.headers["Retry-After"] == "60"


def test_a_poster_that_never_was_and_one_that_hangs_no_longer_are_answered_alike(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    asked = a_report(service)
    ask(service, asked)
    hidden = ref_of(service, asked)
    anybody = visit()
    for path in ("", "/sighting", "/poster.pdf"):
        one, other = (anybody._client.get(f"/posters/{ref}{path}") for ref in (hidden, "ABCDEFGH"))
        assert one.status_code == other.status_code == 404
        assert one.text.replace(hidden, "#") == other.text.replace("ABCDEFGH", "#")


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999", "2", "1e3", "²"])
def test_a_page_of_posters_that_is_not_there_is_not_found(visit: Callable[..., Visitor], page: str) -> None:
    assert visit().open(f"/posters?page={page}").status == 404


SHEET = {
    "name": "单小明", "sex": "female", "birth_date": "lunar:1994-08-15", "event_date": "1998-05-02",
    "marks": "#set page(width: 1cm) *bold* $x^2$ \\ @ref // <label>",
}  # fmt: skip


def sheet(language: str = "zh-Hans", **facts: str) -> Sheet:
    settings = Settings(public_url="https://example.invalid/", news_phone="10005550199")
    address = poster_sheet.address_of(settings, "ABCDEFGH")
    return poster_sheet.sheet({**SHEET, **facts}, language, address, 2026, settings)


def test_a_sheet_says_everything_in_two_languages_with_the_ages() -> None:
    made = sheet()
    lines = {line.labels[1]: line.said for line in made.lines}
    assert made.languages == ("zh-Hans", "en")
    assert made.name[0] == ("单", "shàn")
    assert lines["Sex"] == ("女", "female")
    assert lines["Age when separated"] == ("3",)
    assert lines["Age in 2026"] == ("31–32",)
    assert lines["Born"][1].endswith("20 September 1994")
    assert made.words["title"] == ("寻人", "Missing person")
    assert made.address == "https://example.invalid/posters/ABCDEFGH"
    assert sheet("zh-TW").words["title"] == ("尋人", "Missing person")
    assert sheet("fr").languages == ("zh-Hans", "en")


def test_ages_are_not_worked_out_from_what_is_not_to_be_shown() -> None:
    labels = [line.labels[1] for line in sheet(birth_date="").lines]
    assert not [label for label in labels if "Age" in label]
    assert [line.said for line in sheet(event_date="", age_at_event="4").lines if "Age" in line.labels[1]] == [
        ("31–32",), ("4",)
    ]  # fmt: skip


@pytest.mark.parametrize("length", [1, 4000])
def test_what_people_write_is_set_as_text_on_one_page(length: int) -> None:
    long = {column: "长文字 word " * length for column in ("marks", "clothing", "belongings", "place_event")}
    made = typeset.printed(sheet(**(long if length > 1 else {})), images.saved(images.picture()))
    assert Image.open(io.BytesIO(made.png)).size == (1240, 1754)
    assert made.pdf.count(b"/Type /Page\n") + made.pdf.count(b"/Type/Page/") <= 1


def test_a_picture_that_is_none_is_refused_and_not_waited_for() -> None:
    with pytest.raises(Busy):
        typeset.printed(sheet(), b"no picture at all")
