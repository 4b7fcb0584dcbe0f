"""How a date in exchange form was understood, said to the person who wrote it, in Chinese or English."""

import calendar
from collections.abc import Callable
from datetime import date

from matching.date_forms import DateSpan, parse


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
