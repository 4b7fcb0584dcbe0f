"""What can be done by keyboard alone."""

from playwright.sync_api import Page

from reunite.policy import Role
from tests.e2e.site import Site


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent.trim()"))


def tab_to(page: Page, wanted: str, most: int = 30) -> None:
    """Press Tab until this has the focus; it must be seen there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if focused(page) == wanted:
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline != "none", f"the focus on {wanted} cannot be seen"
            return
    raise AssertionError(f"{wanted} is not reached by {most} presses of Tab on {page.url}")


def enter(page: Page) -> None:
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_an_officer_signs_in_with_the_second_factor_by_keyboard_alone(site: Site) -> None:
    officer = site.shown[Role.POLICE]
    page = site.window(None, "en")
    page.goto("/")
    tab_to(page, "For staff")
    enter(page)
    tab_to(page, "email")
    page.keyboard.type(officer.email)
    tab_to(page, "password")
    page.keyboard.type(officer.password)
    enter(page)
    tab_to(page, "code")
    page.keyboard.type(officer.codes[1])
    enter(page)
    assert page.url.endswith("/referrals")
    tab_to(page, "Sign out")


def test_the_menu_of_a_phone_opens_by_keyboard_and_leads_on(site: Site) -> None:
    page = site.window(Role.COORDINATOR, "en", viewport={"width": 320, "height": 640})
    page.goto("/queue")
    tab_to(page, "Menu")
    page.keyboard.press("Enter")
    tab_to(page, "Moderation")
    enter(page)
    assert page.url.endswith("/moderation")


def test_the_first_tab_leads_past_the_header(site: Site) -> None:
    page = site.window(None, "en")
    page.goto("/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")
