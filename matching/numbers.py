"""A number for each id: a million of them in two sorted arrays, and beside them what came since they were stored."""

from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

_GONE = -1


class Numbers(MutableMapping[int, int]):
    """Whole numbers from 0 by id. Pickled, it becomes two arrays, which a file can be mapped to."""

    def __init__(self) -> None:
        self._new: dict[int, int] = {}
        self._ids = np.zeros(0, np.int64)
        self._numbers = np.zeros(0, np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, id: int) -> int:
        number = self._number(id)
        if number == _GONE:
            raise KeyError(id)
        return number

    def __contains__(self, id: Any) -> bool:
        return self._number(id) != _GONE

    def _number(self, id: int) -> int:
        number = self._new.get(id, _GONE)
        if number == _GONE and (at := self._place(id)) != _GONE:
            return int(self._numbers[at])
        return number

    def __setitem__(self, id: int, number: int) -> None:
        self._count += id not in self
        at = self._place(id)
        if at == _GONE:
            self._new[id] = number
        else:
            self._numbers[at] = number

    def __delitem__(self, id: int) -> None:
        if self._new.pop(id, None) is None:
            at = self._place(id)
            if at == _GONE or self._numbers[at] == _GONE:
                raise KeyError(id)
            self._numbers[at] = _GONE
        self._count -= 1

    def __iter__(self) -> Iterator[int]:
        yield from self._ids[self._numbers != _GONE].tolist()
        yield from self._new

    def _place(self, id: int) -> int:
        at = int(self._ids.searchsorted(id)) if len(self._ids) else 0
        return at if at < len(self._ids) and self._ids[at] == id else _GONE

    def __getstate__(self) -> dict[str, Any]:
        kept = self._numbers != _GONE
        ids = np.concatenate([self._ids[kept], np.fromiter(self._new, np.int64, len(self._new))])
        numbers = np.concatenate(
            [self._numbers[kept], np.fromiter(self._new.values(), np.int64, len(self._new))]
        )
        order = np.argsort(ids)
        return {"ids": ids[order], "numbers": numbers[order]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._new, self._ids, self._numbers = {}, state["ids"], state["numbers"]
        self._count = len(self._ids)
