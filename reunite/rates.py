"""How often somebody may ask: one table of limits, counted over all processes, in Redis or in the database.

Two rules decide what happens when counting itself fails: a report is taken all the same, a look-up is not. So a dead
Redis is replaced by the database, which must be there anyway; where that fails too, filing passes (and fails in its
own way), and a look-up ends in the answer 'busy'.
"""

import ipaddress
import time
from dataclasses import dataclass, field, replace
from enum import StrEnum

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import StorageError
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from sqlalchemy.exc import SQLAlchemyError

from reunite import alarms
from reunite.config import Settings
from reunite.keys import Keys
from reunite.problems import ReuniteError
from reunite.storage.rate_windows import RateWindows
from reunite.storage.session import Database

log = structlog.get_logger()
_REDIS_TIMEOUT_S, _REDIS_REST_S = 0.3, 5.0


class What(StrEnum):
    """What is counted."""

    LOOK_UP = "look_up"  # opening a case by its receipt
    FILE = "file"  # filing a report
    DRAFT = "draft"  # beginning a draft
    SIGHTING = "sighting"  # telling of a child on a poster
    SUBSCRIBE = "subscribe"  # asking for alerts
    SIGN_IN = "sign_in"  # a password, from a browser in which this account has not signed in before
    PARTNER = "partner"  # anything that a partner's program asks of the API


class Per(StrEnum):
    """Of whom it is counted."""

    ADDRESS = "address"  # an IPv4 address, or the /64 of an IPv6 address, which one household has
    KEY = "key"  # a partner's key
    INSTALLATION = "installation"  # everybody together: shows who comes from ever new addresses


class Then(StrEnum):
    """What happens over the limit."""

    REFUSE = "refuse"  # answered 429 before anything is looked up, and an alarm
    MODERATE = "moderate"  # taken, more slowly, and a coordinator looks at it
    ALARM = "alarm"  # nothing but an alarm


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `amount` in `seconds`, in a window that slides."""

    what: What
    per: Per
    amount: int
    seconds: int
    then: Then

    @property
    def item(self) -> RateLimitItem:
        """The limit as the library counts it."""
        return RateLimitItemPerSecond(self.amount, self.seconds, namespace=self.what.value)


LIMITS = (
    Limit(What.LOOK_UP, Per.ADDRESS, 30, 60, Then.REFUSE),
    Limit(What.LOOK_UP, Per.ADDRESS, 300, 3600, Then.REFUSE),
    Limit(What.LOOK_UP, Per.INSTALLATION, 3000, 60, Then.ALARM),
    Limit(What.SIGN_IN, Per.ADDRESS, 30, 60, Then.REFUSE),
    Limit(What.SIGN_IN, Per.ADDRESS, 300, 3600, Then.REFUSE),
    Limit(What.DRAFT, Per.ADDRESS, 200, 3600, Then.REFUSE),
    Limit(What.SIGHTING, Per.ADDRESS, 20, 3600, Then.REFUSE),
    Limit(What.SIGHTING, Per.INSTALLATION, 1000, 3600, Then.ALARM),
    Limit(What.SUBSCRIBE, Per.ADDRESS, 20, 3600, Then.REFUSE),
    Limit(What.SUBSCRIBE, Per.INSTALLATION, 5000, 3600, Then.ALARM),
    Limit(What.PARTNER, Per.KEY, 600, 60, Then.REFUSE),
    Limit(What.FILE, Per.ADDRESS, 30, 3600, Then.MODERATE),
    Limit(What.FILE, Per.INSTALLATION, 1000, 3600, Then.ALARM),
)
"""The amount of What.PARTNER is a setting."""


class TooManyError(ReuniteError):
    """Refused because of too many requests; `retry_after` in seconds is the limit's own, whatever was asked."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many requests")
        self.retry_after = retry_after


