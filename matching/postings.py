"""For each key the rows that have it: what was loaded from a file as two arrays, and beside it what came since."""

from array import array
from collections import Counter
from collections.abc import Hashable, Iterable
from itertools import chain
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Value = TypeVar("Value", bound=Hashable)
Rows = npt.NDArray[np.int32]


class Postings(Generic[Value]):
    """For each key the rows that have it. Pickled, it becomes two arrays and a list of keys.

    Rows that have left are only counted as gone, for a common key has very many; who looks rows up leaves out what
    is no more alive.
    """

    def __init__(self) -> None:
        self._rows: dict[Value, array[int]] = {}
        self._stored: dict[Value, int] = {}
        self._ends = np.zeros(1, np.int64)
        self._all = np.zeros(0, np.int32)
        self._gone: Counter[Value] = Counter()

    def add(self, keys: Iterable[Value], row: int) -> None:
        """One more row of some keys."""
        known = self._rows
        for key in keys:
            if key in known:
                known[key].append(row)
            else:
                known[key] = array("i", (row,))

    def discard(self, key: Value) -> None:
        """One row of a key less: it has left."""
        self._gone[key] += 1

    def count(self, key: Value) -> int:
        """How many rows a key has, without those that have left."""
        at = self._stored.get(key)
        stored = 0 if at is None else int(self._ends[at + 1]) - int(self._ends[at])
        return stored + len(self._rows.get(key, ())) - self._gone[key]

    def rows(self, key: Value) -> Rows | None:
        """The rows of a key, those that have left too; None where there never were any."""
        rows = self._rows.get(key)
        if key not in self._stored:
            return None if rows is None else np.array(rows, np.int32)
        stored = self._slice(key)
        return stored if rows is None else np.concatenate([stored, np.array(rows, np.int32)])

    def _slice(self, key: Value) -> Rows:
        at = self._stored[key]
        return self._all[self._ends[at] : self._ends[at + 1]]

    def __getstate__(self) -> dict[str, Any]:
        keys = list(dict.fromkeys(chain(self._stored, self._rows)))
        rows = [found for key in keys if (found := self.rows(key)) is not None]
        ends = np.cumsum([0, *map(len, rows)], dtype=np.int64)
        return {
            "keys": keys,
            "ends": ends,
            "all": np.concatenate([np.zeros(0, np.int32), *rows]),
            "gone": self._gone,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._rows = {}
        self._stored = {key: at for at, key in enumerate(state["keys"])}
        self._ends, self._all, self._gone = state["ends"], state["all"], state["gone"]
