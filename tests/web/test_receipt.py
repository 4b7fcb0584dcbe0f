"""The receipt in a real browser: kept as a picture without JavaScript, printed alone, copied by a button."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.browser import MISSING, browser, installed
from benchmarks.recording import follow
from reunite.config import Settings
from tests.processes import command

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[str, Browser]]:
    """The address of a running service, and a browser."""
    with ExitStack() as stack:
        server = stack.enter_context(
            command(Settings(data_dir=tmp_path / "data", port=0), "-m", "reunite", "serve")
        )
        address = server.wait_for(r"Reunite is at (http://\S+)")[1]
        yield address, stack.enter_context(browser())


def file(page: Page) -> tuple[str, str]:
    page.goto("/report/missing")
    page.fill("#name", "李晓明")
    follow(page.locator("button[value=next]"))
    follow(page.locator("button[value=check]"))
    follow(page.locator("button[value=file]"))
    return page.inner_text("#receipt-number"), page.inner_text("#receipt-secret")


def test_the_receipt_is_copied_and_printed_alone(opened: tuple[str, Browser]) -> None:
    address, driven = opened
    context = driven.new_context(base_url=address, locale="en", viewport={"width": 390, "height": 800})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda said: refused.append(said.text))
    number, secret = file(page)
    page.click("#copy")
    page.locator("#copied", has_text="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == f"{number}\n{secret}"
    page.evaluate("window.print = () => { document.title = 'printed' }")
    page.click("#print")
    assert page.title() == "printed"
    page.emulate_media(media="print", color_scheme="dark")
    said = page.inner_text("body")
    assert number in said
    assert secret in said
    assert "What happens next" not in said
    assert page.locator("button:visible, a:visible, h1:visible").count() == 0
    colours = "(e) => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    assert page.locator("#receipt-secret").evaluate(colours) == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
    assert refused == []
    assert page.evaluate("Object.keys(localStorage).length + Object.keys(sessionStorage).length") == 0


def test_without_javascript_there_is_no_dead_button_and_the_picture_is_kept(
    opened: tuple[str, Browser], tmp_path: Path
) -> None:
    address, driven = opened
    context = driven.new_context(
        base_url=address, locale="en", java_script_enabled=False, viewport={"width": 320, "height": 640}
    )
    page = context.new_page()
    number, _ = file(page)
    assert not page.locator("#print").is_visible()
    assert not page.locator("#copy").is_visible()
    assert page.locator(".qr-code svg").bounding_box()["width"] >= 150  # type: ignore[index]
    with page.expect_download() as kept:
        page.get_by_role("button", name="Save as a picture").click()
    assert kept.value.suggested_filename == f"reunite-{number}.png"
    kept.value.save_as(tmp_path / "receipt.png")
    assert (tmp_path / "receipt.png").read_bytes().startswith(b"\x89PNG")
    follow(page.get_by_role("button", name="Open my case"))
    assert "Your report is with us" in page.inner_text("main")
