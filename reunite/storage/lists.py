"""A list of texts as a column that a query can read, one parameter however long it is."""

import json
from collections.abc import Sequence

from sqlalchemy import ARRAY, ColumnElement, String, cast, func
from sqlalchemy.orm import Session


def each_of(session: Session, texts: Sequence[str]) -> ColumnElement[str]:
    """The texts, one a row, for `select(…).where(…)`."""
    if session.get_bind().dialect.name == "postgresql":
        return func.unnest(cast(list(texts), ARRAY(String))).column_valued("each")
    return func.json_each(json.dumps(list(texts))).table_valued("value", name="each").c.value
