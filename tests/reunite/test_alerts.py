"""Alerts: who lives near enough is told, once; farther away with every hour; and it is over the moment it must be."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from reunite import (
    alert_spread,
    alerts,
    concerns,
    erasure,
    outbox,
    poster_consent,
    poster_decisions,
    reports,
    rings,
    subscriptions,
)
from reunite.config import Settings
from reunite.problems import Conflict, Forbidden
from reunite.service import Service
from reunite.storage import many
from reunite.storage.alert_tables import AlertRow
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.tables import ReportRow
from tests.outside import PUBLIC, MailServer, ways
from tests.reunite import hanging
from tests.reunite.subscribers import (
    BEIJING,
    DEYANG,
    NEAR,
    XIAN,
    an_alert,
    an_officer,
    approve,
    queued,
    row_of,
    subscribe,
)
from workers import housekeeping
from workers.post import Post


@pytest.fixture
def settings(settings: Settings, mails: MailServer) -> Settings:
    return settings.model_copy(update=ways(mails))


def spread(service: Service, most: int = 5000) -> int:
    """All steps there are; how many."""
    steps = 0
    while alert_spread.step(service, most):
        steps += 1
    return steps


def later(service: Service, hours: float) -> None:
    """So much time goes by for all alerts."""
    with service.database.write() as session:
        for row in session.scalars(select(AlertRow)):
            row.at -= timedelta(hours=hours)


def test_the_radius_grows_with_time(service: Service) -> None:
    near, deyang, xian, beijing = (
        subscribe(service, f"{number}@example.invalid", place)
        for number, place in enumerate((NEAR, DEYANG, XIAN, BEIJING))
    )
    zigong = subscribe(service, "5@example.invalid", "四川省自贡市")
    _, ref = an_alert(service)
    assert spread(service) == 1
    assert set(queued(service)) == {near, deyang}
    later(service, 0.9)
    assert spread(service) == 0
    later(service, 0.2)
    spread(service)
    assert set(queued(service)) == {near, deyang, zigong}
    later(service, 5)
    assert spread(service) == 2, "the rings of the third hour and of later"
    assert set(queued(service)) == {near, deyang, zigong}
    assert {xian, beijing}.isdisjoint(queued(service))
    assert row_of(service, ref).ring == 4


def test_who_lives_at_the_same_distance_twice_is_told_once(service: Service) -> None:
    one = {subscribe(service, "a@example.invalid", place) for place in (NEAR, DEYANG, "成都市锦江区")}
    an_alert(service)
    spread(service, most=1)
    later(service, 10)
    spread(service, most=1)
    assert set(queued(service)) == one


def test_a_crash_in_the_middle_goes_on_where_it_was_and_tells_nobody_twice(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = {subscribe(service, f"{number}@example.invalid") for number in range(25)}
    _, ref = an_alert(service)
    assert alert_spread.step(service, 10)
    assert len(queued(service)) == 10
    cursor = row_of(service, ref).cursor
    put = many.put

    def dies(*args: object, **more: object) -> None:
        put(*args, **more)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(many, "put", dies)
        with pytest.raises(KeyboardInterrupt):
            alert_spread.step(service, 10)
    assert len(queued(service)) == 10, "the step that died left nothing"
    assert row_of(service, ref).cursor == cursor
    assert spread(service, 10) == 2
    assert set(queued(service)) == everybody


def test_who_is_queued_again_is_passed_over(service: Service) -> None:
    subscribe(service, "a@example.invalid")
    _, ref = an_alert(service)
    spread(service)
    with service.database.write() as session:
        session.execute(update(AlertRow).values(ring=0))
        told = session.scalars(select(DeliveryRow)).all()
        again = [
            outbox.Delivery(outbox.Channel.EMAIL, one.once, {}, one.report_id, one.to_hash)
            for one in told[-1:]
        ]
        outbox.queue_all(session, service.keys, row_of(service, ref).report_id, again)
    spread(service)
    assert len(queued(service)) == 1


def test_unconfirmed_and_those_who_left_get_nothing(service: Service, mails: MailServer) -> None:
    subscribe(service, "unconfirmed@example.invalid", confirmed=False)
    left = subscribe(service, "left@example.invalid")
    stays = subscribe(service, "stays@example.invalid")
    an_alert(service)
    spread(service)
    assert set(queued(service)) == {left, stays}
    with service.database.write() as session:
        subscriptions.leave(session, service.keys, subscriptions._token(service.keys, left, 0))
    mails.recipients.clear()
    Post(service).run()
    assert mails.recipients.count("stays@example.invalid") == 1
    assert not {"left@example.invalid", "unconfirmed@example.invalid"} & set(mails.recipients)


def alert_mails(mails: MailServer, to: str) -> list[tuple[str, str]]:
    return [
        (str(mail["subject"]), mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]
        for mail in mails.mails if mail["to"] == to
    ]  # fmt: skip


def test_the_mail_says_what_the_poster_says_and_how_to_leave(service: Service, mails: MailServer) -> None:
    subscribe(service, "a@example.invalid")
    receipt, _ = an_alert(service)
    Post(service).run()
    [(subject, text)] = alert_mails(mails, "a@example.invalid")
    assert "Missing near you" in subject
    assert "王晓明" in subject
    assert f"{PUBLIC}/posters/{hanging.ref_of(service, receipt)}" in text
    assert receipt.case_number not in text
    [mail] = [mail for mail in mails.mails if mail["to"] == "a@example.invalid"]
    assert mail["List-Unsubscribe"].startswith(f"<{PUBLIC}/alerts/leave/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_withdrawn_drops_what_waits_and_tells_those_who_were_told(
    service: Service, mails: MailServer
) -> None:
    told = subscribe(service, "told@example.invalid")
    receipt, ref = an_alert(service)
    Post(service).run()
    waits = subscribe(service, "waits@example.invalid")
    later(service, 1.5)
    spread(service)
    assert queued(service) == {told: "sent", waits: "ready"}
    officer = an_officer(service)
    with service.database.write() as session:
        alerts.withdraw(session, service.keys, officer, receipt.case_number)
    spread(service)
    assert queued(service) == {told: "sent", waits: "dropped"}
    assert set(queued(service, "alert-end:")) == {told}
    Post(service).run()
    _, last = alert_mails(mails, "told@example.invalid")
    assert last[0] == "An alert is over"
    assert "王晓明" not in last[0] + last[1]
    assert alert_mails(mails, "waits@example.invalid") == []
    assert row_of(service, ref).told_at is not None
    assert spread(service) == 0


def test_what_waits_is_not_sent_even_before_it_is_dropped(service: Service, mails: MailServer) -> None:
    subscribe(service, "a@example.invalid")
    receipt, _ = an_alert(service)
    spread(service)
    with service.database.write() as session:
        assert reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
        session.execute(update(AlertRow).values(told_at=AlertRow.ended_at))  # nobody comes to drop it
    Post(service).run()
    assert alert_mails(mails, "a@example.invalid") == []
    assert list(queued(service).values()) == ["dropped"]


@pytest.mark.parametrize("how", ["withdrawn", "taken_down", "taken_back", "asked_again", "warned", "erased"])
def test_an_alert_ends_with_the_report_its_poster_or_a_warning(service: Service, how: str) -> None:
    receipt, ref = an_alert(service)
    coordinator, keys = hanging.a_coordinator(service), service.keys
    case = receipt.case_number, receipt.secret
    if how == "asked_again":
        hanging.ask(service, receipt)
    with service.database.write() as session:
        if how == "withdrawn":
            reports.withdraw(session, keys, *case)
        elif how == "taken_down":
            poster_decisions.take_down(session, keys, coordinator, receipt.case_number)
        elif how == "taken_back":
            poster_consent.take_back(session, keys, *case)
        elif how == "warned":
            concerns.flag(session, keys, coordinator, receipt.report_id, "danger", on=True)
    if how == "erased":
        with service.database.write() as session:
            assert erasure.by_receipt(session, keys, erasure.Ledger(service.settings.data_dir, keys), *case)
    with service.database.read() as session:
        assert alerts.going_on(session, keys, service.settings) == [], "at once"
    housekeeping.keep(service)
    if how == "erased":
        with service.database.read() as session:
            assert session.scalars(select(AlertRow)).all() == []
    else:
        assert row_of(service, ref).state == "withdrawn"


def test_an_alert_ends_after_a_week_and_tells_nobody(service: Service) -> None:
    subscribe(service, "a@example.invalid")
    _, ref = an_alert(service)
    Post(service).run()
    later(service, 24 * 7 + 1)
    housekeeping.keep(service)
    spread(service)
    assert row_of(service, ref).state == "withdrawn"
    assert queued(service, "alert-end:") == {}


def test_an_alert_needs_a_poster_that_hangs_and_a_place_on_it(service: Service) -> None:
    bare = hanging.a_report(service)
    with pytest.raises(Conflict, match="no poster"):
        approve(service, bare)
    hanging.ask(service, bare, columns=("name", "marks"))
    hanging.publish(service, bare, columns=("name", "marks"))
    with pytest.raises(Conflict, match="no place"):
        approve(service, bare)


def test_a_child_has_one_alert_at_a_time_and_may_have_another_later(service: Service) -> None:
    subscribe(service, "a@example.invalid")
    receipt, first = an_alert(service)
    with pytest.raises(Conflict, match="already"):
        approve(service, receipt)
    spread(service)
    officer = an_officer(service)
    with service.database.write() as session:
        alerts.withdraw(session, service.keys, officer, receipt.case_number)
    with service.database.write() as session, pytest.raises(Conflict, match="no alert"):
        alerts.withdraw(session, service.keys, officer, receipt.case_number)
    assert approve(service, receipt) != first


def test_only_the_police_approve(service: Service) -> None:
    receipt, _ = hanging.a_poster(service)
    coordinator = hanging.a_coordinator(service)
    with service.database.write() as session, pytest.raises(Forbidden):
        alerts.approve(session, service.keys, coordinator, receipt.case_number)


def test_an_alert_shows_only_what_the_poster_shows(service: Service) -> None:
    receipt = hanging.a_report(service)
    hanging.ask(service, receipt, columns=("name", "place_event"))
    hanging.publish(service, receipt, columns=("name", "place_event"))
    ref = approve(service, receipt)
    with service.database.read() as session:
        shown = alerts.find(session, service.keys, service.settings, ref).poster
        assert shown
        assert set(shown.facts) == {"name", "place_event"}
        assert len(session.get_one(ReportRow, receipt.report_id).person) > 2


@pytest.mark.parametrize(
    "wrong", ["", "1", "1:100", "*:x", "2:100,1:200,*:500", "1:200,2:100,*:500", "*:500,1:100", "1:nan,*:5", "*:99999",
              "nan:1,*:2"],
)  # fmt: skip
def test_a_setting_that_does_not_grow_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="kilometres"):
        Settings(alert_rings=wrong)


def test_the_rings_of_the_setting() -> None:
    found = rings.parse("1:100, 2:200,*:500")
    assert [(one.after, one.km) for one in found] == [
        (timedelta(hours=hours), km) for hours, km in ((0, 100), (1, 200), (2, 500))
    ]
    assert [rings.begun(found, timedelta(hours=hours)) for hours in (0, 0.99, 1, 2, 200)] == [1, 1, 2, 3, 3]
