"""Counters of the `limits` library in our own database, so that they hold over all processes without Redis."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from limits.storage import SlidingWindowCounterSupport, Storage
from limits.storage.base import TimestampedSlidingWindow
from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from reunite.storage.abuse_tables import RateRow
from reunite.storage.clock import now
from reunite.storage.session import Database


class RateWindows(Storage, SlidingWindowCounterSupport, TimestampedSlidingWindow):
    """A storage of the library over the table `rate_window`. Everything is asked inside `reading()` or `writing()`,
    so that the limits of one request are one transaction."""

    STORAGE_SCHEME = None

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._database = database
        self._current = threading.local()

    @property
    def base_exceptions(self) -> type[Exception]:
        """What this storage may raise."""
        return SQLAlchemyError

    @contextmanager
    def reading(self) -> Iterator[None]:
        """A transaction that only looks."""
        with self._database.read() as session:
            self._current.session = session
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction that counts."""
        with self._database.write() as session:
            self._current.session = session
            yield

    @property
    def _session(self) -> Session:
        session: Session = self._current.session
        return session

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count it if that stays within the limit; one statement counts, so no two processes take the same place."""
        at = now(self._session).timestamp()
        before, current = self.sliding_window_keys(key, expiry, at)
        left = 1 - (at % expiry) / expiry
        room = limit - self.get(before) * left - amount
        if room < 0:
            return False
        insert = postgresql.insert if self._session.get_bind().dialect.name == "postgresql" else sqlite.insert
        ends = datetime.fromtimestamp((at // expiry + 2) * expiry, UTC)
        count = insert(RateRow).values(key=current, count=amount, expires_at=ends)
        again = count.on_conflict_do_update(
            index_elements=[RateRow.key], set_={"count": RateRow.count + amount}, where=RateRow.count <= room
        )
        return bool(self._session.execute(again.returning(RateRow.count)).all())

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Count and seconds left of the window before, count and seconds left of this one."""
        at = now(self._session).timestamp()
        before, current = self.sliding_window_keys(key, expiry, at)
        left = expiry - at % expiry
        return self.get(before), left, self.get(current), expiry + left

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        """Forget both windows."""
        for window in self.sliding_window_keys(key, expiry, now(self._session).timestamp()):
            self.clear(window)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count in a plain window; the library wants every storage to be able to."""
        self.acquire_sliding_window_entry(key, 2**31, expiry, amount)
        return self.get_sliding_window(key, expiry)[2]

    def get(self, key: str) -> int:
        """The count of one window."""
        return self._session.scalars(select(RateRow.count).where(RateRow.key == key)).one_or_none() or 0

    def get_expiry(self, key: str) -> float:
        """When one window can be forgotten, in seconds since 1970."""
        ends = self._session.scalars(select(RateRow.expires_at).where(RateRow.key == key)).one_or_none()
        return (ends or now(self._session)).timestamp()

    def check(self) -> bool:
        """Whether the database answers."""
        return self._session.scalar(select(func.count()).select_from(RateRow)) is not None

    def reset(self) -> int | None:
        """Forget everything."""
        return len(self._session.execute(delete(RateRow).returning(RateRow.key)).all())

    def clear(self, key: str) -> None:
        """Forget one window."""
        self._session.execute(delete(RateRow).where(RateRow.key == key))


def forget_old(session: Session) -> None:
    """Remove the windows that no limit asks for any more."""
    session.execute(delete(RateRow).where(RateRow.expires_at < now(session) - timedelta(minutes=1)))
