"""Where a browser may have its notifications sent: to push services that we know, and nowhere else.

A browser names the address and our server calls it, so whoever writes one of their own must not have us call what only
we can reach, or anybody whom they like. An address is therefore taken only as browsers write it, and only on a host of
a table (push_services.tsv) or of REUNITE_PUSH_HOSTS.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

LONGEST = 2000
"""Characters of an address; browsers' have some hundreds."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*"
_PORT = r"(?::([1-9][0-9]{0,4}))?"
_ADDRESS = re.compile(rf"(https?)://({_HOST}){_PORT}(/[\w.~!$&'()*+,;=:@%/?-]*)", re.ASCII)
_ENTRY = re.compile(rf"(?:(https?)://)?(\*\.)?({_HOST}){_PORT}")
_PORTS = {"https": 443, "http": 80}
_WRONG = "not hosts of push services; write them like push.example.org,*.push.example.org:8443"
_HERE = ("127.0.0.1", "localhost")


@dataclass(frozen=True, slots=True)
class PushService:
    """Where addresses may lead: a host, or all `below` it. `own`: the technician named it, so it may be in a private
    network."""

    scheme: str
    host: str
    port: int
    below: bool
    own: bool


def parse(text: str) -> tuple[PushService, ...]:
    """The hosts of the setting, with commas between them; raises ValueError. http is for this machine alone."""
    return tuple(_service(part.strip(), own=True) for part in text.split(",") if part.strip())


@cache
def known() -> tuple[PushService, ...]:
    """The services of the browsers that people use."""
    with resources.files("reunite").joinpath("push_services.tsv").open(encoding="utf-8") as file:
        return tuple(_service(row["host"], own=False) for row in csv.DictReader(file, delimiter="\t"))


def service_of(address: str, services: Sequence[PushService]) -> PushService | None:
    """Whose address this is; None for one that nothing is sent to. A port that goes without saying is never said, so
    that an address is not another in another spelling."""
    found = _ADDRESS.fullmatch(address) if len(address) <= LONGEST else None
    if found is None or found[3] == str(_PORTS[found[1]]):
        return None
    scheme, host, port = found[1], found[2], int(found[3] or _PORTS[found[1]])
    there = [one for one in services if (one.scheme, one.port) == (scheme, port) and _is_of(host, one)]
    return there[0] if there else None


def origin_of(address: str) -> str:
    """Scheme, host and port of an address that `service_of` knows."""
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


def _service(entry: str, *, own: bool) -> PushService:
    found = _ENTRY.fullmatch(entry)
    scheme = (found[1] or "https") if found else ""
    if found is None or (scheme == "http" and (found[2] or found[3] not in _HERE)):
        raise ValueError(_WRONG)
    return PushService(scheme, found[3], int(found[4] or _PORTS[scheme]), below=bool(found[2]), own=own)


def _is_of(host: str, service: PushService) -> bool:
    return host.endswith(f".{service.host}") if service.below else host == service.host
