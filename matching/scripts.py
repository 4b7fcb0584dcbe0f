"""Names of other scripts in Latin letters, spelt the way names are: letter by letter from data/scripts.toml, anyascii
for all the rest."""

import re
import tomllib
import unicodedata
from functools import cache
from importlib import resources
from typing import Any

from anyascii import anyascii

_FIRST_HANGUL = 0xAC00
_RUNS = re.compile(
    r"(?P<arabic>[\u0600-\u06ff\u0750-\u077f\u200c]+)|(?P<hebrew>[\u0590-\u05ff'’]*[\u0590-\u05ff]['’]?)"
    r"|(?P<thai>[\u0e00-\u0e7f]+)|(?P<greek>[\u0370-\u03ff\u1f00-\u1fff]+)|(?P<cyrillic>[\u0400-\u052f]+)"
    r"|(?P<hangul>[\uac00-\ud7a3]+)|(?P<kana>[\u3040-\u30fa\u30fc-\u30ff]+)"
    r"|(?P<indic>[\u0900-\u0d7f\u200c\u200d]+)|(?P<armenian>[\u0530-\u058f]+)"
)
_ARTICLE = re.compile(r"^(?:ال|لل)(?=...)")


@cache
def _tables() -> dict[str, Any]:
    with resources.files("matching").joinpath("data", "scripts.toml").open("rb") as file:
        return tomllib.load(file)


def in_latin(text: str) -> str:
    """The text in ASCII; vowels that its script leaves out are left out, and ' marks a written long a in Arabic, Hebrew
    and Thai."""
    if text.isascii():
        return text.replace("'", "").replace("`", "")
    if all(letter < "\u0370" for letter in text):
        return str(anyascii(text)).replace("'", "").replace("`", "")
    pieces, at = [], 0
    around = _language(text)
    for run in _RUNS.finditer(text):
        pieces.append(_plain(text[at : run.start()]))
        pieces.append(_READERS[str(run.lastgroup)](run[0], around))
        at = run.end()
    return "".join((*pieces, _plain(text[at:])))


def _plain(text: str) -> str:
    return str(anyascii(text)).replace("'", "").replace("`", "")


def _language(text: str) -> str:
    """Which Cyrillic a text is in, by its letters; empty for Russian and what is like it."""
    letters = set(text.casefold())
    if letters & set("іїєґ"):
        return "ukrainian"
    if letters & set("ђјљњћџѓќѕ"):
        return "serbian"
    return (
        "bulgarian"
        if re.search(r"[бвгджзклмнпрстфхцчшщ]ъ[бвгджзклмнпрстфхцчшщ]|щ[ъ]", text.casefold())
        else ""
    )


def _letters(run: str, table: str, *before: str) -> str:
    letters: dict[str, str] = dict(_tables()[table])
    for one in before:
        letters.update(_tables()[one])
    return "".join(letters[one] if one in letters else _plain(one) for one in run)


@cache
def _written() -> dict[str, str]:
    text = resources.files("matching").joinpath("data", "written_names.tsv").read_text(encoding="utf-8")
    lines = (line.split("\t") for line in text.splitlines()[1:])
    return {written: spelt for written, spelt in lines}


def _arabic(run: str, _: str) -> str:
    if run in _written():
        return _written()[run]
    word = "".join(one for one in run if unicodedata.category(one) == "Lo")
    return _letters(_ARTICLE.sub("", word), "arabic") if len(word) > 1 else _letters(word, "arabic")


def _hebrew(run: str, _: str) -> str:
    if run in _written():
        return _written()[run]
    word = "".join(one for one in run if unicodedata.category(one) != "Mn")
    for spelling, sound in (("צ", "ch"), ("ץ", "ch"), ("ג", "j"), ("ז", "zh")):
        word = re.sub(spelling + "['’׳]", sound, word)
    return "".join(
        _tables()["hebrew"].get(one, one if one.isascii() and one.isalpha() else "") for one in word
    )


def _thai(run: str, _: str) -> str:
    run = re.sub(r".[\u0e34\u0e38]?\u0e4c", "", run)
    run = re.sub(r"([เแโใไ])([ก-ฮ])", r"\2\1", run)
    return _letters(re.sub("ร(?=ร)", "", run), "thai")


def _greek(run: str, _: str) -> str:
    table = _tables()["greek"]
    word, at, found = unicodedata.normalize("NFC", run.casefold()), 0, ""
    while at < len(word):
        pair = word[at : at + 2]
        if pair in table and len(pair) == 2:
            found, at = found + table[pair], at + 2
        else:
            found, at = found + (table.get(word[at]) or _plain(word[at])), at + 1
    return found


def _cyrillic(run: str, language: str) -> str:
    return _letters(run.casefold(), "cyrillic", *((language,) if language else ()))


def _hangul(run: str, _: str) -> str:
    """김도현 as `kim dohyun`; a run of one, five or more syllables as one word."""
    if not 2 <= len(run) <= 4:
        return "".join(map(_hangul_syllable, run))
    width = 2 if run[:2] in _tables()["hangul"]["pairs"].split() and len(run) > 2 else 1
    surname = "".join(
        _tables()["hangul_surnames"].get(one, _hangul_syllable(one)) if width == 1 else _hangul_syllable(one)
        for one in run[:width]
    )
    return f"{surname} {''.join(map(_hangul_syllable, run[width:]))}"


def _hangul_syllable(letter: str) -> str:
    number = ord(letter) - _FIRST_HANGUL
    parts = _tables()["hangul"]
    at = (number // 588, number // 28 % 21, number % 28)
    return "".join(
        str(parts[part]).split(" ")[here]
        for part, here in zip(("initials", "vowels", "finals"), at, strict=True)
    )


def _kana(run: str, _: str) -> str:
    """Long vowels are left out; a small ya, yu or yo joins the syllable before it."""
    word = "".join("~" * (one in _SMALL) + anyascii(one) for one in run if one != "ー").casefold()
    word = re.sub("i~y", "y", word).replace("~", "")
    for spelling, sound in _tables()["kana"].items():
        word = word.replace(spelling, sound)
    return word


def _indic(run: str, _: str) -> str:
    return (
        _plain(run)
        .casefold()
        .replace("c", "ch")
        .replace("mgh", "ngh")
        .replace("simh", "singh")
        .replace("ph", "f")
    )


def _armenian(run: str, _: str) -> str:
    return _plain(run).casefold().replace("ow", "u")


_SMALL = "ゃゅょャュョ"
_READERS = {
    "arabic": _arabic, "hebrew": _hebrew, "thai": _thai, "greek": _greek, "cyrillic": _cyrillic, "hangul": _hangul,
    "kana": _kana, "indic": _indic, "armenian": _armenian,
}  # fmt: skip
