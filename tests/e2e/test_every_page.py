"""Every page of the application's own list of routes, as each role: axe, no scrolling to the side, no error."""

import os

import pytest
from playwright.sync_api import Page

from reunite.policy import Role
from tests.e2e.axe import sideways, violations
from tests.e2e.site import STATES, Site, addresses

SHORT = os.environ.get("FORM") == "short"
LANGUAGES = ("zh-CN", "en")
FIELDS = {
    "name": "李晓明",
    "place_event": "四川省成都市武侯区",
    "event_date": "2003-07-12",
    "marks": "左手臂红色胎记",
}


def looked_at(page: Page, name: str, states: list[tuple[str, int]] = STATES) -> list[str]:
    """What is wrong with the page as it stands, in each scheme and width."""
    wrong = []
    for scheme, width in states:
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 800})
        if width == 320 and (pixels := sideways(page)):
            wrong.append(f"{name} {scheme} {width}: scrolls {pixels} px to the side")
        wrong += [f"{name} {scheme} {width}: {found}" for found in violations(page)]
    return wrong


def some_of(language: str) -> list[tuple[str, int]]:
    """All states; in the short form one a language, which differ in both scheme and width."""
    if not SHORT:
        return STATES
    return [("dark", 320)] if language == "zh-CN" else [("light", 1280)]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("role", [None, *Role], ids=lambda role: role.value if role else "public")
def test_no_page_has_a_barrier_that_axe_knows_or_scrolls_sideways(site: Site, role: Role | None) -> None:
    wrong, seen = [], set()
    for language in LANGUAGES:
        page = site.window(role, language)
        for route, address in addresses(site, role).items():
            page.goto("about:blank")
            answer = page.request.get(address)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            page.goto(address)
            seen.add(route)
            assert page.locator("html").get_attribute("lang") == {"zh-CN": "zh-Hans"}.get(language, language)
            wrong += looked_at(page, f"{route} {language}", some_of(language))
        page.context.close()
    assert len(seen) >= (6 if role is None else 8), seen
    assert wrong == []


def press(page: Page, button: str) -> None:
    with page.expect_navigation():
        page.locator(button).first.click()


def test_refused_forms_have_none_either(site: Site) -> None:
    wrong = []
    for language in LANGUAGES:
        page = site.window(None, language)
        for path, filled in (("/sign-in", {"email": "a@example.invalid", "password": "wrong"}),
                             ("/case", {"case_number": "M-0000-0000", "secret": "wrong"}),
                             ("/report/continue", {"code": "0000-0000-0000-0000"}),
                             ("/report/missing/when", {"birth_date": "when the plums were ripe"})):  # fmt: skip
            page.goto(path)
            for name, text in filled.items():
                page.fill(f"#{name}", text)
            press(page, f"main form[action='{path}'] button.wide")
            wrong += looked_at(page, f"{path} refused {language}", some_of(language))
        page.context.close()
    assert wrong == []


def test_what_a_family_is_shown_after_its_form_has_none_either(site: Site) -> None:
    """All of it as it was understood, the receipt, the own case, and a topic of it that is corrected."""
    wrong = []
    for language in LANGUAGES:
        page = site.window(None, language)
        page.goto("/report/missing")
        page.fill("#name", FIELDS["name"])
        press(page, "button[value=next]")
        page.fill("#event_date", FIELDS["event_date"])
        press(page, "button[value=check]")
        wrong += looked_at(page, f"check {language}", some_of(language))
        press(page, "button[value=file]")
        wrong += looked_at(page, f"receipt {language}", some_of(language))
        number, secret = page.inner_text("#receipt-number"), page.inner_text("#receipt-secret")
        page.goto("/case")
        page.fill("#case_number", number)
        page.fill("#secret", secret)
        press(page, "main form[action='/case'] button")
        wrong += looked_at(page, f"own case {language}", some_of(language))
        press(page, "form[action='/case/correct'] button")
        wrong += looked_at(page, f"correcting {language}", some_of(language))
        page.context.close()
    assert wrong == []


def test_axe_finds_what_is_wrong(site: Site) -> None:
    page = site.window(None, "en")
    page.goto("/")
    page.evaluate("document.querySelector('main').innerHTML = '<input><img src=\"/static/icon.svg\">'")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<pre>' + 'long '.repeat(200) + '</pre>')")
    found = looked_at(page, "/")
    assert any(": label " in one for one in found)
    assert any(": image-alt " in one for one in found)
    assert any("px to the side" in one for one in found)
