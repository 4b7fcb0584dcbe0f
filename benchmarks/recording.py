"""The main job in pictures, by a real browser on a service of its own, on invented reports.

    python -m benchmarks.recording [FOLDER]

Writes docs/pictures/*.png, which docs/main-job.md shows: a family files by phone, a shelter by the API, the worker
finds the pair, two volunteers find it plausible, an officer confirms, and the family reads that there is news.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
from playwright.sync_api import Browser, Locator, Page

from api import report_form
from benchmarks import generator
from benchmarks.browser import browser
from reunite import demo
from reunite.config import Settings
from reunite.console import import_file
from reunite.service import open_service
from tests.processes import command, wait_until

_PHONE, _DESK = {"width": 390, "height": 844}, {"width": 1320, "height": 860}
_FAMILY = {
    "name": "李晓明", "other_names": "毛毛", "birth_date": "1998年农历八月十五", "event_date": "2003年7月12日",
    "place_event": "四川省成都市武侯区火车南站", "place_home": "四川省成都市双流区", "marks": "左手臂红色胎记",
    "clothing": "蓝色短袖，凉鞋", "relatives": "父亲:李建国; 姐姐:李丽", "languages": "四川话",
    "memories": "屋后有竹林，爸爸是木匠", "reporter_name": "李建国", "reporter_phone": "10005550100",
}  # fmt: skip
_SHELTER = {
    "kind": "found", "name": "黎小鸣", "name_origin": "told_by_child", "sex": "male", "age_at_event": "4-5",
    "event_date": "2003-22", "found_date": "2003-08", "place_event": "成都", "place_found": "河南省郑州市",
    "marks": "左胳膊有块红色的胎记", "relatives": "姐姐:丽丽", "memories": "家后面都是竹子，爸爸做木工",
    "language": "zh-Hans",
}  # fmt: skip
_REASONS = (
    "The sound of the name, the birthmark and the bamboo behind the house agree.",
    "Same summer in Chengdu, same sister's name; the father's work is said on both sides.",
)


@dataclass
class Recording:
    """A browser on a running service, and where the pictures go."""

    browser: Browser
    address: str
    folder: Path
    shown: dict[str, demo.Shown]
    taken: list[str] = field(default_factory=list)

    def page(self, size: dict[str, int], language: str) -> Page:
        """A fresh window in this language."""
        context = self.browser.new_context(
            base_url=self.address, viewport=size, locale=language, device_scale_factor=1.5,  # type: ignore[arg-type]
        )  # fmt: skip
        return context.new_page()

    def picture(self, what: Page | Locator, name: str) -> None:
        """Take one of a window or of a part of it."""
        path = self.folder / f"{name}.png"
        what.screenshot(path=path)
        self.taken.append(path.name)

    def staff(self, email: str) -> Page:
        """The window of somebody who has signed in."""
        page = self.page(_DESK, "en")
        page.goto("/sign-in")
        page.fill("#email", email)
        page.fill("#password", self.shown[email].password)
        follow(page.locator("main button"))
        if codes := self.shown[email].codes:
            page.fill("#code", codes[0])
            follow(page.locator("main button"))
        return page


def follow(link_or_button: Locator) -> None:
    """Click what leads to another page, and wait until that is there."""
    with link_or_button.page.expect_navigation():
        link_or_button.click()


def family_files(one: Recording) -> tuple[str, str]:
    """By the form, on a phone, in Chinese; gives case number and secret."""
    page = one.page(_PHONE, "zh-CN")
    page.goto("/")
    one.picture(page, "1-start")
    follow(page.locator("a.missing"))
    for topic in report_form.TOPICS:
        for asked in report_form.fields(topic.key, "missing"):
            if asked.column in _FAMILY:
                page.fill(f"#{asked.column}", _FAMILY[asked.column])
        if topic.key == "who":
            page.select_option("#sex", "male")
        if topic.key == "when":
            page.wait_for_selector("output:not([hidden])")
            one.picture(page, "2-form")
        follow(page.locator("button[value=next]"))
    one.picture(page, "3-understood")
    follow(page.locator("button[value=file]"))
    one.picture(page, "4-receipt")
    number, secret = page.locator(".receipt .code").all_inner_texts()
    return number, secret


def volunteers_review(one: Recording, found: str) -> None:
    """Two different people find the pair plausible."""
    for number, email in enumerate(("volunteer@demo.invalid", "volunteer2@demo.invalid")):
        page = one.staff(email)
        if number == 0:
            one.picture(page, "5-queue")
        follow(page.locator("li", has_text=found).get_by_role("link").first)
        page.keyboard.press("c")
        page.wait_for_selector("#reason")
        if number == 0:
            page.set_viewport_size({"width": 1320, "height": 1180})
            one.picture(page, "candidate")
        page.fill("#reason", _REASONS[number])
        follow(page.locator("button[value=plausible]"))


def officer_confirms(one: Recording, found: str) -> None:
    """A third person, of the police."""
    page = one.staff("police@demo.invalid")
    one.picture(page, "6-referrals")
    follow(page.locator("li", has_text=found).get_by_role("link").first)
    page.select_option("#basis", "dna")
    page.fill("#reference", "DNA 2026-0117")
    one.picture(page.locator(".decision"), "7-decision")
    follow(page.locator("button[value=confirmed]"))


def family_reads(one: Recording, number: str, secret: str, name: str) -> None:
    """Open the case with its receipt."""
    page = one.page(_PHONE, "zh-CN")
    page.goto("/case")
    page.fill("#case_number", number)
    page.fill("#secret", secret)
    follow(page.locator("main button"))
    one.picture(page, name)


def record(one: Recording, done: Callable[[], bool | None]) -> None:
    """The whole way."""
    number, secret = family_files(one)
    answer = httpx2.post(f"{one.address}/api/v1/reports", json=_SHELTER).raise_for_status()
    found = answer.json()["case_number"]
    wait_until(done)
    family_reads(one, number, secret, "5-case")
    volunteers_review(one, found)
    officer_confirms(one, found)
    family_reads(one, number, secret, "8-news")


def record_into(folder: Path) -> list[str]:
    """Start a service on a scratch folder with generated reports, and record it; the names of the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0, news_phone="+86 100 0555 0199")
        service = open_service(settings)
        generator.write(generator.generate(120, 90, 45, 1, "demo"), Path(scratch))
        for name in ("missing.csv", "found.csv"):
            import_file(service, Path(scratch) / name, source="demo")
        shown = {one.email: one for one in demo.make_staff(service)}
        with command(settings, "-m", "reunite", "serve") as server, browser() as chromium:
            address = server.wait_for(r"Reunite is at (http://\S+)")[1]
            one = Recording(chromium, address, folder, shown)
            record(one, lambda: demo.nothing_waits(service))
        service.close()
    return one.taken


def main() -> None:
    """The command."""
    os.umask(0o022)  # the pictures are for everybody; the service narrows its own folder by itself
    print("\n".join(record_into(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))))


if __name__ == "__main__":
    main()
