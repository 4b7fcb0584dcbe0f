"""The Chinese lunar calendar: lunar year, month and day as solar days, from the tables of `lunardate`."""

from datetime import date
from functools import lru_cache

from lunardate import LunarDate

FIRST_YEAR, LAST_YEAR = 1900, 2099
"""The lunar years that the tables hold."""


@lru_cache(maxsize=512)
def months(year: int) -> dict[tuple[int, bool], tuple[int, int]]:
    """The months of a lunar year: (number, leap) → (first day as `date.toordinal`, length of 29 or 30 days)."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return {}
    leap = LunarDate.leap_month_for_year(year)
    keys = [(number, False) for number in range(1, 13)]
    if leap:
        keys.insert(leap, (leap, True))
    starts = [_first_day(year, number, is_leap) for number, is_leap in keys]
    last = keys[-1]
    ends = [*starts[1:], starts[-1] + _length_of_last(year, last)]
    return {key: (start, end - start) for key, start, end in zip(keys, starts, ends, strict=True)}


def year_span(year: int) -> tuple[int, int] | None:
    """First and last day of a lunar year; None outside the tables."""
    spans = list(months(year).values())
    return (spans[0][0], spans[-1][0] + spans[-1][1] - 1) if spans else None


def day(year: int, month: int, day_of_month: int, leap: bool = False) -> int | None:
    """The solar day of a lunar one, None where that year has no such month or day."""
    span = months(year).get((month, leap))
    return span[0] + day_of_month - 1 if span and 1 <= day_of_month <= span[1] else None


@lru_cache(maxsize=100_000)
def read_as_lunar(solar: int) -> int | None:
    """The day meant where a lunar date was written down as a solar one: its year, month and day read as lunar.

    None where there is no such lunar day (the 31st, years outside the tables).
    """
    written = date.fromordinal(solar)
    return day(written.year, written.month, written.day)


def _first_day(year: int, month: int, leap: bool) -> int:
    return int(LunarDate(year, month, 1, leap).to_solar_date().toordinal())


def _length_of_last(year: int, last: tuple[int, bool]) -> int:
    if year < LAST_YEAR:
        return _first_day(year + 1, 1, False) - _first_day(year, *last)
    try:
        LunarDate(year, last[0], 30, last[1]).to_solar_date()
    except ValueError:
        return 29
    return 30
