"""What a heading says: words for what stands in a column, whose it is and of which event, from headings.toml."""

import re
import tomllib
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import opencc
from pypinyin import lazy_pinyin

from reunite.submission import COLUMNS

_LONGEST, _MOSTLY = 60, 0.7
_SHORT = {"of", "no", "id", "dt", "di", "yr"}
_RANKS = {"officer": 0, "registrar": 0, "family": 2, "child": 3, "office": 3, "householder": 4}
"""Whose a column is, where a heading names several: the first, but an officer before all; the child's father's is the
father's, who adopted and reports (养父/监护人) is the reporter, and a head of household comes last (户主与儿童关系)."""
_CODED = {"place", "language", "kind"}
"""What may have a code that is not the report's."""
_EDGES = {"=": (" ", " "), "!": ("  ", "  "), "~": ("", " ")}
_SIGNS = re.compile(r"[\s_\-–—/\\,，、:：;；*＊?？!！()（）【】\[\]<>《》\"'“”‘’|.。·]+")

_EXAMPLES = re.compile(
    r"(?<=\S)\((?:[^()]*[^()、],?(?:、|e\.g\.|such as)[^()]*|(?:如|例如|比如|e\.g\.|such as)[^()]*)\)?"
)
"""What a question lists in brackets: 记忆（房子、河流、口音等）asks for memories, not for an accent."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a heading says; a word that it does not have is empty. `column`: the one of ours that this means, "side"
    for what the sheet's own side asks first, None where it says nothing that is known; "" for what is not taken."""

    what: str
    who: str
    event: str
    column: str | None


@lru_cache(maxsize=10_000)
def read(text: str, kind: str = "missing") -> Heading:
    """Understand a heading, in Chinese or English or both; the names of our own columns are understood, too. Some words
    mean something else on the other side: who searches is the reporter of a missing child, or who was found."""
    plain = text.strip().lower()
    if plain.startswith("reunite:"):
        return Heading("none", "", "", "")  # added by us, with the reason why a row was refused
    if plain in COLUMNS:
        return Heading(plain, "", "", plain)
    said = {"what": _meanings(_plain(text), ("what",))["what"], **_meanings(_plain(text), ("who", "event"))}
    order = list(_table()["what"])
    what = min(said["what"], key=order.index, default="")
    if what == "place" and said["what"][-1] == "date" and not text[-1:].isascii():
        what = "date"  # 离开家乡的时间
    if what == "code" and _CODED & set(said["what"]):
        what = "none"  # 乡镇代码
    if not what and {"lost", "found"} <= set(said["event"]):
        what = "kind"  # missing/found
    whose = [one for one in said["who"] if one != "adoptive" or "reporter" not in said["who"]]
    who = min(whose, key=lambda one: _RANKS.get(one, 1), default="")
    event = min(said["event"], key=list(_table()["event"]).index, default="")
    on_this_side = _table()["by_side"][kind]
    who, event = on_this_side.get(who, who), on_this_side.get(event, event)
    return Heading(what, who, event, _column(what, who, event))


def row_of(rows: Sequence[Sequence[str]]) -> int | None:
    """Which of a file's first rows holds the headings: the one with most cells that are understood, the first full one
    where none is; None where there is none."""
    wide = [place for place, cells in enumerate(rows) if sum(bool(cell.strip()) for cell in cells) > 1]
    if not wide:
        return None
    understood = {place: sum(_is_heading(cell) for cell in rows[place]) for place in wide[:10]}
    filled = {place: sum(bool(cell.strip()) for cell in rows[place]) for place in wide}
    first = next(place for place in wide if filled[place] >= _MOSTLY * max(filled.values()))
    if _are_names_of_fields(rows[first]):
        return first
    best = max(understood, key=lambda place: (understood[place], -place))
    # A row of values may hold words of headings, too: the first full row is taken unless another is far better.
    if best > first and first in understood and understood[best] < 2 * understood[first] + 2:
        best = first
    return best if understood[best] >= 2 else first


def _are_names_of_fields(cells: Sequence[str]) -> bool:
    """Whether a program named these columns: XM, CSRQ; lost_date."""
    said = [cell.strip() for cell in cells if cell.strip()]
    return len(set(said)) == len(said) and all(re.fullmatch(r"[A-Za-z]+(_[A-Za-z]+)*", one) for one in said)


def is_small_part(text: str) -> bool:
    """Whether a heading is no more than the name of a small part of a place: 乡镇, Village."""
    return _plain(text).strip() in _table()["parts"]["small"]


def initials(text: str) -> str:
    """The words that the initials of their Pinyin stand for (CSRQ: 出生日期); the text itself where they stand for
    none. For tables whose columns a program named."""
    letters = re.sub(r"^[a-z]{1,3}_", "", text.strip().lower())  # BM_CYM
    if not re.fullmatch(r"[a-z]{2,8}", letters):
        return text
    known = _by_initials()
    whole = next((known[one][letters] for one in ("what", "event", "who") if letters in known[one]), "")
    parted = ((letters[:place], letters[place:]) for place in range(2, len(letters) - 1))
    return whole or next((known[one][first] + known["what"][last] for first, last in parted for one in ("event", "who")
                          if first in known[one] and last in known["what"]), text)  # fmt: skip


@cache
def _by_initials() -> dict[str, dict[str, str]]:
    """For each dimension the first word that has these initials, the commonest words before others."""
    found: dict[str, dict[str, str]] = {"what": {}, "who": {}, "event": {}}
    first = {word: place for place, word in enumerate(_table()["initials"]["first"])}
    for one, known in found.items():
        words = [word for meaning, said in _table()[one].items() if meaning != "none" for word in said]
        for word in sorted(filter(_is_chinese, words), key=lambda word: first.get(word, len(first))):
            known.setdefault("".join(syllable[0] for syllable in lazy_pinyin(word)), word)
    return found


