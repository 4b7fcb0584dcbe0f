"""A mail that comes back hours later silences its address, and the telephone is the other way."""

import threading
from collections.abc import Iterator

import pytest
from sqlalchemy.exc import OperationalError

from reunite import bounces, reports, silence, submission
from reunite.config import Settings
from reunite.outbox import Channel
from reunite.service import Service
from tests.factory import report_fields
from tests.mailbox import Mailbox, mailbox
from tests.outside import Gateway, MailServer, ways
from tests.processes import command, wait_until
from tests.reunite.returned import OURS, report
from tests.workers.test_post import TO
from workers.bounces import BounceReader
from workers.post import Post


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


@pytest.fixture
def settings(settings: Settings, mails: MailServer, there: Gateway, box: Mailbox) -> Settings:
    """All ways lead to servers of this test."""
    return settings.model_copy(update={**ways(mails, there), "bounces": OURS, "bounces_mailbox": box.url})


def file(service: Service) -> None:
    with service.database.write() as session:
        reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
    Post(service).run()


def why(service: Service) -> str:
    with service.database.read() as session:
        return silence.why(session, silence.hash_of(service.keys, Channel.EMAIL, TO))


def test_what_comes_back_to_where_it_was_sent_from_silences_its_address_alone(
    service: Service, mails: MailServer, there: Gateway, box: Mailbox
) -> None:
    file(service)
    [sent_from], [mail] = mails.senders, mails.mails
    assert sent_from.startswith("bounces+")
    assert mail["From"].addresses[0].addr_spec == "reunite@example.org", "people answer there"
    box.put(report(sent_from.upper(), "5.1.1"))
    BounceReader(service).look()
    assert why(service) == silence.BOUNCED
    file(service)
    assert (len(mails.mails), len(there.requests)) == (1, 1), "the telephone is the other way"


def test_without_the_setting_it_comes_back_to_the_sender(service: Service, mails: MailServer) -> None:
    service.settings = service.settings.model_copy(update={"bounces": "", "bounces_mailbox": ""})
    file(service)
    assert mails.senders == ["reunite@example.org"]


def test_a_mailbox_or_a_database_that_is_away_is_told_and_looked_for_again(
    service: Service, mails: MailServer, box: Mailbox, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    file(service)
    box.put(report(mails.senders[0], "5.1.1"), report(mails.senders[0], "5.1.1"))
    box.refuses = "SELECT"
    BounceReader(service).look()
    box.refuses = ""
    with monkeypatch.context() as away:
        away.setattr(bounces, "note", lambda *_: (_ for _ in ()).throw(OperationalError("", {}, Exception())))
        BounceReader(service).look()
    assert why(service) == ""
    BounceReader(service).look()
    assert why(service) == silence.BOUNCED
    said = capsys.readouterr()
    for event in ("bounces_not_read", "bounces_not_counted", "mails_came_back"):
        assert event in said.out + said.err
    assert "reporter@" not in said.out + said.err
    assert "bounces+" not in said.out + said.err


def test_a_reader_without_a_mailbox_does_nothing_and_one_that_hangs_ends_with_the_worker(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    reader = BounceReader(service)

    def hang() -> None:
        begun.set()
        go_on.wait(60)

    monkeypatch.setattr(reader, "look", hang)
    monkeypatch.setattr("workers.bounces._LAST_WORD_S", 0.1)
    reader.start()
    assert begun.wait(60)
    reader.stop()
    go_on.set()
    service.settings = service.settings.model_copy(update={"bounces_mailbox": ""})
    idle = BounceReader(service)
    idle.start()
    idle.stop()


def test_the_poller_looks_by_itself(
    settings: Settings, service: Service, mails: MailServer, box: Mailbox
) -> None:
    file(service)
    box.put(report(mails.senders[0], "5.1.1"))
    with command(settings, "-m", "reunite", "worker") as worker:
        wait_until(lambda: why(service) == silence.BOUNCED, worker.output)
        assert worker.stop() == 0


def test_the_technician_looks_at_once(
    settings: Settings, service: Service, mails: MailServer, box: Mailbox
) -> None:
    file(service)
    box.put(report(mails.senders[0], "5.1.1"))
    with command(settings, "-m", "reunite", "bounces", "--mailbox") as looking:
        assert looking.popen.wait(timeout=60) == 0
        assert "1 mails came back; nothing more is sent to 1 addresses." in looking.output()
    box.refuses = "LOGIN"
    with command(settings, "-m", "reunite", "bounces", "--mailbox") as looking:
        assert looking.popen.wait(timeout=60) == 1
        assert "cannot be read (IMAP4.error)" in looking.output()
