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
    wide_q, levels = q[_LAST] - q[_FIRST], at[len(LEVELS)]
    for n in range(count):
        first, last = t[_FIRST, n], t[_LAST, n]
        apart = max(first, q[_FIRST]) - min(last, q[_LAST])
        widest = max(last - first, wide_q) + 1
        sure = t[_APPROX, n] == 0 and q[_APPROX] == 0
        days = t[_IS_DAY, n] == 1 and q[_IS_DAY] == 1
        if days and first == q[_FIRST]:
            level = _EXACT
        elif days and (t[_READ, n] == q[_FIRST] or first == q[_READ]):
            level = _LUNAR_AS_SOLAR
        elif days and not birth and abs(first - q[_FIRST]) <= _A_WEEK:
            level = _NEAR_DAYS
        elif (
            days and birth
            and t[_YEAR, n] == q[_YEAR] and t[_MONTH, n] == q[_DAY] and t[_DAY, n] == q[_MONTH]
        ):  # fmt: skip
            level = _SWAPPED
        elif apart <= 0:
            if widest <= _A_MONTH and sure:
                level = _OVERLAP_MONTH
            else:
                level = _OVERLAP_YEAR if widest <= A_YEAR else _OVERLAP_WIDE
        elif apart <= max(t[_MARGIN, n], q[_MARGIN]):
            level = _OVERLAP_WIDE
        else:
            # Counted, not chosen between: which it is cannot be guessed.
            level = _NEAR_YEAR + int(apart > A_YEAR) + int(apart > 2 * A_YEAR) + int(apart > 5 * A_YEAR)
            if widest <= _A_MONTH and apart <= _TWO_MONTHS:
                level = _NEAR_MONTH
            if birth and sure and widest <= _A_MONTH and t[_MONTH, n] == q[_MONTH]:
                years = abs(t[_YEAR, n] - q[_YEAR])
                if (years == 1 or years == 2 or years == 10) and (widest > 1 or t[_DAY, n] == q[_DAY]):
                    level = _DECADE if years == 10 else _NOMINAL_AGE
        codes[n + 1] = max(t[_CLASS, n], q[_CLASS]) * levels + at[level] + 1
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
            if early > 0:
                known[n + 1] = IMPOSSIBLE if early > A_YEAR else TOO_EARLY
            else:
                known[n + 1] = (
                    1 + int(waited >= _A_MONTH) + int(waited >= A_YEAR) + int(waited >= 10 * A_YEAR)
                )
    codes = np.empty(at.size, np.uint8)
    sign, a_year = np.float32(1 if missing else -1), np.float32(A_YEAR)
    for row in range(at.size):
        # Comparisons with nan are false: what is not known is not impossible.
        impossible = np.uint8(sign * (other - others[row]) > a_year)
        codes[row] = max(known[at[row]], impossible * np.uint8(IMPOSSIBLE))
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
