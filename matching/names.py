"""Personal names: how a text may be read as a name, and how alike two names are, in any script.

A Chinese name is read as a surname and given syllables (`Form`), whether in characters or in Latin letters;
any other name as words in
plain Latin letters. A text may have several forms, each with a share of belief.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple

from matching.japanese import reading_likeness
from matching.latin_names import fold_words, word_similarity
from matching.phonetics import HAN, Sound, simplified, sound, surnames, syllable
from matching.romanised import readings
from matching.spelt_names import spelt_likeness
from matching.surname_likeness import surname_likeness

_LONGEST = 80
_PREFIXES = "小阿老大"
_SUFFIXES = "儿仔娃妹宝子崽伢哥弟"
_LETTER = re.compile(r"[^\W\d_]")
_LATIN = re.compile(r"[a-zü'’]+(?:-[a-zü'’]+)*")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7a3]")
_weight = attrgetter("weight")
_OTHER_CHARACTER = 1.4
_SPELT_ALIKE, _SELDOM_MISHEARD = 0.9, 0.75
"""Names that were both written down in Latin letters were seldom misheard: less than this is less still."""
_SPELT = 0.7
"""From here on a name in Latin letters may well spell one in Chinese characters."""
_SYLLABLE_SCORE = {
    Sound.TONE: 0.96,
    Sound.SOUND: 0.92,
    Sound.MERGED: 0.8,
    Sound.NEAR: 0.55,
    Sound.DIFFERENT: 0.0,
}


class Form(NamedTuple):
    """One reading of a Chinese name: syllables with tones (0: unknown) and, if written in Han, the
    characters.

    `given` holds one or two syllables, or none where only the surname is known; `surname` is empty where
    that is not known.
    """

    surname: tuple[str, ...]
    given: tuple[str, ...]
    surname_characters: str
    given_characters: str
    weight: float


class Name(NamedTuple):
    """A name as written, its Chinese readings (weights sum to 1; may be none) and its words in plain Latin
    letters."""

    text: str
    forms: tuple[Form, ...]
    words: tuple[str, ...]

    def __hash__(self) -> int:
        # Names are keys of what is remembered, and a text knows its hash.
        return hash(self.text)


@lru_cache(maxsize=20_000)
def read(text: str, nickname: bool = False) -> Name:
    """Read a name; looks at the first 80 characters, never raises. A nickname is more likely a given name
    alone."""
    plain = unicodedata.normalize("NFKC", text[:_LONGEST])[:_LONGEST].strip()
    han = _han(plain)
    if han and len(han) <= 4 and (han == plain or not _LETTER.search(HAN.sub("", plain))):
        forms = _share(_han_forms(simplified(han), nickname))
        return Name(plain, forms, _spelt(forms[0]) if forms else ())
    words = fold_words(plain)
    if not _latin_only(plain):
        return Name(plain, (), words)
    found = readings(tuple(_LATIN.findall(_strip_marks(plain))))
    forms = tuple(Form(surname, given, "", "", 1.0) for surname, given in found)
    return Name(plain, _share(forms), words)


def _latin_only(text: str) -> bool:
    return text.isascii() or not (
        _KANA_OR_HANGUL.search(text) or any(letter.isalpha() and ord(letter) >= 0x250 for letter in text)
    )


def _strip_marks(text: str) -> str:
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFD", text.casefold().replace("ü", "v"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _spelt(form: Form) -> tuple[str, ...]:
    bare = ["".join([part[:-1] for part in parts]) for parts in (form.surname, form.given)]
    return tuple(filter(None, bare))


def _share(forms: Iterable[Form]) -> tuple[Form, ...]:
    forms = tuple(forms)
    whole = sum([form.weight for form in forms])
    return forms if whole == 1.0 else tuple([Form(*form[:-1], form.weight / whole) for form in forms])


def _han_forms(han: str, nickname: bool) -> list[Form]:
    """The readings of one to four simplified characters, likeliest first."""
    found: list[Form] = []
    count = len(han)
    if count >= 2:
        if han[0] in _PREFIXES:
            found.append(_form("", han[1:3], 0.9 if count == 2 or nickname else 0.4))
        elif count == 2 and han[0] == han[1]:
            found.append(_form("", han[:1], 0.95))
        elif nickname and count == 2 and han[1] in _SUFFIXES:
            found.append(_form("", han[:1], 0.6))
    for width in (2, 1):
        surname, given = han[:width], han[width:]
        if surname in surnames() and 1 <= len(given) <= 3:
            likely = {1: 0.25 if nickname else 0.8, 2: 0.97, 3: 0.5}[len(given)]
            found.append(
                _form(
                    surname,
                    given[:2] if width == 2 or len(given) < 3 else given[1:],
                    likely if width == 1 else 0.99,
                )
            )
            break
    left = max(0.0, 1.0 - sum([form.weight for form in found]))
    if count <= 2 and left > 0.01:
        found.append(_form("", han, left))
    elif not found:
        found.append(_form("", han[-2:], 1.0))
    found = [form for form in found if form.given or form.surname]
    return sorted(found, key=_weight, reverse=True)


def _form(surname: str, given: str, weight: float) -> Form:
    reading = surnames()[surname][0] if surname else ()
    return Form(reading, tuple(filter(None, map(syllable, given))), surname, given, weight)


def similarity(a: str, b: str) -> float:
    """How alike two personal names are, 0 to 1, in any scripts; from 0.7 on they may well be the same
    person's. Symmetric."""
    first, second = (a, b) if a <= b else (b, a)
    return _similarity(first, second)


