"""Deliveries from the queue to real servers: sent once, tried again, given up, and no report waits for any of it."""

import threading
from contextlib import ExitStack
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from reunite import jobs, outbox, outbox_care, reports, silence, submission
from reunite.config import Settings
from reunite.outbox import Channel, Delivery
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from tests.factory import report_fields
from tests.outside import Gateway, MailServer, ways
from tests.processes import command, wait_until
from workers import housekeeping
from workers.doorbell import NOTIFICATIONS
from workers.drain import Drain
from workers.post import Post, Postman

TO = "reporter@example.invalid"


@pytest.fixture
def settings(settings: Settings, mails: MailServer, there: Gateway) -> Settings:
    """Both ways lead to servers of this test."""
    return settings.model_copy(update=ways(mails, there))


def file(service: Service, **changes: str) -> Receipt:
    with service.database.write() as session:
        said = submission.parse(report_fields(**changes))
        return reports.file(session, service.keys, said, actor="family")


def states(service: Service) -> list[tuple[str, str | None]]:
    with service.database.read() as session:
        rows = session.execute(select(DeliveryRow.state, DeliveryRow.problem).order_by(DeliveryRow.id))
        return [(row.state, row.problem) for row in rows]


def all_due(service: Service) -> None:
    with service.database.write() as session:
        session.execute(update(DeliveryRow).values(due=now(session)))


def test_what_was_queued_arrives_once_by_each_way(
    service: Service, mails: MailServer, there: Gateway
) -> None:
    file(service)
    file(service, reporter_email="")
    assert Post(service).run() == 2
    assert Post(service).run() == 0
    assert mails.recipients == [TO]
    assert len(there.requests) == 1
    assert states(service) == [("sent", None)] * 2


