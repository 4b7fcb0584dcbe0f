"""One side of the reports on several machines: each ranks its own share, and all weigh alike.

What a weight rests on is counted over all reports. So an index that ranks one share takes all reports in: its own in
full; of the others' a sample in full, which the shares of codes are counted in; of the rest what they say, so that
their names and words are counted, and counted no more when they leave.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from matching.compiled import Rows
from matching.growing import Texts
from matching.numbers import Numbers

_COUNTED = 4_096
"""The sample has at least so many reports, and less than twice as many: the shares are known well enough."""
_FIBONACCI, _WORD = 0x9E3779B97F4A7C15, 2**64
"""Multiplied by 2^64 / golden ratio, numbers that follow each other lie evenly (Knuth, The Art of Computer Programming,
6.4)."""


@dataclass
class Sample:
    """Reports chosen by their ids alone, so that all shards choose the same: all of few, else one in 2, 4, 8 … of all,
    always of those chosen before."""

    halvings: int = 0
    _rows: dict[int, int] = field(default_factory=dict)
    _array: Rows | None = None

    @property
    def share(self) -> float:
        """Which share of the reports is in the sample."""
        return float(0.5**self.halvings)

    def wants(self, id: int, count: int) -> bool:
        """Whether this report belongs into the sample of so many reports."""
        if count >= 2 * _COUNTED << self.halvings:
            self.halvings += 1
            self._rows = {one: row for one, row in self._rows.items() if self._chosen(one)}
            self._array = None
        return self._chosen(id)

    def put(self, id: int, row: int) -> None:
        """The row in which a report of the sample stands."""
        self._rows[id], self._array = row, None

    def remove(self, id: int) -> None:
        """The report has left."""
        if self._rows.pop(id, None) is not None:
            self._array = None

    def rows(self) -> Rows:
        """The rows of the sample, by the ids of their reports."""
        if self._array is None:
            self._array = np.array([self._rows[id] for id in sorted(self._rows)], np.intp)
        return self._array

    def _chosen(self, id: int) -> bool:
        return (id * _FIBONACCI) % _WORD < _WORD >> self.halvings


class Others:
    """What the reports of other shards say that are not in the sample, by id."""

    def __init__(self) -> None:
        self._said = Texts()
        self._at = Numbers()

    def __len__(self) -> int:
        return len(self._at)

    def __contains__(self, id: object) -> bool:
        return id in self._at

    def put(self, id: int, said: bytes) -> None:
        """Keep what a report says that is not here."""
        self._at[id] = len(self._said)
        self._said.append(said)

    def pop(self, id: int) -> bytes:
        """Let go of a report that is here; gives what it said."""
        row = self._at.pop(id)
        said = self._said[row]
        self._said.forget(row)
        return said

    def gone(self) -> int:
        """How many have left since this was made."""
        return len(self._said) - len(self._at)

    def all(self) -> Iterator[tuple[int, bytes]]:
        """Ids and what they say."""
        for id, row in self._at.items():
            yield id, self._said[row]
