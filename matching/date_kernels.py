"""A query's dates against all distinct dates of a column, and against all rows where two facts of a row decide.

The levels are those of `matching.date_levels`; a test holds them equal.
"""

import numpy as np

from matching.compiled import Bits, Codes, Ints, kernel
from matching.date_levels import DateLevel

FIELDS = 11
(_FIRST, _LAST, _IS_DAY, _LUNAR, _READ, _MARGIN, _APPROX, _YEAR, _MONTH, _DAY, _CLASS) = range(FIELDS)
"""What a date is as whole numbers: first and last day, whether it is one day, whether lunar, the day that is meant if
it is lunar unsaid (-9: none), margin in days, whether approximate, year, month and day of the first day, and class."""
A_YEAR = 366
_A_MONTH, _TWO_MONTHS, _A_WEEK = 31, 60, 7
LEVELS = tuple(DateLevel)
(
    _EXACT, _LUNAR_AS_SOLAR, _SWAPPED, _NEAR_DAYS, _OVERLAP_MONTH, _NOMINAL_AGE, _DECADE, _NEAR_MONTH, _OVERLAP_YEAR,
    _OVERLAP_WIDE, _NEAR_YEAR, *_,
) = range(len(LEVELS))  # fmt: skip


@kernel("u1[::1](i4[::1], i4[:, ::1], i8, b1, u1[::1])")
def date_codes(q: Ints, t: Ints, count: int, birth: bool, at: Codes) -> Codes:
    """UNKNOWN, then for each of `count` dates, the columns of `t`, its code against the date `q`. `at` numbers LEVELS
    as the comparison does; its last element is how many those are."""
    codes = np.empty(count + 1, np.uint8)
    codes[0] = 0
    first, last, is_day, read, margin, approx = (
        t[_FIRST],
        t[_LAST],
        t[_IS_DAY],
        t[_READ],
        t[_MARGIN],
        t[_APPROX],
    )
    year, month, day, classes = t[_YEAR], t[_MONTH], t[_DAY], t[_CLASS]
    q_first, q_last, q_read, q_margin, q_class = q[_FIRST], q[_LAST], q[_READ], q[_MARGIN], q[_CLASS]
    q_year, q_month, q_day, q_sure, q_is_day = q[_YEAR], q[_MONTH], q[_DAY], q[_APPROX] == 0, q[_IS_DAY] == 1
    levels = np.int32(at[len(LEVELS)])
    # Later lines overrule earlier ones: without branches and look-ups the processor does many dates at once.
    for n in range(count):
        apart = max(first[n], q_first) - min(last[n], q_last)
        widest = max(last[n] - first[n], q_last - q_first) + 1
        sure, days = q_sure & (approx[n] == 0), q_is_day & (is_day[n] == 1)
        narrow = widest <= _A_MONTH
        level = _NEAR_YEAR + (apart > A_YEAR) + (apart > 2 * A_YEAR) + (apart > 5 * A_YEAR)
        level = _NEAR_MONTH if narrow & (apart <= _TWO_MONTHS) else level
        years = abs(year[n] - q_year)
        again = sure & narrow & birth & (month[n] == q_month) & ((widest > 1) | (day[n] == q_day))
        level = _NOMINAL_AGE if again & ((years == 1) | (years == 2)) else level
        level = _DECADE if again & (years == 10) else level
        level = _OVERLAP_WIDE if apart <= max(margin[n], q_margin) else level
        level = _OVERLAP_YEAR if (apart <= 0) & (widest <= A_YEAR) else level
        level = _OVERLAP_MONTH if (apart <= 0) & narrow & sure else level
        swapped = (year[n] == q_year) & (month[n] == q_day) & (day[n] == q_month)
        level = _SWAPPED if days & birth & swapped else level
        level = _NEAR_DAYS if days & (not birth) & (abs(first[n] - q_first) <= _A_WEEK) else level
        level = _LUNAR_AS_SOLAR if days & ((read[n] == q_first) | (first[n] == q_read)) else level
        level = _EXACT if days & (first[n] == q_first) else level
        codes[n + 1] = level
    for n in range(count):
        codes[n + 1] = max(classes[n], q_class) * levels + at[codes[n + 1]] + 1
    return codes


TOO_EARLY, IMPOSSIBLE = 5, 6


@kernel("u1[::1](f4[:, ::1], i8, f4, f4, b1, i4[::1], f4[::1], f4)")
def order_codes(
    moments: Bits,
    count: int,
    first: float,
    last: float,
    missing: bool,
    at: Ints,
    others: Bits,
    other: float,
) -> Codes:
    """For each row how long the person had been lost when found (1 to 4: within a month, a year, ten, later), 5 where
    found too early, 6 where that is hardly possible.

    `first` and `last` are the query's days of being lost (`missing`) or found, nan if not known, `moments` those of the
    other side's distinct ones, `at` which of them a row has; `others` and `other` the first day of birth or the last of
    separation, before or after which nobody can be found or lost.
    """
    known = np.zeros(count + 1, np.uint8)
    if first == first:
        for n in range(count):
            lost, lost_last = (first, last) if missing else (moments[0, n], moments[1, n])
            seen, seen_last = (moments[0, n], moments[1, n]) if missing else (first, last)
            waited, early = seen - lost_last, lost - seen_last
            long = 1 + (waited >= _A_MONTH) + (waited >= A_YEAR) + (waited >= 10 * A_YEAR)
            known[n + 1] = long if early <= 0 else TOO_EARLY + (early > A_YEAR)
    codes = np.empty(at.size, np.uint8)
    for row in range(at.size):
        codes[row] = known[at[row]]
    sign, a_year = np.float32(1 if missing else -1), np.float32(A_YEAR)
    for row in range(at.size):
        # Comparisons with nan are false: what is not known is not impossible.
        codes[row] = IMPOSSIBLE if sign * (other - others[row]) > a_year else codes[row]
    return codes


HEIGHT_BANDS = np.array([3.5, 8.5, 20.0], np.float32)
_SOON_DAYS = 400


@kernel("u1[::1](f4[::1], f4[::1], f4, f4)")
def height_codes(heights: Bits, times: Bits, height: float, time: float) -> Codes:
    """For each row 1 and more, by how many of HEIGHT_BANDS its height is off, where the day it was lost or found is
    within about a year of `time`; else UNKNOWN."""
    codes = np.zeros(heights.size, np.uint8)
    for row in range(heights.size):
        apart = abs(heights[row] - height)
        if apart == apart and abs(times[row] - time) <= _SOON_DAYS:
            codes[row] = 1
            for band in HEIGHT_BANDS:
                codes[row] += apart >= band
    return codes