@dataclass
class Rates:
    """Counts requests for one process; all processes count together."""

    database: Database
    keys: Keys
    redis_url: str = ""
    limits: tuple[Limit, ...] = LIMITS
    _told: set[tuple[str, str, int]] = field(default_factory=set)
    _redis_rests_until: float = float("-inf")

    def __post_init__(self) -> None:
        self._windows = RateWindows(self.database)
        self._by_database = SlidingWindowCounterRateLimiter(self._windows)
        self._by_redis: SlidingWindowCounterRateLimiter | None = None
        if self.redis_url:
            storage = RedisStorage(
                self.redis_url, wrap_exceptions=True,
                socket_timeout=_REDIS_TIMEOUT_S, socket_connect_timeout=_REDIS_TIMEOUT_S,
            )  # fmt: skip
            self._by_redis = SlidingWindowCounterRateLimiter(storage)

    @classmethod
    def of(cls, settings: Settings, database: Database, keys: Keys) -> "Rates":
        """The counters and limits that the settings name."""
        asked = settings.partner_per_minute
        limits = [replace(one, amount=asked) if one.what is What.PARTNER else one for one in LIMITS]
        return cls(database, keys, settings.redis_url, tuple(limits))

    def look_up(self, address: str) -> None:
        """Count a look-up by a receipt before it is done; raises TooManyError over the limit. Where it cannot be
        counted the database's error goes on, and nothing is looked up."""
        who = self.sender(address)
        for limit in self._over(What.LOOK_UP, who):
            if limit.then is Then.REFUSE:
                self._alarm("receipt_guessing", f"address:{who[:12]}")
                raise TooManyError(limit.seconds)
            self._alarm("look_ups_from_everywhere", "installation")

    def sign_in(self, address: str) -> None:
        """Count a password before it is looked at; raises TooManyError over the limit."""
        who = self.sender(address)
        if over := self._over(What.SIGN_IN, who):
            self._alarm("password_guessing", f"address:{who[:12]}")
            raise TooManyError(over[0].seconds)

    def drafting(self, address: str) -> None:
        """Count a draft before it is begun; raises TooManyError over the limit."""
        if over := self._over(What.DRAFT, self.sender(address)):
            raise TooManyError(over[0].seconds)

    def sighting(self, address: str) -> None:
        """Count a sighting before it is kept; raises TooManyError over the limit."""
        for limit in self._over(What.SIGHTING, self.sender(address)):
            if limit.then is Then.REFUSE:
                raise TooManyError(limit.seconds)
            self._alarm("sightings_from_everywhere", "installation")

    def subscribing(self, address: str) -> None:
        """Count a subscription to alerts before it is kept; raises TooManyError over the limit."""
        for limit in self._over(What.SUBSCRIBE, self.sender(address)):
            if limit.then is Then.REFUSE:
                raise TooManyError(limit.seconds)
            self._alarm("subscriptions_from_everywhere", "installation")

    def partner(self, key_id: int) -> None:
        """Count a request with a partner's key; raises TooManyError over the limit. Where it cannot be counted it
        passes: it may be a report."""
        try:
            over = self._over(What.PARTNER, f"key-{key_id}")
        except SQLAlchemyError as error:
            log.error("partner_not_counted", problem=type(error).__name__)
            return
        if over:
            raise TooManyError(over[0].seconds)

    def filing(self, address: str) -> bool:
        """Count a report that is about to be filed; True where it belongs into moderation. Never refuses, and never
        fails."""
        try:
            over = self._over(What.FILE, self.sender(address))
            if any(limit.then is Then.ALARM for limit in over):
                self._alarm("reports_from_everywhere", "installation")
        except SQLAlchemyError as error:
            log.error("filing_not_counted", problem=type(error).__name__)
            return False
        return any(limit.then is Then.MODERATE for limit in over)

    def sender(self, address: str) -> str:
        """The keyed hash of an address that is kept instead of it."""
        return self.keys.mac("rate", household(address))

    def _over(self, what: What, who: str) -> list[Limit]:
        limits = [limit for limit in self.limits if limit.what is what]
        if self._by_redis is not None and time.monotonic() >= self._redis_rests_until:
            try:
                return _over(self._by_redis, limits, who)
            except StorageError as error:
                self._redis_rests_until = time.monotonic() + _REDIS_REST_S
                log.warning("redis_does_not_count", problem=type(error.storage_error).__name__)
        # Who is refused costs a read and no write: a flood of guesses must not keep those who file waiting.
        with self._windows.reading():
            refused = [
                one
                for one in limits
                if one.then is Then.REFUSE and not self._by_database.test(one.item, _of(one, who))
            ]
        if refused:
            return refused
        with self._windows.writing():
            return _over(self._by_database, limits, who)

    def _alarm(self, kind: str, subject: str) -> None:
        # Asked on every request of a flood: once told, this process need not ask the database again for an hour.
        told = (kind, subject, int(time.time() // 3600))
        if told in self._told:
            return
        with self.database.write() as session:
            alarms.raise_alarm(session, self.keys, kind, subject)
        if len(self._told) > 10_000:
            self._told.clear()
        self._told.add(told)


def household(address: str) -> str:
    """What counts as one sender: the IPv4 address, or the /64 network of an IPv6 one; other text as it is."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:100]
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)


def _over(limiter: SlidingWindowCounterRateLimiter, limits: list[Limit], who: str) -> list[Limit]:
    """The limits that this request is over; where one refuses, the others are not counted."""
    over = []
    for limit in limits:
        if not limiter.hit(limit.item, _of(limit, who)):
            over.append(limit)
            if limit.then is Then.REFUSE:
                break
    return over


def _of(limit: Limit, who: str) -> str:
    return "all" if limit.per is Per.INSTALLATION else who
