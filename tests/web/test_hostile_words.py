"""Script in every field of every form, and then every page that shows it, in a real browser: it stays text."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from api.report_form import TOPICS
from benchmarks.browser import MISSING, browser, installed
from benchmarks.recording import follow
from reunite import accounts, demo
from reunite.config import Settings
from reunite.policy import Role
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow
from tests.processes import command, wait_until

PAYLOADS = (
    "<script>window.hit=1;alert(1)</script>",
    "\"'><img src=x onerror=window.hit=1>",
    "</textarea><svg onload=window.hit=1>",
    "javascript:window.hit=1",
    "{{ 7*7 }}{% raw %}",
    "<iframe src=//evil.invalid></iframe><base href=//evil.invalid/>",
    "<link rel=stylesheet href=//evil.invalid/a.css><style>@import'//evil.invalid'</style>",
    "<form action=//evil.invalid><input name=csrf></form>",
)
WORDS = " ".join(PAYLOADS)
SHORT = "<img src=x onerror=window.hit=1>"
EMAIL = '"><svg/onload=window.hit=1>@evil.invalid'
PASSWORD = "several words are good"
BOTH = {"name": "李晓明" + PAYLOADS[0], "birth_date": "1998-08-15", "place_event": "四川省成都市武侯区" + SHORT,
        "event_date": "2003年7月12日",
        "marks": "左手臂红色胎记" + WORDS, "relatives": "父亲:李建国" + WORDS}  # fmt: skip
SPY = "document.addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)


@dataclass
class Watched:
    """A browser that notes everything a script of a stranger could make it do."""

    browser: Browser
    address: str
    happened: list[str] = field(default_factory=list)
    pages: set[str] = field(default_factory=set)

    def page(self) -> Page:
        """A window of somebody new."""
        context = self.browser.new_context(base_url=self.address, locale="en")
        context.add_init_script(SPY)
        page = context.new_page()
        page.on("dialog", lambda dialog: (self.happened.append(f"dialog {page.url}"), dialog.dismiss()))
        page.on("console", lambda said: self._console(said.text, page.url))
        page.on("pageerror", lambda error: self.happened.append(f"error {page.url}: {error}"))
        page.on("request", lambda asked: self._request(asked.url, page.url))
        return page

    def look(self, page: Page) -> str:
        """Note what the window shows, and whether a script has run in it; gives its text."""
        if page.evaluate("window.hit"):
            self.happened.append(f"script ran on {page.url}")
        if page.locator("main img, main svg[onload], main iframe, main script, main base").count():
            self.happened.append(f"an element of a stranger on {page.url}")
        self.pages.add(re.sub(r"https?://[^/]+", "", page.url).partition("?")[0])
        return page.inner_text("body")

    def fill(self, page: Page, form: str, **filled: str) -> None:
        """Write hostile words into every field of a form, and these where given."""
        for box in page.locator(f"form[action='{form}']").locator("input:visible, textarea:visible").all():
            name, kind = box.get_attribute("name") or "", box.get_attribute("type")
            if kind in ("checkbox", "date", "radio", "file"):
                continue
            box.fill(filled.get(name, EMAIL if kind == "email" or name.endswith("email") else WORDS[:290]))

    def _console(self, text: str, url: str) -> None:
        if "CSP " in text or "Content Security Policy" in text:
            self.happened.append(f"console {url}: {text}")

    def _request(self, asked: str, url: str) -> None:
        if not asked.startswith((self.address, "data:")):
            self.happened.append(f"request from {url}")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[tuple[Service, Watched, dict[Role, str]]]:
    """A running service with staff, and a watched browser."""
    settings = Settings(
        data_dir=tmp_path / "data", port=0, candidate_floor=0.0, organisation=f"Reunite {SHORT}"
    )
    service = open_service(settings)
    shown = {
        one.role: "|".join((one.email, one.password, *one.codes[:1])) for one in demo.make_staff(service)
    }
    with ExitStack() as stack:
        server = stack.enter_context(command(settings, "-m", "reunite", "serve"))
        address = server.wait_for(r"Reunite is at (http://\S+)")[1]
        yield service, Watched(stack.enter_context(browser()), address), shown
    service.close()


def file(watched: Watched, kind: str, **filled: str) -> tuple[str, str]:
    page = watched.page()
    page.goto(f"/report/{kind}")
    for topic in TOPICS:
        form = f"/report/{kind}/{topic.key}"
        if topic.key == "when":
            watched.fill(page, form)
            follow(page.locator("button[value=next]"))
            assert "Please look at this again" in watched.look(page), (
                "hostile dates are told, in the page's own words"
            )
        if topic.fields:
            watched.fill(page, form, **BOTH, **filled)
        follow(page.locator("button[value=next]"))
        watched.look(page)
    assert "onerror=window.hit" in watched.look(page)
    follow(page.locator("button[value=file]"))
    number, secret = re.findall(r"[MF]-\w{4}-\w{4}|\w{4}(?:-\w{4}){5}", watched.look(page))[:2]
    return number, secret


def sign_in(watched: Watched, who: str) -> Page:
    page = watched.page()
    page.goto("/sign-in")
    email, password, *code = who.split("|")
    page.fill("#email", email)
    page.fill("#password", password)
    follow(page.locator("main button"))
    watched.look(page)
    if code:
        watched.fill(page, "/second-factor")
        follow(page.locator("main button"))
        assert "does not fit" in watched.look(page)
        page.fill("#code", code[0])
        follow(page.locator("main button"))
    page.goto("/account")
    watched.look(page)
    page.goto("/staff")
    watched.look(page)
    return page


def judge(watched: Watched, page: Page, ref: str) -> None:
    page.goto(f"/candidates/{ref}")
    assert "onerror=window.hit" in watched.look(page)
    follow(page.locator("[data-key=c]"))
    page.fill("#reason", WORDS)
    follow(page.locator("button[value=plausible]"))
    watched.look(page)


def join(watched: Watched, service: Service, email: str) -> Page:
    """Somebody with a hostile name."""
    with service.database.write() as session:
        token = accounts.invite(session, service.keys, actor="test", email=email, role=Role.VOLUNTEER)
    page = watched.page()
    page.goto(f"/invitation/{token}")
    watched.look(page)
    page.fill("#name", SHORT)
    page.fill("#password", PASSWORD)
    follow(page.locator("main button"))
    return sign_in(watched, f"{email}|{PASSWORD}")


def correct(watched: Watched, number: str, secret: str) -> None:
    """Every topic of one's own report, with hostile words; what cannot be taken comes back in the form."""
    family = watched.page()
    family.goto("/case")
    family.fill("#case_number", f"{number} {secret}")
    follow(family.locator("main button"))
    for topic in range(family.locator("form[action='/case/correct']").count()):
        follow(family.locator("form[action='/case/correct'] button").nth(topic))
        watched.fill(family, "/case/correct", **BOTH)
        follow(family.locator("form[action='/case/correct'] button"))
        watched.look(family)
        if family.locator("[aria-invalid]").count():
            follow(family.locator("form[action='/case'] button"))
    assert "onerror=window.hit" in watched.look(family)


