"""How well two dates agree: levels for the day of birth and for the day of separation.

The levels know how dates go wrong in this field: a lunar date written as a solar one (it is 20 to 50 days early),
nominal age (虚岁, one or two years more than the years lived, so the birth reckoned from it is earlier), day and
month swapped, a decade off.
"""

from datetime import date
from enum import StrEnum
from functools import lru_cache

from matching.date_forms import DateSpan
from matching.lunar import read_as_lunar

_MONTH, _YEAR = 31, 366
_NEAR_MONTH = 60
_NEAR_DAYS = 7


class DateLevel(StrEnum):
    """A level of agreement; what each means is said beside it. Gaps are counted between the nearest days meant."""

    EXACT = "exact"
    """Both name one day, the same one (a lunar date counts as its solar day)."""
    LUNAR_AS_SOLAR = "lunar_as_solar"
    """Both name one day; read as a lunar date, one is the other."""
    SWAPPED = "swapped"
    """Both name one day; with day and month swapped, one is the other."""
    NEAR_DAYS = "near_days"
    """Both name one day, at most 7 days apart (separation only)."""
    OVERLAP_MONTH = "overlap_month"
    """They share a day, and the vaguer one is at most a month wide."""
    NOMINAL_AGE = "nominal_age"
    """Both name a day or month; the same one, a year or two apart."""
    DECADE = "decade"
    """Both name a day or month; the same one, exactly ten years apart."""
    NEAR_MONTH = "near_month"
    """They share no day, but are at most 60 days apart and at most a month wide each."""
    OVERLAP_YEAR = "overlap_year"
    """They share a day, and the vaguer one is wider than a month and at most a year wide."""
    OVERLAP_WIDE = "overlap_wide"
    """They share a day, and the vaguer one is wider than a year; or only the margins of approximate ones meet."""
    NEAR_YEAR = "near_year"
    """At most a year apart."""
    APART_2 = "apart_2"
    """More than one and at most two years apart."""
    APART_5 = "apart_5"
    """More than two and at most five years apart."""
    FAR = "far"
    """More than five years apart."""


BIRTH_LEVELS: tuple[DateLevel, ...] = (
    DateLevel.EXACT,
    DateLevel.LUNAR_AS_SOLAR,
    DateLevel.SWAPPED,
    DateLevel.OVERLAP_MONTH,
    DateLevel.NOMINAL_AGE,
    DateLevel.DECADE,
    DateLevel.NEAR_MONTH,
    DateLevel.OVERLAP_YEAR,
    DateLevel.OVERLAP_WIDE,
    DateLevel.NEAR_YEAR,
    DateLevel.APART_2,
    DateLevel.APART_5,
    DateLevel.FAR,
)
"""What `compare_birth` can say, strongest first."""
EVENT_LEVELS: tuple[DateLevel, ...] = (
    DateLevel.EXACT,
    DateLevel.LUNAR_AS_SOLAR,
    DateLevel.NEAR_DAYS,
    DateLevel.OVERLAP_MONTH,
    DateLevel.NEAR_MONTH,
    DateLevel.OVERLAP_YEAR,
    DateLevel.OVERLAP_WIDE,
    DateLevel.NEAR_YEAR,
    DateLevel.APART_2,
    DateLevel.APART_5,
    DateLevel.FAR,
)
"""What `compare_event` can say, strongest first."""


@lru_cache(maxsize=200_000)
def compare_birth(a: DateSpan, b: DateSpan) -> DateLevel:
    """How well two days of birth agree; the order of the two does not matter."""
    if a.is_day and b.is_day:
        if a.first == b.first:
            return DateLevel.EXACT
        if _lunar_as_solar(a, b):
            return DateLevel.LUNAR_AS_SOLAR
        if _swapped(a.first, b.first):
            return DateLevel.SWAPPED
    return _overlap(a, b) or _years_off(a, b) or _gap(a, b)


@lru_cache(maxsize=200_000)
def compare_event(a: DateSpan, b: DateSpan) -> DateLevel:
    """How well two days of separation agree; the order of the two does not matter."""
    if a.is_day and b.is_day:
        if a.first == b.first:
            return DateLevel.EXACT
        if _lunar_as_solar(a, b):
            return DateLevel.LUNAR_AS_SOLAR
        if abs(a.first - b.first) <= _NEAR_DAYS:
            return DateLevel.NEAR_DAYS
    return _overlap(a, b) or _gap(a, b)


def _overlap(a: DateSpan, b: DateSpan) -> DateLevel | None:
    if max(a.first, b.first) <= min(a.last, b.last):
        widest = max(a.days, b.days)
        if widest <= _MONTH and not a.approximate and not b.approximate:
            return DateLevel.OVERLAP_MONTH
        return DateLevel.OVERLAP_YEAR if widest <= _YEAR else DateLevel.OVERLAP_WIDE
    margin = max(a.margin, b.margin)
    return DateLevel.OVERLAP_WIDE if margin and _apart(a, b) <= margin else None


def _gap(a: DateSpan, b: DateSpan) -> DateLevel:
    apart = _apart(a, b)
    if apart <= _NEAR_MONTH and a.days <= _MONTH and b.days <= _MONTH:
        return DateLevel.NEAR_MONTH
    if apart <= _YEAR:
        return DateLevel.NEAR_YEAR
    if apart <= 2 * _YEAR:
        return DateLevel.APART_2
    return DateLevel.APART_5 if apart <= 5 * _YEAR else DateLevel.FAR


def _apart(a: DateSpan, b: DateSpan) -> int:
    return max(a.first, b.first) - min(a.last, b.last)


def _lunar_as_solar(a: DateSpan, b: DateSpan) -> bool:
    return (not a.lunar and read_as_lunar(a.first) == b.first) or (
        not b.lunar and read_as_lunar(b.first) == a.first
    )


def _swapped(a: int, b: int) -> bool:
    one, other = date.fromordinal(a), date.fromordinal(b)
    return (one.year, one.month, one.day) == (other.year, other.day, other.month)


def _years_off(a: DateSpan, b: DateSpan) -> DateLevel | None:
    """The same day or month of another year: the marks of nominal age and of a digit mistyped."""
    if a.days > _MONTH or b.days > _MONTH or a.approximate or b.approximate:
        return None
    one, other = date.fromordinal(a.first), date.fromordinal(b.first)
    same_day = one.day == other.day or a.days > 1 or b.days > 1
    if one.month != other.month or not same_day:
        return None
    return {1: DateLevel.NOMINAL_AGE, 2: DateLevel.NOMINAL_AGE, 10: DateLevel.DECADE}.get(
        abs(one.year - other.year)
    )
