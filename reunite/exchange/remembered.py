"""What people said of the columns of a source: its next table is mapped by it."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from reunite.exchange.mapping import Guess
from reunite.storage.clock import now
from reunite.storage.import_tables import ColumnMappingRow


def of_source(session: Session, source: str) -> dict[str, str]:
    """Column of ours by heading, empty for those that are nothing of ours; nothing for a source that is new."""
    row = session.get(ColumnMappingRow, source)
    return dict(row.columns) if row is not None else {}


def keep(session: Session, source: str, guesses: Sequence[Guess]) -> None:
    """Keep this mapping of the source, with what is known of headings that this table does not have."""
    columns = of_source(session, source) | {one.heading: one.column for one in guesses if one.heading}
    session.merge(ColumnMappingRow(source=source, columns=columns, at=now(session)))
