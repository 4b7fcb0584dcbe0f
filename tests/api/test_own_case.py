"""What a family does with its own case: keep it on, erase it, correct it, keep its receipt."""

import io
import re
from collections.abc import Callable

import pytest
import segno
from PIL import Image
from sqlalchemy import select

from reunite.service import Service
from reunite.storage.tables import ReportRow
from tests.reunite.test_retention import file, pass_days
from tests.visitor import Visitor


def test_the_family_erases_on_its_page_after_saying_so_twice(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    receipt = file(service)
    family = visit("en").open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert family.press("/case/erase").status == 200
    assert "Your report is with us" in family.text
    assert "Your report is erased" in family.press("/case/erase", sure="yes").text
    family.open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert family.status == 404


def test_the_family_sees_the_date_and_moves_it(service: Service, visit: Callable[..., Visitor]) -> None:
    receipt = file(service)
    pass_days(service, 1000)
    family = visit("en").open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert "How long it is kept" in family.text
    before = family.text
    after = family.press("/case/extend").text
    assert "Your report is with us" in after
    assert before != after


WHO, WHEN, WHERE, LOOKS, CONTACT, SAFETY = "who", "when", "where", "looks", "reach", "safety"


def opened(service: Service, visit: Callable[..., Visitor], kind: str = "found", **changes: str) -> Visitor:
    receipt = file(service, kind, **changes)
    return visit("en").open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)


def topic(family: Visitor, number: str) -> Visitor:
    return family.press("/case/correct", topic=number)


