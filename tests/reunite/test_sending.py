"""Mails and short messages as they arrive at real servers, and what comes of each way to refuse them."""

import json
import time
from collections.abc import Iterator

import pytest

from reunite import gateway as sms
from reunite import mail, signing
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.sending import NotNowError, RefusedError, senders
from tests.outside import SECRET, Gateway, MailServer, gateway, mail_server, ways

KEYS = Keys(b"k" * 32)
TO = "somebody@example.invalid"
STOP = "https://reunite.example.org/stop/abc"
LETTER = {"to": TO, "language": "zh-Hans", "subject": "已收到您的登记 M-0000-0000", "text": "谢谢您。\n.\n第二行\n",
          "html": "<p>谢谢您。</p>", "stop": STOP}  # fmt: skip
SHORT = {"to": "10005550100", "text": "已收到", "language": "zh-Hans"}


def a_mail(once: str = "a", **changes: str) -> Delivery:
    return Delivery(Channel.EMAIL, once, {**LETTER, **changes})


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def post(server: MailServer) -> mail.Sender:
    return mail.Sender(Settings(organisation="回家 Home", **ways(server)), KEYS)


@pytest.fixture
def text(there: Gateway) -> sms.Sender:
    return sms.Sender(Settings(**ways(sms=there)), KEYS)


def test_a_mail_says_the_same_as_text_and_as_html(server: MailServer, post: mail.Sender) -> None:
    post(a_mail())
    [got] = server.mails
    assert server.recipients == [TO]
    assert got["Subject"] == LETTER["subject"]
    assert got["From"].addresses[0].display_name == "回家 Home"
    assert got.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in got.iter_parts()] == ["text/plain", "text/html"]
    text, html = (part.get_content() for part in got.iter_parts())
    assert text.splitlines() == LETTER["text"].splitlines()
    assert html.strip() == LETTER["html"]


def test_a_mail_says_that_a_machine_wrote_it_and_how_to_stop_it(
    server: MailServer, post: mail.Sender
) -> None:
    post(a_mail())
    [got] = server.mails
    assert got["Auto-Submitted"] == "auto-generated"
    assert got["List-Unsubscribe"] == f"<{STOP}>"
    assert got["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert got["Content-Language"] == "zh-Hans"
    assert got["Date"].datetime is not None


def test_the_name_of_a_mail_is_the_same_at_every_try_and_another_s_is_another(
    server: MailServer, post: mail.Sender
) -> None:
    for once in ("a", "a", "b"):
        post(a_mail(once))
    first, again, other = (got["Message-ID"] for got in server.mails)
    assert first == again != other
    assert first.endswith("@example.org>")


@pytest.mark.parametrize(
    ("where", "answer", "nobody"),
    [(TO, "550 5.1.1 no such user", True), (TO, "550 unknown", True), ("DATA", "550 5.1.1 no such user", True),
     ("DATA", "554 5.6.0 we dislike this", False)],
)  # fmt: skip
def test_a_refusal_for_good_is_told_from_one_for_now(
    server: MailServer, post: mail.Sender, where: str, answer: str, nobody: bool
) -> None:
    server.answers[where] = answer
    with pytest.raises(RefusedError) as refused:
        post(a_mail())
    assert refused.value.nobody is nobody
    assert refused.value.problem == f"smtp_{answer[:3]}", "and nothing that the server wrote"


@pytest.mark.parametrize(
    ("where", "answer"),
    [(TO, "450 4.2.1 later"), (TO, "550 5.7.1 relaying denied"), ("DATA", "451 4.3.0 later")],
)
def test_a_refusal_for_now_or_of_ourselves_is_tried_again(
    server: MailServer, post: mail.Sender, where: str, answer: str
) -> None:
    server.answers[where] = answer
    with pytest.raises(NotNowError):
        post(a_mail())
    assert server.mails == []


def test_a_server_that_is_away_is_an_error_that_may_pass() -> None:
    away = mail.Sender(Settings(**{**ways(), "smtp_url": "smtp://127.0.0.1:1", "mail_from": "a@b.org"}), KEYS)
    with pytest.raises(OSError):  # noqa: PT011 - which of them the system says is no matter
        away(a_mail())


@pytest.mark.parametrize(
    "address", ["a b@example.invalid", "a@b@example.invalid", "a@example.invalid\r\nBcc: c@d.org", "@"]
)
def test_what_is_no_address_never_reaches_a_server(
    server: MailServer, post: mail.Sender, address: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        post(a_mail(to=address))
    assert refused.value.nobody
    assert server.mails == []


def test_a_short_message_is_posted_as_json_and_signed(there: Gateway, text: sms.Sender) -> None:
    for _ in range(2):
        text(Delivery(Channel.GATEWAY, "a", SHORT))
    got, again = there.requests
    said = json.loads(got.body)
    assert {name: said[name] for name in SHORT} == SHORT
    assert set(said) == {*SHORT, "id"}
    assert said["id"] == got.headers["webhook-id"] == again.headers["webhook-id"]
    assert signing.verify(SECRET, got.headers, got.body, time.time())
    assert not signing.verify(SECRET, got.headers, got.body + b" ", time.time())


@pytest.mark.parametrize(
    ("status", "nobody"), [(400, False), (404, False), (413, False), (422, False), (410, True)]
)
def test_a_gateway_may_refuse_for_good(there: Gateway, text: sms.Sender, status: int, nobody: bool) -> None:
    there.status = status
    with pytest.raises(RefusedError) as refused:
        text(Delivery(Channel.GATEWAY, "a", SHORT))
    assert (refused.value.problem, refused.value.nobody) == (f"http_{status}", nobody)


@pytest.mark.parametrize("status", [302, 401, 403, 408, 429, 500, 503])
def test_or_for_now(there: Gateway, text: sms.Sender, status: int) -> None:
    there.status = status
    with pytest.raises(NotNowError):
        text(Delivery(Channel.GATEWAY, "a", SHORT))


def test_a_redirection_is_not_followed(there: Gateway, text: sms.Sender) -> None:
    with gateway() as elsewhere:
        there.status, there.headers = 307, {"Location": elsewhere.url}
        with pytest.raises(NotNowError):
            text(Delivery(Channel.GATEWAY, "a", SHORT))
        assert elsewhere.requests == []
    assert len(there.requests) == 1


def test_only_what_is_set_up_sends(server: MailServer, there: Gateway) -> None:
    assert set(senders(Settings(), KEYS)) == set()
    assert set(senders(Settings(**ways(server)), KEYS)) == {Channel.EMAIL}
    assert set(senders(Settings(**ways(sms=there)), KEYS)) == {Channel.GATEWAY}
