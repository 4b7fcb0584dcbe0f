"""What the cells of a column of somebody's table look like, whatever its heading says."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache

from pypinyin import lazy_pinyin

from matching import date_words, places
from matching.surname_index import readings
from reunite.exchange import headings, values

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
_OF_SIXTY = re.compile(r"[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年")
"""A year of the old count of sixty: 丁亥年八月十五."""
_TELLING = 0.6
_SENTENCE = 8.0
"""Characters on average from which notes are sentences; three Latin letters count as one."""


def looks_like(cells: Sequence[str]) -> str:
    """What most of these cells are: one of `_LOOKS`, or nothing that is known."""
    said = [one for cell in cells if (one := values.plain(cell))][:60]
    if not said:
        return ""
    return next((kind for kind in _LOOKS if _mostly(kind, said)), "")


def could_be(kind: str, cells: Sequence[str]) -> bool:
    """Whether most of these cells can be this one of `_LOOKS`, whatever else they look like: M and F are a sex, and
    missing and found."""
    said = [one for cell in cells if (one := values.plain(cell))][:60]
    return bool(said) and _mostly(kind, said)


def _mostly(kind: str, said: Sequence[str]) -> bool:
    return sum(_LOOKS[kind](one) for one in said) >= _TELLING * len(said)


def tell_of_cases(cells: Sequence[str]) -> bool:
    """Whether notes tell of each case by itself, in sentences or never the same, and are not one of a few remarks of an
    office."""
    said = [one for cell in cells if (one := values.plain(cell))]
    if not said:
        return False
    if any("://" in one for one in said):
        return False
    return len(set(said)) > max(3, len(said) / 2) or are_sentences(said)


def are_sentences(cells: Sequence[str]) -> bool:
    """Whether the cells are sentences rather than words."""
    said = [one for cell in cells if (one := values.plain(cell))]
    letters = sum(len(one) / (3 if one.isascii() else 1) for one in said)
    return bool(said) and letters >= _SENTENCE * len(said)


def may_be_names(cells: Sequence[str]) -> bool:
    """Whether the cells can be what somebody is called: short, without figures, seldom twice the same."""
    said = [one for cell in cells if (one := values.plain(cell))]
    short = sum(len(one) <= (30 if one.isascii() else 8) and not re.search(r"\d", one) for one in said)
    return (
        bool(said)
        and short >= _TELLING * len(said)
        and (len(said) < 4 or len(set(said)) > _TELLING * len(said))
    )


def hold_figures(cells: Sequence[str]) -> bool:
    """Whether most cells hold figures, as no name does."""
    said = [one for cell in cells if (one := values.plain(cell))]
    return bool(said) and sum(bool(re.search(r"\d", one)) for one in said) >= _TELLING * len(said)


def same_names(cells: Sequence[str], others: Sequence[str]) -> bool:
    """Whether most names of one column are those of another in another script, read in Mandarin."""
    pairs = [(values.plain(one), values.plain(other)) for one, other in zip(cells, others, strict=False)]
    said = [(one, other) for one, other in pairs if one and other and one.isascii() != other.isascii()]
    alike = sum(_letters(one) == _letters(other) for one, other in said)
    return bool(said) and alike >= _TELLING * len(said)


def _letters(name: str) -> list[str]:
    return sorted(
        re.sub(r"[^a-z]", "", "".join(lazy_pinyin(headings.simplified(name))).lower().replace("ü", "v"))
    )


def part_of_date(cells: Sequence[str]) -> str:
    """Whether these numbers are years, months or days that stand in columns of their own; empty where they are not."""
    said = [re.sub(r"[年月日号]$", "", one) for cell in cells if (one := values.plain(cell))]
    if not said or not all(one.isdigit() for one in said):
        return ""
    numbers = [int(one) for one in said]
    if all(1900 <= number <= 2100 for number in numbers):
        return "year"
    return "month" if max(numbers) <= 12 else "day" if max(numbers) <= 31 else ""


def _is_date(said: str) -> bool:
    if re.fullmatch(r"\d{5}|\d{1,3}", said):
        return False
    if _OF_SIXTY.match(said):
        return True
    if not (any(sign.isdigit() for sign in said) or "年" in said):
        return False
    for order in ("dm", "md"):
        with suppress(ValueError):
            date_words.understand(values.understood("event_date", said, order))
            return True
    return False


def _is_height(said: str) -> bool:
    """A height with its unit: figures alone may be anything."""
    number = re.fullmatch(r"\d{2,3}(\.\d)?", values.understood("height_cm", said))
    return bool(number and re.search(r"cm|厘米|公分|米|\dm$|['′]", said.lower()))


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


_LOOKS: dict[str, Callable[[str], bool]] = {
    "tick": lambda said: said.lower() in headings.cell_words("tick"),
    "sex": lambda said: values.understood("sex", said) in ("male", "female"),
    "kind": lambda said: values.understood("kind", said) in ("missing", "found"),
    "email": lambda said: bool(re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", said)),
    "date": _is_date,
    "phone": _is_phone,
    "blood": lambda said: bool(re.fullmatch(r"(A|B|O|AB)[+-]?", values.understood("blood_type", said))),
    "height": _is_height,
    "age": _is_age,
    "photo": lambda said: bool(re.search(r"\.(jpe?g|png|webp|gif|bmp|heic|tiff?)$", said.lower())),
    "relation": lambda said: bool(values.ways_of_saying(_OF_A_CHILD.sub("", said.lower()).strip())
                                  & headings.cell_words("relation")),
    "name_origin": lambda said: values.understood("name_origin", said) != "unknown",
    "relatives": lambda said: bool(_RELATIVE.match(said)),
    "clothing": lambda said: any(word in said.lower() for word in headings.cell_words("garment")),
    "languages": lambda said: len(said) <= 40 and any(said.lower().rstrip("。").endswith(word) for word in
                                                      headings.cell_words("dialect")),
    "place": _is_place,
    "name": _is_name,
    "id": lambda said: bool(_ID.fullmatch(said)),
}  # fmt: skip
