"""Records of PFIF as an Atom feed (RFC 4287), each in an entry of its own, and as one document."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reunite.exchange.pfif import NAMESPACE
from reunite.exchange.pfif_elements import escaped
from reunite.exchange.pfif_writing import lines
from reunite.feed import Entry, exactly

ATOM = "http://www.w3.org/2005/Atom"
FEED, DOCUMENT = "application/atom+xml", "application/xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class About:
    """What a feed says of itself: its address, who gives it, the address of the next page (empty: there is none), and
    when it changed last."""

    address: str
    organisation: str
    next: str
    at: datetime


def feed(entries: Iterable[Entry], about: About, *, version: str) -> Iterator[str]:
    """A page of the feed; version 1.3 or 1.4 of PFIF."""
    organisation, address = escaped(about.organisation), escaped(about.address)
    yield f'{_HEAD}<feed xmlns="{ATOM}" xmlns:pfif="{NAMESPACE}{version}">\n'
    yield f"  <id>{address}</id>\n  <title>{organisation}</title>\n  <updated>{exactly(about.at)}</updated>\n"
    yield f'  <link rel="self" href="{address}"/>\n'
    if about.next:
        yield f'  <link rel="next" href="{escaped(about.next)}"/>\n'
    for entry in entries:
        yield f"  <entry>\n  <id>pfif:{escaped(entry.record.person_record_id)}</id>\n"
        yield f"  <title>{escaped(entry.name)}</title>\n  <updated>{exactly(entry.at)}</updated>\n"
        yield f"  <author><name>{organisation}</name></author>\n  <content>{escaped(entry.name)}</content>\n"
        yield from lines(entry.record, version=version, at=entry.at)
        yield "  </entry>\n"
    yield "</feed>\n"


def document(entries: Iterable[Entry], *, version: str) -> Iterator[str]:
    """The same records as one document of PFIF, record by record."""
    yield f'{_HEAD}<pfif:pfif xmlns:pfif="{NAMESPACE}{version}">\n'
    for entry in entries:
        yield "".join(lines(entry.record, version=version, at=entry.at))
    yield "</pfif:pfif>\n"
