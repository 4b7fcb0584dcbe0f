"""Dates as people write them, in Chinese and English, turned into the exchange format's forms.

One reader for each way of writing; the first that recognises the text decides. `date_forms` then checks the day.
"""

import re
import unicodedata
from dataclasses import dataclass

from matching.age_words import understand_age
from matching.date_forms import DateError, parse
from matching.numerals import HAN_DIGITS, number, spelt_out

__all__ = ["understand", "understand_age"]

_EXPECTED = (
    "This date is not understood. Write it like 1998-08-15, August 1998, about 1998 or 1998年农历八月十五."
)
_AMBIGUOUS = "Day and month cannot be told apart. Write the month as a word, or the date as 1998-08-15."
_LONGEST = 100
_MONTHS = {
    name[:3]: value
    for value, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH_WORD = re.compile(
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?"
)
_SEASONS = {"spring": 21, "summer": 22, "autumn": 23, "fall": 23, "winter": 24}
_SEASONS |= {"春": 21, "夏": 22, "秋": 23, "冬": 24}
_ABOUT = re.compile(
    r"(?:大约|大概|可能|好像|估计|应该)是|大约|大概|约莫|可能|也许|好像|估计|应该|记得|左右|前后|上下|差不多|吧|\b(?:about|around|approximately|approx|circa|ca?|"
    r"may ?be|perhaps|probably|roughly|or so)\b\.?|^约|(?<=\d)[~?]|^[~?]"
)
_FILLER = re.compile(
    r"出生于?|生于|生人|生日|\b(?:born|in|on|of|the|year|date|at)\b|(?<=\d)(?:st|nd|rd|th)\b|"
    r"(?:星期|周|礼拜)[一二三四五六日天]|\b(?:mon|tues|wednes|thurs|fri|satur|sun)day\b|[,，。;；的()]|(?<=[a-z])\."
)
_LUNAR_WORDS = re.compile(r"农历|阴历|旧历|古历|lunar(?: calendar)?:?")
_LUNAR_SIGNS = re.compile(
    r"[腊闰]|正月|冬月|初[一二三四五六七八九十]|廿|[一二三四五六七八九十]月(?:二?十[一二三四五六七八九]?|三十)$"
)
_SOLAR_WORDS = re.compile(r"公历|阳历|新历|\b(?:solar|gregorian)\b")
_SIMPLIFIED = str.maketrans("曆農陰陽國號臘閏節個約", "历农阴阳国号腊闰节个约")
_TO = r"\s*(?:到|至|或者?|—+|–|-|~|/|\b(?:to|until|or|and)\b)\s*"
_RANGES = (
    re.compile(rf"(?:between|from|从|在|介于)?\s*(.+?){_TO}(.+?)\s*(?:之间|间)?"),
    re.compile(r"(?:between)\s+(.+?)\s+and\s+(.+)"),
)
# Feasts that people remember a day by; all but the last two are of the lunar calendar.
_FEASTS = {
    "春节": "01-01",
    "大年初一": "01-01",
    "元宵节?": "01-15",
    "端午节?": "05-05",
    "七夕节?": "07-07",
}
_FEASTS |= {
    "中元节?": "07-15",
    "中秋节?": "08-15",
    "重阳节?": "09-09",
    "国庆节?": "10-01",
    "元旦": "01-01",
}
_SOLAR_FEASTS = {"国庆节?", "元旦"}


@dataclass(frozen=True, slots=True)
class _Said:
    """A date read: `month` as the exchange form writes it ("08", "L05", "22" a season) or empty; `day` 0: none."""

    year: int
    month: str = ""
    day: int = 0

    def written(self, lunar: bool) -> str:
        text = (
            f"{self.year:04d}"
            + (f"-{self.month}" if self.month else "")
            + (f"-{self.day:02d}" if self.day else "")
        )
        season = self.month.isdigit() and int(self.month) > 20
        return f"lunar:{text}" if lunar and not season else text


def understand(text: str) -> str:
    """The exchange form of what somebody wrote; exchange forms stay as they are. Raises DateError."""
    if len(text) > _LONGEST:
        raise DateError(text[:_LONGEST], _EXPECTED)
    plain = " ".join(unicodedata.normalize("NFKC", text).lower().translate(_SIMPLIFIED).split())
    try:
        for attempt in (_exchange, _single, _part_of_year, _feast, _range):
            found = attempt(plain)
            if found is not None:
                return found
    except DateError as error:
        raise DateError(text, error.expected) from error
    raise DateError(text, _EXPECTED)


def _exchange(plain: str) -> str | None:
    """What is in exchange form already, an impossible day in it told as such."""
    kept = plain.replace("lunar: ", "lunar:").replace("-l", "-L")
    half = r"[0-9]{4}(?:-[0-9]{2}){0,2}[~?%]?"
    if not re.fullmatch(rf"{half}(?:/{half})?|lunar:[0-9]{{4}}(?:-L?[0-9]{{2}}){{0,2}}[~?%]?", kept):
        return None
    parse(kept)
    return kept


def _single(plain: str) -> str | None:
    about = bool(_ABOUT.search(plain))
    bare = _ABOUT.sub(" ", plain)
    lunar = bool(_LUNAR_WORDS.search(bare)) or bool(
        _LUNAR_SIGNS.search(bare) and not _SOLAR_WORDS.search(bare)
    )
    bare = _FILLER.sub(" ", _LUNAR_WORDS.sub(" ", _SOLAR_WORDS.sub(" ", bare)))
    bare = " ".join(bare.split())
    for read in (_digits, _chinese, _english):
        found = read(bare)
        if found is not None:
            said = found.written(lunar) + ("~" if about else "")
            parse(said)
            return said
    return None


_ZH_DATE = re.compile(
    rf"(?:(?P<era>民国)\s?(?P<reign>[\d{HAN_DIGITS}]{{1,3}})|(?P<year>[\d{HAN_DIGITS}]{{2,4}}))\s?年(?P<rest>.*)"
)
_BEFORE_THE_FIRST, _TAIWAN_YEARS = 1911, range(100, 190)
"""Three figures are a year of Taiwan: 106 is 2017."""
_ZH_REST = re.compile(
    rf"(?:初|晚|深)?(?P<season>[春夏秋冬])(?:天|季)?|(?P<leap>闰)?\s?(?P<month>[\d正冬腊{HAN_DIGITS}]{{1,3}})\s?月(?:份)?"
    rf"\s?(?:初?\s?(?P<day>[\d{HAN_DIGITS}]{{1,3}})\s?(?:日|号)?)?(?:[上中下]旬|初|底|末)?"
)
_ZH_YEAR_LAST = re.compile(r"(?P<day>[^\d]*月.*?)[\s,，]*(?P<year>\d{4})\s?年?")


def _chinese(plain: str) -> _Said | None:
    if turned := _ZH_YEAR_LAST.fullmatch(plain):
        plain = f"{turned['year']}年{turned['day']}"
    found = _ZH_DATE.fullmatch(plain)
    rest = found["rest"].strip() if found else ""
    parts = _ZH_REST.fullmatch(rest)
    if not found or (rest and not parts):
        return None
    year = _year_of(found)
    if year is None or parts is None:
        return _Said(year) if year is not None else None
    if parts["season"]:
        return _Said(year, str(_SEASONS[parts["season"]]))
    month = {"正": 1, "冬": 11, "腊": 12}.get(parts["month"]) or number(parts["month"])
    day = number(parts["day"]) if parts["day"] else 0
    if month is None or day is None or month > 20:
        return None
    return _Said(year, f"{'L' if parts['leap'] else ''}{month:02d}", day)


def _year_of(found: re.Match[str]) -> int | None:
    """The year: 98年 is 1998, 08年 is 2008 (30 and more belong to the last century); 民国 counts from 1912 as 1, and so
    do three figures."""
    if found["era"]:
        reign = number(found["reign"])
        return reign + _BEFORE_THE_FIRST if reign else None
    year = spelt_out(found["year"])
    if year is None:
        return None
    if len(found["year"]) == 3:
        return year + _BEFORE_THE_FIRST if year in _TAIWAN_YEARS else None
    return year if len(found["year"]) == 4 else year + (2000 if year < 30 else 1900)


def _digits(plain: str) -> _Said | None:
    found = re.fullmatch(r"([0-9]{4}|1[0-8][0-9]) ?[-/. ] ?([0-9]{1,2})(?: ?[-/. ] ?([0-9]{1,2}))?", plain)
    found = found or re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", plain)
    if found:
        year = int(found[1]) + (_BEFORE_THE_FIRST if len(found[1]) == 3 else 0)
        return _Said(year, f"{int(found[2]):02d}", int(found[3] or 0))
    found = re.fullmatch(r"([0-9]{1,2}) ?[-/.] ?([0-9]{1,2}) ?[-/.] ?([0-9]{4})", plain)
    if not found:
        found = re.fullmatch(r"([0-9]{1,2}) ?[-/.] ?([0-9]{4})", plain)
        return _Said(int(found[2]), f"{int(found[1]):02d}") if found else None
    first, second, year = int(found[1]), int(found[2]), int(found[3])
    if first <= 12 and second <= 12 and first != second:
        raise DateError(plain, _AMBIGUOUS)
    day, month = (first, second) if first > 12 else (second, first)
    return _Said(year, f"{month:02d}", day)


def _english(plain: str) -> _Said | None:
    words = re.findall(r"[a-z]+|[0-9]+", plain)
    if re.sub(r"[a-z0-9 .'-]", "", plain):
        return None
    years = [word for word in words if len(word) == 4 and word.isdigit()]
    days = [word for word in words if len(word) <= 2 and word.isdigit()]
    names = [word for word in words if word.isalpha() and word not in ("early", "mid", "late")]
    words = [word for word in words if word not in ("early", "mid", "late")] if names else words
    if (
        len(years) != 1
        or len(years) + len(days) + len(names) != len(words)
        or len(names) > 1
        or len(days) > 1
    ):
        return None
    if not names:
        return None if days else _Said(int(years[0]))
    if names[0] in _SEASONS:
        return None if days else _Said(int(years[0]), str(_SEASONS[names[0]]))
    if not _MONTH_WORD.fullmatch(names[0]):
        return None
    return _Said(int(years[0]), f"{_MONTHS[names[0][:3]]:02d}", int(days[0]) if days else 0)


_PARTS = {
    "初": (1, 3),
    "上半年": (1, 6),
    "中": (5, 8),
    "下半年": (7, 12),
    "底": (10, 12),
    "末": (10, 12),
}
_PARTS |= {
    "early": (1, 4),
    "beginning": (1, 3),
    "mid": (5, 8),
    "middle": (5, 8),
    "late": (9, 12),
    "end": (10, 12),
}
_EARLY = re.compile(r"(?:the )?(early|beginning|mid(?:dle)?|late|end)[ -](?:of |in )?([0-9]{4})")
_DECADE = re.compile(
    r"(?:the )?([0-9]{3})0'?s|(?:20世纪|上世纪|上个世纪)?([5-9五六七八九])[0十]年代|"
    rf"([{HAN_DIGITS}\d]{{2,4}})年(初|上半年|中|下半年|底|末)"
)


def _part_of_year(plain: str) -> str | None:
    """The beginning, middle or end of a year, or a decade, as an interval."""
    plain = " ".join(_FILLER.sub(" ", _ABOUT.sub(" ", plain)).split())
    early, found = _EARLY.fullmatch(plain), _DECADE.fullmatch(plain)
    if early:
        year, months = int(early[2]), _PARTS[early[1]]
    elif found and found[3]:
        read = _single(found[3] + "年")
        if read is None or not read.isdigit():
            return None
        year, months = int(read), _PARTS[found[4]]
    elif found:
        first = int(found[1] + "0") if found[1] else 1900 + 10 * (number(found[2]) or 0)
        parse(f"{first}/{first + 9}")
        return f"{first}/{first + 9}"
    else:
        return None
    said = f"{year:04d}-{months[0]:02d}/{year:04d}-{months[1]:02d}"
    parse(said)
    return said


def _feast(plain: str) -> str | None:
    """A feast as a day: 1998年中秋节 is the fifteenth of the eighth lunar month; before or after it, about then."""
    for feast, day in _FEASTS.items():
        found = re.fullmatch(rf"(.*年)\s?(?:的)?\s?{feast}(那天|当天|前后|前|后|左右|期间)?", plain)
        year = _single(found[1]) if found else None
        if found and year and year.isdigit():
            about = "~" if found[2] not in (None, "那天", "当天") else ""
            said = ("" if feast in _SOLAR_FEASTS else "lunar:") + f"{year}-{day}{about}"
            parse(said)
            return said
    return None


def _range(plain: str) -> str | None:
    """Two dates with a word for `to` or `or` between them."""
    for pattern in _RANGES:
        found = pattern.fullmatch(plain)
        if not found:
            continue
        first, last = found[1].strip(), found[2].strip()
        year = re.match(rf"[\d{HAN_DIGITS}]{{2,4}}年", first)
        if "年" in last and "年" not in first:
            first += "年"
        elif year and "年" not in last and "月" in last:
            last = year[0] + last
        halves = [_single(half) for half in (first, last)]
        if None not in halves and not any("lunar" in str(half) for half in halves):
            said = "/".join(str(half) for half in halves)
            parse(said)
            return said
    return None
