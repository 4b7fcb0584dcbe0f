"""Dates of all rows at once: birth, separation, and whether the order of events is possible.

The levels are those of `matching.dates` (compare_birth, compare_event), computed for all distinct dates by
NumPy; a test holds them equal.
"""

from datetime import date

import numpy as np
import numpy.typing as npt

from matching.columns import Alive, line, sides
from matching.dates import BIRTH_LEVELS, EVENT_LEVELS, DateLevel, DateSpan, read_as_lunar
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Coded, Grown
from matching.model import Model
from matching.scoring import UNKNOWN, Codes, Groups, Scored, level_of, weigh

Days = npt.NDArray[np.int64]
DATE_CLASSES = ("days", "months", "years", "wide")
"""How exact the vaguer of the two is: both days; at most a month; at most a year; wider or approximate."""
_FIELDS = 11
(_FIRST, _LAST, _IS_DAY, _LUNAR, _READ, _MARGIN, _APPROX, _YEAR, _MONTH, _DAY, _CLASS) = range(_FIELDS)


def features(span: DateSpan) -> list[float]:
    """What the comparison needs of a date, as numbers."""
    day = date.fromordinal(min(max(span.first, 1), date.max.toordinal()))
    lunar = read_as_lunar(span.first) if span.is_day and not span.lunar else None
    return [
        span.first, span.last, span.is_day, span.lunar, lunar if lunar is not None else -9,
        span.margin, span.approximate, day.year, day.month, day.day, _exactness(span),
    ]  # fmt: skip


def _exactness(span: DateSpan) -> int:
    """Index of DATE_CLASSES."""
    if span.is_day:
        return 0
    if span.approximate or span.days > 366:
        return 3
    return 1 if span.days <= 31 else 2


def levels(query: DateSpan, table: Days, birth: bool) -> Codes:
    """class * levels + level of a date against all distinct dates; `table` has a row of `features` for
    each."""
    names = BIRTH_LEVELS if birth else EVENT_LEVELS
    at = {level: number for number, level in enumerate(names)}
    q = [int(one) for one in features(query)]
    t = [table[:, number] for number in range(_FIELDS)]
    apart = np.maximum(t[_FIRST], q[_FIRST]) - np.minimum(t[_LAST], q[_LAST])
    widest = np.maximum(t[_LAST] - t[_FIRST], q[_LAST] - q[_FIRST]) + 1
    rough = (t[_APPROX] == 1) | bool(q[_APPROX])
    both_days = (t[_IS_DAY] == 1) & bool(q[_IS_DAY])
    year = 366
    level = np.select(
        [(apart <= 60) & (widest <= 31), apart <= year, apart <= 2 * year, apart <= 5 * year],
        [at[DateLevel.NEAR_MONTH], at[DateLevel.NEAR_YEAR], at[DateLevel.APART_2], at[DateLevel.APART_5]],
        at[DateLevel.FAR],
    )
    if birth:
        same_day = (t[_DAY] == q[_DAY]) | (t[_LAST] > t[_FIRST]) | (q[_LAST] > q[_FIRST])
        comparable = (widest <= 31) & ~rough & (t[_MONTH] == q[_MONTH]) & same_day
        years = np.abs(t[_YEAR] - q[_YEAR])
        level = np.where(comparable & ((years == 1) | (years == 2)), at[DateLevel.NOMINAL_AGE], level)
        level = np.where(comparable & (years == 10), at[DateLevel.DECADE], level)
    margin = np.maximum(t[_MARGIN], q[_MARGIN])
    level = np.where((margin > 0) & (apart <= margin), at[DateLevel.OVERLAP_WIDE], level)
    meet = np.select(
        [(widest <= 31) & ~rough, widest <= year],
        [at[DateLevel.OVERLAP_MONTH], at[DateLevel.OVERLAP_YEAR]],
        at[DateLevel.OVERLAP_WIDE],
    )
    level = np.where(apart <= 0, meet, level)
    first = t[_FIRST]
    if birth:
        swapped = (t[_YEAR] == q[_YEAR]) & (t[_MONTH] == q[_DAY]) & (t[_DAY] == q[_MONTH])
        level = np.where(both_days & swapped, at[DateLevel.SWAPPED], level)
    else:
        level = np.where(both_days & (np.abs(first - q[_FIRST]) <= 7), at[DateLevel.NEAR_DAYS], level)
    lunar = (t[_READ] == q[_FIRST]) | (first == q[_READ])
    level = np.where(both_days & lunar, at[DateLevel.LUNAR_AS_SOLAR], level)
    level = np.where(both_days & (first == q[_FIRST]), at[DateLevel.EXACT], level)
    codes: Codes = (np.maximum(t[_CLASS], q[_CLASS]) * len(names) + level).astype(np.int16)
    return codes


