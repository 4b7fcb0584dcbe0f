"""Many rows into the database in one statement a table, and lists of texts out of one parameter.

PostgreSQL takes the columns as arrays and makes rows of them (unnest), so that the statement is the same, and prepared,
however many rows there are; SQLite runs one prepared statement for each row, without a journey between them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Insert, Row, String, Table, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reunite.storage.base import Base

New = tuple[type[Base], dict[str, Any]]
"""A row that is to be: its table, and its values by column. What it does not name is the column's default."""


def put_all(session: Session, rows: Iterable[New]) -> None:
    """Insert rows of several tables, those of one table together, the tables in the order of their first rows."""
    tables: dict[type[Base], list[dict[str, Any]]] = {}
    for kind, row in rows:
        tables.setdefault(kind, []).append(row)
    for kind, those in tables.items():
        put(session, kind, those)


def put(
    session: Session, kind: type[Base], rows: Sequence[Mapping[str, Any]], *, giving: tuple[str, ...] = (),
    instead: tuple[str, ...] = (),
) -> Sequence[Row[Any]]:  # fmt: skip
    """Insert rows of one table, which the session does not know as objects afterwards; gives the columns `giving` of
    the new rows, in any order. Where a row of the same primary key is there, its columns `instead` become those of the
    new one; without any that is an error."""
    if not rows:
        return ()
    connection, defaults = session.connection(), _columns(kind)
    if connection.dialect.name == "postgresql":
        columns = {name: [row.get(name, other) for row in rows] for name, other in defaults.items()}
        result = connection.execute(_from_arrays(kind, giving, instead), columns)
    else:
        statement = _row_by_row(kind, giving, instead)
        result = connection.execute(statement, [{**defaults, **row} for row in rows])
    return result.all() if giving else ()


def each_of(session: Session, texts: Sequence[str]) -> ColumnElement[str]:
    """The texts, one a row, for `select(…).where(…)`."""
    if session.get_bind().dialect.name == "postgresql":
        return func.unnest(cast(list(texts), ARRAY(String))).column_valued("each")
    return func.json_each(json.dumps(list(texts))).table_valued("value", name="each").c.value


def _table(kind: type[Base]) -> Table:
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 - what a class with __tablename__ has
    return table


@cache
def _columns(kind: type[Base]) -> dict[str, Any]:
    """The columns that are given, and what each is where a row does not name it; the database numbers rows itself."""
    columns = [one for one in _table(kind).columns if one.autoincrement is not True]
    return {one.key: getattr(one.default, "arg", None) for one in columns}


@cache
def _from_arrays(kind: type[Base], giving: tuple[str, ...], instead: tuple[str, ...]) -> Insert:
    table = _table(kind)
    arrays = [
        func.unnest(bindparam(name, type_=ARRAY(table.c[name].type, dimensions=1))) for name in _columns(kind)
    ]
    return _ending(
        postgresql.insert(table).from_select(list(_columns(kind)), select(*arrays)), giving, instead
    )


@cache
def _row_by_row(kind: type[Base], giving: tuple[str, ...], instead: tuple[str, ...]) -> Insert:
    return _ending(sqlite.insert(_table(kind)), giving, instead)


def _ending(
    statement: postgresql.Insert | sqlite.Insert, giving: tuple[str, ...], instead: tuple[str, ...]
) -> Insert:
    table = statement.table
    if instead:
        new = {name: statement.excluded[name] for name in instead}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
    return statement.returning(*(table.c[name] for name in giving)) if giving else statement
