"""Dates and ages as people write them, in Chinese and English, turned into the exchange format's forms."""

import re
import unicodedata
from collections.abc import Callable

from matching.date_forms import DateError, parse, parse_age

_EXPECTED = (
    "This date is not understood. Write it like 1998-08-15, August 1998, about 1998 or 1998年农历八月十五."
)
_AMBIGUOUS = "Day and month cannot be told apart. Write the month as a word, or the date as 1998-08-15."
_AGE_EXPECTED = "This age is not understood. Write a number of years, like 4 or 3-5."
_LONGEST = 100
_DIGIT = {character: number for number, character in enumerate("零一二三四五六七八九")}
_DIGIT |= {"〇": 0, "○": 0, "两": 2, "元": 1, "正": 1, "廿": 20, "卅": 30}
_HAN = "零〇○一二三四五六七八九十廿卅两"
_MONTHS = "january february march april may june july august september october november december".split()
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
_SEASONS |= {"春": 21, "夏": 22, "秋": 23, "冬": 24}
_ABOUT = re.compile(
    r"(?:大约|大概|约莫|可能|也许|好像|估计|应该|左右|前后|上下|吧|about|around|approximately|approx\.?|circa|ca?\.|"
    r"maybe|perhaps|probably|roughly|\bor so\b|~|～|约(?!\w*会)|\?|？)"
)
_FILLER = re.compile(
    r"[\s,，。;；]+|出生|生于|生人|生日|\b(?:born|in|on|of|the|year)\b|(?<=\d)(?:st|nd|rd|th)\b"
)
_LUNAR_WORDS = re.compile(r"农历|阴历|旧历|古历|lunar(?: calendar)?:?")
_WESTERN_WORDS = re.compile(r"公历|阳历|新历|solar|gregorian")
_RANGE = re.compile(
    r"(?:between\s+(.+?)\s+and\s+(.+)|(?:from\s+|从)?(.+?)\s*(?:到|至|—|–|~|～|\bto\b|\buntil\b|/)\s*(.+?)(?:之间)?)"
)


def understand(text: str) -> str:
    """The exchange form of what somebody wrote; exchange forms stay as they are. Raises DateError."""
    if len(text) > _LONGEST:
        raise DateError(text[:_LONGEST], _EXPECTED)
    plain = unicodedata.normalize("NFKC", text).strip().lower()
    for attempt in (_exchange, _single, _range):
        found = attempt(plain, text)
        if found is not None:
            return found
    raise DateError(text, _EXPECTED)


def understand_age(text: str) -> str:
    """The exchange form of an age as people say it: 五岁 → 5, 三四岁 → 3-4, 5岁左右 → 4-6, 8个月 → 0."""
    if len(text) > _LONGEST:
        raise DateError(text[:_LONGEST], _AGE_EXPECTED)
    plain = _arabic(unicodedata.normalize("NFKC", text).strip().lower())
    about = bool(_ABOUT.search(plain))
    plain = _ABOUT.sub("", plain).strip()
    plain = re.sub(r"years?|yrs?|old|周岁|虚岁|of age|岁|半|and a half|aged?|多", "", plain).strip()
    if re.fullmatch(r"\d{1,2}\s*(?:个月|个多月|months?|天|days?|weeks?|周)大?", plain):
        return "0"
    ages = [int(number) for number in re.findall(r"\d+", plain)]
    rest = re.sub(r"\d+|\s|-|到|至|to|or|或|、|–|—", "", plain)
    if rest or len(ages) not in (1, 2):
        raise DateError(text, _AGE_EXPECTED)
    youngest, oldest = ages[0], ages[-1]
    if about and len(ages) == 1:
        youngest, oldest = max(0, youngest - 1), oldest + 1
    said = str(youngest) if youngest == oldest else f"{youngest}-{oldest}"
    parse_age(said)
    return said


def _exchange(plain: str, text: str) -> str | None:
    """What is in exchange form already, an impossible day in it told as such."""
    kept = plain.replace("lunar: ", "lunar:").replace("-l", "-L")
    if not re.fullmatch(r"(?:lunar:)?\d{4}(?:-L?\d\d){0,2}[~?]?(?:/\d{4}(?:-\d\d){0,2}[~?]?)?", kept):
        return None
    parse(kept)
    return kept


def _range(plain: str, text: str) -> str | None:
    found = _RANGE.fullmatch(plain)
    if not found:
        return None
    halves = [half.strip() for half in found.groups() if half]
    if re.fullmatch(r"\d{1,2}|\d{4}", halves[0]) and re.search(r"年", halves[1]):
        halves[0] += "年"
    first, last = (_single(half, text) for half in halves)
    if first is None or last is None or "lunar" in first + last:
        return None
    said = f"{first.rstrip('~')}/{last.rstrip('~')}"
    parse(said)
    return said


