"""Sessions on SQLite and PostgreSQL from one place.

SQLite settings are those measured to keep an answered report over a power cut: WAL, synchronous FULL, every write
transaction begun with BEGIN IMMEDIATE, writers of one process queued first in, first out.
"""

import os
import re
import sqlite3
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from typing import Any

from sqlalchemy import Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from reunite.problems import AwayError, Conflict, StartupError
from reunite.storage import duties

REFUSED = "This must be done by another person, or in another order."
_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "busy_timeout = 5000",
    "recursive_triggers = ON",
    "trusted_schema = OFF",
    "secure_delete = ON",
)

# A network that swallows packets is noticed within half a minute; without these a connection waits for hours.
_PATIENCE = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class FifoLock:
    """A lock that serves waiting threads in the order they came; threading.Lock promises no order."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._waiting: deque[threading.Event] = deque()
        self._held = False
        self._holder = 0

    def __enter__(self) -> None:
        me = threading.get_ident()
        with self._guard:
            if not self._held:
                self._held, self._holder = True, me
                return
            if self._holder == me:
                raise RuntimeError("a write inside a write of the same thread would wait for itself")
            turn = threading.Event()
            self._waiting.append(turn)
        turn.wait()
        self._holder = me

    def __exit__(self, *_: object) -> None:
        with self._guard:
            self._holder = 0
            if self._waiting:
                self._waiting.popleft().set()
            else:
                self._held = False


class Database:
    """One database; `read()` and `write()` give sessions, a write commits when its block ends well."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.carries: dict[str, Any] = {}
        """What every session that writes has in its `info`: what belongs to the installation and not to the caller."""
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        if self.is_sqlite:
            os.umask(0o077)
            self._writer = _sqlite_engine(url, read_only=False)
            self._reader = _sqlite_engine(url, read_only=True)
        else:
            self._writer = self._reader = create_engine(
                url,
                pool_size=10,
                max_overflow=10,
                pool_pre_ping=True,
                hide_parameters=True,
                connect_args=_PATIENCE,
            )
        self._turn = FifoLock() if self.is_sqlite else nullcontext()

    @property
    def engine(self) -> Engine:
        """The engine that writes; migrations and tests use it."""
        return self._writer

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in a transaction that commits at the end of the block and rolls back on any error. Raises Conflict
        where the separation of duties forbids what was written."""
        try:
            with (
                self._turn,
                Session(self._writer, expire_on_commit=False, info=self.carries) as session,
                session.begin(),
            ):
                yield session
        except DBAPIError as error:
            if duties.MARK in str(error.orig):
                raise Conflict(REFUSED) from error
            raise

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session with one consistent snapshot that cannot write."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            if not self.is_sqlite:
                session.connection(
                    execution_options={"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
                )
            yield session

    def check(self) -> None:
        """Raise StartupError, with what to do, where the database cannot be opened at all; AwayError where it may come
        back by itself."""
        try:
            with self._writer.connect():
                pass
        except (DBAPIError, sqlite3.Error) as error:
            where = make_url(self.url).render_as_string(hide_password=True)
            said = f"The database {where} cannot be opened "
            if self.is_sqlite:
                raise StartupError(
                    f"{said}({type(error).__name__}). Check REUNITE_DATABASE_URL and that the file is a readable "
                    "database, and restore a backup if it is damaged."
                ) from error
            refused = re.search(r"FATAL: +([^\n]{1,200})", str(getattr(error, "orig", error)))
            if refused is None or "starting up" in refused[1] or "shutting down" in refused[1]:
                raise AwayError(
                    f"{said}(no answer). Check that the server runs, and host and port in REUNITE_DATABASE_URL."
                ) from error
            raise StartupError(
                f"{said}({refused[1]}). Check user, password and database name in REUNITE_DATABASE_URL."
            ) from error

    def scrub(self) -> None:
        """Have what was deleted leave the files as well: SQLite's write-ahead log still holds older pages. Does what it
        can while others read; the next call does the rest."""
        if self.is_sqlite:
            with self._turn, closing(self._writer.raw_connection()) as connection:
                connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def dispose(self) -> None:
        """Close every connection."""
        self._writer.dispose()
        self._reader.dispose()


def _sqlite_engine(url: str, *, read_only: bool) -> Engine:
    engine = create_engine(url, connect_args={"timeout": 5, "check_same_thread": False}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in _PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
