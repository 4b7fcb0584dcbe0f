"""The keys that reports are found under, kept in the transaction that files, corrects or erases a report; and what
they tell of years of birth."""

from collections.abc import Iterable, Mapping

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from matching import search_keys
from matching.description import identify
from reunite.storage.many import put
from reunite.storage.search_tables import SearchKeyRow


def keep(session: Session, report_id: int, person: Mapping[str, str]) -> None:
    """Keep the keys of what the report says now, in place of those it had."""
    session.execute(delete(SearchKeyRow).where(SearchKeyRow.report_id == report_id))
    keep_new(session, [(report_id, person)])


def keep_new(session: Session, reports: Iterable[tuple[int, Mapping[str, str]]]) -> None:
    """Keep the keys of reports (id, person) that have none yet, in one statement: a report has about ten."""
    keys = [
        {"key": key, "report_id": report_id}
        for report_id, person in reports
        for key in sorted(search_keys.of(identify(person)))
    ]
    put(session, SearchKeyRow, keys)


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
