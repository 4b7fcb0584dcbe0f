"""Notifications as they arrive at a real push service, and as the one browser that can reads them."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reunite import addresses, calling, devices, push, push_letters
from reunite.addresses import PrivateAddressError
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.sending import NotNowError, RefusedError, senders
from tests.devices import CONTACT, Device, claims, origin, ways
from tests.outside import Gateway, gateway

KEYS = Keys(b"k" * 32)


@pytest.fixture
def post(there: Gateway) -> push.Sender:
    return push.Sender(Settings(**ways(there)), KEYS)


def a_message(device: Device, what: str = "alert", language: str = "en", **filling: str) -> Delivery:
    filled = {
        "name": "王晓明",
        "seen": "成都",
        "place": "Chengdu",
        "day": "1 May",
        "poster": "",
        "address": "",
    }
    said = push_letters.payload(
        KEYS, what, language, filled | filling, device=device.said(), to_hash="h", about="alert:AAAAAAAA",
        opens="/posters/x", stop="/alerts/leave/x", lasts=timedelta(hours=1),
    )  # fmt: skip
    return Delivery(Channel.PUSH, "a", said)


def test_a_message_is_read_by_its_device_and_by_nobody_else(there: Gateway, post: push.Sender) -> None:
    device, other = Device(there), Device(there)
    post(a_message(device))
    [said] = device.shows()
    assert said["title"] == "Missing near you: 王晓明"
    assert said["text"].startswith("Last seen: 成都 If you see the child, call the police at once.")
    assert "http" not in said["text"]
    assert (said["opens"], said["stop"], said["stops"]) == ("/posters/x", "/alerts/leave/x", "No more alerts")
    [request] = device.got()
    assert "王晓明".encode() not in request.body
    with pytest.raises(Exception, match=r".*"):
        other.read(request)
    with pytest.raises(Exception, match=r".*"):
        replace(device, auth=other.auth).read(request)


def test_it_says_how_long_it_may_wait_and_that_we_sent_it(there: Gateway, post: push.Sender) -> None:
    device = Device(there)
    post(a_message(device))
    [request] = device.got()
    said = request.headers
    assert (said["ttl"], said["urgency"], said["content-encoding"]) == ("3600", "high", "aes128gcm")
    assert 0 < len(said["topic"]) <= 32
    assert said["topic"].isalnum()
    told = claims(request, devices.server_key(KEYS))
    assert (told["aud"], told["sub"]) == (origin(there), CONTACT)


@pytest.mark.parametrize(
    "contact", ["mailto:a@b.org", "https://example.org", "https://example.org/who?is=it"]
)
def test_every_contact_of_the_settings_can_be_signed(there: Gateway, contact: str) -> None:
    device = Device(there)
    push.Sender(Settings(**{**ways(there), "push_contact": contact}), KEYS)(a_message(device))
    assert claims(device.got()[0], devices.server_key(KEYS))["sub"] == contact


def test_what_is_about_the_same_has_one_topic_on_a_device_and_another_on_others(
    there: Gateway, post: push.Sender
) -> None:
    device = Device(there)
    post(a_message(device))
    post(a_message(device, "alert_end"))
    alert, over = device.got()
    assert alert.headers["topic"] == over.headers["topic"]
    assert [one["tag"] for one in device.shows()] == [alert.headers["topic"]] * 2
    common = {"device": device.said(), "about": "alert:A", "opens": "/", "stop": "/", "lasts": timedelta()}
    topics = {
        push_letters.payload(KEYS, "alert_end", "en", {"day": "", "place": ""}, to_hash=one, **common)[
            "topic"
        ]  # type: ignore[arg-type]
        for one in ("a", "b")
    }
    assert len(topics) == 2


@pytest.mark.parametrize("language", ["en", "zh_Hans", "zh_Hant"])
def test_all_messages_are_as_long_and_fit(there: Gateway, post: push.Sender, language: str) -> None:
    device = Device(there)
    for what, name in (("alert", "王"), ("alert", "𠮷" * 3000), ("alert_end", ""), ("push_confirm", "")):
        post(a_message(device, what, language, name=name, seen=name * 2))
    assert len({len(one.body) for one in device.got()}) == 1
    assert len(device.got()[0].body) <= 4096
    assert device.shows()[1]["title"].endswith("…")


@pytest.mark.parametrize(("status", "nobody"), [(404, True), (410, True), (400, False), (413, False)])
def test_a_push_service_may_refuse_for_good(
    there: Gateway, post: push.Sender, status: int, nobody: bool
) -> None:
    there.status = status
    with pytest.raises(RefusedError) as refused:
        post(a_message(Device(there)))
    assert (refused.value.problem, refused.value.nobody) == (f"http_{status}", nobody)


@pytest.mark.parametrize("status", [301, 302, 401, 403, 408, 429, 500, 503])
def test_or_for_now(there: Gateway, post: push.Sender, status: int) -> None:
    there.status = status
    with pytest.raises(NotNowError):
        post(a_message(Device(there)))


def test_a_redirection_is_not_followed(there: Gateway, post: push.Sender) -> None:
    with gateway() as elsewhere:
        there.status, there.headers = 307, {"Location": elsewhere.url}
        with pytest.raises(NotNowError):
            post(a_message(Device(there)))
        assert elsewhere.requests == []


def test_an_address_is_looked_at_again_when_it_is_sent_to(there: Gateway, post: push.Sender) -> None:
    with gateway() as elsewhere, pytest.raises(RefusedError) as refused:
        post(a_message(Device(elsewhere)))
    assert not refused.value.nobody, "the setting may come back"
    assert elsewhere.requests == []


def test_a_known_host_that_leads_into_a_private_network_is_not_called(
    post: push.Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [(0, 0, 0, "", ("10.0.0.7", 443))]
    monkeypatch.setattr(addresses.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(PrivateAddressError):
        post(a_message(Device(Gateway("https://fcm.googleapis.com/send"))))


def test_a_host_that_the_technician_named_may_be_in_a_private_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    def call(url: str, body: bytes, headers: dict[str, str], *, private: bool) -> int:
        asked.append(private)
        return 201

    monkeypatch.setattr(calling, "post", call)
    settings = Settings(push_contact=CONTACT, public_url="https://a.org", push_hosts="push.example.org")
    send = push.Sender(settings, KEYS)
    send(a_message(Device(Gateway("https://push.example.org/send"))))
    send(a_message(Device(Gateway("https://fcm.googleapis.com/send"))))
    assert asked == [True, False]


def test_only_what_is_set_up_sends(there: Gateway) -> None:
    assert set(senders(Settings(**ways(there)), KEYS)) == {Channel.PUSH}


def test_the_message_is_json_that_leads_to_our_pages_alone(there: Gateway, post: push.Sender) -> None:
    said = json.loads(a_message(Device(there)).payload["message"])
    assert all(said[name].startswith("/") for name in ("opens", "stop"))
