"""Webhooks on the administrator's page, and the route by which a partner has them told again."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from reunite import webhooks
from reunite.config import Settings
from reunite.policy import Scope
from reunite.service import Service
from tests.api.test_partner_api import Key, key
from tests.outside import Gateway
from tests.reunite import hooks
from tests.reunite.hooks import Hook, file
from tests.visitor import Visitor

__all__ = ["key"]
REPLAY = "/api/v1/webhooks/replay"
SINCE = {"since": (datetime.now(UTC) - timedelta(hours=1)).isoformat()}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The receiver is on this machine."""
    return settings.model_copy(update={"webhook_private": True})


def test_an_administrator_makes_a_webhook_whose_secret_is_shown_once_and_ends_it(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    admin = staff("admin")
    ticked = {event.value: "yes" for event in hooks.ALL}
    admin.open("/partners").press(
        "/partners/webhooks", hook_source="shelter-a", url="https://ngo.example.org/hook", **ticked
    )
    [secret] = re.findall(r"whsec_[\w+/=]+", admin.text)
    admin.open("/partners")
    assert secret not in admin.text
    assert "https://ngo.example.org/hook" in admin.text
    with service.database.read() as session:
        [made] = webhooks.list_all(session)
        target = webhooks.target(session, service.keys, made.id)
    assert target is not None
    assert target.secret == secret
    assert set(made.events) == set(hooks.ALL)
    admin.press(f"/partners/webhooks/{made.id}/end")
    assert hooks.state(service, made.id).state == "stopped"


def test_what_cannot_be_a_webhook_is_said_beside_its_form(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    admin = staff("admin")
    admin.open("/partners").press(
        "/partners/webhooks", hook_source="shelter-a", url="http://ngo.example.org/"
    )
    assert admin.page.status_code == 422
    assert "begins with https://" in admin.text
    assert "whsec_" not in admin.text
    assert admin.field("/partners/webhooks", "hook_source") == "shelter-a"
    assert admin.field("/partners", "days") == "365", "the other form is as it was"
    assert admin.page.text.index('role="alert"') < admin.page.text.index("<form method"), (
        "seen without scrolling"
    )
    assert "合作机构" in admin.press("/language", "zh_Hans").text


def test_the_page_tells_that_a_webhook_ended_by_itself(
    service: Service, staff: Callable[..., Visitor], there: Gateway
) -> None:
    hook = Hook(service, there)
    there.status = 410
    file(service)
    hook.told()
    assert "nobody is there" in staff("admin").open("/partners").text


def test_a_partner_has_its_own_webhooks_told_again(
    service: Service, client: httpx2.Client, key: Callable[..., Key], there: Gateway
) -> None:
    hook = Hook(service, there)
    file(service)
    file(service, source="shelter-b")
    assert hook.words() == ["received"]
    mine, others = key(), key("shelter-b")
    assert client.post(REPLAY, json=SINCE, headers=mine).json() == {"queued": 1}
    assert client.post(REPLAY, json=SINCE, headers=others).json() == {"queued": 0}, "it has none"
    assert hook.words() == ["received"]
    first, second = hook.ids()
    assert first == second


@pytest.mark.parametrize("since", ["", "yesterday", "2026-03-01T08:00:00", 7, None])
def test_a_replay_wants_a_moment_with_its_zone(
    client: httpx2.Client, key: Callable[..., Key], since: object
) -> None:
    answer = client.post(REPLAY, json={"since": since}, headers=key())
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "since"


def test_a_replay_wants_a_key_that_may_see_cases(client: httpx2.Client, key: Callable[..., Key]) -> None:
    assert client.post(REPLAY, json=SINCE).status_code == 401
    assert client.post(REPLAY, json=SINCE, headers=key("shelter-a", Scope.WRITE_REPORTS)).status_code == 403
