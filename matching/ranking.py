"""Ranking one description against every report of the other side.

`Index` holds one side in columns. Two stages: first every row gets an estimate from all comparisons that are a look-up
of codes, and a hint where names share a sound; then the rows that lead get every comparison in full, names too.
Nothing is filtered out and no key decides who is compared; a test measures what the first stage keeps.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.columns import ChoiceColumn, Column, Counting, FineColumn, HeightColumn
from matching.columns_dates import DateColumn, OrderColumn
from matching.columns_names import NamesColumn
from matching.columns_pictures import PicturesColumn
from matching.columns_places import FoundPlaceColumn, OriginColumn
from matching.columns_relatives import RelativesColumn
from matching.columns_texts import MarksColumn, WordsColumn
from matching.compiled import Bits, Codes, Rows
from matching.description import Description, Kind, packed, unpacked
from matching.first_look import FirstLook, FirstStage, leading
from matching.growing import Floats, Grown, Texts
from matching.model import Model
from matching.numbers import Numbers
from matching.ranked import Ranked, bits, probability
from matching.row_kernels import add_at, largest
from matching.scoring import Bitwise
from matching.shard import WHOLE, Shard
from matching.shards import Others, Sample

_REBUILD_AT, _BLOCK = 1_000, 1_000
"""From how many rows that are gone an index is built anew, and how many new ones a column takes at once."""
_LEADERS, _LEADERS_OF = 400, 250
"""How many rows get the second stage: at least so many, and one in so many of a large index."""


@dataclass(frozen=True, slots=True)
class Best:
    """The best rows of a query without evidence: ids and totals in bits, best first."""

    ids: npt.NDArray[np.int64]
    totals: Floats


class Index:
    """The descriptions of one side, or of a shard of it (see `matching.shards`). Not thread-safe."""

    def __init__(self, model: Model, kind: Kind | str, shard: Shard = WHOLE) -> None:
        self.kind = Kind(kind)
        self.model, self.shard = model, shard
        self._empty()

    def _empty(self) -> None:
        self._said = Texts()
        self._alive = Grown(1, 0, bool)
        self._at = Numbers()
        self._guests = Numbers()
        self._others = Others()
        self._sample = Sample()
        self._columns: Mapping[str, Column] = columns(self.model)
        self._first = FirstStage(self._columns)
        self._fine: Mapping[str, FineColumn] = fine_columns(self.model)
        self._ids = Grown(1, 0, np.int64)

    def _every(self) -> list[Column | FineColumn]:
        return [*self._columns.values(), *self._fine.values()]

    def _counting(self) -> list[Counting]:
        return [column for column in self._every() if isinstance(column, Counting)]

    def __len__(self) -> int:
        """How many reports there are, of all shards."""
        return len(self._at) + len(self._guests) + len(self._others)

    def __contains__(self, id: object) -> bool:
        return id in self._at or id in self._guests or id in self._others

    def put(self, description: Description) -> None:
        """Add a report, or replace the one of the same id. Raises ValueError for one of the other side."""
        self.fill((description,))

    def fill(self, descriptions: Iterable[Description]) -> None:
        """Put many reports: in less time than one by one, for each column takes a block of rows at once."""
        block: list[Description] = []
        try:
            for description in descriptions:
                if description.kind is not self.kind:
                    raise ValueError(f"This index holds {self.kind} reports, not {description.kind}.")
                if description.id in self:
                    self._append(block)
                    self.remove(description.id)
                if self._make_row(description):
                    block.append(description)
                if len(block) == _BLOCK:
                    self._append(block)
        finally:
            self._append(block)

    def _append(self, block: list[Description]) -> None:
        new = block.copy()
        block.clear()  # before anything can go wrong: no column is to get a row twice
        for column in self._every():
            for description in new:
                column.append(description)

    def _make_row(self, description: Description) -> bool:
        """Give a report a row, which the columns have to take; False where another shard's is only counted."""
        mine = self.shard.has(description.id)
        sampled = self._sample.wants(description.id, len(self) + 1)
        if not mine and not sampled:
            self._others.put(description.id, packed(description))
            for counting in self._counting():
                counting.count(description)
            return False
        row = len(self._said)
        self._said.append(packed(description))
        self._alive.append([mine])
        self._ids.append([description.id])
        (self._at if mine else self._guests)[description.id] = row
        if sampled:
            self._sample.put(description.id, row)
        return True

    def remove(self, id: int) -> None:
        """Take a report out; nothing happens if it is not there. Rebuilds the columns when half of the rows
        are gone."""
        if id in self._others:
            left = unpacked(id, self.kind, self._others.pop(id))
            for counting in self._counting():
                counting.discount(left)
        elif (row := self._row(id)) is not None:
            self._alive.forget(row)
            self._sample.remove(id)
            said = self._described(row)
            for column in self._every():
                column.forget(row, said)
            self._said.forget(row)
        gone = len(self._said) - len(self._at) - len(self._guests) + self._others.gone()
        if gone > max(_REBUILD_AT, len(self)):
            self._rebuild()

    def _row(self, id: int) -> int | None:
        row = self._at.pop(id, None)
        return self._guests.pop(id, None) if row is None else row

    def _rebuild(self) -> None:
        kept = [self._described(row) for row in (*self._at.values(), *self._guests.values())]
        kept += [unpacked(id, self.kind, said) for id, said in self._others.all()]
        self._empty()
        self.fill(sorted(kept, key=lambda one: one.id))

    def best(self, query: Description, k: int = 50, expected_partners: float | None = None) -> Best:
        """The best k rows, without their evidence; faster than `rank` and equal to it."""
        if not self._at or k <= 0:
            return Best(np.zeros(0, np.int64), np.zeros(0))
        look = self._look(query, k)
        order = self._order(look, k)
        totals = look.totals[order].astype(float) + self.prior(expected_partners)
        return Best(self._ids.column()[look.rows[order]], totals)

    def rank(
        self, query: Description, k: int = 50, also: Collection[int] = (), at_least: float = 0.0
    ) -> list[Ranked]:
        """The k reports likeliest to describe the query's person, of those that do with a probability of `at_least` so
        much, and those of the ids `also` that are here, likeliest first. Raises ValueError for a query of the same
        side."""
        self._other_side(query)
        wanted = [self._at[id] for id in also if id in self._at]
        if not self._at or (k <= 0 and not wanted):
            return []
        first = self._first.look(query, self._sample)
        rows = self._leaders(query, first, k) if k > 0 else np.zeros(0, np.intp)
        look = self._second(query, first, np.union1d(rows, np.array(wanted, np.intp)))
        best = self._order(look, k)
        if at_least > 0:
            # The sums of the look are rounded: one at the edge is explained and not left out.
            best = best[look.totals[best] + self.prior() > bits(at_least) - 0.001]
        places = np.union1d(best, np.flatnonzero(np.isin(look.rows, wanted)))
        ranked = [self._ranked(query, look, int(at)) for at in places]
        return sorted(ranked, key=lambda one: (-one.total, one.id))

    def bits(self, query: Description, k: int) -> Bitwise:
        """The best k rows with the bits of each comparison; for fitting."""
        look = self._look(query, k)
        order = self._order(look, k)
        return Bitwise(self._ids.column()[look.rows[order]], look.bits[:, order].T.astype(float))

    def prior(self, expected_partners: float | None = None) -> float:
        """Bits: log2(expected true partners / reports of this side)."""
        expected = self.model.expected_partners if expected_partners is None else expected_partners
        return math.log2(expected / max(1, len(self)))

    def comparisons(self) -> tuple[str, ...]:
        """The names of all comparisons."""
        return (*self._columns, *self._fine)

    def ids(self) -> list[int]:
        """The ids of all reports of the shard."""
        return list(self._at)

    def codes(self, query: Description, ids: list[int]) -> dict[str, Codes]:
        """For each comparison the code (see `matching.scoring`) of some reports; for fitting."""
        rows = np.array([self._at[id] for id in ids], np.intp)
        look = self._second(query, self._first.look(query, self._sample), rows)
        return dict(zip(self.comparisons(), look.codes, strict=True))

    def _described(self, row: int) -> Description:
        # Kept as written, a tenth of the memory: only the few rows that are shown are read again.
        return unpacked(int(self._ids.column()[row]), self.kind, self._said[row])

    def _other_side(self, query: Description) -> None:
        if query.kind is self.kind:
            raise ValueError(f"A {query.kind} report cannot be ranked against its own side.")

    def _look(self, query: Description, k: int) -> "_Look":
        first = self._first.look(query, self._sample)
        return self._second(query, first, self._leaders(query, first, k))

    def _leaders(self, query: Description, first: FirstLook, k: int) -> Rows:
        """The rows that the second stage looks at: the best by the first stage's estimate and the hints of names."""
        count = len(self._said)
        most = max(_LEADERS, 2 * k, count // _LEADERS_OF)
        if 2 * most >= count:
            return np.flatnonzero(self._alive.column())
        rough = first.estimate(count)
        for column in self._fine.values():
            for rows, worth in column.hints(query):
                add_at(rough, rows, worth)
        if len(self._at) < count:
            rough[~self._alive.column()] = -np.inf
        return leading(rough, most)

    def _second(self, query: Description, first: FirstLook, rows: Rows) -> "_Look":
        """The full look at some rows."""
        shape = len(self._columns) + len(self._fine), len(rows)
        codes, bits = np.zeros(shape, np.uint8), np.zeros(shape, np.float32)
        first.score(rows, codes, bits)
        for at, column in enumerate(self._fine.values(), len(self._columns)):
            column.score(query, rows, codes[at], bits[at])
        return _Look(rows, codes, bits, bits.sum(axis=0))

    def _order(self, look: "_Look", k: int) -> Rows:
        """Places in the look of the best k, best first; of equal ones the lower id."""
        count = min(k, len(look.rows))
        if count <= 0:
            return np.zeros(0, np.intp)
        at = np.flatnonzero(look.totals >= largest(look.totals, 1, count))
        return at[np.lexsort((self._ids.column()[look.rows[at]], -look.totals[at]))][:count]

    def _ranked(self, query: Description, look: "_Look", at: int) -> Ranked:
        other = self._described(int(look.rows[at]))
        lines = []
        for number, column in enumerate(self._every()):
            code, bits = int(look.codes[number, at]), float(look.bits[number, at])
            if (evidence := column.explain(query, other, code, bits)) is not None:
                lines.append(evidence)
        lines.sort(key=lambda one: -abs(one.bits))
        prior = self.prior()
        total = prior + sum(one.bits for one in lines)
        return Ranked(other.id, prior, total, probability(total), tuple(lines))


@dataclass(frozen=True, slots=True)
class _Look:
    """Rows with all their comparisons, shape (comparisons, rows), and the sums of their bits."""

    rows: Rows
    codes: Codes
    bits: Bits
    totals: Bits


def columns(model: Model) -> dict[str, Column]:
    """Fresh columns of one side that every row is compared by."""
    return {
        "sex": ChoiceColumn(model, "sex", ("female", "male", "other")),
        "birth_date": DateColumn(model, birth=True),
        "event_date": DateColumn(model, birth=False),
        "order": OrderColumn(model),
        "place": OriginColumn(model),
        "place_found": FoundPlaceColumn(model),
        "height_cm": HeightColumn(model),
        "blood_type": ChoiceColumn(model, "blood_type", ("A", "B", "O", "AB")),
        "marks": MarksColumn(model),
        "photo": PicturesColumn(model),
        "carried": WordsColumn(model, "carried", ("clothing", "belongings")),
        "memories": WordsColumn(model, "memories", ("memories",)),
        "languages": WordsColumn(model, "languages", ("languages",)),
    }


def fine_columns(model: Model) -> dict[str, FineColumn]:
    """Fresh columns of one side for the second stage."""
    return {"name": NamesColumn(model), "relatives": RelativesColumn(model)}
