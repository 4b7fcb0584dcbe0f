"""The schema's version: what the database has, what this program needs, and the way there."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from reunite.keys import Keys
from reunite.problems import StartupError
from reunite.storage.session import Database

_LOCK = 0x7265756E  # any fixed number: processes that start together migrate one after the other


def config(connection: Connection | None = None, keys: Keys | None = None) -> Config:
    """Alembic's configuration, without a file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if connection is not None:
        settings.attributes["connection"] = connection
    settings.attributes["keys"] = keys
    return settings


def knows(revision: str) -> bool:
    """Whether this program can bring a database of this revision up to date: it is no newer one's."""
    return revision in _revisions()


def is_current(database: Database) -> bool:
    """Whether this program may run on the tables: they are its own, or a newer version has only added to them."""
    with database.engine.connect() as connection:
        heads = set(MigrationContext.configure(connection).get_current_heads())
        if heads and not heads & _revisions():
            return _serves(connection)
    return heads == {_newest()}


@cache
def _scripts() -> ScriptDirectory:
    """Read once a process: the files of all migrations."""
    return ScriptDirectory.from_config(config())


@cache
def _revisions() -> frozenset[str]:
    return frozenset(script.revision for script in _scripts().walk_revisions())


def _newest() -> str:
    (newest,) = _scripts().get_heads()
    return newest


def _serves(connection: Connection) -> bool:
    """Whether the tables of a newer version say that this one may still run on them."""
    there = inspect(connection)
    if "oldest_program" not in {column["name"] for column in there.get_columns("installation")}:
        return False
    oldest = connection.scalar(text("SELECT oldest_program FROM installation"))
    return oldest is not None and int(oldest) <= int(_newest())


def migrate(database: Database, keys: Keys | None = None) -> bool:
    """Bring the database to this program's schema; refuse a newer one and one that is not ours. A database that holds
    reports of before they were sealed needs its keys for it. Tells whether anything had to be done."""
    try:
        with database.engine.begin() as connection:
            if not database.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            heads = MigrationContext.configure(connection).get_current_heads()
            if set(heads) - _revisions():
                if _serves(connection):
                    return False
                raise StartupError(
                    "The database was made by a newer version of this program. Install that version, "
                    "or restore a backup made before the upgrade."
                )
            if not heads and inspect(connection).get_table_names():
                raise StartupError(
                    "The database holds tables of something else. Set REUNITE_DATABASE_URL to an empty database."
                )
            if set(heads) == {_newest()}:
                return False  # nothing is asked of a role that owns no table
            command.upgrade(config(connection, keys), "head")
            return True
    except DBAPIError as error:
        raise StartupError(
            f"The database cannot be read or brought up to date ({type(error.orig).__name__}). "
            "If the file is damaged, restore a backup; if access is refused, run reunite migrate "
            "as the owner of the tables, with --grant-to and the name of this user."
        ) from error
