"""The two indices of one worker: caches of the database that catch up with every change, and miss none."""

from collections.abc import Iterator

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.description import describe
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
        self.sides = {kind: Index(model, kind) for kind in ("missing", "found")}
        self.revs: dict[int, int] = {}
        self._watermark = 0

    def catch_up(self, session: Session) -> int:
        """Take in what changed since the last time, as this snapshot sees it; how many reports that were.

        Everything numbered from the oldest transaction that still ran last time is read again: it may have
        committed late. What is known at its revision costs nothing.
        """
        following = horizon(session)
        taken = sum(self._take(row) for row in self._changed(session))
        self._watermark = following
        return taken

    def other_side(self, kind: str) -> Index:
        """The index that a report of this kind is ranked against."""
        return self.sides["found" if kind == "missing" else "missing"]

    def _changed(self, session: Session) -> Iterator[ReportRow]:
        query = select(ReportRow).where(ReportRow.change_no >= self._watermark).order_by(ReportRow.id)
        for row in session.scalars(query.execution_options(yield_per=_BATCH)):
            yield row
            session.expunge(row)

    def _take(self, row: ReportRow) -> bool:
        if self.revs.get(row.id) == row.rev:
            return False
        self.revs[row.id] = row.rev
        side = self.sides[row.kind]
        if row.state == "open":
            side.put(describe(row.id, row.kind, row.person))
        elif row.id in side:
            side.remove(row.id)
        return True
