"""How our server calls an address that somebody else named: the one that was looked at, once, and nothing of the answer
is read but its status."""

import ssl
from collections.abc import Mapping
from functools import cache
from urllib.parse import urlsplit, urlunsplit

import httpx

from reunite import addresses

PATIENCE = httpx.Timeout(5.0, connect=5.0)


def post(url: str, body: bytes, headers: Mapping[str, str], *, private: bool) -> int:
    """Post this and give the status of the answer; no redirection is followed. Raises PrivateAddressError where the
    name leads into a private network and `private` ones may not be called, OSError or HTTPError where nobody is."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    address = addresses.resolved(host, port, private=private)
    # By the address that was looked at, not by the name again: it could lead elsewhere now (DNS rebinding).
    netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    there = urlunsplit((parts.scheme, netloc, parts.path or "/", parts.query, ""))
    named = {**headers, "Host": parts.netloc, "User-Agent": "Reunite"}
    # No proxy of the environment: it would look the name up itself.
    with (
        httpx.Client(timeout=PATIENCE, follow_redirects=False, trust_env=False, verify=_trusted()) as client,
        client.stream(
            "POST", there, content=body, headers=named, extensions={"sni_hostname": host}
        ) as answer,
    ):
        return answer.status_code


@cache
def _trusted() -> ssl.SSLContext:
    """Whose certificates count; to read them takes longer than a call."""
    return httpx.create_ssl_context()
