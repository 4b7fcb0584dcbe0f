"""The two indices of one worker: caches of the database that catch up with every change, and miss none."""

from collections.abc import Collection, Iterator, MutableMapping
from pathlib import Path
from typing import Any
from zlib import crc32

import structlog
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from matching.description import Description, describe
from matching.model import Model
from matching.numbers import Numbers
from matching.ranked import Ranked
from matching.ranking import Index
from matching.shard import WHOLE, Shard
from matching.stored import StoredError, load, save
from reunite import floods, whereabouts
from reunite.keys import Keys
from reunite.storage.changes import horizon
from reunite.storage.tables import ReportRow

log = structlog.get_logger()
_BATCH = 2000
_REHEARSAL = {
    "name": "李晓明", "other_names": "Wong Wai Keung; Саша", "sex": "male", "birth_date": "lunar:1998-08-15",
    "event_date": "2003-07", "place_event": "四川成都", "place_found": "Zhengzhou, Henan", "marks": "左手臂红色胎记",
    "relatives": "父亲:李建国", "clothing": "红色上衣", "memories": "石桥", "languages": "四川话",
}  # fmt: skip
Sealed = tuple[ReportRow, *tuple[Any, ...]]
"""A report with what `whereabouts.compared` needs beside it."""
_MARKED = (ReportRow.case_number, ReportRow.state, ReportRow.changed_at)


class Indices:
    """One index a side, or a shard of it, with the revision of each report in it."""

    def __init__(self, model: Model, keys: Keys, shard: Shard = WHOLE) -> None:
        self.model, self._keys, self.shard = model, keys, shard
        self.left = False
        """Whether the stored file holds a report that has left, or said something else since."""
        self._empty()

    def _empty(self) -> None:
        self.sides = {kind: Index(self.model, kind, self.shard) for kind in ("missing", "found")}
        self.revs: MutableMapping[int, int] = Numbers()
        self._marks = Numbers()
        self._failed: set[int] = set()
        self.watermark = 0

    def catch_up(self, session: Session) -> int:
        """Take in what changed since the last time, as this snapshot sees it; how many reports that were.

        Everything numbered from the oldest transaction that still ran last time is read again: it may have
        committed late. What is known at its revision costs nothing. A report that cannot be taken in is told in the
        log, keeps no other from being matched, and is tried again each time.
        """
        following = horizon(session)
        taken = sum(self._take(*row) for row in self._changed(session))
        self.watermark = following
        return taken

    def restore(self, session: Session, path: Path) -> int:
        """Start from what `store` wrote, then catch up; how many reports had to be read for it.

        Every stored report is checked against the database: one that has changed is read again, one that is not there
        is taken out, so that the file of another or an older database does no harm.
        """
        try:
            stored = load(path, self.model)
            self.sides, self.revs, self._marks = stored["sides"], stored["revs"], stored["marks"]
        except FileNotFoundError:
            return self.catch_up(session)
        except (KeyError, OSError, StoredError, TypeError) as error:
            log.warning("index_made_anew", problem=type(error).__name__)
            return self._anew(session)
        try:
            return self._reconcile(session)
        except BaseException:
            self._empty()
            raise

    def _reconcile(self, session: Session) -> int:
        following = horizon(session)
        gone, changed = set(self.revs), []
        columns = select(ReportRow.id, ReportRow.rev, *_MARKED)
        for id, rev, *marked in session.execute(columns.execution_options(yield_per=_BATCH)):
            gone.discard(id)
            if self.revs.get(id) != rev or self._marks.get(id) != _mark(*marked):
                changed.append(id)
        if len(gone) + len(changed) > max(_BATCH, len(self.revs) // 10):
            return self._anew(session)
        for id in [*gone, *changed]:
            self._drop(id)
        taken = sum(self._take(*row) for row in self._rows(session, changed))
        self.watermark = following
        return taken

    def _anew(self, session: Session) -> int:
        """Read everything; whatever the file holds, it is no more what is there."""
        self._empty()
        self.left = True
        return self.catch_up(session)

    def store(self, path: Path) -> None:
        """Write both sides to a file for `restore`. Raises OSError."""
        save(path, self.model, {"sides": self.sides, "revs": self.revs, "marks": self._marks})
        self.left = False

    def other_side(self, kind: str) -> Index:
        """The index that a report of this kind is ranked against."""
        return self.sides["found" if kind == "missing" else "missing"]

    def best(
        self, query: Description, most: int, floor: float, kept: Collection[int], crowd: Collection[int]
    ) -> tuple[Ranked, ...]:
        """The best of the other side, and those kept before, scored again even when they fell out of the best; reports
        of suspected floods (`crowd`) take no other one's place."""
        index = self.other_side(query.kind)
        ranked = index.rank(query, most, also=kept, at_least=floor)
        if not any(one.id in crowd for one in ranked):
            return tuple(ranked)
        wide = index.rank(query, most + min(len(crowd), floods.MOST_SET_ASIDE), also=kept, at_least=floor)
        return floods.without_crowd(wide, crowd, kept, most)

    def _changed(self, session: Session) -> Iterator[Sealed]:
        new = ReportRow.change_no >= self.watermark
        again = or_(new, ReportRow.id.in_(self._failed)) if self._failed else new
        return self._read(session, again)

    def _rows(self, session: Session, ids: list[int]) -> Iterator[Sealed]:
        for batch in (ids[at : at + _BATCH] for at in range(0, len(ids), _BATCH)):
            yield from self._read(session, ReportRow.id.in_(batch))

    def _read(self, session: Session, which: ColumnElement[bool]) -> Iterator[Sealed]:
        query = whereabouts.with_sealed().where(which).order_by(ReportRow.id)
        for row, *sealed in session.execute(query.execution_options(yield_per=_BATCH)):
            yield row, *sealed
            session.expunge(row)

    def _drop(self, id: int) -> None:
        self.left = True
        for side in self.sides.values():
            side.remove(id)
        for kept in (self.revs, self._marks):
            kept.pop(id, None)

    def _take(self, row: ReportRow, *sealed: Any) -> bool:
        if self.revs.get(row.id) == row.rev:
            return False
        try:
            described = self._described(row, *sealed) if row.state == "open" else None
        except Exception as error:
            self._failed.add(row.id)
            log.error("report_not_indexed", report=row.id, problem=type(error).__name__)
            return False
        self._put(row, described)
        self._failed.discard(row.id)
        self.revs[row.id] = row.rev
        self._marks[row.id] = _mark(*(getattr(row, column.key) for column in _MARKED))
        return True

    def _described(self, row: ReportRow, *sealed: Any) -> Description:
        return describe(row.id, row.kind, whereabouts.compared(self._keys, row, *sealed))

    def _put(self, row: ReportRow, described: Description | None) -> None:
        side = self.sides[row.kind]
        self.left |= row.id in side
        try:
            if described is not None:
                side.put(described)
            elif row.id in side:
                side.remove(row.id)
        except BaseException:
            # Some columns have the row and others not: only a fresh index is right again.
            self._empty()
            raise


def rehearse(model: Model) -> None:
    """Compare an invented pair both ways: the tables of names and places are read now, not when a family waits."""
    for kind, other in (("missing", "found"), ("found", "missing")):
        index = Index(model, kind)
        index.put(describe(1, kind, _REHEARSAL))
        index.rank(describe(2, other, _REHEARSAL | {"name": "Li Xiaoming"}))


def _mark(*values: object) -> int:
    """A number that tells the states of a report apart, also those of databases that went different ways."""
    return crc32("|".join(map(str, values)).encode())
