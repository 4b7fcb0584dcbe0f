"""Filing in a real browser on a phone-sized page: what JavaScript adds, and that nothing is missing without it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.browser import MISSING, browser, installed
from benchmarks.recording import follow
from reunite.config import Settings
from tests import images
from tests.processes import command

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("filing") / "data", port=0)
    with command(settings, "-m", "reunite", "serve") as server:
        yield server.wait_for(r"Reunite is at (http://\S+)")[1]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def phone(chromium: Browser, address: str, *, javascript: bool = True, language: str = "zh-CN") -> Page:
    context = chromium.new_context(base_url=address, viewport=PHONE, locale=language,  # type: ignore[arg-type]
                                   java_script_enabled=javascript)  # fmt: skip
    return context.new_page()


def test_a_lunar_date_is_said_back_while_it_is_typed(chromium: Browser, address: str) -> None:
    page = phone(chromium, address)
    page.goto("/report/missing/when")
    page.fill("#birth_date", "1998年八月十五")
    page.check("input[name=birth_date_as][value=lunar]")
    expect(page.locator("output[for=birth_date]")).to_contain_text("农历1998年八月十五 → 1998年10月5日")
    page.fill("#event_date", "桃花开的时候")
    expect(page.locator("output[for=event_date]")).to_contain_text("看不懂这个日期")


@pytest.mark.parametrize("typed", ["wuhou", "whq", "武侯", "Wu hou"])
def test_a_county_is_found_by_pinyin_initials_or_characters_with_the_keyboard_alone(
    chromium: Browser, address: str, typed: str
) -> None:
    page = phone(chromium, address)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/report/missing/where")
    page.focus("#place_event")
    page.keyboard.type(typed)
    option = page.get_by_role("option", name="四川省成都市武侯区")
    expect(option).to_be_visible()
    while option.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#place_event")).to_have_value("四川省成都市武侯区")
    page.keyboard.type("火车南站")
    follow(page.locator("button[value=next]"))
    page.goto("/report/missing/where")
    expect(page.locator("#place_event")).to_have_value("四川省成都市武侯区火车南站")
    assert not [url for url in asked if typed in url], "what is typed is in no address"


def test_photos_are_shown_and_made_smaller_before_they_travel(
    chromium: Browser, address: str, tmp_path: Path
) -> None:
    picture = tmp_path / "large.png"
    picture.write_bytes(images.saved(images.picture(1, (4000, 3000)), "PNG"))
    page = phone(chromium, address)
    page.goto("/report/missing/photos")
    page.set_input_files("#photo", picture)
    expect(page.locator(".chosen-photos canvas")).to_have_count(1)
    expect(page.locator("button[value=add]")).to_be_enabled()
    sizes = page.evaluate("[...document.querySelector('#photo').files].map((one) => [one.type, one.size])")
    assert sizes[0][0] == "image/jpeg"
    assert sizes[0][1] < picture.stat().st_size
    follow(page.locator("button[value=add]"))
    expect(page.locator(".photos img")).to_have_count(1)


def test_a_mistake_takes_the_focus_to_its_summary(chromium: Browser, address: str) -> None:
    page = phone(chromium, address)
    page.goto("/report/missing/when")
    page.fill("#birth_date", "桃花开的时候")
    follow(page.locator("button[value=next]"))
    expect(page.locator(".summary")).to_be_focused()
    page.locator(".summary a").first.click()
    expect(page.locator("#birth_date")).to_be_focused()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_the_whole_way_with_and_without_javascript(chromium: Browser, address: str, javascript: bool) -> None:
    page = phone(chromium, address, javascript=javascript, language="en")
    page.goto("/report/found")
    page.fill("#name", "黎小鸣")
    follow(page.locator("button[value=next]"))
    page.fill("#birth_date", "1998")
    page.check("input[name=birth_date_as][value=about]")
    follow(page.locator("button[value=check]"))
    expect(page.locator("main")).to_contain_text("about 1998")
    follow(page.locator("button[value=file]"))
    assert page.locator(".receipt .code").count() == 2
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0 if javascript else True


def test_nothing_scrolls_sideways_on_a_small_phone(chromium: Browser, address: str) -> None:
    page = phone(chromium, address)
    page.set_viewport_size({"width": 320, "height": 640})
    for path in ("/report/missing", "/report/found/when", "/report/found/where", "/report/found/photos",
                 "/report/found/check", "/report/continue"):  # fmt: skip
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320, path
