"""A family files by the form, keeps its receipt, and opens its case with it."""

import gzip
import re
from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from api import place_list
from api.report_form import TOPICS
from reunite import drafts, photo_files
from reunite.keys import Keys
from reunite.sanitising import CleanPhoto
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.draft_tables import DraftPhotoRow, DraftRow
from reunite.storage.photo_tables import PhotoRow
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.storage.vault_tables import SealedRow
from tests import images
from tests.visitor import Visitor

WRITTEN = {
    "name": "李晓明", "sex": "male", "birth_date": "1998年农历八月十五", "event_date": "2003年7月12日",
    "place_event": "四川省成都市武侯区", "memories": "屋后有竹林\n爸爸是木匠", "reporter_phone": "10005550100",
}  # fmt: skip


def filed(service: Service) -> list[ReportRow]:
    with service.database.read() as session:
        return list(session.scalars(select(ReportRow)))


def file(visitor: Visitor, kind: str = "missing", **written: str) -> tuple[str, str]:
    visitor.file_report(kind, **(written or WRITTEN))
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
    visitor = visit("zh-CN").tell("missing", **WRITTEN)
    assert "农历1998年八月十五 → 1998年10月5日" in visitor.text
    assert filed(service) == []


@pytest.mark.parametrize(
    ("typed", "how", "said"),
    [
        ("1998年八月十五", "lunar", "lunar 1998-08-15 → 5 October 1998"),
        ("八月十五 1998", "lunar", "lunar 1998-08-15 → 5 October 1998"),
        ("农历1998年八月十五", "lunar", "lunar 1998-08-15 → 5 October 1998"),
        ("1998", "about", "about 1998"),
        ("about 1998", "about", "about 1998"),
        ("August 1998", "exact", ""),
        ("when the plums were ripe", "exact", "This date is not understood."),
        ("", "lunar", ""),
    ],
)
def test_a_date_is_said_back_while_it_is_typed_and_on_the_page_that_comes_back(
    visit: Callable[..., Visitor], typed: str, how: str, said: str
) -> None:
    visitor = visit().open("/report/missing/when")
    sent = {"csrf": visitor.field("/report/missing/when", "csrf"), "birth_date": typed, "birth_date_as": how}
    told = visitor._client.post("/report/understand", data=sent).json()
    assert (told["understood"] + told["problem"]).startswith(said)
    visitor.press("/report/missing/when", "next", birth_date=typed, birth_date_as=how)
    visitor.open("/report/missing/when")
    assert visitor.field("/report/missing/when", "birth_date") == typed
    assert visitor.field("/report/missing/when", "birth_date_as") == how
    if "→" in said:
        assert said in visitor.text


