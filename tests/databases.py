"""Fresh databases on a test server: cloned from a migrated template, or emptied after another test."""

import os
import secrets
from dataclasses import dataclass, field

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from reunite.storage import schema
from reunite.storage.session import Database

# Where the server has C.UTF-8, Chinese characters count as letters; without it the cluster's own locale has to do.
_LOCALES = ("LOCALE 'C.UTF-8'", "")

# All that a test could change of a database and that does not go with its rows: tables, columns, triggers, functions,
# rules, rights, and the migration it stands at.
_SHAPE = """
WITH ours AS (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
SELECT md5(concat_ws('|',
  (SELECT string_agg(concat_ws(',', relname, relkind, relacl, relowner, reloptions), ';' ORDER BY relname, relkind)
     FROM pg_class WHERE oid IN (SELECT oid FROM ours)),
  (SELECT string_agg(concat_ws(',', attrelid::regclass, attnum, attname, atttypid, attnotnull, attacl), ';'
     ORDER BY attrelid::regclass::text, attnum) FROM pg_attribute WHERE attrelid IN (SELECT oid FROM ours)),
  (SELECT string_agg(concat_ws(',', tgrelid::regclass, tgname, tgenabled), ';' ORDER BY tgrelid::regclass::text, tgname)
     FROM pg_trigger WHERE NOT tgisinternal),
  (SELECT string_agg(concat_ws(',', conrelid::regclass, conname), ';' ORDER BY conrelid::regclass::text, conname)
     FROM pg_constraint WHERE connamespace = 'public'::regnamespace),
  (SELECT string_agg(concat_ws(',', proname, md5(prosrc), proacl), ';' ORDER BY proname)
     FROM pg_proc WHERE pronamespace = 'public'::regnamespace),
  (SELECT nspacl::text FROM pg_namespace WHERE nspname = 'public'),
  (SELECT datacl::text FROM pg_database WHERE datname = current_database()),
  (SELECT string_agg(version_num, ',') FROM alembic_version)))"""
_TABLES = """SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"""
_USED = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL"
_OTHERS = "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()"


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes, lends and removes databases on one server."""

    server_url: str
    prefix: str
    _stock: dict[str, str] = field(default_factory=dict)  # what can be lent, and its shape
    _lent: dict[str, str] = field(default_factory=dict)

    def template(self) -> str:
        """Make the migrated database that tests' databases are cloned from; gives its name."""
        name = f"{self.prefix}_template"
        self._create_utf8(name)
        database = Database(self.url(name))
        schema.migrate(database)
        database.dispose()
        return name

    def empty(self) -> str:
        """Make a database without any table; gives its name."""
        name = self._new_name()
        self._create_utf8(name)
        return name

    def clone(self, template: str) -> str:
        """Make a copy of the template; gives its name."""
        name = self._new_name()
        command = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(command.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def lend(self, template: str) -> str:
        """A copy of the template for one test, which gives it back; gives its name. To empty one that another test has
        used takes a tenth of the time of a new copy."""
        if self._stock:
            name, shape = self._stock.popitem()
        else:
            name = self.clone(template)
            with self._connected(self.url(name)) as connection:
                shape = _shape(connection)
        self._lent[name] = shape
        return name

    def give_back(self, name: str) -> None:
        """Empty a lent database, with whoever is still connected; one that is not as it was but for its rows is
        removed."""
        shape = self._lent.pop(name)
        with self._connected(self.url(name)) as connection:
            connection.execute(_OTHERS, (name,))
            if same := _shape(connection) == shape:
                _empty(connection)
        if same:
            self._stock[name] = shape
        else:
            self.drop(name)

    def drop(self, name: str) -> None:
        """Remove a database with whoever is still connected."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        """The address of a database on this server."""
        return make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def _new_name(self) -> str:
        return f"{self.prefix}_{secrets.token_hex(4)}"

    def _create_utf8(self, name: str) -> None:
        for number, locale in enumerate(_LOCALES):
            command = f"CREATE DATABASE {{}} TEMPLATE template0 ENCODING 'UTF8' {locale}"
            try:
                self._run(sql.SQL(command).format(sql.Identifier(name)))
            except (psycopg.errors.WrongObjectType, psycopg.errors.InvalidParameterValue):
                if number + 1 == len(_LOCALES):
                    raise
            else:
                return

    def _run(self, command: sql.Composed) -> None:
        with self._connected(self.server_url) as connection:
            connection.execute(command)

    @staticmethod
    def _connected(url: str) -> psycopg.Connection:
        plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(plain, autocommit=True)


def _shape(connection: psycopg.Connection) -> str:
    try:
        found = connection.execute(_SHAPE).fetchone()
    except psycopg.errors.UndefinedTable:
        return "not ours"
    assert found is not None
    return str(found[0])


def _empty(connection: psycopg.Connection) -> None:
    """Take all rows away, whatever forbids it, and let numbers begin anew."""
    names = [name for (name,) in connection.execute(_TABLES)]
    filled = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
        for name in names
    )
    with connection.transaction():
        connection.execute("SET LOCAL session_replication_role = replica")
        for (name,) in connection.execute(filled).fetchall():
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
        for (name,) in connection.execute(_USED).fetchall():
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))


def new_prefix() -> str:
    """Unlike that of any other run on the same server."""
    return f"reunite_test_{os.getpid()}_{secrets.token_hex(3)}"
