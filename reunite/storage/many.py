"""Many rows into the database in one statement a table, and lists of texts out of one parameter.

PostgreSQL takes the columns as arrays and makes rows of them (unnest), so that the statement is the same, and prepared,
however many rows there are; SQLite runs one prepared statement for each row, without a journey between them.
"""

import json
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Insert,
    String,
    Table,
    bindparam,
    cast,
    func,
    insert,
    select,
)
from sqlalchemy.orm import Session

from reunite.storage.base import Base


def put(session: Session, rows: Iterable[Base]) -> None:
    """Insert rows that nobody needs as objects of the session afterwards; those of one table together, the tables in
    the order of their first rows."""
    tables: dict[type[Base], list[Base]] = {}
    for row in rows:
        tables.setdefault(type(row), []).append(row)
    connection = session.connection()
    for kind, those in tables.items():
        table = kind.__table__
        assert isinstance(table, Table)  # noqa: S101 - what a class with __tablename__ has
        names = {column.key: _default(column) for column in table.columns}
        if connection.dialect.name == "postgresql":
            columns = {name: [vars(row).get(name, other) for row in those] for name, other in names.items()}
            connection.execute(_from_arrays(table), columns)
        else:
            told = [{name: vars(row).get(name, other) for name, other in names.items()} for row in those]
            connection.execute(insert(table), told)


def each_of(session: Session, texts: Sequence[str]) -> ColumnElement[str]:
    """The texts, one a row, for `select(…).where(…)`."""
    if session.get_bind().dialect.name == "postgresql":
        return func.unnest(cast(list(texts), ARRAY(String))).column_valued("each")
    return func.json_each(json.dumps(list(texts))).table_valued("value", name="each").c.value


@cache
def _from_arrays(table: Table) -> Insert:
    columns = [func.unnest(bindparam(one.key, type_=ARRAY(one.type))) for one in table.columns]
    return insert(table).from_select([one.key for one in table.columns], select(*columns))


def _default(column: Column[Any]) -> object:
    return getattr(column.default, "arg", None)