def test_one_topic_a_page_with_the_progress_and_every_question_may_stay_empty(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit().open("/report/found")
    for number, topic in enumerate(TOPICS, start=1):
        assert f"Step {number} of {len(TOPICS)}" in visitor.text
        assert visitor.status == 200
        visitor.press(f"/report/found/{topic.key}", "next", **({"name": "李"} if number == 1 else {}))
    assert visitor.page.url.path == "/report/found/check"
    visitor.press("/report/found/check", "file")
    assert visitor.status == 201
    assert [report.person for report in filed(service)] == [{"name": "李"}]


def test_going_back_loses_nothing_not_even_a_mistake(visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    visitor.press("/report/missing/when", "back", birth_date="when the plums were ripe")
    assert visitor.page.url.path == "/report/missing/who"
    assert visitor.field("/report/missing/who", "name") == "李晓明"
    visitor.open("/report/missing/when")
    assert visitor.field("/report/missing/when", "birth_date") == "when the plums were ripe"


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
    wrong = {"birth_date": "when the plums were ripe", "event_date": "x", "age_at_event": "4"}
    visitor = visit(language).open("/report/missing/when").press("/report/missing/when", "next", **wrong)
    assert visitor.status == 422
    assert visitor.text.count(said) == 4, "both once in the summary and once at the field"
    assert {"#birth_date", "#event_date"} <= set(visitor.links)
    for column, text in wrong.items():
        assert visitor.field("/report/missing/when", column) == text
    visitor.open("/report/missing/check")
    assert visitor.status == 422
    assert "/report/missing/when#birth_date" in visitor.links
    assert "file" not in [value for form in visitor._read().forms for _, value in form.buttons]
    assert filed(service) == []


def test_an_empty_report_is_asked_for_one_thing(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit().tell("found")
    assert visitor.status == 422
    assert "at least one thing" in visitor.text
    assert "/report/found/who#name" in visitor.links
    assert filed(service) == []


def test_a_double_tap_files_once_and_shows_the_same_receipt(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit().tell("missing", **WRITTEN)
    check = visitor.page
    first = visitor.press("/report/missing/check", "file").text
    visitor._show(check)
    assert visitor.press("/report/missing/check", "file").text == first
    assert len(filed(service)) == 1
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(DraftPhotoRow)).one() == 0


def test_a_filed_report_is_no_draft_any_more_and_the_next_one_begins_empty(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit()
    file(visitor)
    visitor.open("/report/missing")
    assert visitor.field("/report/missing/who", "name") == ""
    file(visitor, "missing", name="王小红")
    assert [report.person["name"] for report in filed(service)] == ["李晓明", "王小红"]


def code_on(visitor: Visitor) -> str:
    return re.findall(r"\w{4}(?:-\w{4}){3}(?!-)", visitor.text)[0]


def test_a_draft_goes_on_on_another_device_by_its_code_and_is_in_no_address(
    visit: Callable[..., Visitor],
) -> None:
    first = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    code = code_on(first)
    assert code not in str(first.page.url)
    second = visit().open("/report/continue").press("/report/continue", code=code.lower().replace("-", " "))
    assert second.page.url.path == "/report/missing"
    assert second.field("/report/missing/who", "name") == "李晓明"
    second.press("/report/missing/who", "next", name="李小明")
    first.open("/report/missing")
    assert first.field("/report/missing/who", "name") == "李小明"


def test_a_wrong_code_and_one_whose_time_is_over_look_the_same(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    first = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    code = code_on(first)
    with service.database.write() as session:
        session.execute(update(DraftRow).values(expires_at=now(session)))
    answers = []
    for typed in (code, "0000-0000-0000-0000", ""):
        other = visit().open("/report/continue").press("/report/continue", code=typed)
        assert other.status == 404
        answers.append(other.text)
    assert len(set(answers)) == 1


def test_codes_are_guessed_no_faster_than_receipts(visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/continue")
    sent = {"csrf": visitor.field("/report/continue", "csrf"), "code": "0000-0000-0000-0000"}
    statuses = [visitor._client.post("/report/continue", data=sent).status_code for _ in range(40)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_what_was_typed_is_kept_even_when_the_draft_ran_out_meanwhile(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    with service.database.write() as session:
        session.execute(delete(DraftRow))
    visitor.press("/report/missing/when", "next", birth_date="1998")
    visitor.open("/report/missing/when")
    assert visitor.field("/report/missing/when", "birth_date") == "1998"


def test_a_draft_is_erased_by_a_button(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    visitor.press("/report/erase")
    assert "Nothing was filed" in visitor.text
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(DraftRow)).one() == 0
    visitor.open("/report/missing")
    assert visitor.field("/report/missing/who", "name") == ""


def test_photos_are_filed_with_the_report(service: Service, visit: Callable[..., Visitor]) -> None:
    visitor = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    page = "/report/missing/photos"
    visitor.open(page)
    sent = {"csrf": visitor.field(page, "csrf"), "go": "add"}
    pictures = [("photo", ("a.jpg", images.saved(images.picture(seed)))) for seed in (1, 2)]
    wrong = ("photo", ("b.jpg", b"no picture"))
    visitor._show(visitor._client.post(page, data=sent, files=[*pictures, wrong]))
    assert visitor.status == 422
    assert "Not every photo could be taken" in visitor.text
    assert visitor.page.text.count("data:image/jpeg") == 2
    visitor.press("/report/missing/photos/remove")
    assert visitor.page.text.count("data:image/jpeg") == 1
    visitor.open("/report/missing/check")
    assert visitor.page.text.count("data:image/jpeg") == 1
    visitor.press("/report/missing/check", "file")
    assert visitor.status == 201
    [report] = filed(service)
    with service.database.read() as session:
        [photo] = session.scalars(select(PhotoRow))
    assert photo.report_id == report.id
    assert (service.settings.data_dir / "photos" / photo.file).exists()
    assert report.person["photo"], "its fingerprint is compared"


def test_a_full_disk_keeps_the_draft_and_files_nothing_by_half(
    service: Service, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = visit().open("/report/missing").press("/report/missing/who", "next", name="李晓明")
    page = "/report/missing/photos"
    visitor.open(page)
    sent = {"csrf": visitor.field(page, "csrf"), "go": "next"}
    visitor._client.post(page, data=sent, files={"photo": ("a.jpg", images.saved(images.picture()))})

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(photo_files, "write", full)
        visitor.open("/report/missing/check").press("/report/missing/check", "file")
    assert visitor.status == 503
    assert filed(service) == []
    visitor.open("/report/missing/check").press("/report/missing/check", "file")
    assert visitor.status == 201
    assert len(filed(service)) == 1


@pytest.mark.parametrize("what", ["a word", "a photo"])
def test_what_another_window_writes_while_it_is_filed_is_not_lost_but_shown_first(
    service: Service, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    visitor = visit().tell("missing", name="李晓明")
    find, code = drafts.find, code_on(visitor)

    def written_on_meanwhile(session: Session, keys: Keys, code: str, *, lock: bool = False) -> object:
        if lock and what == "a word":
            assert drafts.keep(session, keys, code, "missing", {"name": "李小明"})
        elif lock:
            drafts.add_photo(session, keys, code, CleanPhoto(b"\xff\xd8photo", b"\xff\xd8", 4, 3, ""))
        return find(session, keys, code)

    with monkeypatch.context() as patched:
        patched.setattr(drafts, "find", written_on_meanwhile)
        visitor.press("/report/missing/check", "file")
    assert visitor.page.url.path == "/report/missing/check"
    assert visitor.page.request.method == "GET"
    assert filed(service) == []
    with service.database.read() as session:
        assert drafts.find(session, service.keys, code) is not None


def test_the_table_of_the_picker_is_what_the_gazetteer_says() -> None:
    assert place_list.TABLE.read_text(encoding="utf-8") == place_list.made()


def test_the_places_of_the_picker_are_the_same_for_everybody_and_small(visit: Callable[..., Visitor]) -> None:
    client = visit()._client
    answer = client.get("/static/places.txt")
    assert "四川省成都市武侯区\twu hou qu\n" in answer.text
    assert answer.headers["content-encoding"] == "gzip"
    assert len(gzip.compress(answer.content)) < 60_000
    assert "gzip" not in client.get("/report/missing/where").headers.get("content-encoding", "")
    assert "max-age" in answer.headers["cache-control"]
    assert (
        client.get("/static/places.txt", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    )


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{ 7*7 }}", "\u202eabc"]
)
def test_what_is_written_is_shown_as_text(visit: Callable[..., Visitor], text: str) -> None:
    visitor = visit().tell("missing", name=text)
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
    visitor = visit().tell("missing", **WRITTEN)
    client, form = visitor._client, "/report/missing/check"
    assert client.post(form, data={"step": "file"}).status_code == 403
    sent = {"step": "file", "csrf": visitor.field(form, "csrf")}
    assert client.post(form, data=sent, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert visit().open("/")._client.post(form, data=sent).status_code == 403
    assert filed(service) == []
