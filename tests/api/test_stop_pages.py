"""No more messages: by a click in the mailbox, or on the page behind the link."""

from collections.abc import Callable

import httpx2
import pytest

from reunite import silence
from reunite.service import Service
from tests.visitor import Visitor

HASH = "ab" * 16


@pytest.fixture
def link(service: Service) -> str:
    return f"/stop/{silence.token(service.keys, HASH)}"


def stopped(service: Service) -> bool:
    with service.database.read() as session:
        return silence.why(session, HASH) == silence.OPTED_OUT


def test_a_mailbox_stops_messages_with_one_click_and_no_cookie(
    service: Service, client: httpx2.Client, link: str
) -> None:
    headers = {"Sec-Fetch-Site": "cross-site", "Content-Type": "application/x-www-form-urlencoded"}
    answer = client.post(link, content="List-Unsubscribe=One-Click", headers=headers)
    assert answer.status_code == 200
    assert stopped(service)


def test_looking_at_the_page_stops_nothing_and_the_button_does(
    service: Service, visit: Callable[..., Visitor], link: str
) -> None:
    visitor = visit().open(link)
    assert not stopped(service)
    assert "get no more messages" in visitor.press(link).text
    assert stopped(service)
    assert "get no more messages" in visitor.open(link).text, "and the page knows it"


def test_it_can_be_taken_back(service: Service, visit: Callable[..., Visitor], link: str) -> None:
    visitor = visit().open(link).press(link)
    assert "No more messages?" in visitor.press(f"{link}/undo").text
    assert not stopped(service)
    assert "/case" in visitor.links
    assert "不再接收通知" in visitor.press("/language", "zh_Hans").text, "an address that takes only forms"


def test_only_the_page_takes_it_back(service: Service, client: httpx2.Client, link: str) -> None:
    client.post(link)
    assert client.post(f"{link}/undo").status_code == 403
    assert stopped(service)


def test_a_forged_link_is_a_page_that_is_not_there(service: Service, client: httpx2.Client) -> None:
    forged = "/stop/" + "A" * 32
    for method, path in (("GET", forged), ("POST", forged)):
        assert client.request(method, path).status_code == 404
    with service.database.read() as session:
        assert session.query(silence.SilencedRow).count() == 0


@pytest.mark.parametrize("language", ["zh-CN", "zh-TW"])
def test_the_page_speaks_chinese(visit: Callable[..., Visitor], link: str, language: str) -> None:
    assert "不再接收通知" in visit(language).open(link).text
