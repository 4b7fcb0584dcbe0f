"""Records of another service, fetched from its PFIF feed or document and imported: new ones, changed ones, ended ones.

How far a source was read is kept. Each run begins a little before that, because a service may give a date to a record
and show the record later; what was imported before is imported again and changes nothing.
"""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import IO

import httpx

from reunite.actors import OPERATOR
from reunite.exchange import importing
from reunite.exchange.importing import Refused
from reunite.exchange.pfif import PersonRecord
from reunite.exchange.pfif_dates import moment
from reunite.exchange.pfif_export import domain_of
from reunite.exchange.pfif_reading import is_feed, read
from reunite.exchange.pfif_rows import rows_of_pfif
from reunite.feed import exactly
from reunite.problems import Invalid, ReuniteError
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.feed_tables import FeedMarkRow

MOST_BYTES = 1 << 30
"""Of one answer."""
PATIENCE = httpx.Timeout(60.0, connect=10.0)
AGAIN = timedelta(minutes=10)
"""How much before the newest date a run begins."""
_A_PAGE, _MOST_PAGES = 200, 100_000
_APART = timedelta(seconds=2)  # a header's date has no fractions, and a server may keep it for a second
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


class FeedError(ReuniteError):
    """The feed cannot be read, or not to its end; what was read of it before is kept."""


@dataclass(frozen=True, slots=True)
class _Page:
    """An answer: whether it is a page of a feed or all there is, how many persons, of a feed each with its date, the
    newest date, and the time at the service that gave it."""

    is_feed: bool
    count: int
    persons: frozenset[tuple[str, str]]
    newest: datetime | None
    at: datetime


def pull(
    service: Service, url: str, *, source: str, key: str = "", kind: str = "missing",
    on_refused: Callable[[Refused], None] = lambda _: None, transport: httpx.BaseTransport | None = None,
    most_bytes: int = MOST_BYTES,
) -> Counter[str]:  # fmt: skip
    """Import what is new there; counts what became of the records. Raises FeedError, Invalid where it is no PFIF."""
    address = _checked(url)
    importing.check_source(source)
    counts: Counter[str] = Counter()
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {key}"} if key else {})
    with httpx.Client(
        timeout=PATIENCE, follow_redirects=False, headers=headers, transport=transport
    ) as client:
        fetch = partial(_fetch, client, address, most_bytes)
        for page, path in _pages(fetch, _reached(service, source, address)):
            own = domain_of(service.settings.public_url)
            rows = rows_of_pfif(path, at=max(page.at, datetime.now(UTC)), kind=kind, own_domain=own)
            outcome = importing.take_rows(service, rows, source=source, actor=OPERATOR, on_refused=on_refused)
            counts += outcome.counts
            if page.newest is not None:
                _keep(service, source, address, page.newest)
    return counts


_Fetch = Callable[[datetime | None, int, IO[bytes]], datetime]


def _pages(fetch: _Fetch, since: datetime | None) -> Iterator[tuple[_Page, Path]]:
    """Every page with the file that holds it until the next is asked for. The last record of a page is asked for again
    with the next: others may have its date."""
    skip, before = 0, frozenset[tuple[str, str]]()
    for _ in range(_MOST_PAGES):
        with _file() as (file, path):
            at = fetch(since, skip, file)
            file.flush()
            page = _looked_at(path, at)
            known = page.is_feed and page.persons <= before
            if not page.count or (known and skip):
                return
            if not known:
                yield page, path
        if not page.is_feed:
            return
        before = page.persons
        if page.newest is not None and (since is None or page.newest > since):
            since, skip = page.newest, 0
        else:
            skip += page.count
    raise FeedError("The feed does not end. Ask who gives it.")


@contextmanager
def _file() -> Iterator[tuple[IO[bytes], Path]]:
    with tempfile.NamedTemporaryFile(suffix=".pfif") as file:
        yield file, Path(file.name)


def _fetch(
    client: httpx.Client, url: httpx.URL, most: int, since: datetime | None, skip: int, file: IO[bytes]
) -> datetime:
    """Write the answer to the file; gives the time there. Addresses are not repeated in what goes wrong: one may hold
    a key."""
    asked = {"max_results": str(_A_PAGE)} | ({"skip": str(skip)} if skip else {})
    asked |= {"min_entry_date": exactly(since)} if since is not None else {}
    try:
        with client.stream("GET", url.copy_merge_params(asked)) as answer:
            if answer.status_code != httpx.codes.OK:
                raise FeedError(f"The other service answered {answer.status_code}. Check address and key.")
            size = 0
            for chunk in answer.iter_bytes():
                size += len(chunk)
                if size > most:
                    raise FeedError(f"The answer is longer than {most} bytes.")
                file.write(chunk)
    except httpx.HTTPError as error:
        said = (
            f"The other service does not answer, or not to the end ({type(error).__name__}). Try again later."
        )
        raise FeedError(said) from error
    with suppress(ValueError):
        return parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC) + _APART
    return datetime.now(UTC)


def _looked_at(path: Path, at: datetime) -> _Page:
    """What is in the file; raises Invalid where it is no PFIF or breaks off, before anything of it is taken."""
    count, newest, persons = 0, None, set[tuple[str, str]]()
    with path.open("rb") as file:
        paged = is_feed(file)
        file.seek(0)
        for one in read(file):
            if one.record is None and any(problem.field == "file" for problem in one.problems):
                raise Invalid(one.problems)
            if isinstance(one.record, PersonRecord):
                count += 1
                if paged:
                    persons.add((one.record.person_record_id, one.record.entry_date))
                dated = moment(one.record.entry_date)
                newest = max(dated, newest or dated) if dated is not None else newest
    return _Page(paged, count, frozenset(persons), newest, at)


def _checked(url: str) -> httpx.URL:
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        raise FeedError("This is no address. Write one that begins with https://.") from None
    if not address.host or not (
        address.scheme == "https" or (address.scheme == "http" and address.host in _HERE)
    ):
        raise FeedError("Write an address that begins with https://: without it anybody on the way could read "
                        "and change what comes.")  # fmt: skip
    return address


def _digest(address: httpx.URL) -> str:
    return hashlib.sha256(str(address).encode()).hexdigest()


def _reached(service: Service, source: str, address: httpx.URL) -> datetime | None:
    """Where to begin; None, at the beginning, for an address that was not read before."""
    with service.database.read() as session:
        row = session.get(FeedMarkRow, source)
        return row.newest - AGAIN if row is not None and row.digest == _digest(address) else None


def _keep(service: Service, source: str, address: httpx.URL, newest: datetime) -> None:
    with service.database.write() as session:
        row, digest = session.get(FeedMarkRow, source), _digest(address)
        if row is not None and row.digest == digest:
            newest = max(newest, row.newest)
        session.merge(FeedMarkRow(source=source, digest=digest, newest=newest, at=now(session)))
