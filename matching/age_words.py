"""Ages as people say them, in Chinese and English, turned into whole years: 三四岁 → 3-4, about 5 → 4-6, 8个月 → 0."""

import re
import unicodedata

from matching.date_forms import DateError, parse_age
from matching.numerals import HAN_DIGITS, number

_EXPECTED = "This age is not understood. Write a number of years, like 4 or 3-5."
_LONGEST = 100
_ABOUT = re.compile(
    r"大约|大概|约莫|可能|也许|好像|估计|应该|左右|前后|上下|来岁|差不多|约|吧|\b(?:about|around|approximately|approx|circa|"
    r"maybe|perhaps|probably|roughly|or so)\b\.?|\?"
)
_WORDS = {
    "one": "1",
    "two": "2",
    "three": "3",
    "four": "4",
    "five": "5",
    "six": "6",
    "seven": "7",
    "eight": "8",
}
_WORDS |= {
    "nine": "9",
    "ten": "10",
    "eleven": "11",
    "twelve": "12",
    "thirteen": "13",
    "fourteen": "14",
    "fifteen": "15",
}
_WORD = re.compile(r"\b(?:" + "|".join(_WORDS) + r")\b")
_YEARS = re.compile(r"周岁|虚岁|虚|岁|歲|多|大|\b(?:years?|yrs?|old|of|aged?|y\.?o\.?)\b|(?<=\d)y\b|[.。,，]")
_HALF = re.compile(r"(?<=[岁年\d])半|\band a half\b|(?<=\d)\.\d+|(?<=\d)\s*1/2")
_INFANT = re.compile(
    r"刚?(?:半岁|满月|出生)|不[满到][1一]岁|新生儿?|婴儿|newborn|new-born|infant|baby|half a year|under (?:1|one)"
)
_MONTHS = re.compile(rf"([\d{HAN_DIGITS}]+)\s*(?:个多?月|months?|mos?\.?)\s*(?:大|old)?")
_DAYS = re.compile(rf"[\d{HAN_DIGITS}]+\s*(?:天|日|个?星期|周|days?|weeks?)\s*(?:大|old)?")
_TWO = re.compile(r"(十?)([一二两三四五六七八])([二三四五六七八九])(?!十)")


def understand_age(text: str) -> str:
    """The exchange form of an age as people say it; raises DateError."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST]).strip().lower()
    if len(text) > _LONGEST:
        raise DateError(text, _EXPECTED)
    about = bool(_ABOUT.search(plain))
    plain = _ABOUT.sub(lambda found: "岁" if found[0] == "来岁" else " ", plain).strip()
    plain = _WORD.sub(lambda word: _WORDS[word[0]], plain).replace("歲", "岁").replace("個", "个")
    said = _infant(plain) or _years(plain, about)
    if said is None:
        raise DateError(text, _EXPECTED)
    try:
        parse_age(said)
    except DateError as error:
        raise DateError(text, error.expected) from error
    return said


def _infant(plain: str) -> str | None:
    """Below a year, or an age counted in months."""
    if _INFANT.fullmatch(plain) or _DAYS.fullmatch(plain):
        return "0"
    months = _MONTHS.fullmatch(plain)
    counted = number(months[1]) if months else None
    return str(counted // 12) if counted is not None else None


def _years(plain: str, about: bool) -> str | None:
    plain = _YEARS.sub(" ", _HALF.sub("", plain))
    # 三四 is three or four, 十二三 twelve or thirteen.
    plain = _TWO.sub(lambda two: f"{two[1]}{two[2]}-{two[1]}{two[3]}", plain)
    halves = [half for half in re.split(r"\s*(?:-|–|—|~|到|至|或|、|\bto\b|\bor\b|/)\s*", plain) if half]
    ages = [number(half.replace(" ", "")) for half in halves]
    if len(ages) not in (1, 2) or None in ages:
        return None
    known = [age for age in ages if age is not None]
    youngest, oldest = known[0], known[-1]
    if about and len(ages) == 1:
        youngest, oldest = max(0, youngest - 1), oldest + 1
    return str(youngest) if youngest == oldest else f"{youngest}-{oldest}"
