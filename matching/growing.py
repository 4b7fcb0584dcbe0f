"""Columns that grow: NumPy arrays with room to spare, and dictionaries that give each distinct value a code.

Pickled, the arrays are whole and contiguous, so that `matching.stored` can lay them into a file to be mapped.
"""

from collections.abc import Hashable, Sequence
from itertools import zip_longest
from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Value = TypeVar("Value", bound=Hashable)
NONE = -1
"""The code of no value."""
_AT_ONCE = 256
"""How many new rows wait at most to be written into an array."""
_SPARE = 16
"""One in so many rows is the room that a stored column has to spare."""


class Texts:
    """Pieces of text as bytes, one after the other in one array."""

    def __init__(self) -> None:
        self._bytes = Grown(1, 0, np.uint8)
        self._ends = Grown(1, 0, np.int64)

    def __len__(self) -> int:
        return self._ends.size

    def __getitem__(self, row: int) -> bytes:
        return self._piece(row).tobytes()

    def append(self, text: bytes) -> None:
        """One more piece."""
        self._bytes.extend(np.frombuffer(text, np.uint8))
        self._ends.append([self._bytes.size])

    def forget(self, row: int) -> None:
        """Overwrite a piece with zeros."""
        self._piece(row)[:] = 0

    def _piece(self, row: int) -> npt.NDArray[np.uint8]:
        first = int(self._ends.column()[row - 1]) if row else 0
        return self._bytes.column()[first : int(self._ends.column()[row])]


class Remembered(dict[Any, npt.NDArray[Any]]):
    """Results that are dear to make again, for so many bytes; forgotten when pickled."""

    def __init__(self, most_bytes: int = 32 * 2**20) -> None:
        super().__init__()
        self._left = self._most = most_bytes

    def __setitem__(self, key: Any, result: npt.NDArray[Any]) -> None:
        self._left -= result.nbytes
        if self._left < 0:
            self.clear()
            self._left = self._most - result.nbytes
        super().__setitem__(key, result)

    def __reduce__(self) -> tuple[type["Remembered"], tuple[int]]:
        return Remembered, (self._most,)


class Grown:
    """Rows of `width` numbers kept column by column; a new row is `fill`. Appending is amortised constant."""

    def __init__(
        self, width: int = 1, fill: float = NONE, dtype: npt.DTypeLike = np.int32, room: int = 1024
    ) -> None:
        self._fill, self._width = fill, width
        self._room: npt.NDArray[Any] = np.full((width, room), fill, dtype)
        self._size = 0
        self._new: list[Sequence[float]] = []

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._size + len(self._new)

    def append(self, values: Sequence[float]) -> None:
        """One more row; missing values at its end are `fill`, surplus ones are dropped."""
        self._new.append(values)
        if len(self._new) == _AT_ONCE:
            self._take_in()

    def _take_in(self) -> None:
        """Write the new rows into the array: many at once, for one by one takes several times as long."""
        if new := self._new:
            self._make_room(len(new))
            columns = zip_longest(*new, fillvalue=self._fill)
            for room, column in zip(self._room[:, self._size :], columns, strict=False):
                room[: len(new)] = np.fromiter(column, room.dtype, len(new))
            self._size, self._new = self._size + len(new), []

    def extend(self, values: npt.NDArray[Any]) -> None:
        """Many rows of one number each."""
        self._take_in()
        self._make_room(len(values))
        self._room[0, self._size : self._size + len(values)] = values
        self._size += len(values)

    def _make_room(self, rows: int) -> None:
        if self._size + rows > self._room.shape[1]:
            more = np.full((self._width, max(1024, rows, self._size // 2)), self._fill, self._room.dtype)
            self._room = np.concatenate([self._room, more], axis=1)

    def forget(self, row: int) -> None:
        """Make a row as if nothing had been said."""
        self.columns()[:, row] = self._fill

    def __getstate__(self) -> dict[str, Any]:
        room = np.full(
            (self._width, self.size + max(1024, self.size // _SPARE)), self._fill, self._room.dtype
        )
        room[:, : self.size] = self.columns()
        return self.__dict__ | {"_room": room}

    def columns(self) -> npt.NDArray[Any]:
        """All rows, shape (width, size), each column contiguous; valid until the next append."""
        self._take_in()
        return self._room[:, : self._size]

    def whole(self) -> tuple[npt.NDArray[Any], int]:
        """All rows with the room behind them, contiguous, and how many rows there are; for kernels."""
        self._take_in()
        return self._room, self._size

    def column(self, at: int = 0) -> npt.NDArray[Any]:
        """One number of every row, shape (size,)."""
        column: npt.NDArray[Any] = self.columns()[at]
        return column


class Lines:
    """Rows of `width` whole numbers, each row's beside each other: for what is looked up row by row, here and there."""

    def __init__(self, width: int) -> None:
        self._room = np.zeros((1024, width), np.int32)
        self._size = 0
        self._new: list[Sequence[int]] = []

    @property
    def size(self) -> int:
        """How many rows there are."""
        return self._size + len(self._new)

    def append(self, values: Sequence[int]) -> None:
        """One more row."""
        self._new.append(values)
        if len(self._new) == _AT_ONCE:
            self._take_in()

    def _take_in(self) -> None:
        if new := self._new:
            if self.size > len(self._room):
                more = np.zeros((max(1024, len(new), self._size // 2), self._room.shape[1]), np.int32)
                self._room = np.concatenate([self._room, more])
            self._room[self._size : self.size] = new
            self._size, self._new = self.size, []

    def lines(self) -> npt.NDArray[np.int32]:
        """All rows, shape (size, width), contiguous; valid until the next append."""
        self._take_in()
        return self._room[: self._size]

    def __getstate__(self) -> dict[str, Any]:
        room = np.zeros((self.size + max(1024, self.size // _SPARE), self._room.shape[1]), np.int32)
        room[: self.size] = self.lines()
        return self.__dict__ | {"_room": room}


class Coded(Generic[Value]):
    """Distinct values in the order of their codes."""

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

    def __getstate__(self) -> list[Value]:
        return self.values

    def __setstate__(self, values: list[Value]) -> None:
        self.values = values
        self._codes = {value: code for code, value in enumerate(values)}


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
