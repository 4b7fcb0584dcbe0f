"""What a cell of somebody's table says, in the forms that reports take; and what the cells of a column look like."""

import datetime
import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache

from babel import Locale

from matching import date_words, places
from matching.surname_index import readings
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
_SHORT_YEAR = re.compile(r"'?(\d{2})[-/.](\d{1,2})[-/.](\d{1,2})")
_WEEKDAY = re.compile(
    r"^(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]?\s+|"
    r"[ （(]*(?:星期|周)[一二三四五六日天][）)]*$",
    re.I,
)
_AGE_UNIT = r"(?:周?岁半?|个?月(?:大|龄)?|天|周大?|years?( old)?|yrs?|y/?o?|mos?|months?|weeks?|wks?|days?)"
_YEARS = r"[\d一二三四五六七八九十两]{1,3}(?:\.\d)?(?:\s*[-~到至]\s*\d{1,2})?"
_AGE = re.compile(
    rf"(?:约|about |approx\.? |大约|出生)?(?:{_YEARS}\s*{_AGE_UNIT}\s*){{1,2}}(?:左右|old)?", re.IGNORECASE
)
_ID = re.compile(
    r"[A-Z]{0,8}[-/#〔\[(]?\d{2,}[-/〕\])]\S{1,12}|[A-Z]{1,8}[-/]?\d{3,}|[A-Z]{1,8}[-/]\d{2,}|\d{4,12}号?|第?\d{2,}号|"
    r"\S{0,6}[〔（(\[]?(?:19|20)\d\d[〕）)\]年]?第?\d+号"
)
_RELATIVE = re.compile(
    r"(?:父亲|母亲|爸爸|妈妈|哥哥|姐姐|弟弟|妹妹|爷爷|奶奶|父母)\s*[:：叫是]?\s*\S|[父母兄弟姐妹]\s*[:：]|"
    r"\S{2,4}[（(](?:父|母|哥|姐|弟|妹|爷|奶|爸|妈)|.{2,}\((?:father|mother|brother|sister)\)|"
    r"有?[一二两三四几\d]个?(?:哥|姐|弟|妹)|(?:father|mother|brother|sister)s?\b.{2,}",
    re.I,
)
_OF_A_CHILD = re.compile(
    r"^(?:孩子|儿童|小孩|失踪者|其|本人)的?|^(?:child's|his|her|the|biological|maternal|paternal) |"
    r" of (?:the )?child$|[（(].*[)）]$"
)
_TELLING = 0.6
_SENTENCE = 8.0
"""Characters on average from which notes are sentences; three Latin letters count as one."""
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
        return ""
    if column in DATES:
        return _date(said, order)
    reader = _READERS.get(column)
    return reader(said) if reader else said


def order_of(cells: Sequence[str]) -> str:
    """Which comes first in a column's dates, told by one where only one can be: day ("dm"), month ("md"), a year of
    two digits ("y"); empty where none tells."""
    found = [match for cell in cells if (match := _SLASHED.match(cell.strip()))]
    day_first = any(int(one[1]) > 12 for one in found)
    month_first = any(int(one[2]) > 12 for one in found)
    if day_first != month_first:
        return "dm" if day_first else "md"
    short = (match for cell in cells if (match := _SHORT_YEAR.fullmatch(cell.strip())))
    return "y" if any(int(one[1]) > 31 for one in short) else ""


def looks_like(cells: Sequence[str]) -> str:
    """What most of these cells are: one of `_LOOKS`, or nothing that is known."""
    said = [one for cell in cells if (one := plain(cell))][:60]
    if not said:
        return ""
    return next((kind for kind in _LOOKS if _mostly(kind, said)), "")


def could_be(kind: str, cells: Sequence[str]) -> bool:
    """Whether most of these cells can be this one of `_LOOKS`, whatever else they look like: M and F are a sex, and
    missing and found."""
    said = [one for cell in cells if (one := plain(cell))][:60]
    return bool(said) and _mostly(kind, said)


def _mostly(kind: str, said: Sequence[str]) -> bool:
    return sum(_LOOKS[kind](one) for one in said) >= _TELLING * len(said)


def tell_of_cases(cells: Sequence[str]) -> bool:
    """Whether notes tell of each case by itself, in sentences or never the same, and are not one of a few remarks of an
    office."""
    said = [one for cell in cells if (one := plain(cell))]
    if not said:
        return False
    if any("://" in one for one in said):
        return False
    return len(set(said)) > max(3, len(said) / 2) or are_sentences(said)


def are_sentences(cells: Sequence[str]) -> bool:
    """Whether the cells are sentences rather than words."""
    said = [one for cell in cells if (one := plain(cell))]
    letters = sum(len(one) / (3 if one.isascii() else 1) for one in said)
    return bool(said) and letters >= _SENTENCE * len(said)


