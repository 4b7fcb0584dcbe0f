"""A poster, whole, in a real browser: a mother asks on her phone, a coordinator publishes, a passer-by tells what they
saw, and the mother takes it back."""

import os
from pathlib import Path

from playwright.sync_api import Page, expect

from benchmarks.recording import follow
from reunite.policy import Role
from tests import images
from tests.e2e.axe import sideways
from tests.e2e.site import Site
from tests.e2e.test_every_page import looked_at, some_of
from tests.factory import report_fields
from tests.reunite.hanging import a_report

PHONE = {"width": 390, "height": 844}
KEPT = os.environ.get("REUNITE_TEST_PICTURES")


def keep(page: Page, name: str) -> None:
    """For whoever wants to look at it."""
    if KEPT:
        page.screenshot(path=Path(KEPT) / f"{name}.png", full_page=True)


def open_case(page: Page, number: str, secret: str) -> None:
    page.goto("/case")
    page.fill("#case_number", number)
    page.fill("#secret", secret)
    follow(page.locator("main button.wide"))


def test_a_poster_from_a_mother_s_wish_to_a_passer_by_and_down_again(site: Site, tmp_path: Path) -> None:
    receipt = a_report(site.service, name="上官月明", clothing="红色毛衣，蓝布鞋", height_cm="105")
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(images.saved(images.picture(size=(900, 1200))))
    mother = site.window(None, "zh-CN", viewport=PHONE)
    open_case(mother, receipt.case_number, receipt.secret)
    mother.set_input_files("#photo", str(picture))
    follow(mother.locator("form[action='/case/photos'] button"))
    mother.locator("summary", has_text="申请一张人人可见的海报").click()
    for column in ("name", "sex", "birth_date", "event_date", "place_event", "clothing", "height_cm"):
        mother.check(f"input[name=show_{column}]")
    mother.locator("input[name=photo][type=radio]").nth(1).check()
    wrong = looked_at(mother, "case with the wish for a poster", some_of("zh-CN"))
    mother.set_viewport_size(PHONE)
    keep(mother, "wish")
    follow(mother.locator("form[action='/case/poster'] button"))
    expect(mother.locator("[role=alert]")).to_contain_text("请勾选同意所有人看到")
    expect(mother.locator("input[name=show_clothing]")).to_be_checked()
    mother.check("#agree")
    follow(mother.locator("form[action='/case/poster'] button"))
    wrong += looked_at(mother, "case with a poster asked for", some_of("zh-CN"))

    coordinator = site.window(Role.COORDINATOR, "en")
    coordinator.goto("/poster-requests")
    follow(coordinator.get_by_role("link", name=receipt.case_number))
    coordinator.uncheck("input[name=show_height_cm]")
    wrong += looked_at(coordinator, "poster to decide on", some_of("en"))
    coordinator.set_viewport_size({"width": 1280, "height": 900})
    keep(coordinator, "decide")
    follow(coordinator.locator("button[value=publish]"))
    address = coordinator.locator("p.good a").get_attribute("href")
    assert address is not None
    wrong += looked_at(coordinator, "poster published", some_of("en"))

    passer_by = site.window(None, "en", viewport=PHONE)
    passer_by.goto(address)
    expect(passer_by.locator("main")).to_contain_text("红色毛衣")
    expect(passer_by.locator("main")).not_to_contain_text("105 cm")
    assert report_fields()["reporter_phone"] not in passer_by.content()
    wrong += looked_at(passer_by, "poster with a photo", some_of("en"))
    passer_by.set_viewport_size(PHONE)
    keep(passer_by, "poster-phone")
    passer_by.set_viewport_size({"width": 1280, "height": 900})
    keep(passer_by, "poster-wide")
    passer_by.emulate_media(media="print")
    keep(passer_by, "poster-print")
    if KEPT:
        passer_by.pdf(path=Path(KEPT) / "poster-page.pdf")
        (Path(KEPT) / "sheet.png").write_bytes(passer_by.request.get(f"{address}/poster.png").body())
    passer_by.emulate_media(media="screen")
    passer_by.set_viewport_size(PHONE)
    passer_by.goto("/posters")
    keep(passer_by, "posters")
    wrong += looked_at(passer_by, "all posters", some_of("en"))
    passer_by.set_viewport_size(PHONE)
    follow(passer_by.locator(f"a[href='{address}']"))
    follow(passer_by.get_by_role("link", name="I know something"))
    follow(passer_by.get_by_role("button", name="Send"))
    wrong += looked_at(passer_by, "empty sighting refused", some_of("en"))
    passer_by.set_viewport_size(PHONE)
    passer_by.fill("#what", "A girl in a red sweater, with an old woman")
    passer_by.fill("#place", "郑州火车站")
    keep(passer_by, "sighting")
    assert sideways(passer_by) == 0
    follow(passer_by.get_by_role("button", name="Send"))
    expect(passer_by.get_by_role("status")).to_contain_text("What you saw is with us")

    coordinator.goto("/sightings")
    follow(coordinator.get_by_role("link", name=receipt.case_number))
    expect(coordinator.locator("main")).to_contain_text("with an old woman")
    wrong += looked_at(coordinator, "sightings of a report", some_of("en"))
    coordinator.set_viewport_size({"width": 1280, "height": 900})
    keep(coordinator, "sightings")
    follow(coordinator.get_by_role("button", name="These have been dealt with"))

    open_case(mother, receipt.case_number, receipt.secret)
    wrong += looked_at(mother, "case with a poster that hangs", some_of("zh-CN"))
    mother.set_viewport_size(PHONE)
    keep(mother, "hangs")
    follow(mother.locator("form[action='/case/poster/take-back'] button"))
    gone = passer_by.request.get(address)
    assert gone.status == 404
    assert wrong == []
