"""Pictures of all rows at once: whether both reports have the same one."""

import numpy as np

from matching.columns import sides
from matching.description import Description
from matching.evidence import Evidence
from matching.growing import Grown, Values
from matching.model import Model
from matching.pictures import MOST_PICTURES
from matching.scoring import NOTHING, UNKNOWN, Look, Weights

_BANDS = np.array([7, 13], np.uint8)
"""How many of the 64 bits differ from which on two pictures are no more the same, and no more close."""


class PicturesColumn:
    """The two most alike of the pictures of both sides."""

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "photo")
        self._rows: Values[tuple[int, ...]] = Values()
        self._prints = Grown(MOST_PICTURES, 0, np.uint64)

    def append(self, row: Description) -> None:
        prints = row.pictures
        if self._rows.append(prints or None):
            self._prints.append((*prints, *prints[-1:] * (MOST_PICTURES - len(prints))))

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        if not query.pictures or not len(self._rows.distinct):
            return NOTHING
        known = self._prints.columns()
        apart = [np.bitwise_count(known ^ np.uint64(one)).min(axis=0) for one in query.pictures]
        codes = 1 + np.searchsorted(_BANDS, np.minimum.reduce(apart), "right")
        return Look(np.insert(codes, 0, UNKNOWN).astype(np.uint8), self._rows.rows())

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        if not code:
            return None
        missing, found = (str(len(one.pictures)) for one in sides(query, row))
        return Evidence("photo", self.weights.level(code)[1], bits, missing, found, {})
