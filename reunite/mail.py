"""E-mail by SMTP: text and HTML of the same words, and what lets people and machines stop or ignore it."""

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from reunite import bounces
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Delivery
from reunite.sending import NotNowError, RefusedError, id_of

_PATIENCE_S = 10.0
_POLICY = policy.SMTP.clone(max_line_length=78)


class Sender:
    """Sends one mail a connection, through the server of the settings."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._settings, self._keys = settings, keys

    def __call__(self, delivery: Delivery) -> None:
        """Send; payload: to, language, subject, text, html, and stop, the address that ends all mails, where there is
        one."""
        message = self._message(delivery)
        try:
            with _connected(self._settings.smtp_url) as server:
                server.send_message(message, self._sender(delivery), [delivery.payload["to"]])
        except smtplib.SMTPRecipientsRefused as error:
            [(code, said)] = error.recipients.values()
            raise _outcome(code, said, nobody=True) from error
        except smtplib.SMTPDataError as error:
            raise _outcome(error.smtp_code, error.smtp_error, nobody=False) from error
        except smtplib.SMTPNotSupportedError as error:
            raise RefusedError(type(error).__name__) from error

    def _sender(self, delivery: Delivery) -> str:
        """Where the mail comes back to; people see and answer REUNITE_MAIL_FROM."""
        if not self._settings.bounces or not delivery.to_hash:
            return self._settings.mail_from
        return bounces.sender(self._keys, self._settings.bounces, delivery.to_hash)

    def _message(self, delivery: Delivery) -> EmailMessage:
        payload, domain = delivery.payload, self._settings.mail_from.rpartition("@")[2]
        message = EmailMessage(policy=_POLICY)
        try:
            message["To"] = Address(addr_spec=payload["to"])
            message["From"] = Address(self._settings.organisation, addr_spec=self._settings.mail_from)
            message["Subject"] = payload["subject"]
        except (MessageError, ValueError, IndexError) as error:
            raise RefusedError("BadAddress", nobody=True) from error
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{id_of(self._keys, delivery.once)}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        if stop := payload.get("stop"):
            message["List-Unsubscribe"] = f"<{stop}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(payload["text"])
        message.add_alternative(payload["html"], subtype="html")
        message["Content-Language"] = payload["language"]
        return message


@contextlib.contextmanager
def _connected(url: str) -> Iterator[smtplib.SMTP]:
    there = urlsplit(url)
    host, trust = there.hostname or "", ssl.create_default_context()
    if there.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, there.port or 465, timeout=_PATIENCE_S, context=trust)
    else:
        server = smtplib.SMTP(host, there.port or 587, timeout=_PATIENCE_S)
    try:
        if there.query == "starttls":
            server.starttls(context=trust)
        if there.username:
            server.login(unquote(there.username), unquote(there.password or ""))
        yield server
        with contextlib.suppress(smtplib.SMTPException, OSError):
            server.quit()  # it has been taken: how the server says good-bye changes nothing
    finally:
        server.close()


def _outcome(code: int, said: bytes | str, *, nobody: bool) -> Exception:
    """What a refusal means. 5xx is for good, except where our own right to send is in question; `nobody`: the address
    was refused, and not what we say."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    if not 500 <= code <= 599 or bounces.OURS.match(text):
        return NotNowError()
    return RefusedError(f"smtp_{code}", nobody=nobody or bounces.NOBODY.match(text) is not None)
