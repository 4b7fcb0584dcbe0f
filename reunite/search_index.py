"""The keys that reports are found under, kept in the transaction that files, corrects or erases a report; and what
they tell of years of birth."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, func, select
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


def latest_births(session: Session, report_ids: Iterable[int]) -> dict[int, int]:
    """The latest year of birth that each of these reports may mean; those that tell none, or no better than within
    a dozen years, are not in it."""
    first, beyond = search_keys.born_between()
    found = (
        select(SearchKeyRow.report_id, func.max(SearchKeyRow.key))
        .where(SearchKeyRow.report_id.in_(sorted(report_ids)), SearchKeyRow.key.between(first, beyond))
        .group_by(SearchKeyRow.report_id)
    )
    return {report_id: search_keys.year_of(key) for report_id, key in session.execute(found)}
