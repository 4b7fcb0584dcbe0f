"""How alike two columns of a table are: for every distinct value of one and of the other a level, in one matrix.

A column is a dictionary of its distinct values and one number a row, so that a name that stands in a thousand rows is
compared once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cdist

from matching.growing import Floats

Codes = npt.NDArray[np.int8]
"""Per pair of values 0 if one is empty, else 1 + level."""
_VERY_CLOSE, _CLOSE, _ALIKE = 0.9, 0.82, 0.7
"""Jaro–Winkler similarities that begin a level; our choice, and not tuned."""
_ALL_CORES = -1


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to compare values: levels from the same to different, a first guess of how often each stands between two
    rows of one person (expectation maximisation replaces it), and the comparison."""

    levels: tuple[str, ...]
    guess: tuple[float, ...]
    compare: Callable[[Sequence[str], Sequence[str]], Codes]


@dataclass(frozen=True, slots=True)
class Column:
    """The distinct values of a column, and for each row the place of its value among them."""

    values: tuple[str, ...]
    at: npt.NDArray[np.intp]

    @classmethod
    def of(cls, values: Sequence[str]) -> "Column":
        """A column with these values, one a row."""
        distinct = sorted(set(values))
        places = {value: number for number, value in enumerate(distinct)}
        return cls(tuple(distinct), np.array([places[value] for value in values], np.intp))

    def counts(self) -> Floats:
        """How many rows have each value."""
        return np.bincount(self.at, minlength=len(self.values)).astype(float)


def text_codes(one: Sequence[str], other: Sequence[str]) -> Codes:
    """The same, three steps of Jaro–Winkler similarity, different."""
    alike = cdist(one, other, scorer=JaroWinkler.similarity, dtype=np.float32, workers=_ALL_CORES)
    codes = np.full(alike.shape, 5, np.int8)
    for code, least in ((4, _ALIKE), (3, _CLOSE), (2, _VERY_CLOSE), (1, 1.0)):
        codes[alike >= least] = code
    return _silent(codes, one, other)


def digit_codes(one: Sequence[str], other: Sequence[str]) -> Codes:
    """The same, one slip (a sign changed, lost, added, or two neighbours turned round), two slips, different."""
    slips = cdist(one, other, scorer=OSA.distance, dtype=np.int8, score_cutoff=2, workers=_ALL_CORES)
    return _silent(np.minimum(slips, 3) + np.int8(1), one, other)


def date_codes(one: Sequence[str], other: Sequence[str]) -> Codes:
    """Dates as eight digits: the same, day and month swapped, one slip, two slips, different."""
    codes = digit_codes(one, other)
    codes[codes > 1] += 1
    places = {value: number for number, value in enumerate(other)}
    for row, value in enumerate(one):
        column = places.get(value[:4] + value[6:] + value[4:6])
        if len(value) == 8 and column is not None and codes[row, column] > 1:
            codes[row, column] = 2
    return codes


def _silent(codes: Codes, one: Sequence[str], other: Sequence[str]) -> Codes:
    codes[[not value for value in one]] = 0
    codes[:, [not value for value in other]] = 0
    return codes


TEXT = Kind(("same", "very close", "close", "alike", "different"), (0.75, 0.12, 0.06, 0.03, 0.04), text_codes)
DIGITS = Kind(("same", "one slip", "two slips", "different"), (0.8, 0.1, 0.04, 0.06), digit_codes)
DATE = Kind(
    ("same", "swapped", "one slip", "two slips", "different"), (0.8, 0.01, 0.1, 0.05, 0.04), date_codes
)
CLOSE_CODE = 3
"""Up to this code two texts may be the same one, misspelt."""
