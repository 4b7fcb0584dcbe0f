"""Columns that grow: NumPy arrays with room to spare, and dictionaries that give each distinct value a
code."""

from array import array
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Value = TypeVar("Value", bound=Hashable)
NONE = -1
"""The code of no value."""


class Grown:
    """Rows of `width` numbers kept column by column; a new row is `fill`. Appending is amortised constant."""

    def __init__(
        self, width: int = 1, fill: float = NONE, dtype: npt.DTypeLike = np.int32, room: int = 1024
    ) -> None:
        self._fill, self._width = fill, width
        self._room: npt.NDArray[Any] = np.full((width, room), fill, dtype)
        self.size = 0

    def append(self, values: Sequence[float]) -> None:
        """One more row; missing values at its end are `fill`, surplus ones are dropped."""
        if self.size == self._room.shape[1]:
            self._room = np.concatenate([self._room, np.full_like(self._room, self._fill)], axis=1)
        for at, value in enumerate(values[: self._width]):
            self._room[at, self.size] = value
        self.size += 1

    def forget(self, row: int) -> None:
        """Make a row as if nothing had been said."""
        self._room[:, row] = self._fill

    def columns(self) -> npt.NDArray[Any]:
        """All rows, shape (width, size), each column contiguous; valid until the next append."""
        return self._room[:, : self.size]

    def column(self, at: int = 0) -> npt.NDArray[Any]:
        """One number of every row, shape (size,)."""
        return self._room[at, : self.size]


class Postings(Generic[Value]):
    """For each key the rows that have it."""

    def __init__(self) -> None:
        self._rows: dict[Value, array[int]] = {}

    def add(self, key: Value, row: int) -> None:
        """One more row of a key."""
        rows = self._rows.get(key)
        if rows is None:
            self._rows[key] = array("q", (row,))
        else:
            rows.append(row)

    def discard(self, key: Value, row: int) -> None:
        """One row of a key less."""
        rows = self._rows.get(key)
        if rows is not None and row in rows:
            rows.remove(row)

    def count(self, key: Value) -> int:
        """How many rows a key has."""
        return len(self._rows.get(key, ()))

    def rows(self, key: Value) -> npt.NDArray[np.int64] | None:
        """The rows of a key; None where there are none."""
        rows = self._rows.get(key)
        return None if rows is None else np.array(rows, np.int64)


class Coded(Generic[Value]):
    """Distinct values in the order of their codes, and how many rows have each."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self._codes: dict[Value, int] = {}

    def __len__(self) -> int:
        return len(self.values)

    def code(self, value: Value) -> tuple[int, bool]:
        """The code of a value, and whether it is new."""
        known = self._codes.get(value)
        if known is not None:
            return known, False
        self._codes[value] = len(self.values)
        self.values.append(value)
        return len(self.values) - 1, True

    def find(self, value: Value) -> int:
        """The code of a value, or NONE."""
        return self._codes.get(value, NONE)


class Values(Generic[Value]):
    """A value of every row as the code of a distinct one."""

    def __init__(self) -> None:
        self.distinct: Coded[Value] = Coded()
        self._rows = Grown(fill=0)

    def __len__(self) -> int:
        return self._rows.size

    def append(self, value: Value | None) -> bool:
        """The next row's value, None if it has none; tells whether the value is new."""
        if value is None:
            self._rows.append([0])
            return False
        code, new = self.distinct.code(value)
        self._rows.append([code + 1])
        return new

    def forget(self, row: int) -> None:
        """Make a row as if nothing had been said."""
        self._rows.forget(row)

    def rows(self) -> npt.NDArray[np.int32]:
        """One more than the code of every row, 0 where it has no value; valid until the next append.

        Never negative: a look-up by codes of both signs takes five times as long, for the processor guesses wrong.
        """
        return self._rows.column()
