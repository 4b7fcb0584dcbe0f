"""The keys that reports are found under, kept in the transaction that files, corrects or erases a report."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlalchemy.orm import Session

from matching import search_keys
from matching.description import describe
from reunite.storage.search_tables import SearchKeyRow


def keep(
    session: Session, report_id: int, kind: str, person: Mapping[str, str], *, new: bool = False
) -> None:
    """Keep the keys of what the report says now, in place of those it had."""
    if not new:
        session.execute(delete(SearchKeyRow).where(SearchKeyRow.report_id == report_id))
    keys = search_keys.of(describe(report_id, kind, person))
    session.add_all(SearchKeyRow(key=key, report_id=report_id) for key in sorted(keys))
    session.flush()
