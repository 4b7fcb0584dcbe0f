"""Settings that must not be used: each is named at the start, with what to do, and the service does not begin."""

import ipaddress
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from reunite.config import Settings
from reunite.problems import StartupError

_OTHERS = stat.S_IRWXO | stat.S_IWGRP
_WIDEST = {
    4: 8,
    6: 16,
}  # the shortest prefix of a network of proxies that is not the whole internet by mistake


def refuse_open_files(settings: Settings) -> None:
    """Raise StartupError where others on this machine can read the key, or read or change the data folder."""
    _refuse(_files(settings))


def refuse_open_doors(settings: Settings) -> None:
    """Raise StartupError where the service would answer people in a way that protects them less than they think."""
    _refuse([*_addresses(settings), *_proxies(settings), *_debugging()])


def refuse_open_lines(settings: Settings) -> None:
    """Raise StartupError where what is sent, or the password to send it, would go over a line that others can read."""
    _refuse(_lines(settings))


def calls_inside(settings: Settings) -> bool:
    """Whether everybody reaches this service, and partners' webhooks may call what it alone reaches. That can be meant,
    where partners are in the same network, so it is told at every start and not refused."""
    host = urlsplit(settings.public_url).hostname or ""
    return settings.webhook_private and bool(host) and not _is_local(host)


def _refuse(found: Iterator[str] | list[str]) -> None:
    said = list(found)
    if said:
        raise StartupError("This would not be safe, so nothing was started. " + " ".join(said))


def _files(settings: Settings) -> Iterator[str]:
    if os.name != "posix":
        return
    for path, what, mode in (
        (settings.data_dir, "data folder", "700"),
        (settings.key_path(), "key file", "600"),
    ):
        if _mode(path) & _OTHERS:
            yield f"Other users of this machine can get at the {what} {path}. Run: chmod {mode} {path}"


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else 0


def _addresses(settings: Settings) -> Iterator[str]:
    public = urlsplit(settings.public_url)
    if settings.public_url and (public.scheme not in ("http", "https") or not public.hostname):
        yield "REUNITE_PUBLIC_URL is not an address. Write it like https://reunite.example.org"
    elif public.scheme == "http" and not _is_local(public.hostname or ""):
        yield (
            f"REUNITE_PUBLIC_URL says that people come to {public.hostname} without encryption. "
            "Put a proxy that speaks https in front, and write https://"
        )
    if not settings.public_url and not _is_local(settings.host):
        yield (
            f"REUNITE_HOST={settings.host} answers more than this machine, without encryption. Leave it at 127.0.0.1, "
            "or put a proxy that speaks https in front and set REUNITE_PUBLIC_URL to its https address."
        )
    yield from _path(public)


def _lines(settings: Settings) -> Iterator[str]:
    mail, gateway = urlsplit(settings.smtp_url), urlsplit(settings.gateway_url)
    open_mail = mail.scheme == "smtp" and mail.query != "starttls"
    if open_mail and mail.password and not _is_local(mail.hostname or ""):
        yield (
            f"REUNITE_SMTP_URL would send a password to {mail.hostname} without encryption. "
            "Write smtps://, or add ?starttls"
        )
    box = urlsplit(settings.bounces_mailbox)
    if settings.bounces_mailbox and box.scheme != "imaps" and not _is_local(box.hostname or ""):
        yield f"REUNITE_BOUNCES_MAILBOX would send a password to {box.hostname} without encryption. Write imaps://"
    if settings.gateway_url and gateway.scheme != "https" and not _is_local(gateway.hostname or ""):
        yield (
            f"REUNITE_GATEWAY_URL would send people's numbers to {gateway.hostname} without encryption. "
            "Write https://"
        )


def _path(public: SplitResult) -> Iterator[str]:
    if public.path.strip("/") or public.query or public.fragment or public.username:
        yield "REUNITE_PUBLIC_URL has more than scheme, host and port. Leave the rest out: the service lives at /"


def _proxies(settings: Settings) -> Iterator[str]:
    for part in settings.proxies():
        network = ipaddress.ip_network(part)
        if network.prefixlen < _WIDEST[network.version]:
            yield (
                f"REUNITE_TRUSTED_PROXIES={part} lets anybody say who they are. "
                "Name only the addresses of your own proxies, like 127.0.0.1"
            )
    if settings.public_url.startswith("https://") and not settings.proxies():
        yield (
            "Behind the https proxy everybody would seem to have one address, and one who guesses would lock out all. "
            "Set REUNITE_TRUSTED_PROXIES to the proxy's address as this service sees it, like 127.0.0.1"
        )


def _debugging() -> Iterator[str]:
    if sys.flags.dev_mode or os.environ.get("PYTHONASYNCIODEBUG"):
        yield (
            "Python's debugging is on, which writes what people send into the log. "
            "Take away PYTHONDEVMODE, PYTHONASYNCIODEBUG and -X dev"
        )


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
