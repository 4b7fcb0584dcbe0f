"""How webhooks are called: signed, again after a failure, never where nobody of outside may call, and ended in time."""

from datetime import timedelta
from ipaddress import ip_address

import pytest
from sqlalchemy import select, update

from reunite import addresses, webhook_sender, webhooks
from reunite.addresses import PrivateAddressError
from reunite.client_webhooks import WebhookRefused, verify_webhook
from reunite.service import Service
from reunite.storage.abuse_tables import AlarmRow
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.webhook_tables import WebhookRow
from tests.outside import Gateway, gateway
from tests.reunite import hooks
from tests.reunite.hooks import Hook, file, hook, settings
from workers.post import Post

__all__ = ["hook", "settings"]


def problem(service: Service) -> tuple[str, str | None]:
    with service.database.read() as session:
        row = session.scalars(select(DeliveryRow)).one()
        return row.state, row.problem


def alarmed(service: Service) -> list[tuple[str, str]]:
    with service.database.read() as session:
        return [(row.kind, row.subject) for row in session.scalars(select(AlarmRow))]


def test_after_a_failure_the_same_comes_again_under_the_same_id(
    service: Service, hook: Hook, there: Gateway
) -> None:
    there.status = 500
    file(service)
    assert hook.words() == ["received"]
    assert problem(service) == ("ready", "NotNowError")
    assert hooks.state(service, hook.id).failures == 1
    there.status = 204
    assert hook.words() == ["received"]
    assert problem(service) == ("sent", None)
    assert hooks.state(service, hook.id).failures == 0
    first, second = there.requests
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)


def test_who_answers_410_is_told_nothing_more(service: Service, hook: Hook, there: Gateway) -> None:
    there.status = 410
    file(service)
    hook.told()
    assert problem(service) == ("failed", "http_410")
    assert hooks.state(service, hook.id).state == "gone"
    assert alarmed(service) == [("webhook_ended", f"webhook:{hook.id}")]
    assert hook.told() == []


def test_what_waits_for_a_webhook_that_was_ended_is_not_sent(
    service: Service, hook: Hook, there: Gateway
) -> None:
    file(service)
    with service.database.write() as session:
        webhooks.end(session, service.keys, hook.id, actor="test")
    Post(service).run()
    assert there.requests == []
    assert problem(service) == ("failed", "webhook_ended")


def test_a_webhook_that_fails_for_days_is_ended_with_an_alarm(
    service: Service, hook: Hook, there: Gateway
) -> None:
    there.status = 503
    file(service)
    hook.told()
    with service.database.write() as session:
        session.execute(update(WebhookRow).values(failures=20))
    hook.told()
    assert hooks.state(service, hook.id).state == "valid", "often, but not for days"
    with service.database.write() as session:
        session.execute(update(WebhookRow).values(failing_since=now(session) - timedelta(days=3)))
    hook.told()
    assert hooks.state(service, hook.id).state == "failing"
    assert alarmed(service) == [("webhook_ended", f"webhook:{hook.id}")]


def test_no_redirect_is_followed(service: Service, hook: Hook, there: Gateway) -> None:
    with gateway() as elsewhere:
        there.status, there.headers = 307, {"Location": elsewhere.url}
        file(service)
        hook.told()
        assert elsewhere.requests == []
    assert problem(service) == ("ready", "NotNowError")


def test_an_address_of_a_private_network_is_not_called(service: Service, hook: Hook, there: Gateway) -> None:
    service.settings = service.settings.model_copy(update={"webhook_private": False})
    file(service)
    hook.told()
    assert there.requests == []
    assert problem(service) == ("ready", "PrivateAddressError")
    assert hooks.state(service, hook.id).failures == 1


@pytest.mark.parametrize("found", [["10.0.0.7"], ["93.184.216.34", "127.0.0.1"], ["::ffff:169.254.169.254"]])
def test_a_name_that_leads_into_a_private_network_is_not_called(
    monkeypatch: pytest.MonkeyPatch, found: list[str]
) -> None:
    monkeypatch.setattr(
        addresses.socket, "getaddrinfo", lambda *_, **__: [(0, 0, 0, "", (one, 443)) for one in found]
    )
    with pytest.raises(PrivateAddressError):
        addresses.resolved("ngo.example.org", 443, private=False)
    assert addresses.resolved("ngo.example.org", 443, private=True) == found[0]


@pytest.mark.parametrize(
    ("address", "public"),
    [("93.184.216.34", True), ("2606:2800:220:1:248:1893:25c8:1946", True), ("127.0.0.1", False), ("0.0.0.0", False),
     ("10.1.2.3", False), ("172.16.0.1", False), ("192.168.1.1", False), ("169.254.169.254", False),
     ("100.64.0.1", False), ("224.0.0.1", False), ("255.255.255.255", False), ("::1", False), ("fd00::1", False),
     ("fe80::1", False), ("ff02::1", False), ("::ffff:10.0.0.1", False), ("64:ff9b::10.0.0.1", False),
     ("2002:0a00:0001::", False), ("64:ff9b::93.184.216.34", True)],
)  # fmt: skip
def test_what_is_public(address: str, public: bool) -> None:
    assert addresses.is_public(ip_address(address)) is public


def test_the_name_is_looked_up_once_and_that_address_is_called(
    service: Service, there: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = there.url.rpartition(":")[2]
    sender = webhook_sender.Sender(service.settings, service.keys, service.database)
    asked = []

    def resolved(host: str, port: int, *, private: bool) -> str:
        asked.append(host)
        return "127.0.0.1"

    monkeypatch.setattr(addresses, "resolved", resolved)
    target = webhooks.Target(1, f"http://ngo.example.org:{port}", "whsec_" + "QUJD" * 8, 0)
    assert sender.call(target, "msg_1", b"{}") == 204
    assert asked == ["ngo.example.org"]
    assert there.requests[0].headers["host"].startswith("ngo.example.org:")


def test_no_address_and_no_case_number_is_in_the_log(
    service: Service, hook: Hook, there: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    there.status = 500
    receipt = file(service)
    hook.told()
    said = capsys.readouterr()
    assert "delivery_failed" in said.out + said.err
    assert there.url not in said.out + said.err
    assert receipt.case_number not in said.out + said.err


def test_the_client_refuses_what_is_not_ours(service: Service, hook: Hook, there: Gateway) -> None:
    file(service)
    hook.told()
    [one] = there.requests
    upper = {name.title(): value for name, value in one.headers.items()}
    assert verify_webhook(hook.secret, upper, one.body)["data"]["step"] == "received"
    at = int(one.headers["webhook-timestamp"])
    refused = [
        {"body": one.body + b" "},
        {"secret": "whsec_" + "QUJD" * 8},
        {"headers": {**one.headers, "webhook-id": "msg_other"}},
        {"headers": {**one.headers, "webhook-timestamp": "soon"}},
        {"headers": {}},
        {"now": at + 301},
        {"now": at - 301},
    ]
    for change in refused:
        given = {"secret": hook.secret, "headers": one.headers, "body": one.body, **change}
        with pytest.raises(WebhookRefused):
            verify_webhook(**given)  # type: ignore[arg-type]