class DateColumn:
    """Birth or separation against the same of the other side."""

    def __init__(self, model: Model, birth: bool) -> None:
        self._birth = birth
        self._field = "birth_date" if birth else "event_date"
        self._table, self._trust = model.tables[self._field], model.trust
        self._codes: Coded[DateSpan] = Coded()
        self._features = Grown(_FIELDS, 0, np.int64)
        self._rows = Grown()

    def append(self, row: Description) -> None:
        span = self._span(row)
        if span is None:
            self._rows.append([UNKNOWN])
            return
        code, new = self._codes.code(span)
        if new:
            self._features.append(features(span))
        self._rows.append([code])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        span, rows = self._span(query), self._rows.column()
        if span is None or not len(self._codes):
            codes = np.full(len(rows), UNKNOWN, np.int16)
        else:
            distinct = levels(span, self._features.table().astype(np.int64, copy=False), self._birth)
            codes = np.append(distinct, np.int16(UNKNOWN))[rows.astype(np.int64)]
        return weigh(self._table, codes, alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = (self._span(one) for one in sides(query, row))
        level = level_of(self._table, code)[1] if code >= 0 else "unknown"
        return line(self._field, level, bits, missing.text if missing else "", found.text if found else "")

    def _span(self, one: Description) -> DateSpan | None:
        return one.birth if self._birth else one.event


class OrderColumn:
    """Whether the found person can have been found after the other was last seen, and how long after."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["order"], model.trust
        self._rows = Grown(6, np.nan, np.float64)

    def append(self, row: Description) -> None:
        self._rows.append(_moments(row))

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        rows = self._rows.table().astype(np.float64, copy=False).T
        one = np.array(_moments(query))[:, None]
        missing, found = (one, rows) if query.kind is Kind.MISSING else (rows, one)
        born, _, lost, lost_last, _, _ = missing
        _, _, _, event_last, seen, seen_last = found
        waited = seen - lost_last
        known = ~np.isnan(seen_last + lost)
        level = np.digitize(np.nan_to_num(waited), (31.0, 366.0, 3660.0))
        too_early = np.nan_to_num(lost - seen_last)
        unborn = np.nan_to_num(born - event_last)
        level = np.where(too_early > 0, 4, level)
        level = np.where(too_early > 366, 5, level)
        known = known | ((unborn > 366) & np.broadcast_to(True, known.shape))
        level = np.where(unborn > 366, 5, level)
        codes = np.where(known, level, UNKNOWN).astype(np.int16)
        return weigh(self._table, np.broadcast_to(codes, alive.shape), alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
            return None
        lost = missing.event.text if missing.event else (missing.birth.text if missing.birth else "")
        seen = found.found.text if found.found else (found.event.text if found.event else "")
        return line("order", level_of(self._table, code)[1], bits, lost, seen)


def _moments(one: Description) -> list[float]:
    """First and last day of birth, separation and being found, widened by half a year where approximate;
    nan if unknown."""
    found: list[float] = []
    for span in (one.birth, one.event, one.found):
        if span is None:
            found += [np.nan, np.nan]
        else:
            margin = span.margin
            found += [span.first - margin, span.last + margin]
    return found