def test_the_case_shows_what_was_told_as_it_was_understood(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = opened(service, visit, birth_date="lunar:1998-08-15", withheld="a tin soldier")
    assert "lunar 1998-08-15 → 5 October 1998" in family.text
    assert "广东省广州市" in family.text
    assert "•••••100" in family.text
    for hidden in ("10005550100", "reporter@example", "a tin soldier", "Invented Reporter"):
        assert hidden not in family.page.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_topic_is_corrected_in_a_filled_form_and_compared_again(
    service: Service, visit: Callable[..., Visitor], language: str
) -> None:
    receipt = file(service, "missing")
    family = visit(language).open("/case")
    family.press("/case", case_number=receipt.case_number, secret=receipt.secret)
    assert topic(family, WHO).field("/case/correct", "name") == "王晓明"
    family.press("/case/correct", name="王小明")
    topic(family, WHEN).press("/case/correct", birth_date="1994年农历八月十五")
    assert family.status == 200
    assert "王小明" in family.text
    assert {"en": "compared again", "zh-CN": "重新与所有登记比对"}[language] in family.text
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        assert (report.person["name"], report.person["birth_date"], report.rev) == (
            "王小明",
            "lunar:1994-08-15",
            3,
        )


def test_errors_stand_above_and_beside_the_field_and_nothing_typed_is_lost(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = topic(opened(service, visit, "missing"), WHEN)
    written = {"event_date": "the next day", "birth_date": "some day", "age_at_event": "4"}
    assert family.press("/case/correct", **written).status == 422
    assert "Nothing you wrote was lost" in family.text
    assert "#birth_date" in family.links
    assert "#event_date" in family.links
    assert {name: family.field("/case/correct", name) for name in written} == written
    family.press("/case/correct", birth_date="1994", event_date="", take_event_date="yes")
    assert family.status == 200
    topic(family, WHO).press("/case/correct", take_other_names="yes")
    assert "小明" not in family.text.replace("王晓明", "")


def test_contact_data_is_never_in_the_form_and_replaced_only_when_written_anew(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = topic(opened(service, visit), CONTACT)
    assert family.field("/case/correct", "reporter_phone") == ""
    assert "10005550100" not in family.page.text
    family.press("/case/correct", reporter_phone="10005550177")
    assert "•••••177" in family.text
    assert "10005550177" not in family.page.text
    assert "r•••••" in family.text, "the address was left as it is"
    topic(family, CONTACT).press("/case/correct", take_reporter_phone="yes")
    assert "•••••177" not in family.text


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize(
    "kept",
    ["lunar:1998-08-15", "lunar:1998-L05-03", "1994~", "1991/1994", "1998-21", "1998-08-15?", "1998-09"],
)
def test_a_date_stands_in_the_form_as_people_write_it_and_stays_the_same(
    service: Service, visit: Callable[..., Visitor], language: str, kept: str
) -> None:
    receipt = file(service, "missing", birth_date=kept)
    family = visit(language).open("/case")
    family.press("/case", case_number=receipt.case_number, secret=receipt.secret)
    stands = topic(family, WHEN).field("/case/correct", "birth_date")
    assert "lunar:" not in stands or (language, kept) == ("en", "lunar:1998-L05-03")
    family.press("/case/correct", age_at_event="4")
    with service.database.read() as session:
        assert session.scalars(select(ReportRow.person)).one()["birth_date"] == kept
    topic(family, WHEN).press("/case/correct", take_birth_date="yes")
    with service.database.read() as session:
        assert "birth_date" not in session.scalars(select(ReportRow.person)).one()


def test_a_choice_is_put_back_to_not_known(service: Service, visit: Callable[..., Visitor]) -> None:
    family = topic(opened(service, visit, "missing", blood_type="AB+"), LOOKS)
    assert family.field("/case/correct", "blood_type") == "AB+", "what no choice says stays as it was"
    assert "Nothing was changed" in family.press("/case/correct").text
    topic(family, LOOKS).press("/case/correct", blood_type="")
    with service.database.read() as session:
        assert "blood_type" not in session.scalars(select(ReportRow.person)).one()


def test_what_only_the_police_read_is_written_anew_or_taken_away_unseen(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = opened(service, visit, withheld="a tin soldier")
    for filled in ({"withheld": "a wooden horse"}, {"take_withheld": "yes"}):
        topic(family, SAFETY).press("/case/correct", **filled)
        assert family.status == 200
        for word in ("tin soldier", "wooden horse"):
            assert word not in family.page.text
    assert "Nothing was changed" in topic(family, SAFETY).press("/case/correct", take_withheld="yes").text


@pytest.mark.parametrize("wrong", ["", "99", "photos", "check", "Who", "0" * 5000])
def test_a_topic_that_is_not_there_is_a_page_that_is_not_there(
    service: Service, visit: Callable[..., Visitor], wrong: str
) -> None:
    assert topic(opened(service, visit), wrong).status == 404


def test_a_case_that_left_is_shown_and_no_longer_corrected(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = opened(service, visit, "missing")
    before = family.field("/case/correct", "csrf")
    sent = {name: family.field("/case/correct", name) for name in ("case_number", "secret")}
    family.press("/case/withdraw", sure="yes")
    assert "/case/correct" not in family.actions()
    assert "王晓明" in family.text
    late = {"csrf": before, **sent, "topic": WHO, "step": "save", "name": "李四"}
    answer = family._client.post("/case/correct", data=late)
    assert answer.status_code == 200
    assert "李四" not in answer.text


def test_no_address_and_no_cookie_ever_holds_a_receipt(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family = opened(service, visit)
    secret, number = (family.field("/case/correct", name) for name in ("secret", "case_number"))
    topic(family, WHO).press("/case/correct", name="黄小明")
    for where in (*family.links, str(family.page.url), str(family.page.headers), str(family._client.cookies)):
        assert secret not in where
        assert number not in where


@pytest.mark.parametrize("between", ["\n", " ", "\r\n", ", "])
def test_a_receipt_that_was_copied_whole_opens_the_case_from_one_field(
    service: Service, visit: Callable[..., Visitor], between: str
) -> None:
    receipt = file(service)
    both = f" {receipt.case_number.lower()}{between}{receipt.secret} "
    family = visit("en").open("/case").press("/case", case_number=both)
    assert "Your report is with us" in family.text
    assert family.field("/case/withdraw", "secret") == receipt.secret
    assert visit("en").open("/case").press("/case", case_number=receipt.case_number + between).status == 404


def test_the_receipt_has_a_qr_code_of_its_words_and_can_be_kept_as_a_picture(
    visit: Callable[..., Visitor],
) -> None:
    family = visit().file_report("missing", name="李晓明", place_event="成都")
    number, secret = re.findall(r"M-\w{4}-\w{4}|\w{4}(?:-\w{4}){5}", family.text)[:2]
    drawn = segno.make_qr(f"{number}\n{secret}", error="m").svg_inline(omitsize=True, border=4, light="white")
    path = re.findall(r' d="([^"]+)"', drawn)[-1]
    assert path in family.page.text
    assert "style=" not in family.page.text
    picture = family.press("/case/receipt").page
    assert picture.headers["content-type"] == "image/png"
    assert picture.headers["cache-control"] == "no-store"
    assert picture.headers["content-disposition"] == f'attachment; filename="reunite-{number}.png"'
    image = Image.open(io.BytesIO(picture.content))
    assert image.size == (1080, 1440)
    assert len(image.getcolors(1 << 20) or []) > 2, "words are drawn, not only modules"


def test_a_picture_is_made_only_for_a_receipt_that_fits(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    family, receipt = opened(service, visit), file(service, "missing")
    sent = {"csrf": family.field("/case/withdraw", "csrf"), "case_number": receipt.case_number}
    assert family._client.post("/case/receipt", data={**sent, "secret": "0" * 24}).status_code == 404
    spaced = receipt.secret.lower().replace("-", "  ")
    assert family._client.post("/case/receipt", data={**sent, "secret": spaced}).status_code == 200
