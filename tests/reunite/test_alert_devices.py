"""Alerts on devices: asked for, confirmed by the device itself, told, over, left; and nothing of one that is gone."""

import pytest
from sqlalchemy import select

from reunite import alerts, reports, subscriptions
from reunite.config import Settings
from reunite.outbox import Channel
from reunite.problems import Conflict, Invalid, NotFound
from reunite.service import Service
from reunite.storage.alert_tables import SubscriptionRow
from reunite.storage.outbox_tables import SilencedRow
from tests import devices
from tests.devices import Device
from tests.outside import Gateway, MailServer, gateway
from tests.outside import ways as mail_ways
from tests.reunite import hanging
from tests.reunite.subscribers import DEYANG, NEAR, an_alert, an_officer, how_many, queued, subscribe
from tests.reunite.test_subscriptions import confirm, leave, rows
from workers.post import Post

TO = "reader@example.invalid"


@pytest.fixture
def settings(settings: Settings, there: Gateway, mails: MailServer) -> Settings:
    return settings.model_copy(update=mail_ways(mails) | devices.ways(there))


def ask(service: Service, said: str, place: str = NEAR, **changes: str) -> None:
    form = {"place": place, "device": said, "language": "zh_Hans", "agree": "yes"}
    with service.database.write() as session:
        subscriptions.subscribe(session, service.keys, service.settings, form | changes)


def answer(service: Service, said: dict[str, str]) -> None:
    """What the service worker does with its first message."""
    with service.database.write() as session:
        token = said["confirm"].removeprefix("/alerts/device/")
        subscriptions.confirm_device(session, service.keys, token)


def a_reader(service: Service, there: Gateway) -> Device:
    """A device that has subscribed."""
    device = Device(there)
    ask(service, device.said())
    Post(service).run()
    answer(service, device.shows()[-1])
    return device


def test_a_device_and_a_mailbox_are_alerted_and_told_that_it_is_over(
    service: Service, there: Gateway, mails: MailServer
) -> None:
    device = Device(there)
    subscribe(service, TO)
    ask(service, device.said())
    Post(service).run()
    [asked] = device.shows()
    assert asked["title"] == "本设备上的警报"
    assert "武侯区" in asked["text"]
    assert asked["language"] == "zh-Hans"
    assert [one.confirmed_at is None for one in rows(service)] == [False, True]
    answer(service, asked)
    receipt, _ = an_alert(service)
    Post(service).run()
    told = device.shows()[-1]
    assert len(device.shows()) == 2
    assert "王晓明" in told["title"]
    assert told["opens"] == f"/posters/{hanging.ref_of(service, receipt)}"
    assert told["confirm"] == ""
    assert receipt.case_number not in str(told)
    assert len([one for one in mails.mails if one["to"] == TO]) == 1
    assert set(queued(service).values()) == {"sent"}
    officer = an_officer(service)
    with service.database.write() as session:
        alerts.withdraw(session, service.keys, officer, receipt.case_number)
    Post(service).run()
    over = device.shows()[-1]
    assert len(device.shows()) == 3
    assert over["title"] == "警报已结束"
    assert "王" not in str(over)
    assert (over["tag"], over["opens"]) == (told["tag"], "/alerts"), "it takes the place of the one before"
    assert len([one for one in mails.mails if one["to"] == TO]) == 2


def test_what_waits_when_the_child_is_found_is_not_sent(service: Service, there: Gateway) -> None:
    device = a_reader(service, there)
    there.status = 503
    receipt, _ = an_alert(service)
    Post(service).run()
    there.status = 201
    with service.database.write() as session:
        assert reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    before = len(device.got())
    Post(service).run()
    assert device.got()[before:] == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_device_that_is_gone_is_forgotten_at_once_and_wholly(
    service: Service, there: Gateway, status: int
) -> None:
    a_reader(service, there)
    there.status = status
    an_alert(service)
    Post(service).run()
    assert how_many(service) == 0
    with service.database.read() as session:
        assert session.scalars(select(SilencedRow)).all() == []
    assert list(queued(service).values()) == ["failed"]


def test_a_service_that_does_not_take_it_now_is_asked_again(service: Service, there: Gateway) -> None:
    a_reader(service, there)
    there.status = 429
    an_alert(service)
    Post(service).run()
    assert how_many(service) == 1
    assert list(queued(service).values()) == ["ready"]


