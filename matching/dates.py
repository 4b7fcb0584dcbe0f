"""Dates as reports give them: partial, approximate, intervals, seasons, lunar. Every one is a span of days.

The written forms are those of the Extended Date/Time Format (ISO 8601-2:2019, level 1) and the prefix `lunar:`.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lunardate import LunarDate

FIRST_YEAR, LAST_YEAR = 1900, 2099
_FORMS = "YYYY-MM-DD, YYYY-MM, YYYY, 1998~ (about), 1996/1999 (between), 1998-21 (spring) or lunar:1998-08-15"
_PART = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_LUNAR = re.compile(r"(\d{4})(?:-(L?)(\d{2})(?:-(\d{2}))?)?")
_AGE = re.compile(r"(\d{1,3})(?:-(\d{1,3}))?")
_OLDEST = 120
# Meteorological seasons of the northern hemisphere; winter runs into the next year.
SEASONS = {21: (3, 5), 22: (6, 8), 23: (9, 11), 24: (12, 2)}


class DateError(ValueError):
    """A date or age that cannot be taken; `expected` is an English sentence that says what would be right."""

    def __init__(self, value: str, expected: str) -> None:
        super().__init__(f"{value!r}: {expected}")
        self.value, self.expected = value, expected


@dataclass(frozen=True, slots=True)
class DateSpan:
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
    def margin(self) -> int:
        """Days before and after that count as meant: about a year means the years beside it too."""
        if not self.approximate:
            return 0
        return 366 if self.days > 100 else 45 if self.days > 1 else 15

    @property
    def middle(self) -> float:
        """The day in the middle."""
        return (self.first + self.last) / 2


@lru_cache(maxsize=200_000)
def parse(text: str) -> DateSpan:
    """Read one of the exchange format's forms; raises DateError."""
    if text.startswith("lunar:"):
        first, last = _lunar_span(text)
        return DateSpan(first, last, text, lunar=True)
    plain, approximate = (text[:-1], True) if text[-1:] in ("~", "?", "%") else (text, False)
    if "/" in plain:
        first, last = _interval(text)
        return DateSpan(first, last, text, "~" in text or "?" in text)
    first, last = _part(plain, text)
    return DateSpan(first, last, text, approximate)


def _interval(text: str) -> tuple[int, int]:
    halves = [half.rstrip("~?%") for half in text.split("/")]
    if len(halves) != 2:
        raise DateError(text, "An interval has a beginning and an end, like 1996/1999.")
    first, last = _part(halves[0], text)[0], _part(halves[1], text)[1]
    if first > last:
        raise DateError(text, "The end of an interval comes after its beginning, like 1996/1999.")
    return first, last


def _part(text: str, whole: str) -> tuple[int, int]:
    found = _PART.fullmatch(text)
    if not found:
        raise DateError(whole, "Write a date as " + _FORMS + ".")
    year, month, day = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise DateError(whole, "The year must lie between 1900 and 2099.")
    if found[2] is None:
        return date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    if month in SEASONS and found[3] is None:
        return _season(year, month)
    if not 1 <= month <= 12:
        raise DateError(whole, "The month must be 01 to 12, or a season from 21 (spring) to 24 (winter).")
    longest = calendar.monthrange(year, month)[1]
    if found[3] is None:
        return date(year, month, 1).toordinal(), date(year, month, longest).toordinal()
    if not 1 <= day <= longest:
        raise DateError(whole, "There is no such day in that month.")
    ordinal = date(year, month, day).toordinal()
    return ordinal, ordinal


def _season(year: int, season: int) -> tuple[int, int]:
    begins, ends = SEASONS[season]
    end_year = year + (ends < begins)
    return date(year, begins, 1).toordinal(), date(end_year, ends, calendar.monthrange(end_year, ends)[1]).toordinal()


def _lunar_span(text: str) -> tuple[int, int]:
    found = _LUNAR.fullmatch(text.removeprefix("lunar:"))
    if not found:
        raise DateError(text, "Write a lunar date as lunar:1998-08-15, in a leap month lunar:1998-L05-01.")
    year, leap = int(found[1]), found[2] == "L"
    if not FIRST_YEAR <= year < LAST_YEAR:
        raise DateError(text, "The year must lie between 1900 and 2099.")
    if found[3] is None:
        return _solar(year, 1, 1, False, text), _solar(year + 1, 1, 1, False, text) - 1
    month = int(found[3])
    if found[4] is not None:
        day = _solar(year, month, int(found[4]), leap, text)
        return day, day
    first = _solar(year, month, 1, leap, text)
    try:
        return first, _solar(year, month, 30, leap, text)
    except DateError:
        return first, first + 28


