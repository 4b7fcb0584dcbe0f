"""What the page of alerts offers to browsers, and the worker that shows what arrives: in nobody's way."""

import re
from collections.abc import Callable

import httpx2
import pytest

from reunite import devices
from reunite.config import Settings
from reunite.rates import Limit, Per, Then, What
from reunite.service import Service
from tests.api.test_alert_pages import PUBLIC
from tests.devices import Device, ways
from tests.outside import Gateway
from tests.reunite.subscribers import how_many
from tests.visitor import Visitor
from workers.post import Post

PLACE = "四川省成都市"


@pytest.fixture
def settings(settings: Settings, there: Gateway) -> Settings:
    return settings.model_copy(update={**ways(there), "public_url": PUBLIC})


def ask(visitor: Visitor, said: str, **changes: str) -> Visitor:
    """What the script of the page sends once the browser has an address."""
    return visitor.open("/alerts").press(
        "/alerts", **({"place": PLACE, "device": said, "agree": "yes"} | changes)
    )


def test_the_page_offers_it_with_our_key_where_it_is_set_up(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    page = visit().open("/alerts").page.text
    assert f'data-key="{devices.server_key(service.keys)}"' in page
    assert "Tell me on this device" in page
    assert 'rel="manifest"' in page
    assert re.search(r'id="ask"[^>]* hidden', page), (
        "without a script and a mail server there is nothing to send"
    )
    service.settings = service.settings.model_copy(update={"push_contact": ""})
    bare = visit().open("/alerts").page.text
    assert "this device" not in bare
    assert "manifest" not in bare
    assert "alerts.js" not in bare


def test_a_device_asks_answers_and_leaves(
    service: Service, visit: Callable[..., Visitor], client: httpx2.Client, there: Gateway
) -> None:
    device, visitor = Device(there), visit()
    assert "A message comes to this device" in ask(visitor, device.said()).text
    Post(service).run()
    [said] = device.shows()
    assert "Do you want alerts?" in visitor.open(said["opens"]).text
    assert "this device tells you" in visitor.text
    headers = {"Sec-Fetch-Site": "same-origin"}
    assert client.post(said["confirm"], headers=headers).status_code == 204
    assert "You get alerts from now on" in visitor.open(said["opens"]).text
    left = visitor.open("/alerts").press("/alerts/leave", address=device.address)
    assert "You get no more alerts" in left.text
    assert how_many(service) == 0
    again = visitor.open("/alerts").press("/alerts/leave", address=device.address)
    assert "You get no more alerts" in again.text
    assert client.post(said["confirm"], headers=headers).status_code == 404


def test_the_worker_leaves_by_the_link_without_a_cookie(
    service: Service, visit: Callable[..., Visitor], client: httpx2.Client, there: Gateway
) -> None:
    device = Device(there)
    ask(visit(), device.said())
    Post(service).run()
    answer = client.post(device.shows()[0]["stop"])
    assert answer.status_code == 200
    assert how_many(service) == 0


def test_who_asks_is_told_the_same_whether_known_or_not(
    service: Service, visit: Callable[..., Visitor], there: Gateway
) -> None:
    known = Device(there)
    ask(visit(), known.said())
    said = [ask(visit(), one.said()).page for one in (known, Device(there))]
    masked = [re.sub(r'value="[0-9a-f]{64}"', "", one.text) for one in said]
    assert masked[0] == masked[1]
    assert said[0].status_code == said[1].status_code == 200


def test_an_address_that_is_none_of_a_push_service_is_refused_in_words(
    visit: Callable[..., Visitor],
) -> None:
    visitor = ask(visit(), Device(Gateway("https://169.254.169.254/send")).said())
    assert visitor.status == 422
    assert "We cannot send to this browser" in visitor.text
    assert "169.254" not in visitor.page.text


def test_too_many_from_one_address_are_refused(visit: Callable[..., Visitor], there: Gateway) -> None:
    visitor = visit()
    visitor._client.app.state.rates.limits = (Limit(What.SUBSCRIBE, Per.ADDRESS, 1, 3600, Then.REFUSE),)  # type: ignore[union-attr]
    assert ask(visitor, Device(there).said()).status == 200
    assert ask(visitor, Device(there).said()).status == 429


def test_the_worker_is_a_static_file_that_has_no_page_in_its_scope(client: httpx2.Client) -> None:
    answer = client.get("/static/push.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    assert "service-worker-allowed" not in answer.headers, "so that its scope is /static/ and can be no other"
    assert "worker-src 'self'" in answer.headers["content-security-policy"]
    for name in ("fetch", "message", "sync"):
        assert f'addEventListener("{name}"' not in answer.text
    assert "caches" not in answer.text
    assert "indexedDB" not in answer.text


def test_the_manifest_lets_a_telephone_put_the_page_on_its_home_screen(client: httpx2.Client) -> None:
    answer = client.get("/static/alerts.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    said = answer.json()
    assert (said["start_url"], said["display"]) == ("/alerts", "standalone")
    assert "manifest-src 'self'" in answer.headers["content-security-policy"]
