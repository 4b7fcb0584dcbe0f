"""A family files by the form, keeps its receipt, and opens its case with it."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from reunite.service import Service
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.storage.vault_tables import SealedRow
from tests.visitor import Visitor

WRITTEN = {
    "name": "李晓明", "sex": "male", "birth_date": "1998年农历八月十五", "event_date": "2003年7月12日",
    "place_event": "四川省成都市武侯区", "memories": "屋后有竹林\n爸爸是木匠", "reporter_phone": "10005550100",
}  # fmt: skip


def filed(service: Service) -> list[ReportRow]:
    with service.database.read() as session:
        return list(session.scalars(select(ReportRow)))


def file(visitor: Visitor, kind: str = "missing", **written: str) -> tuple[str, str]:
    form = f"/report/{kind}"
    visitor.open(form).press(form, **(written or WRITTEN)).press(form, "file")
    assert visitor.status == 201
    found = re.findall(r"[MF]-\w{4}-\w{4}|\w{4}(?:-\w{4}){5}", visitor.text)
    return found[0], found[1]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("kind", ["missing", "found"])
def test_a_report_is_filed_in_both_languages(
    service: Service, visit: Callable[..., Visitor], kind: str, language: str
) -> None:
    number, _ = file(visit(language), kind)
    report = filed(service)[0]
    assert (report.case_number, report.kind) == (number, kind)
    assert report.language == {"zh-CN": "zh-Hans", "en": "en"}[language]
    assert report.person["birth_date"] == "lunar:1998-08-15"
    assert report.person["memories"] == "屋后有竹林\n爸爸是木匠"
    assert "reporter_phone" not in report.person
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(MatchJobRow)).one() == 1
        assert (
            b"10005550100"
            not in session.scalars(select(SealedRow.sealed).where(SealedRow.column == "reporter")).one()
        )


def test_the_page_says_how_a_date_was_understood_before_anything_is_filed(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit("zh-CN").open("/report/missing").press("/report/missing", **WRITTEN)
    assert "农历1998年八月十五 → 1998年10月5日" in visitor.text
    assert filed(service) == []


def test_going_back_to_change_something_loses_nothing(visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/missing").press("/report/missing", **WRITTEN)
    visitor.press("/report/missing", "change")
    for column, text in WRITTEN.items():
        assert visitor.field("/report/missing", column) == text


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "This date is not understood."),
        ("zh-CN", "看不懂这个日期。"),
    ],
)
def test_a_mistake_is_told_in_the_language_of_the_form_and_nothing_typed_is_lost(
    service: Service, visit: Callable[..., Visitor], language: str, said: str
) -> None:
    wrong = {**WRITTEN, "birth_date": "when the plums were ripe", "height_cm": "tall"}
    visitor = visit(language).open("/report/missing").press("/report/missing", **wrong)
    assert visitor.status == 422
    assert visitor.text.count(said) == 2, "once in the summary, once at the field"
    assert "tall" in visitor.text
    assert {"#birth_date", "#height_cm"} <= set(visitor.links)
    for column, text in wrong.items():
        assert visitor.field("/report/missing", column) == text
    assert filed(service) == []


def test_an_empty_form_is_asked_for_one_thing(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/found").press("/report/found")
    assert visitor.status == 422
    assert "at least one thing" in visitor.text
    assert filed(service) == []


def test_a_double_tap_files_once_and_shows_the_same_receipt(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit().open("/report/missing").press("/report/missing", **WRITTEN)
    check = visitor.page
    first = visitor.press("/report/missing", "file").text
    visitor._show(check)
    assert visitor.press("/report/missing", "file").text == first
    assert len(filed(service)) == 1


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}", "\u202eabc"]
)
def test_what_is_written_is_shown_as_text(visit: Callable[..., Visitor], text: str) -> None:
    visitor = visit().open("/report/missing").press("/report/missing", name=text)
    assert visitor.status == 200
    assert "<script>alert" not in visitor.page.text
    assert "<img src=x" not in visitor.page.text
    assert "\u202e" not in visitor.text


def test_the_receipt_opens_the_case_and_shows_its_status_and_what_was_told(
    visit: Callable[..., Visitor],
) -> None:
    visitor = visit()
    number, secret = file(visitor)
    other = visit().open("/case").press("/case", case_number=number.lower(), secret=secret.replace("-", " "))
    assert "Your report is with us" in other.text
    assert "李晓明" in other.text
    assert "•••••100" in other.text
    assert "10005550100" not in other.page.text


def test_every_receipt_that_does_not_fit_looks_like_a_page_that_is_not_there(
    visit: Callable[..., Visitor],
) -> None:
    number, secret = file(visit())
    other = visit()
    other.open("/case")
    elsewhere = other.open("/no/such/page").text
    wrong = [(number, secret[:-1] + ("0" if secret[-1] != "0" else "1")), ("M-0000-0000", secret), ("", ""),
             ("x" * 5000, "\U0001f600")]  # fmt: skip
    for case_number, guess in wrong:
        other.open("/case").press("/case", case_number=case_number, secret=guess)
        assert other.status == 404
        assert other.text == elsewhere


def test_a_family_withdraws_its_report_only_after_saying_so_twice(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit()
    number, secret = file(visitor)
    visitor.open("/case").press("/case", case_number=number, secret=secret).press("/case/withdraw")
    assert filed(service)[0].state == "open"
    visitor.press("/case/withdraw", sure="yes")
    assert filed(service)[0].state == "withdrawn"
    assert "You have withdrawn this report" in visitor.text


def test_a_form_from_another_site_is_refused(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/missing")
    client = visitor._client
    assert client.post("/report/missing", data={**WRITTEN, "step": "file"}).status_code == 403
    token = visitor.field("/report/missing", "csrf")
    sent = {**WRITTEN, "step": "file", "csrf": token, "key": "k"}
    assert (
        client.post("/report/missing", data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    )
    assert visit().open("/")._client.post("/report/missing", data=sent).status_code == 403
    assert filed(service) == []
