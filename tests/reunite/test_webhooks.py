"""What partner organisations' webhooks are told, and when: their own reports, and no more than the status API tells."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select, update

from reunite import (
    audit,
    confirmations,
    erasure,
    jobs,
    messages,
    outbox,
    reports,
    retention,
    submission,
    webhooks,
)
from reunite.problems import Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from reunite.storage.tables import ReportRow
from reunite.storage.webhook_tables import WebhookEventRow, WebhookRow
from reunite.webhook_events import EventType
from tests.factory import report_fields
from tests.outside import Gateway
from tests.reunite import hooks
from tests.reunite.hooks import Hook, file, hook, settings
from tests.reunite.office import DNA, Office
from tests.reunite.test_cli import run
from workers import housekeeping
from workers.drain import Drain

__all__ = ["hook", "settings"]


def amend(service: Service, receipt: Receipt, **changes: str) -> None:
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id, with_for_update=True)
        said = submission.parse(report_fields(source_id="A-1", **changes), source="shelter-a")
        reports.amend(session, service.keys, report, said, actor="test")


def withdraw(service: Service, receipt: Receipt) -> None:
    with service.database.write() as session:
        assert reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)


def test_a_report_s_steps_are_told_each_once_and_with_its_own_numbers(service: Service, hook: Hook) -> None:
    receipt = file(service)
    [told] = hook.told()
    moment = told.pop("timestamp")
    assert moment[10] == "T"
    assert moment.endswith("+00:00")
    assert told == {
        "type": "report.step_changed",
        "data": {"case_number": receipt.case_number, "source_id": "A-1", "step": "received"},
    }
    drain = Drain(service)
    drain.run()
    assert hook.words() == ["compared"]
    amend(service, receipt, marks="右眉上有疤")
    amend(service, receipt, marks="右眉上有一道疤")
    assert hook.words() == ["received"], "it waits to be compared: twice amended is one step"
    drain.run()
    assert hook.words() == ["compared"]
    with service.database.write() as session:
        jobs.rematch(session, "other weights")
    drain.run()
    assert sorted(hook.words()) == ["compared", "received"]
    withdraw(service, receipt)
    drain.run()
    assert hook.words() == ["withdrawn"], "its job runs once more, and that is nobody's business"


def test_news_are_told_after_a_confirmation_alone_and_also_of_tied_reports(
    service: Service, hook: Hook
) -> None:
    office = Office(service)
    missing, found = file(service), office.file("found")
    ref = office.pair(missing, found)
    assert hook.words() == ["received"]
    office.refer(ref)
    assert hook.words() == []
    with service.database.write() as session:
        confirmations.decide(session, service.keys, office.who["officer"], ref, **DNA)
    assert hook.words() == ["news"]
    Drain(service).run()
    assert hook.words() == []


def test_it_is_told_of_a_message_of_staff_but_not_its_words(service: Service, hook: Hook) -> None:
    office, receipt = Office(service), file(service)
    hook.told()
    with service.database.write() as session:
        messages.write(
            session, service.keys, office.who["coordinator"], receipt.case_number, "Was there a bridge?"
        )
    [told] = hook.told()
    assert (told["type"], told["data"]) == (
        "message.received", {"case_number": receipt.case_number, "source_id": "A-1"},
    )  # fmt: skip


def test_it_is_told_that_a_report_will_end_and_that_it_has(service: Service, hook: Hook) -> None:
    receipt = file(service)
    hook.told()
    for days in (retention.NOTICE_DAYS - 1, 0):
        with service.database.write() as session:
            row = session.get_one(ReportRow, receipt.report_id)
            row.kept_from = now(session) - timedelta(days=service.settings.retain_missing_days - days)
        retention.sweep(service.database, service.keys, service.settings)
    assert sorted(hook.words()) == ["expired", "report.expiring"]


def test_nobody_is_told_of_others_reports(service: Service, hook: Hook) -> None:
    file(service, source=None)
    file(service, source="shelter-b")
    Drain(service).run()
    assert hook.told() == []
    assert hooks.events(service) == []


def test_a_webhook_is_told_what_it_asked_for(service: Service, there: Gateway) -> None:
    hook = Hook(service, there, events=["message.received"])
    file(service)
    assert hook.told() == []
    assert hooks.events(service) == [("report.step_changed", "received")], "so that it can be asked for later"


def test_what_is_rolled_back_is_never_told(service: Service, hook: Hook) -> None:
    with service.database.write() as session:
        said = submission.parse(report_fields(source_id="A-1"), source="shelter-a")
        reports.file(session, service.keys, said, actor="test")
        session.rollback()
    assert hook.told() == []


def statements(service: Service, count: int, kind: str = "found") -> list[str]:
    """Of completing a batch of jobs."""
    for number in range(count):
        with service.database.write() as session:
            said = submission.parse(report_fields(kind, source_id=f"B-{number}"), source="shelter-b")
            reports.file(session, service.keys, said, actor="test")
    with service.database.write() as session:
        leases = jobs.claim_some(session, count, lease_seconds=60)
        assert len(leases) == count
    made: list[str] = []
    with service.database.write() as session:
        session.connection()
        event.listen(service.database.engine, "before_cursor_execute", lambda *said: made.append(said[2]))
        assert jobs.complete(session, leases, "test")
    return [one for one in made if "clock_timestamp" not in one]


def test_without_a_webhook_a_batch_of_jobs_costs_one_look_more(service: Service) -> None:
    update_, look = statements(service, 12)
    assert update_.startswith("UPDATE match_job")
    assert "FROM webhook" in look
    assert hooks.events(service) == []


def test_with_others_webhooks_a_batch_costs_two(service: Service, hook: Hook) -> None:
    assert len(statements(service, 12)) == 3


def test_a_replay_tells_the_same_under_the_same_ids(service: Service, hook: Hook, there: Gateway) -> None:
    file(service)
    Drain(service).run()
    first = sorted(hook.told(), key=str)
    ids = hook.ids()
    for _ in range(2):
        with service.database.write() as session:
            since = now(session) - timedelta(hours=1)
            done = webhooks.replay(session, service.keys, since, actor="test", hook_id=hook.id)
            assert done == webhooks.Replayed(2, None)
            again = webhooks.replay(session, service.keys, since, actor="test", source="shelter-a")
            assert again.queued == 0, "they wait already"
        assert sorted(hook.told(), key=str) == first
    assert len(ids) == 2
    assert sorted(hook.ids()) == sorted(ids * 3)
    assert (
        there.requests[0].body == there.requests[2].body or there.requests[0].body == there.requests[3].body
    )


def test_a_replay_begins_after_a_moment_and_reaches_no_other_s_reports(
    service: Service, hook: Hook, there: Gateway
) -> None:
    other = Hook(service, there, source="shelter-b")
    file(service)
    hook.told()
    with service.database.write() as session:
        after = webhooks.replay(session, service.keys, now(session), actor="test", hook_id=hook.id)
        theirs = webhooks.replay(
            session, service.keys, now(session) - webhooks.KEPT, actor="test", hook_id=other.id
        )
        with pytest.raises(NotFound):
            webhooks.replay(session, service.keys, now(session), actor="test", hook_id=999)
    assert after.queued == theirs.queued == 0


def test_a_long_replay_goes_on_where_it_was(
    service: Service, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhooks, "_MOST_AGAIN", 2)
    for number in range(5):
        with service.database.write() as session:
            said = submission.parse(report_fields(source_id=f"A-{number}"), source="shelter-a")
            reports.file(session, service.keys, said, actor="test")
    hook.told()
    with service.database.write() as session:
        since, parts = now(session) - timedelta(hours=1), []
        while since is not None:
            done = webhooks.replay(session, service.keys, since, actor="test", hook_id=hook.id)
            parts.append(done.queued)
            since = done.more_since  # type: ignore[assignment]
    assert parts == [2, 2, 1]


def test_events_hold_nothing_personal_and_are_forgotten_after_30_days(service: Service, hook: Hook) -> None:
    file(service)
    with service.database.read() as session:
        row = session.scalars(select(WebhookEventRow)).one()
        kept = {column.name for column in row.__table__.columns}
        assert kept == {"id", "type", "report_id", "step", "at"}
    with service.database.write() as session:
        session.execute(update(WebhookEventRow).values(at=now(session) - webhooks.KEPT))
    housekeeping.keep(service)
    assert hooks.events(service) == []


def test_erasing_a_report_takes_its_events_and_deliveries_along(service: Service, hook: Hook) -> None:
    receipt = file(service)
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id, with_for_update=True)
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        erasure.erase(session, service.keys, ledger, report, actor="test")
    assert hooks.events(service) == []
    Drain(service).run()
    assert hook.told() == []


def test_the_secret_is_sealed_and_nothing_of_it_or_the_address_is_in_the_log(
    service: Service, hook: Hook
) -> None:
    file(service)
    with service.database.read() as session:
        row = session.scalars(select(WebhookRow)).one()
        assert hook.secret.encode() not in row.secret
        waiting = session.scalars(select(DeliveryRow)).one()
        assert waiting.sealed is not None
        assert b"A-1" not in waiting.sealed
        log = " ".join(f"{one.actor} {one.subject} {one.detail}" for one in audit.entries(session, 10))
    assert "127.0.0.1" not in log
    assert "whsec" not in log
    assert "webhook:1" in log


@pytest.mark.parametrize(
    "url",
    ["", "ftp://ngo.example.org/", "http://ngo.example.org/hook", "https://", "https://a:b@ngo.example.org/",
     "https://ngo.example.org/ hook", "https://ngo.example.org:99999/", "https://ngo.example.org/#x",
     "https://ngo.example.org/" + "x" * 1000, "https://[1", "https://10.0.0.1/", "https://[::1]/", "http://localhost/",
     "https://169.254.169.254/latest"],
)  # fmt: skip
def test_an_address_that_is_not_called_is_refused(service: Service, url: str) -> None:
    with pytest.raises(Invalid), service.database.write() as session:
        webhooks.create(session, service.keys, actor="test", source="a", url=url)


def test_a_webhook_without_organisation_or_events_is_not_made(service: Service) -> None:
    for source, events in (("", list(EventType)), ("a", []), ("a", ["candidate.found"])):
        with pytest.raises(Invalid), service.database.write() as session:
            webhooks.create(session, service.keys, actor="test", source=source, url="https://ngo.example.org/",
                            events=events)  # fmt: skip


def test_programs_are_told_at_night_too_and_after_people(service: Service, hook: Hook) -> None:
    file(service)
    with service.database.write() as session:
        outbox.queue(session, service.keys, outbox.Delivery(outbox.Channel.EMAIL, "mail", {"to": "x"}))
        every = list(outbox.Channel)
        assert outbox.are_due(session, channels=every, quiet=True)
        [first] = outbox.claim_some(session, 1, channels=every, lease_seconds=60, quiet=False)
        [second] = outbox.claim_some(session, 1, channels=every, lease_seconds=60, quiet=True)
    assert (first.channel, second.channel) == (outbox.Channel.EMAIL, outbox.Channel.WEBHOOK)


def test_the_technician_makes_tests_replays_and_ends_webhooks(service: Service, there: Gateway) -> None:
    private = {"REUNITE_WEBHOOK_PRIVATE": "true"}
    made = run(service.settings, "webhook", "create", "shelter [a]", there.url, **private)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("whsec_")
    listed = run(service.settings, "webhook", "list").stdout
    assert "shelter [a]" in listed
    assert made.stdout.strip() not in listed
    tried = run(service.settings, "webhook", "test", "1", **private)
    assert (tried.returncode, tried.stdout) == (0, "Taken: 204\n")
    there.status = 500
    assert run(service.settings, "webhook", "test", "1", **private).returncode == 1
    assert (
        "PrivateAddressError"
        in run(service.settings, "webhook", "test", "1", REUNITE_WEBHOOK_PRIVATE="false").stdout
    )
    file(service, source="shelter [a]")
    again = run(service.settings, "webhook", "replay", "1", "--since", "2020-01-01")
    assert again.stdout == "Queued again: 0\n", again.stderr
    assert run(service.settings, "webhook", "end", "1").returncode == 0
    for what in ("test", "end"):
        assert run(service.settings, "webhook", what, "999").returncode == 2
