"""Many rows into the database in one statement a table, and lists of them out of one parameter.

PostgreSQL takes the rows as one JSON text and makes rows of it (json_to_recordset), so that the statement is the same,
and prepared, however many there are; SQLite runs one prepared statement for each row, without a journey between them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Insert,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from reunite.storage.base import Base
from reunite.storage.clock import aware

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
    instead: tuple[str, ...] = (), passing: bool = False,
) -> Sequence[Row[Any]]:  # fmt: skip
    """Insert rows of one table, which the session does not know as objects afterwards; gives the columns `giving` of
    the new rows, in any order. Where a row of the same primary key is there, its columns `instead` become those of the
    new one; without any that is an error. `passing`: a row that is there already, by any key, is passed over."""
    if not rows:
        return ()
    connection, defaults = session.connection(), _columns(kind)
    if connection.dialect.name == "postgresql":
        said = json.dumps([{**defaults, **row} for row in rows], ensure_ascii=False, default=_as_text)
        result = connection.execute(_from_text(kind, giving, instead, passing), {"rows": said})
    else:
        statement = _row_by_row(kind, giving, instead, passing)
        result = connection.execute(statement, [{**defaults, **row} for row in rows])
    return result.all() if giving else ()


def each_of(dialect: str, name: str, width: int) -> list[ColumnElement[str]]:
    """The columns of rows of so many texts, which the parameter `name` gives as JSON; for `select(…).where(…)`."""
    said = bindparam(name, type_=Text)
    if dialect == "postgresql":
        element = func.json_array_elements(cast(said, JSON)).column_valued("each")
        return [element.op("->>")(place) for place in range(width)]
    value = func.json_each(said).table_valued("value", name="each").c.value
    return [func.json_extract(value, f"$[{place}]") for place in range(width)]


def _table(kind: type[Base]) -> Table:
    table = kind.__table__
    assert isinstance(table, Table)  # noqa: S101 - what a class with __tablename__ has
    return table


@cache
def _columns(kind: type[Base]) -> dict[str, Any]:
    """The columns that are given, and what each is where a row does not name it; the database numbers rows itself."""
    columns = [one for one in _table(kind).columns if one.autoincrement is not True]
    return {one.key: getattr(one.default, "arg", None) for one in columns}


def _as_text(value: Any) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    return f"\\x{value.hex()}" if isinstance(value, bytes) else aware(value).isoformat()


@cache
def _from_text(kind: type[Base], giving: tuple[str, ...], instead: tuple[str, ...], passing: bool) -> Insert:
    table, names = _table(kind), list(_columns(kind))
    typed = [column(name, table.c[name].type) for name in names]
    rows = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON(none_as_null=True)))
    read = rows.table_valued(*typed, name="new").render_derived(with_types=True)
    statement = postgresql.insert(table).from_select(names, select(*(read.c[name] for name in names)))
    return _ending(statement, giving, instead, passing)


@cache
def _row_by_row(kind: type[Base], giving: tuple[str, ...], instead: tuple[str, ...], passing: bool) -> Insert:
    return _ending(sqlite.insert(_table(kind)), giving, instead, passing)


def _ending(
    statement: postgresql.Insert | sqlite.Insert,
    giving: tuple[str, ...],
    instead: tuple[str, ...],
    passing: bool,
) -> Insert:
    table = statement.table
    if instead:
        new = {name: statement.excluded[name] for name in instead}
        statement = statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=new)
    elif passing:
        statement = statement.on_conflict_do_nothing()
    return statement.returning(*(table.c[name] for name in giving)) if giving else statement
