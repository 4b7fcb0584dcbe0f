"""One consistent snapshot of the database as a file, while others write, and the way back into an empty database.

SQLite: `VACUUM INTO`, which reads one state and writes a compact file; a stepped backup never ends under writes.
PostgreSQL: its own pg_dump and pg_restore, of the server's version: an older one refuses, a newer one may write
settings that the server does not know.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, create_engine, func, make_url, select, table, text

from reunite.problems import StartupError
from reunite.storage.session import Database

COUNTED = ("report", "candidate", "review", "confirmation", "photo", "audit_entry")
"""Tables whose rows are counted in the snapshot itself, and again after it is put back."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file with the whole database, and what is in it: the schema's revision, the key's check, rows a table."""

    file: Path
    revision: str
    key_check: str
    rows: dict[str, int]


def take(database: Database, folder: Path, programs: Path | None) -> Snapshot:
    """Write the snapshot into this folder; `programs` is where pg_dump lies if not on the PATH. Raises StartupError
    where it cannot be made or is not sound."""
    if database.is_sqlite:
        return _take_sqlite(database, folder / "reunite.db")
    file = folder / "reunite.dump"
    with database.read() as session:
        connection = session.connection()
        # The rows are counted in the very state that pg_dump writes.
        name = connection.scalar(text("SELECT pg_export_snapshot()"))
        revision, key_check, rows = _content(connection)
        _run(database.url, programs, "pg_dump", "--format=custom", f"--snapshot={name}", f"--file={file}")
    _run(database.url, programs, "pg_restore", "--list", str(file), connect=False)
    return Snapshot(file, revision, key_check, rows)


def put_back(database: Database, file: Path, programs: Path | None) -> dict[str, int]:
    """Fill the empty database from the file, wholly or not at all; gives the rows of each table counted. Raises
    StartupError where the database is not empty."""
    refuse_unless_empty(database)
    if database.is_sqlite:
        target = _file(database)
        part = target.with_name(target.name + ".part")
        shutil.copyfile(file, part)
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(target)
    else:
        _run(database.url, programs, "pg_restore", "--no-owner", "--no-privileges", "--exit-on-error",
             "--single-transaction", str(file), restore=True)  # fmt: skip
    with database.engine.connect() as connection:
        return _content(connection)[2]


def refuse_unless_empty(database: Database) -> None:
    """Raise StartupError, with what to do, where there is a database already."""
    if database.is_sqlite:
        target = _file(database)
        if any(target.with_name(target.name + end).exists() for end in ("", "-wal", "-shm")):
            raise StartupError(f"There is a database already: {target}. Move it away, then restore.")
        return
    with database.engine.connect() as connection:
        if connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()")):
            raise StartupError(
                "REUNITE_DATABASE_URL holds tables. Set it to an empty database, then restore."
            )


def _file(database: Database) -> Path:
    return Path(str(make_url(database.url).database))


def _take_sqlite(database: Database, file: Path) -> Snapshot:
    try:
        with closing(sqlite3.connect(_file(database), isolation_level=None, timeout=30)) as connection:
            connection.execute("VACUUM INTO ?", (str(file),))
    except sqlite3.Error as error:
        raise StartupError(f"The database cannot be copied ({error}). Is there room on the disk?") from error
    with file.open("rb") as written:
        os.fsync(written.fileno())
    # Opened without our settings: it stays one file, without a write-ahead log beside it that a copy could lose.
    copied = create_engine(f"sqlite:///{file.absolute()}", hide_parameters=True)
    try:
        with copied.connect() as connection:
            said = connection.scalars(text("PRAGMA integrity_check")).all()
            if list(said) != ["ok"] or connection.execute(text("PRAGMA foreign_key_check")).all():
                raise StartupError("The database is damaged: its copy does not pass SQLite's own check.")
            found = _content(connection)
    finally:
        copied.dispose()
    return Snapshot(file, *found)


def _content(connection: Connection) -> tuple[str, str, dict[str, int]]:
    revision = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    key_check = str(connection.scalar(text("SELECT key_check FROM installation")))
    rows = {name: connection.scalar(select(func.count()).select_from(table(name))) or 0 for name in COUNTED}
    return revision, key_check, rows


def _run(
    url: str,
    programs: Path | None,
    program: str,
    *arguments: str,
    connect: bool = True,
    restore: bool = False,
) -> None:
    found = shutil.which(program, path=str(programs) if programs else None)
    if found is None:
        raise StartupError(
            f"{program} is not there. Install PostgreSQL's client programs of the server's version, "
            "or set REUNITE_PG_PROGRAMS to their folder."
        )
    at = make_url(url)
    where = [f"--host={at.host or ''}", f"--port={at.port or 5432}", f"--username={at.username or ''}",
             "--no-password", f"--dbname={at.database}"]  # fmt: skip
    # The password goes by the environment: everybody on the machine can read a command line.
    environment = {**os.environ, **({"PGPASSWORD": at.password} if at.password else {})}
    done = subprocess.run([found, *(where if connect else ()), *arguments], env=environment, capture_output=True,
                          text=True, stdin=subprocess.DEVNULL)  # fmt: skip
    if done.returncode:
        # Not what it said: lines of a failed restore can hold what people wrote.
        raise StartupError(
            f"{program} failed (status {done.returncode}). It must be of the server's version (REUNITE_PG_PROGRAMS), "
            "the database reachable, and there must be room on the disk"
            + ("; this user must own the database." if restore else ".")
        )