def test_nothing_is_sent_while_a_transaction_is_open(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(service)
    post, seen = Post(service), []

    def look(delivery: Delivery) -> None:
        # On SQLite this would wait for itself; on PostgreSQL the row would be locked.
        with service.database.write() as session:
            session.execute(update(DeliveryRow).values(problem="not locked"))
        seen.append(delivery.once)

    post.senders = {Channel.EMAIL: look}
    assert post.run() == 1
    assert len(seen) == 1


def test_a_server_that_says_later_gets_the_same_mail_later(service: Service, mails: MailServer) -> None:
    file(service)
    mails.answers[TO] = "451 4.3.0 later"
    assert Post(service).run() == 1
    assert states(service) == [("ready", "NotNowError")]
    mails.answers.clear()
    assert Post(service).run() == 0, "not at once"
    all_due(service)
    assert Post(service).run() == 1
    assert mails.recipients == [TO]


def test_an_address_where_nobody_is_gets_nothing_more_and_is_not_kept(
    service: Service, mails: MailServer, there: Gateway
) -> None:
    for number in range(3):
        file(service, memories=f"{number}")
    mails.answers[TO] = "550 5.1.1 no such user"
    assert Post(service).run() == 1 + 2
    assert states(service) == [("failed", "smtp_550"), *[("dropped", "silenced")] * 2]
    with service.database.read() as session:
        kept = session.execute(select(silence.SilencedRow.to_hash, silence.SilencedRow.why)).all()
    assert [why for _, why in kept] == ["bounced"]
    assert "reporter" not in str(kept)
    file(service, memories="more")
    Post(service).run()
    assert len(there.requests) == 1, "the telephone is the other way"


def test_who_opts_out_while_it_is_on_its_way_gets_nothing(service: Service, mails: MailServer) -> None:
    file(service)
    with service.database.write() as session:
        [lease] = outbox.claim_some(session, 1, channels=[Channel.EMAIL], lease_seconds=60, quiet=False)
        silence.stop(session, silence.hash_of(service.keys, Channel.EMAIL, TO))
        outbox.hand_back(session, lease)
    assert Post(service).run() == 1
    assert states(service) == [("dropped", "silenced")]
    assert mails.mails == []


def test_at_night_only_that_a_report_was_received_is_sent(service: Service, mails: MailServer) -> None:
    file(service)
    with service.database.write() as session:
        outbox.queue(session, service.keys, Delivery(Channel.EMAIL, "other", {"to": TO}))
    at = "0-23" if _hour(service) < 23 else "23-0"
    service.settings = service.settings.model_copy(update={"quiet_hours": at})
    assert Post(service).run() == 1
    assert [state for state, _ in states(service)] == ["sent", "ready"]
    assert len(mails.mails) == 1


def _hour(service: Service) -> int:
    with service.database.read() as session:
        return now(session).astimezone(ZoneInfo(service.settings.time_zone)).hour


class _MustEnd(BaseException):
    pass


def test_who_must_end_in_the_middle_gives_everything_back_at_once(service: Service) -> None:
    for number in range(3):
        file(service, memories=f"{number}")
    post = Post(service)

    def end(_: Delivery) -> None:
        raise _MustEnd

    post.senders = {Channel.EMAIL: end}
    with pytest.raises(_MustEnd):
        post.run()
    with service.database.read() as session:
        rows = session.execute(select(DeliveryRow.state, DeliveryRow.attempts, DeliveryRow.lease_token)).all()
    assert [tuple(row) for row in rows] == [("ready", 0, None)] * 3


def test_who_is_told_to_stop_ends_the_one_in_hand_and_gives_the_others_back(
    service: Service, mails: MailServer
) -> None:
    for number in range(3):
        file(service, memories=f"{number}")
    assert Post(service).run(stopped=lambda: len(mails.mails) > 0) == 1
    assert [state for state, _ in states(service)] == ["sent", "ready", "ready"]


def test_a_database_that_goes_away_leaves_the_lease_to_run_out(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(service)

    def away(*_: object) -> bool:
        raise OperationalError("", {}, Exception())

    monkeypatch.setattr(outbox, "complete", away)
    with pytest.raises(OperationalError):
        Post(service).run()
    assert [state for state, _ in states(service)] == ["leased"]


def test_a_slow_server_keeps_no_report_waiting(service: Service) -> None:
    begun, go_on = threading.Event(), threading.Event()
    postman = Postman(service)

    def slow(_: Delivery) -> None:
        begun.set()
        go_on.wait(60)

    postman._post.senders = {Channel.EMAIL: slow}
    file(service)
    postman.start()
    try:
        assert begun.wait(60)
        assert Drain(service).run() == 1
        assert states(service)[0][0] == "leased", "the mail is still on its way"
    finally:
        go_on.set()
        postman.stop()
    assert [state for state, _ in states(service)] == ["sent"]


def test_no_address_and_no_word_is_in_the_log(
    service: Service, mails: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    file(service)
    mails.answers[TO] = f"550 5.1.1 no {TO} here"
    Post(service).run()
    said = capsys.readouterr()
    assert "delivery_refused" in said.out + said.err
    assert "reporter@" not in said.out + said.err


def test_housekeeping_forgets_what_ended_long_ago(service: Service) -> None:
    file(service)
    Post(service).run()
    with service.database.write() as session:
        session.execute(update(DeliveryRow).values(done_at=now(session) - outbox_care.KEPT))
    housekeeping.keep(service)
    assert states(service) == []


def test_the_poller_delivers_without_any_bell(
    settings: Settings, service: Service, mails: MailServer
) -> None:
    with command(settings, "-m", "reunite", "worker") as worker:
        worker.wait_for("worker_ready")
        file(service)
        wait_until(lambda: mails.mails, worker.output)
        wait_until(lambda: states(service) == [("sent", None)], worker.output)
        assert worker.stop() == 0


def test_a_celery_worker_of_notifications_alone_delivers_when_rung_and_ranks_nothing(
    postgres_url: str, redis_url: str, settings: Settings, mails: MailServer
) -> None:
    scaled = settings.model_copy(update={"database_url": postgres_url, "redis_url": redis_url})
    with ExitStack() as stack:
        service = open_service(scaled)
        stack.callback(service.close)
        service.connect_doorbell()
        arguments = ("-m", "celery", "--app", "workers.app", "worker", "--concurrency", "1", "--loglevel", "INFO",
                     "--queues", NOTIFICATIONS, "--without-gossip", "--without-mingle",
                     "--without-heartbeat")  # fmt: skip
        worker = stack.enter_context(command(scaled, *arguments))
        worker.wait_for("worker_ready")
        file(service)
        wait_until(lambda: mails.mails, worker.output)
        with service.database.read() as session:
            assert jobs.summary(session).ready == 1, "the report waits for who ranks"
            assert session.scalars(select(func.count()).select_from(DeliveryRow)).one() == 1
        assert worker.stop() == 0
