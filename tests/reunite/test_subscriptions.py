"""Subscriptions to alerts: asked for, confirmed, left, and no more kept than is needed."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reunite import i18n, silence, subscriptions
from reunite.config import Settings
from reunite.problems import Conflict, Invalid, NotFound
from reunite.service import Service
from reunite.storage.alert_tables import SubscriptionRow
from reunite.storage.clock import now
from tests.outside import PUBLIC, MailServer, ways
from tests.reunite.subscribers import DEYANG, NEAR, a_link, how_many
from workers import housekeeping
from workers.post import Post

TO = "reader@example.invalid"
FORM = {"place": f"{NEAR}某街3号", "email": TO, "language": "en", "agree": "yes"}


@pytest.fixture
def settings(settings: Settings, mails: MailServer) -> Settings:
    return settings.model_copy(update=ways(mails))


def subscribe(service: Service, **changes: str) -> None:
    with service.database.write() as session:
        subscriptions.subscribe(session, service.keys, service.settings, {**FORM, **changes})


def confirm(service: Service, token: str) -> None:
    with service.database.write() as session:
        subscriptions.confirm(session, service.keys, token)


def leave(service: Service, token: str) -> None:
    with service.database.write() as session:
        subscriptions.leave(session, service.keys, token)


def link(mails: MailServer, what: str) -> str:
    """What stands in the link of the last mail."""
    body = mails.mails[-1].get_body(("plain",))
    assert body
    found = re.search(rf"{PUBLIC}/alerts/{what}/(\S+)", body.get_content())
    assert found
    return found[1]


def rows(service: Service) -> list[SubscriptionRow]:
    with service.database.read() as session:
        return list(session.scalars(select(SubscriptionRow).order_by(SubscriptionRow.id)))


def test_from_the_form_to_confirmed_and_gone(service: Service, mails: MailServer) -> None:
    subscribe(service)
    Post(service).run()
    assert mails.recipients == [TO]
    assert mails.mails[0]["List-Unsubscribe"] == f"<{PUBLIC}/alerts/leave/{link(mails, 'leave')}>"
    [row] = rows(service)
    assert row.confirmed_at is None
    confirm(service, link(mails, "confirm"))
    [row] = rows(service)
    assert row.confirmed_at is not None
    leave(service, link(mails, "leave"))
    leave(service, link(mails, "leave"))
    assert rows(service) == []
    with pytest.raises(NotFound):
        confirm(service, link(mails, "confirm"))


def test_who_chooses_a_language_is_written_to_in_it(service: Service, mails: MailServer) -> None:
    for number, language in enumerate(i18n.languages()):
        subscribe(service, language=language, email=f"{number}@example.invalid")
    assert [row.language for row in rows(service)] == list(i18n.languages())
    Post(service).run()
    assert {str(one["Content-Language"]) for one in mails.mails} == {"zh-Hans", "zh-Hant", "en"}


def test_no_more_is_kept_than_a_county_and_a_sealed_address(service: Service) -> None:
    subscribe(service)
    [row] = rows(service)
    assert row.place == "510107"
    assert row.language == "en"
    assert TO.encode() not in row.sealed
    assert subscriptions.address_of(service.keys, row) == TO
    assert set(SubscriptionRow.__table__.columns.keys()) == {
        "id", "place", "latitude", "longitude", "language", "channel", "sealed", "to_hash", "at", "confirmed_at"
    }  # fmt: skip


def test_who_does_not_confirm_is_forgotten_after_a_day(service: Service) -> None:
    subscribe(service)
    housekeeping.keep(service)
    assert how_many(service) == 1
    with service.database.write() as session:
        session.execute(update(SubscriptionRow).values(at=now(session) - timedelta(days=1, seconds=1)))
    housekeeping.keep(service)
    assert how_many(service) == 0


def test_where_nobody_is_is_forgotten(service: Service, mails: MailServer) -> None:
    mails.answers[TO] = "550 5.1.1 nobody"
    subscribe(service)
    Post(service).run()
    housekeeping.keep(service)
    assert how_many(service) == 0


def test_an_address_is_not_flooded_and_the_answer_is_the_same(service: Service, mails: MailServer) -> None:
    for place in (NEAR, DEYANG, "北京市", "上海市", "四川省绵阳市", NEAR, NEAR):
        subscribe(service, place=place)
    Post(service).run()
    assert len(mails.recipients) == subscriptions.MOST_ASKED


def test_an_address_has_not_too_many_places(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST_ASKED", 100)
    for place in (NEAR, DEYANG, "北京市", "上海市", "四川省绵阳市", "天津市", "重庆市"):
        subscribe(service, place=place)
    assert how_many(service) == subscriptions.MOST_PLACES


def test_a_link_that_we_did_not_make_does_nothing(service: Service) -> None:
    confirms, leaves = a_link(service, "confirm"), a_link(service, "leave")
    for forged in (
        "",
        "x",
        "A" * 48,
        confirms[:-4] + "AAAA",
        leaves[:-4] + "AAAA",
        "é" * 48,
        confirms + "====",
    ):
        with pytest.raises(NotFound):
            confirm(service, forged)
        with pytest.raises(NotFound):
            leave(service, forged)
    with pytest.raises(NotFound):
        leave(service, confirms)
    with pytest.raises(NotFound):
        confirm(service, leaves)


def test_what_is_missing_is_said_field_by_field(service: Service) -> None:
    with pytest.raises(Invalid) as told:
        subscribe(service, place="中国", email="a@b", agree="")
    assert [one.field for one in told.value.problems] == ["place", "email", "agree"]
    for wrong in ("a b@example.org", "a@example.org, b@example.org", "<a@example.org>", "a@example.org\nBcc: b@c.org",
                  "x" * 250 + "@example.org", "a@-"):  # fmt: skip
        with pytest.raises(Invalid):
            subscribe(service, email=wrong)
    assert how_many(service) == 0


def test_where_no_mail_is_sent_nobody_can_subscribe(service: Service) -> None:
    service.settings = service.settings.model_copy(update={"smtp_url": ""})
    with pytest.raises(Conflict):
        subscribe(service)


def test_who_wants_no_messages_about_a_report_may_have_alerts(service: Service, mails: MailServer) -> None:
    with service.database.write() as session:
        silence.stop(session, silence.hash_of(service.keys, subscriptions.Channel.EMAIL, TO))
    subscribe(service)
    Post(service).run()
    assert mails.recipients == [TO]
