"""The written forms of a date in the exchange format, read strictly. Every one is a span of days.

The forms are those of the Extended Date/Time Format (ISO 8601-2:2019, level 1) and the prefix `lunar:`.
"""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from matching import lunar

FIRST_YEAR, LAST_YEAR = 1900, 2100
_FORMS = (
    "Write a date as 1998-08-15, 1998-08, 1998, 1998~ (about), 1996/1999 (between), 1998-21 (spring; 22 summer, "
    "23 autumn, 24 winter) or lunar:1998-08-15."
)
_YEARS = "The year must lie between 1900 and 2100."
_LUNAR_YEARS = "A lunar year must lie between 1900 and 2099."
# ASCII digits only: \d would take digits of every script.
_PART = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_LUNAR = re.compile(r"lunar:([0-9]{4})(?:-(L?)([0-9]{2})(?:-([0-9]{2}))?)?([~?%]?)")
_AGE = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")
_OLDEST = 120
_UNSURE = "~?%"
_LONGEST_VALUE = 100
SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 2)}
"""First and last month of the northern seasons as meteorologists count them; winter runs into the next year."""


class DateError(ValueError):
    """A date or age that cannot be taken; `expected` is an English sentence that says what would be right."""

    def __init__(self, value: str, expected: str) -> None:
        super().__init__(f"{value[:_LONGEST_VALUE]!r}: {expected}")
        self.value, self.expected = value, expected


class DateSpan(NamedTuple):
    """The days `first` to `last` (date.toordinal) that a text names; `approximate`: and some around them."""

    first: int
    last: int
    text: str
    approximate: bool = False
    lunar: bool = False

    @property
    def days(self) -> int:
        """How many days it may be, 1 for an exact date."""
        return self.last - self.first + 1

    @property
    def is_day(self) -> bool:
        """Whether it names one day and is sure of it."""
        return self.first == self.last and not self.approximate

    @property
    def margin(self) -> int:
        """Days before and after that count as meant: a year beside an approximate year or interval, a month
        beside a season (half a year if approximate), half a year beside an approximate month or day."""
        if self.approximate:
            return 366 if self.days > 100 else 183
        return 31 if self.text[5:7] in ("21", "22", "23", "24") and not self.lunar else 0

    @property
    def middle(self) -> float:
        """The day in the middle."""
        return (self.first + self.last) / 2


@lru_cache(maxsize=200_000)
def parse(text: str) -> DateSpan:
    """Read one of the exchange format's forms; raises DateError and nothing else."""
    if text.startswith("lunar:"):
        return _lunar_span(text)
    if "/" in text:
        return _interval(text)
    unsure = text[-1:] in _UNSURE and bool(text)
    first, last = _part(text[:-1] if unsure else text, text)
    return DateSpan(first, last, text, unsure)


@lru_cache(maxsize=10_000)
def parse_age(text: str) -> tuple[int, int]:
    """Read an age in whole years, `4` or `3-5`; raises DateError."""
    found = _AGE.fullmatch(text)
    if not found:
        raise DateError(text, "Write an age in years, like 4, or 3-5 where it is not sure.")
    youngest, oldest = int(found[1]), int(found[2] or found[1])
    if not youngest <= oldest <= _OLDEST:
        raise DateError(text, "An age lies between 0 and 120, the lower one first.")
    return youngest, oldest


def _interval(text: str) -> DateSpan:
    halves = text.split("/")
    if len(halves) != 2:
        raise DateError(text, "An interval has a beginning and an end, like 1996/1999.")
    approximate = any(half[-1:] in _UNSURE and half for half in halves)
    first, last = (_part(half.rstrip(_UNSURE), text) for half in halves)
    if first[0] > last[1]:
        raise DateError(text, "The end of an interval comes after its beginning, like 1996/1999.")
    return DateSpan(first[0], last[1], text, bool(approximate))


def _part(text: str, whole: str) -> tuple[int, int]:
    found = _PART.fullmatch(text)
    if not found:
        raise DateError(whole, _FORMS)
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateError(whole, _YEARS)
    if found[2] is None:
        return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    if month in SEASONS and found[3] is None:
        begins, ends = SEASONS[month]
        return _month(year, begins)[0], _month(year + (ends < begins), ends)[1]
    if not 1 <= month <= 12:
        raise DateError(whole, "The month must be 01 to 12, or a season from 21 (spring) to 24 (winter).")
    first, last = _month(year, month)
    if found[3] is None:
        return first, last
    if not 1 <= day <= last - first + 1:
        raise DateError(whole, "There is no such day in that month.")
    return first + day - 1, first + day - 1


def _month(year: int, month: int) -> tuple[int, int]:
    after = (year + 1, 1) if month == 12 else (year, month + 1)
    return date(year, month, 1).toordinal(), date(*after, 1).toordinal() - 1


def _lunar_span(text: str) -> DateSpan:
    found = _LUNAR.fullmatch(text)
    if not found:
        raise DateError(text, "Write a lunar date as lunar:1998-08-15, in a leap month lunar:1998-L05-01.")
    year, leap, unsure = int(found[1]), found[2] == "L", bool(found[5])
    whole = lunar.year_span(year)
    if whole is None:
        raise DateError(text, _LUNAR_YEARS)
    if found[3] is None:
        return DateSpan(*whole, text, unsure, True)
    month = lunar.months(year).get((int(found[3]), leap))
    if month is None:
        raise DateError(
            text, "That lunar year has no such leap month." if leap else "A lunar month is 01 to 12."
        )
    if found[4] is None:
        return DateSpan(month[0], month[0] + month[1] - 1, text, unsure, True)
    day = lunar.day(year, int(found[3]), int(found[4]), leap)
    if day is None:
        raise DateError(text, "There is no such day in that lunar month; it has 29 or 30 days.")
    return DateSpan(day, day, text, unsure, True)
