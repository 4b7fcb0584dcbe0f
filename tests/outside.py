"""The world that deliveries go to: a mail server and a gateway on this machine, which take or refuse what they are told
to, and keep what they got."""

import email
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUBLIC = "https://reunite.example.org"
SECRET = "whsec_" + "QUJD" * 8


class MailServer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as a sender needs. `answers`: what it says to RCPT or to the end of DATA, instead of yes, by
    address or "DATA"."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.senders: list[str] = []
        self.answers: dict[str, str] = {}

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self._say("220 here")
        to = ""
        while line := self.rfile.readline():
            said = line.decode().strip()
            verb = said.upper()
            if verb.startswith("MAIL FROM:"):
                self.server.senders.append(said.partition("<")[2].partition(">")[0])
                self._say("250 ok")
            elif verb.startswith("RCPT TO:"):
                to = said.partition("<")[2].partition(">")[0]
                self._say(self.server.answers.get(to, "250 ok"))
            elif verb == "DATA":
                self._say("354 go on")
                self._take(to)
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, to: str) -> None:
        lines = []
        while (line := self.rfile.readline()).rstrip(b"\r\n") != b".":
            lines.append(line[1:] if line.startswith(b"..") else line)
        answer = self.server.answers.get("DATA", "250 taken")
        if answer.startswith("250"):
            self.server.recipients.append(to)
            mail = email.message_from_bytes(b"".join(lines), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.server.mails.append(mail)
        self._say(answer)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@dataclass
class Request:
    """What somebody posted."""

    headers: dict[str, str]
    body: bytes
    path: str = ""


@dataclass
class Gateway:
    """Answers every POST with `status`, and keeps what came."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A running mail server."""
    with MailServer() as server:
        yield from serving(server, server)


@contextmanager
def gateway() -> Iterator[Gateway]:
    """A running gateway."""
    there = Gateway()

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            there.requests.append(
                Request({name.lower(): value for name, value in self.headers.items()}, body, self.path)
            )
            self.send_response(there.status)
            for name, value in there.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        there.url = f"http://127.0.0.1:{server.server_address[1]}/send"
        yield from serving(server, there)


def serving(server: socketserver.BaseServer, gives: Any) -> Iterator[Any]:
    """Answer in a thread, as long as what it gives is in use."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield gives
    finally:
        server.shutdown()
        thread.join()


def ways(mail: MailServer | None = None, sms: Gateway | None = None) -> dict[str, str]:
    """The settings that lead there; nobody sleeps, unless a test says so."""
    settings = {"public_url": PUBLIC, "trusted_proxies": "127.0.0.1", "quiet_hours": ""}
    if mail is not None:
        settings |= {"smtp_url": mail.url, "mail_from": "reunite@example.org"}
    if sms is not None:
        settings |= {"gateway_url": sms.url, "gateway_secret": SECRET}
    return settings
