"""Ranking one description against every report of the other side.

`Index` holds one side in columns: every comparison scores all rows at once from codes of distinct values,
nothing is filtered out and no key
decides who is compared. The best rows come back with their evidence.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matching.columns import BloodColumn, Column, HeightColumn, SexColumn
from matching.columns_dates import DateColumn, OrderColumn
from matching.columns_names import NamesColumn
from matching.columns_places import FoundPlaceColumn, OriginColumn
from matching.columns_relatives import RelativesColumn
from matching.columns_texts import MarksColumn, WordsColumn
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Floats
from matching.model import Model
from matching.scoring import Scored, groups_of

_DEPENDS_ON = {
    "event_date": "birth_date",
    "order": "event_date",
    "place_found": "place",
    "languages": "place",
}
"""Comparisons that say partly the same as an earlier one; they are judged among rows about which that one
said the same."""
_REBUILD_AT = 1_000
_MOST_BITS = 1_000.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One report of the indexed side against the query.

    `prior` and `total` are in bits, prior + sum of the evidence's bits == total; probability = 1 / (1 +
    2^-total).
    """

    id: int
    prior: float
    total: float
    probability: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Best:
    """The best rows of a query without evidence: ids and totals in bits, best first."""

    ids: npt.NDArray[np.int64]
    totals: Floats


def probability(total: float) -> float:
    """1 / (1 + 2^-total), for any total."""
    return float(1.0 / (1.0 + 2.0 ** -max(-_MOST_BITS, min(_MOST_BITS, total))))


class Index:
    """The descriptions of one side. Not thread-safe."""

    def __init__(self, model: Model, kind: Kind | str) -> None:
        self.kind = Kind(kind)
        self.model = model
        self._empty()

    def _empty(self) -> None:
        self._rows: list[Description] = []
        self._alive = np.zeros(1024, bool)
        self._at: dict[int, int] = {}
        self._columns: Mapping[str, Column] = columns(self.model)

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, id: object) -> bool:
        return id in self._at

    def put(self, description: Description) -> None:
        """Add a report, or replace the one of the same id. Raises ValueError for one of the other side."""
        if description.kind is not self.kind:
            raise ValueError(f"This index holds {self.kind} reports, not {description.kind}.")
        self.remove(description.id)
        row = len(self._rows)
        if row == len(self._alive):
            self._alive = np.concatenate([self._alive, np.zeros_like(self._alive)])
        self._rows.append(description)
        self._alive[row] = True
        self._at[description.id] = row
        for column in self._columns.values():
            column.append(description)

    def remove(self, id: int) -> None:
        """Take a report out; nothing happens if it is not there. Rebuilds the columns when half of the rows
        are gone."""
        row = self._at.pop(id, None)
        if row is None:
            return
        self._alive[row] = False
        if len(self._rows) - len(self._at) > max(_REBUILD_AT, len(self._at)):
            kept = [self._rows[at] for at in self._at.values()]
            self._empty()
            for description in kept:
                self.put(description)

    def best(self, query: Description, k: int = 50, expected_partners: float | None = None) -> Best:
        """The best k rows, without their evidence; faster than `rank` and equal to it."""
        if not self._at:
            return Best(np.zeros(0, np.int64), np.zeros(0))
        rows, totals = self._order(self._sum(self._scores(query)), k)
        ids = np.array([self._rows[row].id for row in rows], np.int64)
        return Best(ids, totals + self.prior(expected_partners))

    def rank(self, query: Description, k: int = 50) -> list[Ranked]:
        """The k reports likeliest to describe the query's person, likeliest first. Raises ValueError for a
        query of the same side."""
        self._other_side(query)
        if not self._at:
            return []
        scores = self._scores(query)
        rows, _ = self._order(self._sum(scores), k)
        ranked = [self._ranked(query, int(row), scores) for row in rows]
        return sorted(ranked, key=lambda one: (-one.total, one.id))

    def compare(self, query: Description, id: int) -> Ranked:
        """The query against one report of the index, as `rank` would give it; raises KeyError if it is not
        there."""
        self._other_side(query)
        return self._ranked(query, self._at[id], self._scores(query))

    def prior(self, expected_partners: float | None = None) -> float:
        """Bits: log2(expected true partners / reports of this side)."""
        expected = self.model.expected_partners if expected_partners is None else expected_partners
        return math.log2(expected / max(1, len(self._at)))

    def comparisons(self) -> tuple[str, ...]:
        """The names of all comparisons."""
        return tuple(self._columns)

    def ids(self) -> list[int]:
        """The ids of all reports."""
        return list(self._at)

    def codes(self, query: Description, ids: list[int]) -> dict[str, npt.NDArray[np.int16]]:
        """For each comparison the code class * levels + level of some reports, -1 where a side is silent;
        for fitting."""
        rows = [self._at[id] for id in ids]
        return {name: scored.codes[rows] for name, scored in self._scores(query).items()}

    def _other_side(self, query: Description) -> None:
        if query.kind is self.kind:
            raise ValueError(f"A {query.kind} report cannot be ranked against its own side.")

    def _scores(self, query: Description) -> dict[str, Scored]:
        alive = self._alive[: len(self._rows)]
        scores: dict[str, Scored] = {}
        for name, column in self._columns.items():
            given = _DEPENDS_ON.get(name)
            scores[name] = column.score(query, alive, groups_of(scores[given]) if given else None)
        return scores

    def _sum(self, scores: Mapping[str, Scored]) -> Floats:
        total = np.zeros(len(self._rows))
        for scored in scores.values():
            total += scored.bits
        total[~self._alive[: len(self._rows)]] = -np.inf
        return total

    def _order(self, totals: Floats, k: int) -> tuple[npt.NDArray[np.int64], Floats]:
        count = min(k, len(self._at))
        if count <= 0:
            return np.zeros(0, np.int64), np.zeros(0)
        rows = np.argpartition(-totals, count - 1)[:count]
        ids = np.array([self._rows[row].id for row in rows])
        rows = rows[np.lexsort((ids, -totals[rows]))]
        return rows, totals[rows]

    def _ranked(self, query: Description, row: int, scores: Mapping[str, Scored]) -> Ranked:
        other = self._rows[row]
        lines = []
        for name, column in self._columns.items():
            scored = scores[name]
            evidence = column.explain(query, other, int(scored.codes[row]), float(scored.bits[row]))
            if evidence is not None:
                lines.append(evidence)
        lines.sort(key=lambda one: -abs(one.bits))
        prior = self.prior()
        total = prior + sum(one.bits for one in lines)
        return Ranked(other.id, prior, total, probability(total), tuple(lines))


def columns(model: Model) -> dict[str, Column]:
    """Fresh columns for one side, one for each comparison."""
    return {
        "name": NamesColumn(model),
        "sex": SexColumn(model),
        "birth_date": DateColumn(model, birth=True),
        "event_date": DateColumn(model, birth=False),
        "order": OrderColumn(model),
        "place": OriginColumn(model),
        "place_found": FoundPlaceColumn(model),
        "height_cm": HeightColumn(model),
        "blood_type": BloodColumn(model),
        "marks": MarksColumn(model),
        "relatives": RelativesColumn(model),
        "carried": WordsColumn(model, "carried", lambda one: one.carried, ("clothing", "belongings")),
        "memories": WordsColumn(model, "memories", lambda one: one.memories, ("memories",)),
        "languages": WordsColumn(model, "languages", lambda one: one.languages, ("languages",)),
    }
