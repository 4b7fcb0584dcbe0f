"""The two indices of one worker: caches of the database that catch up with every change, and miss none."""

from collections.abc import Iterator

import structlog
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from matching.description import Description, describe
from matching.model import Model
from matching.ranking import Index
from reunite.storage.changes import horizon
from reunite.storage.tables import ReportRow

log = structlog.get_logger()
_BATCH = 2000


class Indices:
    """One index a side, with the revision of each report in it."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self._empty()

    def _empty(self) -> None:
        self.sides = {kind: Index(self.model, kind) for kind in ("missing", "found")}
        self.revs: dict[int, int] = {}
        self._failed: set[int] = set()
        self._watermark = 0

    def catch_up(self, session: Session) -> int:
        """Take in what changed since the last time, as this snapshot sees it; how many reports that were.

        Everything numbered from the oldest transaction that still ran last time is read again: it may have
        committed late. What is known at its revision costs nothing. A report that cannot be taken in is told in the
        log, keeps no other from being matched, and is tried again each time.
        """
        following = horizon(session)
        taken = sum(self._take(row) for row in self._changed(session))
        self._watermark = following
        return taken

    def other_side(self, kind: str) -> Index:
        """The index that a report of this kind is ranked against."""
        return self.sides["found" if kind == "missing" else "missing"]

    def _changed(self, session: Session) -> Iterator[ReportRow]:
        new = ReportRow.change_no >= self._watermark
        again = or_(new, ReportRow.id.in_(self._failed)) if self._failed else new
        query = select(ReportRow).where(again).order_by(ReportRow.id)
        for row in session.scalars(query.execution_options(yield_per=_BATCH)):
            yield row
            session.expunge(row)

    def _take(self, row: ReportRow) -> bool:
        if self.revs.get(row.id) == row.rev:
            return False
        try:
            described = describe(row.id, row.kind, row.person) if row.state == "open" else None
        except Exception as error:
            self._failed.add(row.id)
            log.error("report_not_indexed", report=row.id, problem=type(error).__name__)
            return False
        self._put(row, described)
        self._failed.discard(row.id)
        self.revs[row.id] = row.rev
        return True

    def _put(self, row: ReportRow, described: Description | None) -> None:
        side = self.sides[row.kind]
        try:
            if described is not None:
                side.put(described)
            elif row.id in side:
                side.remove(row.id)
        except BaseException:
            # Some columns have the row and others not: only a fresh index is right again.
            self._empty()
            raise
