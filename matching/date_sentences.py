"""How a date in exchange form was understood, said to the person who wrote it, in Chinese or English."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from matching.date_forms import DateError, DateSpan, parse
from matching.traditional import said_in

_MONTHS = tuple(calendar.month_name)
_SEASONS_EN = {21: "spring", 22: "summer", 23: "autumn", 24: "winter"}
_SEASONS_ZH = {21: "春天", 22: "夏天", 23: "秋天", 24: "冬天"}
_DIGITS = "〇一二三四五六七八九十"
_UNSURE = "~?%"


@dataclass(frozen=True, slots=True)
class _Language:
    """How a language says dates; `about` and `between` are templates."""

    solar: Callable[[str], str]
    lunar: Callable[[str], str]
    about: str
    between: str
    to: str
    aged: str
    later: str


def explain(text: str, language: str) -> str:
    """How a date in exchange form was understood, in `zh_Hans` (any zh) or else English; raises DateError."""
    return said_in(_explained(text, language), language)


def _explained(text: str, language: str) -> str:
    span = parse(text)
    words = _CHINESE if language.startswith("zh") else _ENGLISH
    if span.lunar:
        said = f"{words.lunar(text.removeprefix('lunar:').rstrip(_UNSURE))} → {_days(span, words)}"
        return words.about.format(said) if span.approximate else said
    if "/" in text:
        first, last = (_explained(half, language) for half in text.split("/"))
        return words.between.format(first, last)
    said = words.solar(text.rstrip(_UNSURE))
    return words.about.format(said) if span.approximate else said


def reckoned(text: str, language: str) -> str:
    """Like `explain`, also for what was reckoned from a date and an age (`1998 − 4–5`, `1998 + 4–5`); any other text as
    it is."""
    words = _CHINESE if language.startswith("zh") else _ENGLISH
    for mark, template in ((" − ", words.aged), (" + ", words.later)):
        base, found, age = text.partition(mark)
        if found:
            first, _, last = age.partition("–")
            return said_in(template, language).format(
                reckoned(base, language), first if first == last else age
            )
    try:
        return explain(text, language)
    except DateError:
        return text


def _days(span: DateSpan, words: _Language) -> str:
    first, last = (words.solar(date.fromordinal(day).isoformat()) for day in (span.first, span.last))
    return first if first == last else first + words.to + last


def _english(plain: str) -> str:
    year, *rest = plain.split("-")
    if not rest:
        return year
    name = _SEASONS_EN.get(int(rest[0])) or _MONTHS[int(rest[0])]
    return f"{int(rest[1])} {name} {year}" if len(rest) == 2 else f"{name} {year}"


def _chinese(plain: str) -> str:
    year, *rest = plain.split("-")
    if not rest:
        return f"{year}年"
    name = _SEASONS_ZH.get(int(rest[0])) or f"{int(rest[0])}月"
    return f"{year}年{name}{int(rest[1])}日" if len(rest) == 2 else f"{year}年{name}"


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


_ENGLISH = _Language(_english, lambda plain: f"lunar {plain}", "about {}", "between {} and {}", " to ",
                     "{1} years old in {0}", "{1} years after {0}")  # fmt: skip
_CHINESE = _Language(_chinese, _lunar_chinese, "大约{}", "{}至{}之间", "至",
                     "{0}时{1}岁", "{0}之后{1}年")  # fmt: skip
