"""Fresh databases on a test server, cloned from a migrated template."""

import os
import secrets
from dataclasses import dataclass

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from reunite.storage import schema
from reunite.storage.session import Database

# Where the server has C.UTF-8, Chinese characters count as letters; without it the cluster's own locale has to do.
_LOCALES = ("LOCALE 'C.UTF-8'", "")


@dataclass(frozen=True, slots=True)
class Databases:
    """Makes and removes databases on one server."""

    server_url: str
    prefix: str

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
        url = make_url(self.server_url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(command)


def new_prefix() -> str:
    """Unlike that of any other run on the same server."""
    return f"reunite_test_{os.getpid()}_{secrets.token_hex(3)}"