def ask_and_answer(watched: Watched, coordinator: Page, number: str, secret: str) -> None:
    """A hostile coordinator writes, a hostile family answers."""
    coordinator.goto(f"/reports/{number}/messages")
    watched.fill(coordinator, f"/reports/{number}/messages")
    follow(coordinator.locator("main button"))
    assert "onerror=window.hit" in watched.look(coordinator)
    family = watched.page()
    family.goto("/case")
    family.fill("#case_number", f"{number} {secret}")
    follow(family.locator("main button"))
    watched.fill(family, "/case/answer")
    follow(family.locator("form[action='/case/answer'] button"))
    assert "Your answer is with us." in watched.look(family)
    coordinator.goto("/messages")
    watched.look(coordinator)
    follow(coordinator.locator(f"a[href='/reports/{number}/messages']").first)
    watched.look(coordinator)


def test_hostile_words_stay_words_on_every_page(opened: tuple[Service, Watched, dict[Role, str]]) -> None:
    service, watched, staff = opened
    height = {"height_cm": "105", "age_at_event": "5"}
    number, secret = file(watched, "missing", **height)
    other = file(watched, "missing", **height)
    file(watched, "found", found_date="2003-08", place_found="河南省郑州市" + SHORT, **height)

    def candidate() -> str | None:
        with service.database.read() as session:
            return session.scalars(select(CandidateRow.ref).order_by(CandidateRow.missing_id)).first()

    ref = wait_until(candidate)
    family = watched.page()
    for receipt in ((WORDS, WORDS), (number, secret)):
        family.goto("/case")
        family.fill("#case_number", receipt[0])
        family.fill("#secret", receipt[1])
        follow(family.locator("main button"))
        watched.look(family)
    correct(watched, *other)
    family.goto(f"/no/such/{SHORT}?q={SHORT}")
    watched.look(family)

    hostile = join(watched, service, "hostile@example.invalid")
    judge(watched, hostile, ref)
    coordinator = sign_in(watched, staff[Role.COORDINATOR])
    judge(watched, coordinator, ref)
    coordinator.goto("/queue")
    watched.look(coordinator)
    coordinator.goto("/moderation")
    assert "onerror=window.hit" in watched.look(coordinator)
    follow(coordinator.locator("button[value=real]"))
    ask_and_answer(watched, coordinator, number, secret)
    coordinator.goto("/alarms")
    watched.look(coordinator)
    for path in ("/board", f"/reports/{number}"):
        coordinator.goto(path)
        watched.look(coordinator)
    other = coordinator.locator("a[href*='/duplicates/']").get_attribute("href")
    assert other is not None, "the same words twice are likely of one child"
    coordinator.goto(other)
    watched.look(coordinator)
    coordinator.goto("/search")
    coordinator.fill("#name", SHORT)
    follow(coordinator.locator("form[action='/search'] button"))
    watched.look(coordinator)

    officer = sign_in(watched, staff[Role.POLICE])
    officer.goto(f"/candidates/{ref}")
    watched.look(officer)
    officer.select_option("#basis", "dna")
    officer.fill("#reference", WORDS[:190])
    officer.fill("#note", WORDS)
    follow(officer.locator("button[value=confirmed]"))
    watched.look(officer)

    admin = sign_in(watched, staff[Role.ADMIN])
    watched.fill(admin, "/people", email="a@b.c" + SHORT)
    admin.locator("form[action='/people']").evaluate("form => form.noValidate = true")
    follow(admin.locator("form[action='/people'] button"))
    assert SHORT in watched.look(admin), "the name of the volunteer"
    auditor = sign_in(watched, staff[Role.AUDITOR])
    auditor.goto("/log")
    watched.look(auditor)
    wrong = watched.page()
    wrong.goto("/sign-in")
    watched.fill(wrong, "/sign-in")
    wrong.locator("form[action='/sign-in']").evaluate("form => form.noValidate = true")
    follow(wrong.locator("main button"))
    assert "is wrong" in watched.look(wrong)

    assert len(watched.pages) >= 13, watched.pages
    assert watched.happened == []


def test_the_watch_notices_a_script_an_element_and_a_request_to_elsewhere(
    opened: tuple[Service, Watched, dict[Role, str]],
) -> None:
    _, watched, _ = opened
    page = watched.page()
    header = {"Content-Type": "text/html", "Content-Security-Policy": "default-src 'none'"}
    page.route("**/broken", lambda route: route.fulfill(headers=header, body=f"<main>{WORDS}</main>"))
    page.goto("/broken")
    watched.look(page)
    assert any(one.startswith("console") for one in watched.happened)
    assert any(one.startswith("an element") for one in watched.happened)
    page.route("**/open", lambda route: route.fulfill(content_type="text/html", body=f"<main>{WORDS}</main>"))
    page.route("**/*evil*", lambda route: route.abort())
    page.goto("/open")
    watched.look(page)
    for kind in ("dialog", "script ran", "request from"):
        assert any(one.startswith(kind) for one in watched.happened), kind
