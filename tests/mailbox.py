"""A mailbox on this machine that speaks as much IMAP as a reader of bounces needs, by TLS with a certificate."""

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.outside import serving

USER, PASSWORD = "bounces@example.org", 'a "word" \\ @/:'
WRITTEN = f"{USER.replace('@', '%40')}:a%20%22word%22%20%5C%20%40%2F%3A"
"""Both as an address wants them."""


def quoted(text: str) -> str:
    """As IMAP writes a string with signs in it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass
class Kept:
    """One message in the mailbox."""

    content: bytes
    flags: set[str] = field(default_factory=set)


class Mailbox(socketserver.ThreadingTCPServer):
    """`refuses`: the command that is answered NO. `folder`: the only one there is. `said`: all that came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.tls = tls
        self.messages: dict[int, Kept] = {}
        self.folder, self.refuses, self.said = "INBOX", "", list[str]()
        self.lock = threading.Lock()

    def put(self, *messages: bytes) -> None:
        """Somebody sends these."""
        for content in messages:
            self.messages[max(self.messages, default=0) + 1] = Kept(content)

    @property
    def url(self) -> str:
        scheme = "imaps" if self.tls else "imap"
        return f"{scheme}://{WRITTEN}@127.0.0.1:{self.server_address[1]}/{self.folder}"


class _Conversation(socketserver.StreamRequestHandler):
    server: Mailbox
    disable_nagle_algorithm = True

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        self._say("* OK here")
        while line := self.rfile.readline():
            said = line.decode().strip()
            self.server.said.append(said)
            tag, verb, rest = [*said.split(" ", 2), ""][:3]
            if verb.upper() == "UID":
                verb, _, rest = rest.partition(" ")
            with self.server.lock:
                no = verb.upper() == self.server.refuses or not self._do(verb.upper(), rest)
            self._say(f"{tag} {'NO never' if no else 'OK done'}")
            if verb.upper() == "LOGOUT":
                return

    def _do(self, verb: str, rest: str) -> bool:
        """Carry it out; False where it cannot be."""
        kept = self.server.messages
        if verb == "CAPABILITY":
            self._say("* CAPABILITY IMAP4rev1")
        elif verb == "LOGIN":
            return rest == f"{USER} {quoted(PASSWORD)}"
        elif verb == "SELECT":
            self._say(f"* {len(kept)} EXISTS")
            return rest == f'"{self.server.folder}"'
        elif verb == "SEARCH":
            new = [uid for uid, one in kept.items() if not one.flags & {"\\Seen", "\\Deleted"}]
            self._say(" ".join(["* SEARCH", *map(str, new)]))
        elif verb == "FETCH":
            uid, most = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", rest).groups()  # type: ignore[union-attr]
            if int(uid) in kept:
                content = kept[int(uid)].content[: int(most)]
                self.wfile.write(
                    f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(content)}}}\r\n".encode() + content + b")\r\n"
                )
        elif verb == "STORE":
            uid, flags = re.fullmatch(r"(\d+) \+FLAGS\.SILENT \((.*)\)", rest).groups()  # type: ignore[union-attr]
            kept[int(uid)].flags |= set(flags.split())
        elif verb == "EXPUNGE":
            for uid in [uid for uid, one in kept.items() if "\\Deleted" in one.flags]:
                del kept[uid]
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mailbox(tls: ssl.SSLContext | None = None) -> Iterator[Mailbox]:
    """A running mailbox."""
    with Mailbox(tls) as server:
        yield from serving(server, server)


def certificate(folder: Path) -> Path:
    """A file with a key and a certificate of 127.0.0.1 that nobody knows."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "here")]),
    )
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    path = folder / "mailbox.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
