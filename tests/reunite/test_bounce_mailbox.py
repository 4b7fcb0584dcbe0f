"""The mailbox of returned mails: each counts once, ours are removed, what is for people stays, nobody listens in."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from reunite import bounce_mailbox
from reunite.bounce_mailbox import MailboxError
from reunite.bounces import Returned
from reunite.keys import Keys
from tests.mailbox import PASSWORD, Mailbox, certificate, mailbox
from tests.reunite.returned import HASH, OURS, address, away, report

KEYS = Keys(b"k" * 32)
TO = address(KEYS)


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as running:
        yield running


def look(url: str) -> list[Returned]:
    return list(bounce_mailbox.look(url, KEYS))


def test_what_came_back_is_read_once_and_removed(box: Mailbox) -> None:
    box.put(report(TO, "5.1.1"), away(TO), report(TO, "5.2.2"))
    assert look(box.url) == [Returned(HASH, "5.1.1"), Returned(HASH, ""), Returned(HASH, "5.2.2")]
    assert box.messages == {}
    assert look(box.url) == []


def test_what_is_for_people_stays_and_is_not_read_again(box: Mailbox) -> None:
    box.put(b"To: bounces@example.org\r\n\r\nA letter.\r\n", report(OURS, "5.1.1"), b"\xff\x00", b"")
    assert look(box.url) == []
    assert [one.flags for one in box.messages.values()] == [{"\\Seen"}] * 4
    box.said.clear()
    assert look(box.url) == []
    assert not any("FETCH" in said for said in box.said)


def test_another_folder_can_be_named(box: Mailbox) -> None:
    box.folder = "Came%20back"
    url, box.folder = box.url, "Came back"
    box.put(report(TO, "5.1.1"))
    assert look(url) == [Returned(HASH, "5.1.1")]


def test_one_that_could_not_be_marked_is_not_counted(box: Mailbox) -> None:
    box.put(report(TO, "5.2.2"))
    box.refuses = "STORE"
    with pytest.raises(MailboxError):
        look(box.url)
    box.refuses = ""
    assert look(box.url) == [Returned(HASH, "5.2.2")]


def test_one_that_was_counted_is_not_counted_again_where_it_could_not_be_removed(box: Mailbox) -> None:
    box.put(report(TO, "5.2.2"))
    box.refuses = "EXPUNGE"
    coming = bounce_mailbox.look(box.url, KEYS)
    assert next(coming) == Returned(HASH, "5.2.2")
    with pytest.raises(MailboxError):
        next(coming)
    box.refuses = ""
    assert look(box.url) == []
    assert box.messages == {}


def test_a_long_message_is_fetched_as_far_as_it_is_read(box: Mailbox) -> None:
    box.put(report(TO, "5.1.1") + b"x" * 1_000_000)
    assert look(box.url) == [Returned(HASH, "5.1.1")]


def test_many_are_read_a_part_at_a_time(box: Mailbox) -> None:
    box.put(*[away(TO)] * 250)
    assert [len(look(box.url)) for _ in range(3)] == [200, 50, 0]


@pytest.mark.parametrize("refused", ["LOGIN", "SELECT", "SEARCH", "FETCH"])
def test_a_mailbox_that_refuses_is_told_without_its_words(box: Mailbox, refused: str) -> None:
    box.put(report(TO, "5.1.1"))
    box.refuses = refused
    with pytest.raises(MailboxError, match=r"cannot be read \(IMAP4\.error\)\.$"):
        look(box.url)


def test_a_server_that_is_away_is_told(box: Mailbox) -> None:
    with pytest.raises(MailboxError, match="ConnectionRefusedError"):
        look("imap://a:b@127.0.0.1:1/INBOX")


def test_a_server_that_nobody_vouches_for_gets_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = certificate(tmp_path)
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(file)
    with mailbox(tls) as box:
        box.put(report(TO, "5.1.1"))
        with pytest.raises(MailboxError, match="SSLCertVerificationError"):
            look(box.url)
        assert box.said == []
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        with pytest.raises(MailboxError, match="SSLCertVerificationError"):
            look(box.url.replace("127.0.0.1", "localhost"))
        assert PASSWORD not in str(box.said)
        assert look(box.url) == [Returned(HASH, "5.1.1")]
