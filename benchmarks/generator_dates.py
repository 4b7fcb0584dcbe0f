"""Days as reports state them: exact, lunar, partial, and wrong in the ways that people are wrong."""

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from lunardate import LunarDate

_SEASON_OF = {3: 21, 4: 21, 5: 21, 6: 22, 7: 22, 8: 22, 9: 23, 10: 23, 11: 23, 12: 24, 1: 24, 2: 24}


def stated(random: Random, day: date, how: str) -> str:
    """The day in exchange form, in one of the ways of rates.toml (…_is)."""
    return _WAYS[how](random, day)


def _lunar_parts(day: date) -> LunarDate:
    return LunarDate.from_solar_date(day.year, day.month, day.day)


def _lunar(random: Random, day: date) -> str:
    moon = _lunar_parts(day)
    return f"lunar:{moon.year}-{'L' if moon.is_leap_month else ''}{moon.month:02d}-{moon.day:02d}"


def _lunar_as_solar(random: Random, day: date) -> str:
    moon = _lunar_parts(day)
    try:
        return date(moon.year, moon.month, moon.day).isoformat()
    except ValueError:  # the 30th of a lunar second month
        return f"{moon.year}-{moon.month:02d}"


def _nominal(random: Random, day: date) -> str:
    return _moved(day, -random.choice((1, 1, 2))).isoformat()


def _swapped(random: Random, day: date) -> str:
    return date(day.year, day.day, day.month).isoformat() if day.day <= 12 else day.isoformat()


def _decade(random: Random, day: date) -> str:
    return _moved(day, random.choice((-10, 10))).isoformat()


def _adoptive(random: Random, day: date) -> str:
    first = date(day.year + random.choice((-1, 0, 0, 1, 1, 2)), 1, 1)
    return (first + timedelta(days=random.randrange(365))).isoformat()


def _about(random: Random, day: date) -> str:
    return f"{day.year + random.choice((-1, 0, 0, 0, 1))}{random.choice('~~?')}"


def _interval(random: Random, day: date) -> str:
    first = day.year - random.randint(0, 2)
    return f"{first}/{max(day.year, first + 1) + random.randint(0, 1)}"


def _season(random: Random, day: date) -> str:
    season = _SEASON_OF[day.month]
    year = day.year - (day.month <= 2) if season == 24 else day.year
    return f"{year}-{season}"


def _off(random: Random, day: date) -> str:
    moved = _moved(day, random.choice((-3, -2, -1, 1, 2, 3)))
    return random.choice((str(moved.year), f"{moved.year}-{moved.month:02d}"))


def _moved(day: date, years: int) -> date:
    return date(day.year + years, day.month, min(day.day, 28) if day.month == 2 else day.day)


_WAYS: dict[str, Callable[[Random, date], str]] = {
    "exact": lambda random, day: day.isoformat(),
    "month": lambda random, day: f"{day.year}-{day.month:02d}",
    "year": lambda random, day: str(day.year),
    "none": lambda random, day: "",
    "lunar": _lunar,
    "lunar_as_solar": _lunar_as_solar,
    "nominal": _nominal,
    "swapped": _swapped,
    "decade": _decade,
    "adoptive": _adoptive,
    "about": _about,
    "interval": _interval,
    "season": _season,
    "off": _off,
}