@cache
def words() -> frozenset[str]:
    """Chinese words of headings, simplified and traditional, by which the encoding of a file is told."""
    chinese = {word for kinds in ("what", "who", "event") for said in _table()[kinds].values() for word in said
               if _is_chinese(word)}  # fmt: skip
    traditional = opencc.OpenCC("s2t")
    return frozenset(chinese | {traditional.convert(word) for word in chinese})


@cache
def cell_words(choice: str) -> frozenset[str]:
    """The words that stand in cells for this choice (see headings.toml), in small letters."""
    return frozenset(_table()["cells"][choice])


def _is_heading(cell: str) -> bool:
    """A sentence or a value may hold such words, too; a heading is short."""
    return len(cell) <= _LONGEST and not re.search(r"\d{3}", cell) and bool(read(cell).what)


def _plain(text: str) -> str:
    """Small letters, simplified, signs as blanks: words in Latin letters stand between blanks."""
    parted = re.sub(
        r"(?<=[a-z])(?=[A-Z][a-z])", " ", unicodedata.normalize("NFKC", text[:_LONGEST])
    )  # lostDate
    plain = simplified(_EXAMPLES.sub("", parted).lower())
    plain = re.sub(r"\b([a-z]\w*)'s\b", r"\1", plain.replace("’", "'"))
    plain = re.sub(r"(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fff])", "", plain)
    parted = re.sub(r"(?<=[a-z0-9.)])(?=[\u3400-\u9fff])|(?<=[\u3400-\u9fff])(?=[a-z0-9(])", " ", plain)
    spaced = _SIGNS.sub(" ", re.sub(r"\b([a-z])\.([a-z])\.([a-z])?\.?", r"\1\2\3", parted))
    numberless = re.sub(r"(?<=[a-z])\d+\b|^\s*\d+\s+", " ", spaced)  # phone2; 4. Name
    return f"  {' '.join(_apart(word) for word in numberless.split())}  "


def _apart(word: str) -> str:
    """Words that a program wrote in one (dateofbirth) apart, where all of it is words that are known."""
    if not word.isalpha() or not word.isascii() or word in _latin():
        return word
    rest: dict[int, str] = {len(word): ""}
    for start in range(len(word) - 2, -1, -1):
        for end in range(len(word), start + 1, -1):
            if end in rest and word[start:end] in _latin():
                rest[start] = f"{word[start:end]} {rest[end]}".strip()
                break
    return rest.get(0, word)


@cache
def _latin() -> frozenset[str]:
    """Latin words that may stand in words written in one: of at least three letters, or `_SHORT`."""
    single = {word for one, _, _ in _by_length(("what", "who", "event")) for word in one.split()}
    return frozenset(
        _SHORT | {word for word in single if word.isascii() and word.isalpha() and len(word) > 2}
    )


def _meanings(plain: str, dimensions: tuple[str, ...]) -> dict[str, list[str]]:
    """What the words of these dimensions mean, in their order. The longest is found first, and no letter counts twice:
    the contact of a last contact is nobody."""
    found: dict[str, list[tuple[int, str]]] = {one: [] for one in dimensions}
    left = plain
    for word, meaning, dimension in _by_length(dimensions):
        where = left.find(word)
        while where >= 0:
            found[dimension].append((where, meaning))
            left = left[:where] + re.sub(r"\S", "\0", word) + left[where + len(word) :]
            where = left.find(word)
    return {one: [meaning for _, meaning in sorted(said)] for one, said in found.items()}


@cache
def _by_length(dimensions: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Each word as it is looked for, with its meaning and dimension, the longest first; Latin ones between blanks."""
    said = [
        (word, meaning, one)
        for one in dimensions
        for meaning, words in _table()[one].items()
        for word in words
    ]
    pinyin = [
        (f" {''.join(lazy_pinyin(word))} ", meaning, one) for word, meaning, one in said if _is_chinese(word)
    ]
    looked_for = [(_as_looked_for(word), meaning, one) for word, meaning, one in said] + pinyin
    return sorted((one for one in looked_for if one[0].strip()), key=lambda one: -len(one[0]))


def _is_chinese(word: str) -> bool:
    return not word.isascii() and len(word) > 1 and word[0] not in _EDGES


def _as_looked_for(word: str) -> str:
    """Latin words, and those with = in front, stand by themselves; with ! they are the whole heading, with ~ Chinese
    ones the end of a word and Latin ones the end of the heading."""
    sign = word[0] if word[0] in _EDGES else ""
    before, after = _EDGES[sign] if sign else ("", "")
    plain = _SIGNS.sub(" ", word.removeprefix(sign)).strip()
    if word.isascii():
        before, after = before or " ", {"~": "  "}.get(sign, after or " ")
    return f"{before}{plain}{after}" if plain else ""


def _column(what: str, who: str, event: str) -> str | None:
    for rule in _table()["rule"]:
        fits = rule["fits"]
        if all(
            want == "*" or said in want.split("|")
            for want, said in zip(fits, (what, who, event), strict=False)
        ):
            column: str = fits[3]
            return column
    return None


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads((files("reunite.exchange") / "headings.toml").read_text("utf-8"))


def simplified(text: str) -> str:
    """The text in simplified characters; bytes that are no text come as they may (lone surrogates) and say nothing."""
    said: str = _converter().convert(text.encode("utf-8", "replace").decode())
    return said


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
