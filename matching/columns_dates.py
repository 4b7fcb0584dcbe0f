"""Dates of all rows at once: birth, separation, and whether the order of events is possible.

The levels are those of `matching.dates` (compare_birth, compare_event), computed for all distinct dates by
NumPy; a test holds them equal.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from matching.columns import line, sides
from matching.dates import BIRTH_LEVELS, EVENT_LEVELS, DateLevel, DateSpan, read_as_lunar
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Grown, Remembered, Values
from matching.model import Model
from matching.scoring import UNKNOWN, Bits, Codes, Known, Look, Rows, Weights

Days = npt.NDArray[np.int32]
DATE_CLASSES = ("days", "months", "years", "wide")
"""How exact the vaguer of the two is: both days; at most a month; at most a year; wider or approximate."""
_FIELDS = 11
(_FIRST, _LAST, _IS_DAY, _LUNAR, _READ, _MARGIN, _APPROX, _YEAR, _MONTH, _DAY, _CLASS) = range(_FIELDS)
_A_YEAR = 366


@lru_cache(maxsize=200_000)
def features(span: DateSpan) -> tuple[int, ...]:
    """What the comparison needs of a date, as whole numbers."""
    day = date.fromordinal(min(max(span.first, 1), date.max.toordinal()))
    lunar = read_as_lunar(span.first) if span.is_day and not span.lunar else None
    return (
        span.first, span.last, int(span.is_day), int(span.lunar), lunar if lunar is not None else -9,
        span.margin, int(span.approximate), day.year, day.month, day.day, _exactness(span),
    )  # fmt: skip


def _exactness(span: DateSpan) -> int:
    """Index of DATE_CLASSES."""
    if span.is_day:
        return 0
    if span.approximate or span.days > _A_YEAR:
        return 3
    return 1 if span.days <= 31 else 2


def levels(q: tuple[int, ...], t: Days, birth: bool) -> npt.NDArray[np.uint8]:
    """1 + class * levels + level of a date against all distinct dates, both by their `features`; `t` has a row of
    values for each feature."""
    names = BIRTH_LEVELS if birth else EVENT_LEVELS
    at = {level: number for number, level in enumerate(names)}
    apart = np.maximum(t[_FIRST], q[_FIRST]) - np.minimum(t[_LAST], q[_LAST])
    widest = np.maximum(t[_LAST] - t[_FIRST], q[_LAST] - q[_FIRST]) + 1
    narrow = widest <= 31
    far = [at[one] for one in (DateLevel.NEAR_YEAR, DateLevel.APART_2, DateLevel.APART_5, DateLevel.FAR)]
    years = (apart > _A_YEAR).astype(np.uint8) + (apart > 2 * _A_YEAR) + (apart > 5 * _A_YEAR)
    level = np.array(far, np.uint8)[years]
    level[narrow & (apart <= 60)] = at[DateLevel.NEAR_MONTH]
    if birth:
        _misread_years(q, t, narrow, level, at)
    margin = np.maximum(t[_MARGIN], q[_MARGIN])
    level[(margin > 0) & (apart <= margin)] = at[DateLevel.OVERLAP_WIDE]
    meets = np.flatnonzero(apart <= 0)
    sure = narrow[meets] & ~((t[_APPROX, meets] == 1) | bool(q[_APPROX]))
    wide = np.where(widest[meets] <= _A_YEAR, at[DateLevel.OVERLAP_YEAR], at[DateLevel.OVERLAP_WIDE])
    level[meets] = np.where(sure, at[DateLevel.OVERLAP_MONTH], wide)
    if q[_IS_DAY]:
        _days(q, t, birth, level, at)
    codes: npt.NDArray[np.uint8] = (np.maximum(t[_CLASS], q[_CLASS]) * len(names) + level + 1).astype(
        np.uint8
    )
    return codes


def _misread_years(
    q: tuple[int, ...],
    t: Days,
    narrow: npt.NDArray[np.bool_],
    level: npt.NDArray[np.uint8],
    at: dict[DateLevel, int],
) -> None:
    """Birthdays of one day and month in other years: nominal age, and a decade mistyped."""
    if q[_LAST] - q[_FIRST] >= 31 or q[_APPROX]:
        return
    here = np.flatnonzero(narrow & (t[_MONTH] == q[_MONTH]) & (t[_APPROX] == 0))
    first, last = t[_FIRST, here], t[_LAST, here]
    here = here[(t[_DAY, here] == q[_DAY]) | (last > first) | (q[_LAST] > q[_FIRST])]
    years = np.abs(t[_YEAR, here] - q[_YEAR])
    level[here[(years == 1) | (years == 2)]] = at[DateLevel.NOMINAL_AGE]
    level[here[years == 10]] = at[DateLevel.DECADE]


def _days(
    q: tuple[int, ...], t: Days, birth: bool, level: npt.NDArray[np.uint8], at: dict[DateLevel, int]
) -> None:
    """What only two exact days can show."""
    first, day = t[_FIRST], t[_IS_DAY] == 1
    if birth:
        swapped = (t[_YEAR] == q[_YEAR]) & (t[_MONTH] == q[_DAY]) & (t[_DAY] == q[_MONTH])
        level[swapped & day] = at[DateLevel.SWAPPED]
    else:
        level[(np.abs(first - q[_FIRST]) <= 7) & day] = at[DateLevel.NEAR_DAYS]
    level[((t[_READ] == q[_FIRST]) | (first == q[_READ])) & day] = at[DateLevel.LUNAR_AS_SOLAR]
    level[(first == q[_FIRST]) & day] = at[DateLevel.EXACT]


class DateColumn:
    """Birth or separation against the same of the other side."""

    def __init__(self, model: Model, birth: bool) -> None:
        self._birth = birth
        self._field = "birth_date" if birth else "event_date"
        self.weights = Weights.of(model, self._field)
        self._rows: Values[tuple[int, ...]] = Values()
        self._features = Grown(_FIELDS, 0, np.int32)
        self._remembered = Remembered()

    def append(self, row: Description) -> None:
        span = self._span(row)
        if self._rows.append(features(span) if span else None) and span:
            self._features.append(features(span))

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look | None:
        span = self._span(query)
        if span is None or not len(self._rows.distinct):
            return None
        return Known(self._levels(features(span)), self._rows.rows())

    def _levels(self, query: tuple[int, ...]) -> npt.NDArray[np.uint8]:
        """UNKNOWN, and the codes of all distinct dates; remembered, for many reports say the same date."""
        known = self._remembered.get(query)
        if known is None or len(known) != len(self._rows.distinct) + 1:
            known = np.insert(levels(query, self._features.columns(), self._birth), 0, UNKNOWN)
            self._remembered[query] = known
        return known

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        level = self.weights.level(code)[1] if code else "unknown"
        # What cannot be read as a date is shown as it was written.
        missing, found = (
            span.text if (span := self._span(one)) else one.text(self._field) for one in sides(query, row)
        )
        return line(self._field, level, bits, missing, found)

    def _span(self, one: Description) -> DateSpan | None:
        return one.birth if self._birth else one.event


_TOO_EARLY, _IMPOSSIBLE = 5, 6
_ORDER = np.array([UNKNOWN, 1, 2, 3, 4, *[_TOO_EARLY] * 4, *[_IMPOSSIBLE] * 4], np.uint8)
"""Codes by how long the person had been lost (1 to 4: within a month, a year, ten, later), plus 4 where too early,
plus 8 where that is hardly possible."""
Moment = tuple[float, float]


class OrderColumn:
    """Whether the found person can have been found after the other was last seen, and how long after."""

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "order")
        self._rows: Values[Moment] = Values()
        self._moments = Grown(2, np.nan, np.float32)
        self._others = Grown(1, np.nan, np.float32)

    def append(self, row: Description) -> None:
        moment = _moment(row)
        if self._rows.append(moment) and moment:
            self._moments.append(moment)
        self._others.append([_other(row)])

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)
        self._others.forget(row)

    def look(self, query: Description) -> Look | None:
        own, other = _moment(query), np.float32(_other(query))
        if own and len(self._rows.distinct):
            orders = self._orders(query.kind, own)
        else:
            orders = np.zeros(1 + len(self._rows.distinct), np.uint8)
            if np.isnan(other):
                return None
        others = self._others.column()
        return _Order(Known(orders, self._rows.rows()), others, other, query.kind is Kind.MISSING)

    def _orders(self, kind: Kind, own: Moment) -> npt.NDArray[np.uint8]:
        """UNKNOWN, and the codes of all distinct moments."""
        rows, one = self._moments.columns(), np.array(own, np.float32)
        (lost, lost_last), (seen, seen_last) = (one, rows) if kind is Kind.MISSING else (rows, one)
        waited, early = seen - lost_last, lost - seen_last
        long = (waited >= 31).astype(np.uint8) + (waited >= _A_YEAR) + (waited >= 10 * _A_YEAR)
        codes = _ORDER[1 + long + 4 * ((early > 0).astype(np.uint8) + (early > _A_YEAR))]
        return np.insert(codes, 0, UNKNOWN)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return None
        lost = missing.event.text if missing.event else (missing.birth.text if missing.birth else "")
        seen = found.found.text if found.found else (found.event.text if found.event else "")
        return line("order", self.weights.level(code)[1], bits, lost, seen)


def _moment(one: Description) -> Moment | None:
    """First and last day of being lost, or of being found, widened by half a year where approximate."""
    span = one.event if one.kind is Kind.MISSING else one.found
    return (span.first - span.margin, span.last + span.margin) if span else None


def _other(one: Description) -> float:
    """The first day of a missing child's birth, the last of a found person's separation; nan if unknown."""
    if one.kind is Kind.MISSING:
        return one.birth.first - one.birth.margin if one.birth else np.nan
    return one.event.last + one.event.margin if one.event else np.nan


@dataclass(frozen=True, slots=True)
class _Order:
    """The order by when the person was lost and found, unless born too late for it."""

    known: Known
    others: npt.NDArray[np.float32]
    other: np.float32
    missing: bool

    def codes(self, rows: Rows | None = None) -> Codes:
        # Comparisons with nan are false: what is not known is not impossible.
        after = self.other - (self.others if rows is None else self.others.take(rows))
        impossible = ((after if self.missing else -after) > _A_YEAR).view(np.uint8)
        codes: Codes = np.maximum(self.known.codes(rows), impossible * np.uint8(_IMPOSSIBLE))
        return codes

    def weigh(self, weights: Bits) -> Bits:
        return weights.take(self.codes())