@lru_cache(maxsize=100_000)
def _similarity(a: str, b: str) -> float:
    one, two = read(a), read(b)
    if not one.text or not two.text:
        return 0.0
    if one.text.casefold() == two.text.casefold():
        return 1.0
    bare = surname_likeness(one.text, two.text)
    if bare is not None:
        return bare
    best = max((form_similarity(x, y) for x in one.forms for y in two.forms), default=0.0)
    both_han = bool(
        one.forms and two.forms and one.forms[0].given_characters and two.forms[0].given_characters
    )
    if both_han:
        return min(best, _characters(one.text, two.text))
    if _is_hangul(one.text) and _is_hangul(two.text) and len(one.text) == len(two.text):
        return _same_places(one.text, two.text)
    for kanji, said in ((one, two), (two, one)):
        best = max(best, reading_likeness(_han(kanji.text), said.words))
    if not one.words or not two.words:
        return best
    spelt = max(_spelt_likeness(one, two), _spelt_likeness(two, one))
    if spelt >= _SPELT:
        # A spelling that is known says more than one that is only close, and orders the surnames that share it.
        return spelt
    alike = max(best, word_similarity(one.words, two.words))
    if (
        one.text.isascii()
        and two.text.isascii()
        and _is_chinese(one)
        and _is_chinese(two)
        and best < _SPELT_ALIKE
    ):
        return alike * _SELDOM_MISHEARD
    return alike


def _is_chinese(name: Name) -> bool:
    """Whether it has a reading with a Chinese surname."""
    return any(form.surname for form in name.forms)


def _han(text: str) -> str:
    return "".join(HAN.findall(text))


def _characters(a: str, b: str) -> float:
    """How alike two names of four characters are, 0 to 1, by the characters at the same place: they are Japanese more
    often than Chinese, and then nothing is known of their sounds. 1 for all other names."""
    han_a, han_b = simplified(_han(a)), simplified(_han(b))
    if len(han_a) != 4 or len(han_b) != 4 or han_a[:2] in surnames() or han_b[:2] in surnames():
        return 1.0
    return _same_places(han_a, han_b)


def _same_places(a: str, b: str) -> float:
    return max(0.0, 1.0 - _OTHER_CHARACTER * sum(x != y for x, y in zip(a, b, strict=True)) / len(a))


def _is_hangul(text: str) -> bool:
    return all("\uac00" <= letter <= "\ud7a3" for letter in text)


def _spelt_likeness(han: Name, spelt: Name) -> float:
    """How likely the second name spells the first, which is in Chinese characters."""
    forms = (form for form in han.forms if form.surname_characters and form.given_characters)
    return max(
        (spelt_likeness(spelt.text, form.surname_characters, form.given_characters) for form in forms),
        default=0.0,
    )


def form_similarity(a: Form, b: Form) -> float:
    """How alike two readings are, 0 to 1; a missing surname costs a little, a differing one a lot."""
    if not a.given or not b.given:
        return 0.0
    given = _given_similarity(a, b)
    if a.surname and b.surname:
        if len(a.surname) != len(b.surname):
            return 0.35 * given
        same = len(a.surname_characters) > 0 and a.surname_characters == b.surname_characters
        family = (
            1.0
            if same
            else min(_SYLLABLE_SCORE[sound(x, y)] for x, y in zip(a.surname, b.surname, strict=True))
        )
        size = max(len(a.given), len(b.given))
        return (
            (0.45 * family + 0.55 * given)
            if min(family, given) >= 0.5
            else 0.6 * (family + size * given) / (1 + size)
        )
    return given * (0.95 if not a.surname and not b.surname else 0.82)


def _given_similarity(a: Form, b: Form) -> float:
    if len(a.given) == len(b.given):
        scores = [_character_score(a, b, at, at) for at in range(len(a.given))]
        return sum(scores) / len(scores) * (1.0 if min(scores) >= 0.5 else 0.7)
    short, long = (a, b) if len(a.given) < len(b.given) else (b, a)
    return 0.75 * max(_character_score(short, long, 0, at) for at in range(len(long.given)))


def _character_score(a: Form, b: Form, at_a: int, at_b: int) -> float:
    if (
        a.given_characters
        and b.given_characters
        and a.given_characters[at_a : at_a + 1] == b.given_characters[at_b : at_b + 1]
    ):
        return 1.0
    return _SYLLABLE_SCORE[sound(a.given[at_a], b.given[at_b])]
