"""The mailbox that returned mails come to, by IMAP (RFC 3501). A message is marked before it counts, so that it counts
once at most; what is ours is removed, anything else is left there for people, marked as read."""

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from reunite import bounces
from reunite.bounces import Returned
from reunite.keys import Keys
from reunite.problems import ReuniteError

_PATIENCE_S = 10.0
_MOST = 200
"""Messages in one look; more are there the next time."""


class MailboxError(ReuniteError):
    """The mailbox cannot be read; says the kind of fault, and nothing that the server wrote."""


def look(url: str, keys: Keys) -> Iterator[Returned]:
    """The new messages there that came to an address we made; raises MailboxError. `url`: as in the settings."""
    there = urlsplit(url)
    try:
        with _opened(url) as imap:
            _done(imap.login(unquote(there.username or ""), unquote(there.password or "")))
            _done(imap.select(_quoted(unquote(there.path.removeprefix("/")))))
            found = _done(imap.uid("SEARCH", "UNSEEN", "UNDELETED"))
            for uid in (found[0] or b"").split()[:_MOST]:
                returned = _take(imap, uid.decode(), keys)
                if returned is not None:
                    yield returned
            _done(imap.expunge())
    except (imaplib.IMAP4.error, OSError, ValueError) as error:
        raise MailboxError(
            f"The mailbox for returned mails cannot be read ({type(error).__qualname__})."
        ) from error


@contextlib.contextmanager
def _opened(url: str) -> Iterator[imaplib.IMAP4]:
    there = urlsplit(url)
    host = there.hostname or ""
    if there.scheme == "imaps":
        trust = ssl.create_default_context()
        imap: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, there.port or 993, ssl_context=trust, timeout=_PATIENCE_S
        )
    else:
        imap = imaplib.IMAP4(host, there.port or 143, timeout=_PATIENCE_S)
    try:
        yield imap
    finally:
        with contextlib.suppress(imaplib.IMAP4.error, OSError):
            imap.logout()


def _take(imap: imaplib.IMAP4, uid: str, keys: Keys) -> Returned | None:
    """Read one and mark it; None for what is not ours, and where another reader was faster."""
    got = _done(imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{bounces.MOST_BYTES}>)"))
    message = next((part[1] for part in got if isinstance(part, tuple)), None)
    if message is None:
        return None
    returned = bounces.read(keys, message)
    _done(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen \Deleted)" if returned else r"(\Seen)"))
    return returned


def _done(answer: tuple[str, Any]) -> list[Any]:
    kind, said = answer
    if kind != "OK":
        raise imaplib.IMAP4.error
    parts: list[Any] = said
    return parts


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