def part_of_date(cells: Sequence[str]) -> str:
    """Whether these numbers are years, months or days that stand in columns of their own; empty where they are not."""
    said = [re.sub(r"[年月日号]$", "", one) for cell in cells if (one := plain(cell))]
    if not said or not all(one.isdigit() for one in said):
        return ""
    numbers = [int(one) for one in said]
    if all(1900 <= number <= 2100 for number in numbers):
        return "year"
    return "month" if max(numbers) <= 12 else "day" if max(numbers) <= 31 else ""


def _date(said: str, order: str) -> str:
    if re.fullmatch(r"\d{5}(\.\d+)?", said) and 3_000 < float(said) < 80_000:
        return (_FIRST_DAY + datetime.timedelta(days=int(float(said)))).isoformat()
    said = _WEEKDAY.sub("", _TIME_OF_DAY.sub("", said).strip()) or said
    if (short := _SHORT_YEAR.fullmatch(said)) and (int(short[1]) > 31 or order == "y"):
        century = "20" if int(short[1]) < _NEXT_CENTURY else "19"
        return f"{century}{short[1]}-{int(short[2]):02d}-{int(short[3]):02d}"
    if order in ("dm", "md") and (found := _SLASHED.fullmatch(said)):
        day, month = (found[1], found[2]) if order == "dm" else (found[2], found[1])
        return f"{found[3]}-{int(month):02d}-{int(day):02d}"
    return said


def _one_of(*choices: str, otherwise: str = "") -> Callable[[str], str]:
    def read(said: str) -> str:
        word = re.sub(r"^\d[-.、:]\s*", "", unicodedata.normalize("NFKC", said).lower().rstrip("."))  # 1-男
        return next((choice for choice in choices if word in headings.cell_words(choice)), otherwise or said)

    return read


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


def _is_date(said: str) -> bool:
    if re.fullmatch(r"\d{5}|\d{1,3}", said):
        return False
    if not (any(sign.isdigit() for sign in said) or "年" in said):
        return False
    for order in ("dm", "md"):
        with suppress(ValueError):
            date_words.understand(_date(said, order))
            return True
    return False


def _is_age(said: str) -> bool:
    return bool(_AGE.fullmatch(said))


def _is_phone(said: str) -> bool:
    """One number or several, a few figures of it hidden, whose it is behind it; no year with a number."""
    first = re.split(r"[/,;、]", re.sub(r"\s*[（(]?[\u3400-\u9fff]{1,4}[）)]?$", "", said))[0]
    figures = re.sub(r"[^\d*]", "", first)
    return (
        7 <= len(figures) <= 15
        and sum(one == "*" for one in figures) <= 6
        and not re.search(r"[^\d\s()+*\-转ext.]", first)
        and not re.fullmatch(r"(19|20)\d\d-\d{3,4}", first)
    )


@lru_cache(maxsize=10_000)
def _is_place(said: str) -> bool:
    """A place that is known: its name alone is no sentence."""
    return (
        len(said) <= 40
        and bool(places.resolve(said))
        and not re.search(r"[。，,;；].*[。，,;；].*[。，,;；]", said)
    )


def _is_name(said: str) -> bool:
    said = re.sub(r"[（(].*[)）]", "", said).strip()
    if re.fullmatch(r"[\u3400-\u9fff]{2,4}", said):
        said = headings.simplified(said)
        return said[0] in readings() or said[:2] in readings()
    return bool(re.fullmatch(r"[A-Z][a-zA-Z'’-]+([ ,]+[A-Z][a-zA-Z'’-]+){1,2}", said))


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
_LOOKS: dict[str, Callable[[str], bool]] = {
    "tick": lambda said: said.lower() in headings.cell_words("tick"),
    "sex": lambda said: _sex(said) in ("male", "female"),
    "kind": lambda said: _kind(said) in ("missing", "found"),
    "name_origin": lambda said: _origin(said) != "unknown",
    "email": lambda said: bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", said)),
    "date": _is_date,
    "phone": _is_phone,
    "blood": lambda said: bool(re.fullmatch(r"(A|B|O|AB)[+-]?", _blood(said))),
    "height": lambda said: bool(
        re.search(r"cm|厘米|公分|米|\dm$|['′]", said.lower()) and re.fullmatch(r"\d{2,3}(\.\d)?", _height(said))
    ),
    "age": _is_age,
    "photo": lambda said: bool(re.search(r"\.(jpe?g|png|webp|gif|bmp|heic|tiff?)$", said.lower())),
    "relation": lambda said: _OF_A_CHILD.sub("", said.lower()).strip() in headings.cell_words("relation"),
    "relatives": lambda said: bool(_RELATIVE.match(said)),
    "clothing": lambda said: any(word in said.lower() for word in headings.cell_words("garment")),
    "languages": lambda said: len(said) <= 40 and any(said.lower().rstrip("。").endswith(word) for word in
                                                      headings.cell_words("dialect")),
    "place": _is_place,
    "name": _is_name,
    "id": lambda said: bool(_ID.fullmatch(said)),
}  # fmt: skip