def _solar(year: int, month: int, day: int, leap: bool, text: str) -> int:
    if leap and LunarDate.leap_month_for_year(year) != month:
        raise DateError(text, "That lunar year has no such leap month.")
    try:
        solar = LunarDate(year, month, day, leap).to_solar_date()
        back = LunarDate.from_solar_date(solar.year, solar.month, solar.day)
    except ValueError as error:
        raise DateError(text, "There is no such day in that lunar month.") from error
    if (back.year, back.month, back.day) != (year, month, day):
        raise DateError(text, "There is no such day in that lunar month.")
    return int(solar.toordinal())


@lru_cache(maxsize=100_000)
def read_as_lunar(day: int) -> int | None:
    """The solar day that is meant where a lunar date was written down as a solar one: its year, month and day read
    as lunar. None where there is no such lunar day."""
    written = date.fromordinal(day)
    try:
        return _solar(written.year, written.month, written.day, False, "")
    except DateError:
        return None


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


def explain(text: str, language: str) -> str:
    """How a date in exchange form was understood, in `zh_Hans` or `en`."""
    span = parse(text)
    words = _CHINESE if language.startswith("zh") else _ENGLISH
    if span.lunar:
        return words["lunar"](text.removeprefix("lunar:")) + " → " + words["days"](span)
    if "/" in text:
        first, last = (explain(half, language) for half in text.split("/"))
        return words["between"](first, last)
    plain = text.rstrip("~?%")
    said = words["written"](plain)
    return words["about"](said) if span.approximate else said


_MONTHS = [calendar.month_name[number] for number in range(13)]
_SEASONS_EN = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
_SEASONS_ZH = {21: "春天", 22: "夏天", 23: "秋天", 24: "冬天"}
_DIGITS = "〇一二三四五六七八九十"


def _english(plain: str) -> str:
    year, *rest = plain.split("-")
    if not rest:
        return year
    month = int(rest[0])
    name = _SEASONS_EN.get(month) or _MONTHS[month]
    return f"{int(rest[1])} {name} {year}" if len(rest) == 2 else f"{name} {year}"


def _chinese(plain: str) -> str:
    year, *rest = plain.split("-")
    if not rest:
        return f"{year}年"
    month = int(rest[0])
    name = _SEASONS_ZH.get(month) or f"{month}月"
    return f"{year}年{name}{int(rest[1])}日" if len(rest) == 2 else f"{year}年{name}"


def _iso(day: int) -> str:
    return date.fromordinal(day).isoformat()


def _between_days(span: DateSpan, written: Callable[[str], str], join: str) -> str:
    first, last = written(_iso(span.first)), written(_iso(span.last))
    return first if span.days == 1 else first + join + last


def _lunar_chinese(plain: str) -> str:
    year, *rest = plain.split("-")
    if not rest:
        return f"农历{year}年"
    month = int(rest[0].removeprefix("L"))
    name = {1: "正", 11: "冬", 12: "腊"}.get(month) or _DIGITS[month]
    said = f"农历{year}年{'闰' if rest[0].startswith('L') else ''}{name}月"
    return said + _lunar_day(int(rest[1])) if len(rest) == 2 else said


def _lunar_day(day: int) -> str:
    if day <= 10:
        return "初" + _DIGITS[day]
    if day in (20, 30):
        return _DIGITS[day // 10] + "十"
    return {1: "十", 2: "廿"}[day // 10] + _DIGITS[day % 10]


_ENGLISH: dict[str, Callable[..., str]] = {
    "written": _english,
    "lunar": lambda plain: "lunar " + plain,
    "days": lambda span: _between_days(span, _english, " to "),
    "between": lambda first, last: f"between {first} and {last}",
    "about": lambda said: f"about {said}",
}
_CHINESE: dict[str, Callable[..., str]] = {
    "written": _chinese,
    "lunar": _lunar_chinese,
    "days": lambda span: _between_days(span, _chinese, "至"),
    "between": lambda first, last: f"{first}至{last}之间",
    "about": lambda said: f"大约{said}",
}
