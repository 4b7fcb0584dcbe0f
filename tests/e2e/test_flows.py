"""What people come for, whole, in a real browser: filing on a phone, twenty reviews by keyboard, a confirmation."""

import re

from playwright.sync_api import Page, expect

from benchmarks.recording import follow
from reunite import demo
from reunite.policy import Role
from tests.e2e.axe import sideways, violations
from tests.e2e.site import Site
from tests.processes import wait_until

PHONE = {"width": 390, "height": 844}
MARKS = "右肩有月牙形的白色疤痕"


def next_page(page: Page, **filled: str) -> None:
    for name, text in filled.items():
        page.fill(f"#{name}", text)
    assert sideways(page) == 0, page.url
    follow(page.locator("button[value=next]"))


def files(site: Site, kind: str, **told: str) -> str:
    """A family or a finder files on a phone, topic by topic; gives the case number."""
    page = site.window(None, "zh-CN", viewport=PHONE)
    page.goto("/")
    follow(page.locator(f"a.{kind}"))
    next_page(page, name=told["name"])
    next_page(page, birth_date=told["birth_date"], event_date=told["event_date"])
    next_page(page, place_event=told["place_event"])
    next_page(page, marks=MARKS)
    next_page(page, memories=told["memories"])
    next_page(page)
    next_page(page, reporter_phone="10005550100")
    next_page(page)
    follow(page.locator("button[value=file]"))
    assert page.locator(".receipt").count(), page.inner_text("main")
    number = page.locator(".receipt .code").first.inner_text()
    page.context.close()
    return number


def test_both_sides_file_on_a_phone_and_three_people_bring_them_together(site: Site) -> None:
    said = {
        "birth_date": "1998年农历八月十五",
        "event_date": "2003年7月12日",
        "place_event": "四川省成都市武侯区",
    }
    missing = files(site, "missing", name="钟离月明", memories="屋后有竹林，爸爸是木匠", **said)
    found = files(site, "found", name="钟离月鸣", memories="家后面都是竹子，爸爸做木工", **said)
    wait_until(lambda: demo.nothing_waits(site.service))
    for role in (Role.VOLUNTEER, Role.COORDINATOR):
        page = site.window(role, "en")
        page.goto("/queue")
        follow(page.locator("li", has_text=f"{missing} · {found}").get_by_role("link").first)
        page.keyboard.press("c")
        page.wait_for_selector("#reason")
        page.keyboard.press("p")
        page.keyboard.type("The name sounds the same, and the scar is the same.")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        page.context.close()
    officer = site.window(Role.POLICE, "en")
    officer.goto("/referrals")
    follow(officer.locator("li", has_text=found).get_by_role("link").first)
    follow(officer.get_by_role("link", name="Dossier to print"))
    expect(officer.locator("main")).to_contain_text("the scar is the same")
    follow(officer.get_by_role("link", name="Back to the comparison"))
    officer.select_option("#basis", "dna")
    officer.fill("#reference", "DNA 2026-0117")
    follow(officer.locator("button[value=confirmed]"))
    expect(officer.locator("#reunion")).to_contain_text("They met")
    assert violations(officer) == []
    officer.goto("/reunions")
    assert violations(officer) == []
    officer.context.close()


def test_twenty_candidates_are_reviewed_by_keyboard_alone(site: Site) -> None:
    page = site.window(Role.VOLUNTEER, "en", viewport={"width": 1280, "height": 900})
    page.goto("/queue")
    page.keyboard.press("j")
    with page.expect_navigation():
        page.keyboard.press("o")
    seen = set()
    for number in range(20):
        assert page.url not in seen
        seen.add(page.url)
        with page.expect_navigation():
            page.keyboard.press("c")
        page.wait_for_selector("#reason")
        page.keyboard.press("upx?"[number % 4] if number % 4 != 1 else "u")
        page.keyboard.type(f"Looked at the marks and the places, number {number}.")
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
        expect(page.get_by_role("status")).to_contain_text("recorded")
        page.goto(re.sub(r"[?&]done=yes", "", page.url))
    page.context.close()
