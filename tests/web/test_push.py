"""Alerts on a device in a real browser: what a person clicks, what arrives at a push service, and what is shown of it.

A browser without a window reaches no push service. The one answer that only such a service can give, an address, is
therefore ours; and what arrives there is put into the browser as a push service would.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.browser import MISSING, browser, installed
from reunite import alerts
from reunite.config import Settings
from reunite.service import Service, open_service
from tests.devices import Device, ways
from tests.e2e.axe import violations
from tests.e2e.site import SPY
from tests.outside import Gateway, gateway
from tests.processes import command, wait_until
from tests.reunite.subscribers import an_alert, an_officer, how_many

pytestmark = pytest.mark.skipif(installed() is None, reason=MISSING)
ADDRESS = """
const held = { ...SAID, toJSON: () => (SAID), unsubscribe: async () => sessionStorage.removeItem("asked") ?? true };
PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
  sessionStorage.setItem("asked", applicationServerKey);
  return held;
};
PushManager.prototype.getSubscription = async () => (sessionStorage.getItem("asked") ? held : null);
"""
SHOWN = """async () => (await (await navigator.serviceWorker.getRegistration("/static/")).getNotifications())
  .map((one) => ({ title: one.title, text: one.body, tag: one.tag, actions: one.actions.map((each) => each.title) }))"""
CHOOSE = """async ([tag, action]) => {
  const [notification] = await self.registration.getNotifications({ tag });
  const opened = [];
  self.clients.openWindow = async (path) => opened.push(path);
  const event = new NotificationEvent("notificationclick", { notification, action });
  const done = new Promise((resolve, fail) => { event.waitUntil = (promise) => promise.then(resolve, fail); });
  self.dispatchEvent(event);
  await done;
  return opened;
}"""


class Reader:
    """A person with a browser, whose push service is on this machine."""

    def __init__(self, chromium: Browser, address: str, there: Gateway) -> None:
        self.device, self._seen = Device(there), 0
        context = chromium.new_context(base_url=address, locale="en")
        context.grant_permissions(["notifications"], origin=address)
        context.add_init_script(SPY)
        context.add_init_script(ADDRESS.replace("SAID", self.device.said()))
        self.page, self.address, self.happened = context.new_page(), address, list[str]()
        self.page.on("console", lambda said: self.happened.append(said.text))
        self.page.on("pageerror", lambda error: self.happened.append(str(error)))

    def arrives(self) -> None:
        """The next message reaches the browser, which calls the worker for it."""
        wait_until(lambda: len(self.device.got()) > self._seen)
        said, self._seen = json.dumps(self.device.shows()[self._seen]), self._seen + 1
        wire, known = self.page.context.new_cdp_session(self.page), list[dict[str, Any]]()
        wire.on("ServiceWorker.workerRegistrationUpdated", lambda event: known.extend(event["registrations"]))
        wire.send("ServiceWorker.enable")
        wait_until(lambda: self.page.wait_for_timeout(50) or known)
        number = next(one["registrationId"] for one in known if one["scopeURL"].endswith("/static/"))
        told = {"origin": self.address, "registrationId": number, "data": said}
        wire.send("ServiceWorker.deliverPushMessage", told)
        wire.detach()

    def shown(self) -> list[dict[str, Any]]:
        """The notifications on the screen."""
        found: list[dict[str, Any]] = self.page.evaluate(SHOWN)
        return found

    def sees(self, title: str) -> dict[str, Any]:
        """The notification of this title, once it is there."""
        return wait_until(
            lambda: next((one for one in self.shown() if one["title"] == title), None), pause=0.2
        )

    def choose(self, shown: dict[str, Any], action: str = "") -> list[str]:
        """A click on the notification, or on its button; what it opens."""
        [worker] = self.page.context.service_workers
        opened: list[str] = worker.evaluate(CHOOSE, [shown["tag"], action])
        return opened


@pytest.fixture(scope="module")
def there() -> Iterator[Gateway]:
    with gateway() as running:
        yield running


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, there: Gateway) -> Iterator[Service]:
    here = {"public_url": "http://127.0.0.1", "trusted_proxies": "", "port": 0}
    data = tmp_path_factory.mktemp("push") / "data"
    opened = open_service(Settings(data_dir=data, **{**ways(there), **here}))  # type: ignore[arg-type]
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def address(service: Service) -> Iterator[str]:
    with command(service.settings, "-m", "reunite", "serve") as server:
        yield server.wait_for(r"Reunite is at (http://\S+)")[1]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def asks(reader: Reader) -> None:
    """Fill in the form and press the button for this device."""
    reader.page.goto("/alerts")
    reader.page.fill("#place", "四川省成都市武侯区")
    reader.page.check("#agree")
    reader.page.click("#tell-here")
    expect(reader.page.locator("h1")).to_have_text("A message comes to this device")
    reader.arrives()


def test_a_device_is_told_of_an_alert_and_of_its_end_and_leaves_with_one_click(
    service: Service, chromium: Browser, address: str, there: Gateway
) -> None:
    reader = Reader(chromium, address, there)
    asks(reader)
    first = reader.sees("Alerts on this device")
    assert "Wuhou" in first["text"]
    [confirm] = reader.choose(first)
    reader.page.goto(confirm)
    expect(reader.page.locator("h1")).to_have_text("You get alerts from now on")
    receipt, _ = an_alert(service)
    reader.arrives()
    told = reader.sees("Missing near you: 王晓明")
    assert told["actions"] == ["No more alerts"]
    officer = an_officer(service)
    with service.database.write() as session:
        alerts.withdraw(session, service.keys, officer, receipt.case_number)
    reader.arrives()
    over = reader.sees("An alert is over")
    assert over["tag"] == told["tag"]
    assert "王晓明" not in str(reader.shown()), "it took the place of the one before"
    assert how_many(service) == 1
    assert reader.choose(over, "stop") == []
    assert how_many(service) == 0
    assert reader.happened == []


def test_the_page_stops_it_on_a_device_that_asked(
    service: Service, chromium: Browser, address: str, there: Gateway
) -> None:
    reader = Reader(chromium, address, there)
    reader.page.goto("/alerts")
    assert violations(reader.page) == []
    expect(reader.page.locator("#stop-here")).to_be_hidden()
    asks(reader)
    reader.sees("Alerts on this device")
    reader.page.goto("/alerts")
    expect(reader.page.locator("#stop-here")).to_be_visible()
    assert violations(reader.page) == []
    reader.page.click("#stop-here button")
    expect(reader.page.locator("h1")).to_have_text("You get no more alerts")
    assert how_many(service) == 0
    reader.page.goto("/alerts")
    expect(reader.page.locator("#stop-here")).to_be_hidden()
    assert reader.happened == []


@pytest.mark.parametrize(
    ("browser_has", "said"),
    [("delete window.PushManager;", "This browser cannot show alerts by itself."),
     ("delete window.PushManager; navigator.standalone = false;", "put this page on the home screen"),
     ("Notification.requestPermission = async () => 'denied';", "does not let this site show messages"),
     ("PushManager.prototype.subscribe = async () => { throw new DOMException('', 'AbortError'); };",
      "could not reach the service")],
)  # fmt: skip
def test_a_browser_that_cannot_is_told_kindly(
    chromium: Browser, address: str, there: Gateway, browser_has: str, said: str
) -> None:
    reader = Reader(chromium, address, there)
    reader.page.add_init_script(browser_has)
    reader.page.goto("/alerts")
    tell = reader.page.locator("#tell-here")
    if tell.is_visible():
        tell.click()
    expect(reader.page.locator("[role=status]")).to_contain_text(said, use_inner_text=True)
    assert reader.happened == []