def _single(plain: str, text: str) -> str | None:
    about = bool(_ABOUT.search(plain))
    lunar = bool(_LUNAR_WORDS.search(plain)) or bool(
        re.search(r"[腊闰]|正月|初[一二三四五六七八九十]", plain)
    )
    cleaned = _LUNAR_WORDS.sub(" ", _WESTERN_WORDS.sub(" ", _ABOUT.sub(" ", plain)))
    cleaned = _FILLER.sub(" ", cleaned).strip()
    for read in _READERS:
        parts = read(cleaned, text)
        if parts is not None:
            said = _written(parts, lunar)
            said = said + "~" if about and not said.startswith("lunar:") else said
            parse(said)
            return said
    return None


Parts = tuple[int, str, int]  # year, month as written ("", "08", "L05", "22" a season), day or 0


def _written(parts: Parts, lunar: bool) -> str:
    year, month, day = parts
    said = f"{year:04d}" + (f"-{month}" if month else "") + (f"-{day:02d}" if day else "")
    return f"lunar:{said}" if lunar and month and int(month.removeprefix("L")) <= 12 else said


_ZH = re.compile(
    r"(?P<year>[\d零〇○一二三四五六七八九]{2,4})\s*(?:年|\s)(?:的|\s)*"
    r"(?:(?P<season>[春夏秋冬])(?:天|季)?|(?P<leap>闰)?\s*(?P<month>[\d正冬腊零一二三四五六七八九十]{1,3})\s*月(?:份)?"
    r"\s*(?:(?:初)?(?P<day>[\d一二三四五六七八九十廿卅]{1,3})\s*(?:日|号|號)?)?)?(?P<half>[上下]半年|年?[初底末])?"
)


def _chinese(plain: str, text: str) -> Parts | None:
    found = _ZH.fullmatch(plain.replace("年 ", "年").strip())
    if not found or ("年" not in plain and "月" not in plain):
        return None
    month = ""
    if found["season"]:
        month = str(_SEASONS[found["season"]])
    elif found["month"]:
        number = {"正": 1, "冬": 11, "腊": 12}.get(found["month"]) or _number(found["month"])
        month = f"{'L' if found['leap'] else ''}{number:02d}"
    return _year(found["year"]), month, _number(found["day"]) if found["day"] else 0


def _digits(plain: str, text: str) -> Parts | None:
    found = re.fullmatch(r"(\d{4})\s*[-/.]\s*(\d{1,2})(?:\s*[-/.]\s*(\d{1,2}))?", plain) or re.fullmatch(
        r"(\d{4})(\d\d)(\d\d)", plain
    )
    if found:
        return int(found[1]), f"{int(found[2]):02d}", int(found[3] or 0)
    found = re.fullmatch(r"(\d{1,2})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{4})", plain)
    if not found:
        return None
    first, second, year = (int(part) for part in found.groups())
    if first <= 12 and second <= 12 and first != second:
        raise DateError(text, _AMBIGUOUS)
    day, month = (first, second) if first > 12 else (second, first)
    return year, f"{month:02d}", day


def _english(plain: str, text: str) -> Parts | None:
    words = re.findall(r"[a-z]+|\d+", plain)
    if re.sub(r"[a-z]+|\d+|[\s.'’-]", "", plain):
        return None
    years = [word for word in words if len(word) == 4 and word.isdigit()]
    days = [word for word in words if len(word) <= 2 and word.isdigit()]
    names = [word for word in words if word.isalpha()]
    if len(years) != 1 or len(names) > 1 or len(days) > 1 or (days and not names):
        return None
    if not names:
        return int(years[0]), "", 0
    if names[0] in _SEASONS and not days:
        return int(years[0]), str(_SEASONS[names[0]]), 0
    months = [
        number for number, month in enumerate(_MONTHS, 1) if len(names[0]) >= 3 and month.startswith(names[0])
    ]
    if names[0] == "sept":
        months = [9]
    return (int(years[0]), f"{months[0]:02d}", int(days[0]) if days else 0) if len(months) == 1 else None


_READERS: tuple[Callable[[str, str], Parts | None], ...] = (_digits, _chinese, _english)


def _year(written: str) -> int:
    digits = "".join(str(_DIGIT[character]) if character in _DIGIT else character for character in written)
    if len(digits) == 2:
        # 98年 is 1998; a year that has not come yet is of the last century.
        return (2000 if int(digits) < 30 else 1900) + int(digits)
    return int(digits)


def _number(written: str) -> int:
    """A number below 100 in digits or Chinese numerals."""
    if written.isdigit():
        return int(written)
    total = 0
    for character in written:
        total = (total or 1) * 10 if character == "十" else total + _DIGIT.get(character, 0)
    return total


def _arabic(plain: str) -> str:
    """Chinese numerals as digits; two in a row are a range: 三四岁 is 3-4."""
    plain = re.sub(r"(?<![十\d])([一二三四五六七八九])([一二三四五六七八九])(?!十)", r"\1-\2", plain)
    return re.sub(f"[{_HAN}]+", lambda found: str(_number(found[0])), plain)
