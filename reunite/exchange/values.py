"""What a cell of somebody's table says, in the forms that reports take."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

from babel import Locale

from reunite.exchange import headings
from reunite.submission import DATES

_FIRST_DAY = datetime.date(1899, 12, 30)
"""Day 0 of spreadsheet programs (ECMA-376, date system 1900, as it counts from March 1900 on)."""
_PART_OF_DAY = r"(?:约|大约)?(?:凌晨|早上|上午|中午|下午|傍晚|晚上|夜里)"
_TIME_OF_DAY = re.compile(
    rf"[ T]*(?:{_PART_OF_DAY})?\s*\d{{1,2}}\s*(?:[:：]\d{{2}}){{1,2}}.*$|(?<=[日号])\s*{_PART_OF_DAY}.*$|"
    r"(?<=[日号])\s*\d{1,2}\s*[时点].*$|\s+\d{1,2}(?::\d{2})?\s*[ap]\.?m\.?$"
)
_SLASHED = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MINGUO = re.compile(
    r"(0\d\d|1[0-2]\d)(?:([-/.])(\d{1,2})\2(\d{1,2})|([01]\d)([0-3]\d)|年(\d{1,2})月(?:(\d{1,2})[日号])?)"
)
"""Years of three figures count from 1912, as in Taiwan: 106.07.12, 1060712."""
_SHORT_YEAR = re.compile(r"'?(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})")
_WEEKDAY = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+|"
    r"[ （(]*(?:星期|周)[一二三四五六日天][）)]*$",
    re.I,
)
_SEARCHING = re.compile(
    r"^(?:我们?|本人)?(?:正?在|要|想)(?=[找寻])|^(?:i am|i'm|we are|we're) (?:searching|looking) for "
)
_IN_TWO_LANGUAGES = re.compile(
    r"[\u3400-\u9fff]+[\s/(（]*[a-z][a-z '-]*[)）]?|[a-z][a-z '-]*[/(（]*[\u3400-\u9fff]+[)）]?"
)
_NEXT_CENTURY = 30
"""Years of two digits below it are of this century, as in matching.date_words."""


def plain(cell: str) -> str:
    """The cell without blanks around it; nothing where it says that nothing is known."""
    said = cell.strip()
    return "" if unicodedata.normalize("NFKC", said).lower() in headings.cell_words("unknown") else said


def understood(column: str, cell: str, order: str = "") -> str:
    """The value as `submission.parse` takes it, leniently; what is not understood stays as it is, to be refused there
    by name. `order`: which comes first in dates like 03/04/1998 (see `order_of`)."""
    said = plain(cell)
    if not said:
        # That it is not known where a name comes from, in words, is an answer.
        return "unknown" if column == "name_origin" and any(map(str.isalpha, cell)) else ""
    if column in DATES:
        return _date(said, order)
    reader = _READERS.get(column)
    return reader(said) if reader else said


def order_of(cells: Sequence[str]) -> str:
    """Which comes first in a column's dates, told by one where only one can be: day ("dm"), month ("md"), a year of
    two digits ("y"), which counts from 1912 where years of three stand beside it ("roc"), or may ("?"); empty where
    none tells."""
    said = [cell.strip() for cell in cells]
    if minguo := sum(bool(_MINGUO.fullmatch(cell)) for cell in said):
        return "roc" if 2 * minguo >= sum(bool(_SHORT_YEAR.fullmatch(cell)) for cell in said) else "?"
    found = [match for cell in cells if (match := _SLASHED.match(cell.strip()))]
    day_first = any(int(one[1]) > 12 for one in found)
    month_first = any(int(one[2]) > 12 for one in found)
    if day_first != month_first:
        return "dm" if day_first else "md"
    short = (match for cell in cells if (match := _SHORT_YEAR.fullmatch(cell.strip())))
    return "y" if any(int(one[1]) > 31 for one in short) else ""


def _date(said: str, order: str) -> str:
    if re.fullmatch(r"\d{5}(\.\d+)?", said) and 3_000 < float(said) < 80_000:
        return (_FIRST_DAY + datetime.timedelta(days=int(float(said)))).isoformat()
    said = _WEEKDAY.sub("", _TIME_OF_DAY.sub("", said).strip()) or said
    if minguo := _minguo(said, order):
        return minguo
    if (short := _SHORT_YEAR.fullmatch(said)) and order != "?" and (int(short[1]) > 31 or order == "y"):
        century = "20" if int(short[1]) < _NEXT_CENTURY else "19"
        return f"{century}{short[1]}-{int(short[2]):02d}-{int(short[3]):02d}"
    if order in ("dm", "md") and (found := _SLASHED.fullmatch(said)):
        day, month = (found[1], found[2]) if order == "dm" else (found[2], found[1])
        return f"{found[3]}-{int(month):02d}-{int(day):02d}"
    return said


def _minguo(said: str, order: str) -> str:
    """A date whose year counts from 1912, told by three figures, by the column or by 民國; empty where none tells."""
    bare = re.sub(r"^民[國国]\s*", "", said)
    told = bare != said or order == "roc"
    found = _MINGUO.fullmatch(f"0{bare}" if told and re.match(r"\d\d\D", bare) else bare)
    if not found:
        return ""
    year, *rest = (int(part) for part in found.groups() if part and part.isdigit())
    return "-".join((str(year + 1911), *(f"{part:02d}" for part in rest)))


def _one_of(*choices: str, otherwise: str = "") -> Callable[[str], str]:
    def read(said: str) -> str:
        numberless = re.sub(r"^\d[-.、:]\s*", "", unicodedata.normalize("NFKC", said).rstrip("."))  # 1-男
        words = ways_of_saying(numberless)
        return next((choice for choice in choices if words & headings.cell_words(choice)), otherwise or said)

    return read


@lru_cache(maxsize=10_000)
def ways_of_saying(said: str) -> frozenset[str]:
    """The cell in simplified characters and small letters, without "I am looking for"; both halves of one that says it
    in two languages (尋獲 Found)."""
    plain = _SEARCHING.sub("", headings.simplified(said.lower()).strip())
    parts = {part.strip() for part in re.findall(r"[\u3400-\u9fff]+|[a-z][a-z '-]*", plain)}
    return frozenset({plain, *parts} if len(parts) == 2 and _IN_TWO_LANGUAGES.fullmatch(plain) else {plain})


def _height(said: str) -> str:
    """Metres, and metres and centimetres, in centimetres."""
    text = unicodedata.normalize("NFKC", said).lower().replace(" ", "")
    text = re.sub(r"^(约|大约|about|approx\.?|ca\.?)|(左右|上下)$", "", text)
    if found := re.fullmatch(r"([012])米(\d{1,2})(厘米|cm)?", text):
        return str(int(found[1]) * 100 + int(found[2].ljust(2, "0") if not found[3] else found[2]))
    if found := re.fullmatch(r"([012]\.\d{1,2})(米|m)?", text):
        return str(round(float(found[1]) * 100))
    if found := re.fullmatch(r"([3-6])['′](\d{1,2})?[\"″]?", text):
        return str(round(int(found[1]) * 30.48 + int(found[2] or 0) * 2.54))
    return re.sub(r"(厘米|公分|cms?|centimet(re|er)s?)$", "", text)


def _blood(said: str) -> str:
    text = (
        unicodedata.normalize("NFKC", said)
        .upper()
        .replace("RH", "")
        .replace("阳性", "+")
        .replace("阴性", "-")
    )
    return re.sub(r"\s|TYPE|BLOOD|型|血|[(),]", "", text)


@cache
def _languages() -> dict[str, str]:
    """Names of languages in Chinese and English, and their tags; 普通话 and Mandarin are Chinese."""
    named = {
        name.lower(): tag
        for locale in ("zh", "en")
        for tag, name in Locale(locale).languages.items()
        if "_" not in tag
    }
    chinese = dict.fromkeys(("zh", *headings.cell_words("chinese")), "zh-Hans")
    return {**named, **{tag: tag for tag in named.values()}, **chinese}


def _language(said: str) -> str:
    """The tag of a language; what names none is left out, for a reporter can be written to all the same."""
    return _languages().get(said.lower(), said if re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,8})+", said) else "")


_sex = _one_of("female", "male")
_kind = _one_of("missing", "found")
_origin = _one_of("birth", "told_by_child", "given_later", otherwise="unknown")
_READERS: dict[str, Callable[[str], str]] = {
    "sex": _sex, "kind": _kind, "name_origin": _origin, "language": _language, "height_cm": _height,
    "blood_type": _blood,
}  # fmt: skip
