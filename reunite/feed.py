"""What partners may copy: the posters that hang now as records of PFIF, and of those that hang no more that they ended.

The feed notes itself what it gave on. Before each look it compares the posters with its notes, under one lock, and
every change gets the next entry_date: the time, or where that is not past the last one, a microsecond after it. So
dates are given in the order of commits, and who asks again from the last date that they saw misses nothing, however
late the transaction of a poster was committed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session

from reunite import posters
from reunite.exchange import pfif_mapping
from reunite.exchange.pfif import PersonRecord
from reunite.exchange.pfif_export import domain_of
from reunite.exchange.pfif_mapping import About
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.feed_tables import FeedRecordRow
from reunite.storage.poster_tables import PosterRow
from reunite.storage.session import Database
from reunite.storage.tables import ReportRow

USUAL, MOST = 30, 200
A_MOMENT = timedelta(microseconds=1)
_LOCK = 0x66656564  # any fixed number: who note what changed do it one after the other
_A_STEP = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the feed; `name` is what a list calls it."""

    record: PersonRecord
    name: str
    at: datetime


def page(
    service: Service, since: datetime | None, limit: int, skip: int = 0
) -> tuple[list[Entry], datetime | None]:
    """At most so many records from this entry_date on, the oldest change first, and where the next page begins; None
    where there is none."""
    refresh(service.database, domain_of(service.settings.public_url) or "localhost")
    with service.database.read() as session:
        query = select(FeedRecordRow).order_by(FeedRecordRow.entry_date, FeedRecordRow.id)
        if since is not None:
            query = query.where(FeedRecordRow.entry_date >= since)
        rows = session.scalars(query.offset(skip).limit(limit + 1)).all()
        more = rows[limit].entry_date if len(rows) > limit else None
        return [*_entries(session, service, rows[:limit])], more


def every(service: Service) -> Iterator[Entry]:
    """All records, the oldest change first; one that changes meanwhile comes once more at the end."""
    since: datetime | None = None
    while True:
        found, since = page(service, since, _A_STEP)
        yield from found
        if since is None:
            return


def refresh(database: Database, domain: str) -> None:
    """Note which posters hang, which were published anew, and which hang no more."""
    with database.read() as session:
        if not any(session.execute(query.limit(1)).first() for query in (_fresh(), _again(), _over())):
            return
    with database.write() as session:
        if not database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        dates = _dates(session)
        for row in session.scalars(_over()).all():
            row.ended, row.entry_date = True, next(dates)
        for row, published_at in session.execute(_again()).all():
            row.published_at, row.entry_date = published_at or row.published_at, next(dates)
        for report_id, ref, published_at in session.execute(_fresh()).all():
            before = select(func.count()).where(FeedRecordRow.report_id == report_id)
            number = session.scalars(before).one() + 1
            record_id = f"{domain}/{ref}" if number == 1 else f"{domain}/{ref}-{number}"
            session.add(FeedRecordRow(report_id=report_id, ref=ref, record_id=record_id, published_at=published_at,
                                      entry_date=next(dates)))  # fmt: skip


def _dates(session: Session) -> Iterator[datetime]:
    last = session.scalar(select(func.max(FeedRecordRow.entry_date)))
    at = max(now(session), last + A_MOMENT) if last is not None else now(session)
    while True:
        yield at
        at += A_MOMENT


def _hanging() -> Select[int]:
    query = select(PosterRow.report_id).join(ReportRow, ReportRow.id == PosterRow.report_id)
    return query.where(posters.is_shown())


def _fresh() -> Select[int, str, datetime | None]:
    known = select(FeedRecordRow.report_id).where(FeedRecordRow.ended.is_(False))
    hanging = PosterRow.report_id.in_(_hanging())
    query = select(PosterRow.report_id, PosterRow.ref, PosterRow.decided_at)
    return query.where(hanging, PosterRow.report_id.not_in(known)).order_by(PosterRow.report_id)


def _again() -> Select[FeedRecordRow, datetime | None]:
    query = select(FeedRecordRow, PosterRow.decided_at).join(
        PosterRow, PosterRow.report_id == FeedRecordRow.report_id
    )
    changed = PosterRow.decided_at != FeedRecordRow.published_at
    shown = FeedRecordRow.report_id.in_(_hanging())
    return query.where(FeedRecordRow.ended.is_(False), changed, shown).order_by(FeedRecordRow.id)


def _over() -> Select[FeedRecordRow]:
    gone = FeedRecordRow.report_id.not_in(_hanging())
    return select(FeedRecordRow).where(FeedRecordRow.ended.is_(False), gone).order_by(FeedRecordRow.id)


def _entries(session: Session, service: Service, rows: Sequence[FeedRecordRow]) -> Iterator[Entry]:
    """Of a poster that came down since the notes were made nothing is told: it comes again, as ended, with the next
    look."""
    ids = [row.report_id for row in rows if not row.ended]
    shown = posters.of_reports(session, service.keys, ids)
    for row in rows:
        if row.ended:
            yield Entry(_placeholder(row), row.record_id, row.entry_date)
        elif (poster := shown.get(row.report_id)) is not None:
            record = _record(service, row, poster)
            yield Entry(record, record.full_name, row.entry_date)


def _record(service: Service, row: FeedRecordRow, poster: posters.Poster) -> PersonRecord:
    """What stands on the poster, and nothing else: when the report was filed and by whom does not."""
    base = service.settings.public_url.rstrip("/")
    address = f"{base}/posters/{poster.ref}" if base else ""
    about = About(
        row.record_id, f"{row.record_id}.status", service.settings.organisation, poster.since, row.entry_date
    )
    record = pfif_mapping.record_of({"kind": "missing", **poster.facts}, about)
    return replace(
        record, entry_date=exactly(row.entry_date), source_url=address,
        photo_url=f"{address}/photo.jpg" if address and poster.has_photo else "",
    )  # fmt: skip


def _placeholder(row: FeedRecordRow) -> PersonRecord:
    time = exactly(row.entry_date)
    return PersonRecord(person_record_id=row.record_id, entry_date=time, expiry_date=time, source_date=time)


def exactly(at: datetime) -> str:
    """The time in the form of PFIF, to the microsecond: no two records of the feed have the same."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