def test_one_click_leaves_and_nothing_is_kept(service: Service, there: Gateway) -> None:
    device = a_reader(service, there)
    an_alert(service)
    Post(service).run()
    leave(service, device.shows()[-1]["stop"].removeprefix("/alerts/leave/"))
    assert how_many(service) == 0


def test_a_browser_leaves_by_its_address(service: Service, there: Gateway) -> None:
    device, other = a_reader(service, there), a_reader(service, there)
    for address in (device.address, device.address, "", "https://nobody.example/x"):
        with service.database.write() as session:
            subscriptions.leave_device(session, service.keys, address)
    [left] = rows(service)
    assert other.address in subscriptions.address_of(service.keys, left)


def test_only_the_device_can_confirm(service: Service, there: Gateway) -> None:
    device, thief = Device(there), Device(there)
    stolen = Device(there, path=device.path, key=thief.key, auth=thief.auth)
    ask(service, stolen.said())
    ask(service, device.said())
    Post(service).run()
    [_, last] = device.got()
    answer(service, device.read(last))
    an_alert(service)
    Post(service).run()
    assert "王晓明" in device.read(device.got()[-1])["title"], "and not to the keys that somebody else named"
    ask(service, stolen.said())
    Post(service).run()
    assert device.read(device.got()[-1])["confirm"], "what is confirmed keeps its keys"


def test_a_link_of_a_mail_is_not_confirmed_as_a_device_and_a_device_s_can_be_by_a_page(
    service: Service, there: Gateway
) -> None:
    subscribe(service, TO, confirmed=False)
    with service.database.read() as session:
        row = session.scalars(select(SubscriptionRow)).one()
    token = subscriptions._token(service.keys, row.to_hash, row.id)
    with pytest.raises(NotFound):
        answer(service, {"confirm": token})
    device = Device(there)
    ask(service, device.said())
    Post(service).run()
    confirm(service, device.shows()[0]["opens"].removeprefix("/alerts/confirm/"))
    assert rows(service)[1].confirmed_at is not None


def test_address_and_keys_are_sealed_and_known_again_by_a_hash(service: Service, there: Gateway) -> None:
    device = Device(there)
    ask(service, device.said())
    [row] = rows(service)
    assert row.channel == Channel.PUSH
    assert device.path.encode() not in row.sealed
    assert device.path in subscriptions.address_of(service.keys, row)
    turned = Device(there, path=device.path.swapcase())
    ask(service, turned.said())
    assert how_many(service) == 2, "an address of a push service is another in another spelling"


def test_a_device_is_not_flooded_and_has_not_too_many_places(
    service: Service, there: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = Device(there)
    for place in (NEAR, DEYANG, "北京市", "上海市", "四川省绵阳市"):
        ask(service, device.said(), place)
    Post(service).run()
    assert len(device.got()) == subscriptions.MOST_ASKED
    monkeypatch.setattr(subscriptions, "MOST_ASKED", 100)
    for place in (NEAR, DEYANG, "北京市", "上海市", "四川省绵阳市", "天津市", "重庆市"):
        ask(service, device.said(), place)
    assert how_many(service) == subscriptions.MOST_PLACES


def test_what_is_no_device_is_refused_and_not_called(service: Service, there: Gateway) -> None:
    with gateway() as elsewhere:
        for said in (Device(elsewhere).said(), Device(Gateway("https://10.0.0.1/send")).said(), "{}", "x"):
            with pytest.raises(Invalid) as told:
                ask(service, said)
            assert [one.field for one in told.value.problems] == ["device"]
        Post(service).run()
        assert elsewhere.requests == []
    assert how_many(service) == 0


def test_where_none_are_sent_no_device_can_subscribe(service: Service, there: Gateway) -> None:
    service.settings = service.settings.model_copy(update={"push_contact": ""})
    with pytest.raises(Conflict):
        ask(service, Device(there).said())


def test_without_a_mail_server_devices_are_alerted_all_the_same(service: Service, there: Gateway) -> None:
    service.settings = service.settings.model_copy(update={"smtp_url": ""})
    device = a_reader(service, there)
    an_alert(service)
    Post(service).run()
    assert "王晓明" in device.shows()[-1]["title"]


def test_no_address_and_no_key_is_in_the_log(
    service: Service, there: Gateway, capsys: pytest.CaptureFixture[str]
) -> None:
    device = a_reader(service, there)
    there.status = 400
    an_alert(service)
    Post(service).run()
    said = "".join(capsys.readouterr())
    assert "delivery_refused" in said
    assert device.path not in said
    assert "王晓明" not in said
