"""What a reporter is told outside of the pages, in the transaction in which it happens.

Only what the page of their case says anyhow, and only to who filed with us: what partners and imports bring is for them
to tell. Nothing here is called when candidates come and go, are reviewed or referred; news only after a police
confirmation. Nothing is queued where neither e-mail nor a gateway is set up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_date
from sqlalchemy.orm import Session

from reunite import contacts, letters, outbox, outbox_care, silence
from reunite.config import Settings
from reunite.keys import Keys
from reunite.outbox import Channel, Delivery
from reunite.storage.tables import ReportRow
from reunite.submission import Submission

SETTINGS = "settings"
"""Under this name a session carries what gives the installation's settings; see `Database.carries`."""
MOST_RECEIVED = 5
"""So often an address is told in a day that a report was received: whoever files in other people's names must not flood
their mailboxes."""
_DAY = timedelta(days=1)


def received(session: Session, keys: Keys, filed: Sequence[tuple[int, str, Submission]]) -> None:
    """These reports (id, case number, what was told) were filed."""
    if _settings(session) is None:
        return
    for report_id, number, told in filed:
        if told.source is None and told.reporter:
            whom = _Told(report_id, number, letters.language_of(told.language), told.reporter)
            _tell(session, keys, "received", whom, str(report_id))


def message(session: Session, keys: Keys, report: ReportRow, message_id: int) -> None:
    """Somebody of staff wrote to them."""
    _tell_of(session, keys, "message", report, str(message_id))


def ending(session: Session, keys: Keys, report: ReportRow, end: datetime) -> None:
    """Their report is compared until then."""
    settings = _settings(session)
    if settings is not None:
        day = format_date(
            end.astimezone(ZoneInfo(settings.time_zone)), "long", letters.language_of(report.language)
        )
        _tell_of(session, keys, "ending", report, f"{report.id}:{end:%Y%m%d}", day=day)


def news(session: Session, keys: Keys, report: ReportRow) -> None:
    """The police have confirmed a pair of theirs, or of another report of the same child."""
    settings = _settings(session)
    if settings is not None:
        what = "news" if settings.news_phone else "news_without_number"
        _tell_of(session, keys, what, report, str(report.id), phone=settings.news_phone)


def poster(session: Session, keys: Keys, report: ReportRow, ref: str) -> None:
    """Their poster hangs."""
    settings = _settings(session)
    if settings is not None:
        shown = f"{_base(settings)}/posters/{ref}"
        _tell_of(session, keys, "poster", report, f"{report.id}:{report.rev}", poster=shown)


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom something is told, in the language of their report, and about which report."""

    id: int
    number: str
    language: str
    reporter: dict[str, str]


def _tell_of(session: Session, keys: Keys, what: str, report: ReportRow, mark: str, **filling: str) -> None:
    if report.source is None and report.erased_at is None and _settings(session) is not None:
        reporter = contacts.reporter(session, keys, report.id)
        told = _Told(report.id, report.case_number, letters.language_of(report.language), reporter)
        _tell(session, keys, what, told, mark, **filling)


def _tell(session: Session, keys: Keys, what: str, told: _Told, mark: str, **filling: str) -> None:
    """Queue it by the first way that reaches them; news by every way."""
    settings = _settings(session)
    if settings is None:
        return
    for channel, to in _ways(settings, told.reporter):
        to_hash = silence.hash_of(keys, channel, to)
        state = silence.why(session, to_hash) if to_hash else silence.BOUNCED
        if state == silence.OPTED_OUT or (what == "received" and _often(session, to_hash)):
            return  # who wants no e-mail is not told by telephone instead
        if state:
            continue
        words = _words(settings, keys, channel, what, told, to_hash, filling)
        outbox.queue(session, keys, Delivery(
            channel, f"{what}:{mark}:{channel}", {"to": to, **words}, told.id, to_hash, urgent=what == "received",
        ))  # fmt: skip
        if not what.startswith("news"):
            return


def _ways(settings: Settings, reporter: dict[str, str]) -> Iterator[tuple[Channel, str]]:
    for channel, url, column in ((Channel.EMAIL, settings.smtp_url, "reporter_email"),
                                 (Channel.GATEWAY, settings.gateway_url, "reporter_phone")):  # fmt: skip
        if url and (to := reporter.get(column, "").strip()):
            yield channel, to


def _often(session: Session, to_hash: str) -> bool:
    return outbox_care.recent(session, to_hash, "received:", _DAY) >= MOST_RECEIVED


def _words(
    settings: Settings, keys: Keys, channel: Channel, what: str, told: _Told, to_hash: str, filling: dict[str, str]
) -> dict[str, str]:  # fmt: skip
    stop = f"{_base(settings)}/stop/{silence.token(keys, to_hash)}"
    filled = {"number": told.number, "address": f"{_base(settings)}/case", "organisation": settings.organisation,
              "stop": stop, **filling}  # fmt: skip
    if channel is Channel.EMAIL:
        return {"stop": stop, **letters.mail(what, told.language, filled)}
    return letters.short(what, told.language, filled)


def _base(settings: Settings) -> str:
    return settings.public_url.rstrip("/")


def _settings(session: Session) -> Settings | None:
    """The settings, where there is any way to tell somebody something."""
    given: Callable[[], Settings] | None = session.info.get(SETTINGS)
    settings = given() if given is not None else None
    return settings if settings is not None and (settings.smtp_url or settings.gateway_url) else None
