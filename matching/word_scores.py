"""How alike two single words of names are: one spelling of the other, a short form, or another name."""

import re
from functools import cache, lru_cache
from importlib import resources

from rapidfuzz.distance import OSA, LCSseq, Levenshtein

from matching.spelling import Spelling, spelling

INITIAL = 0.8
_SHORT_FORM, _SAME_FAMILY, _SAME_SOUND = 0.93, 0.96, 0.97
_OTHER_GENDER = 0.4
_SERVANTS, _SERVANT = ("abd", "'bd"), 3
"""Abd al-Karim and Abd al-Hakim are alike in Karim and Hakim only."""
_GENDERED = ("a", "e", "o", "le", "ne", "te", "ia", "ya", "")
_OF_SOUND, _OF_BONES = 0.7, 0.3
_STEEP, _VOICELESS_STEEP = 1.2, 2.0
"""How fast the score falls with what differs."""
_OTHER_START, _FEW_LETTERS = 0.08, 3
_KNOWN_APART, _DERIVED = 0.75, 0.6
"""What is left of the score of two known given names that are not forms of one, and of a name and its son's."""
_OF_A_FATHER = re.compile(
    r"^.?(?:[oe]?[vw]a?|s|so[hn]|sen|ez|es|ovich|evich|ovna|evna|yan|ian|zade|oglu|[iy]n)$"
)


@cache
def _short_forms() -> dict[str, frozenset[int]]:
    text = resources.files("matching").joinpath("data", "diminutives.tsv").read_text(encoding="utf-8")
    found: dict[str, set[int]] = {}
    for number, line in enumerate(text.splitlines()[1:]):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(groups) for word, groups in found.items()}


@cache
def _forms_by_sound() -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for word, groups in _short_forms().items():
        sound = spelling(word).readings[0]
        found[sound] = found.get(sound, frozenset()) | groups
    return found


@lru_cache(maxsize=100_000)
def _known(word: str) -> frozenset[int]:
    """The given names that a word may stand for, by number; none where it is not in the table."""
    known = _short_forms().get(word)
    if known is None and len(word) > 2:
        known = _forms_by_sound().get(spelling(word).readings[0])
    return known or frozenset()


def prepare(word: str) -> None:
    """Work out once what every comparison with this word needs."""
    spelling(word)
    _known(word)


@lru_cache(maxsize=200_000)
def word_score(a: str, b: str) -> float:
    """How alike two words of names are, 0 to 1, in plain Latin letters; names that are not one end up below 0.7."""
    if a == b:
        return 1.0
    if len(a) == 1 or len(b) == 1:
        return INITIAL if a[0] == b[0] else 0.0
    known_a, known_b = _known(a), _known(b)
    if known_a & known_b:
        return _SHORT_FORM
    if a.startswith(_SERVANTS) and b.startswith(_SERVANTS) and min(len(a), len(b)) > _SERVANT + 1:
        return word_score(a[_SERVANT:], b[_SERVANT:])
    x, y = spelling(a), spelling(b)
    if x.voiceless != y.voiceless:
        return _without_vowels(x, y) if x.voiceless else _without_vowels(y, x)
    if x.voiceless:
        return max(0.0, 1.0 - _VOICELESS_STEEP * OSA.distance(a, b) / max(len(a), len(b)))
    if x.family and x.family == y.family and not (a in _short_forms() and b in _short_forms()):
        return _SAME_FAMILY
    if _other_gender(a, b):
        return _OTHER_GENDER
    score = _spelt_alike(x, y)
    if known_a and known_b:
        return score * _KNOWN_APART
    return score * _DERIVED if _derived(a, b) else score


def _derived(a: str, b: str) -> bool:
    """Whether one is a family name made of the other: Stepanov of Stepan, Stephens of Stephen."""
    short, long = (a, b) if len(a) < len(b) else (b, a)
    return (
        len(short) > 3 and long.startswith(short[:-1]) and bool(_OF_A_FATHER.search(long[len(short) - 1 :]))
    )


def _spelt_alike(x: Spelling, y: Spelling) -> float:
    sound = max(OSA.normalized_similarity(one, two) for one in x.readings for two in y.readings)
    if sound == 1.0:
        return _SAME_SOUND
    sound = max(sound, OSA.normalized_similarity(x.text, y.text))
    bones = OSA.normalized_similarity(x.bones, y.bones)
    score = 1.0 - _STEEP * (1.0 - _OF_SOUND * sound - _OF_BONES * bones)
    if x.text[0] != y.text[0] and x.bones[:1] != y.bones[:1]:
        score -= _OTHER_START
    if min(len(x.text), len(y.text)) <= _FEW_LETTERS:
        score -= _OTHER_START
    return max(0.0, score)


def _other_gender(a: str, b: str) -> bool:
    """Whether two given names are a man's and a woman's form: Mario and Maria, Daniel and Danielle."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if long.startswith(short) and len(short) > 2:
        return long[len(short) :] in _GENDERED
    return (
        a[:-1] == b[:-1] and {a[-1], b[-1]} in ({"a", "o"}, {"a", "e"}, {"a", "i"}, {"a", "y"}) and len(a) > 3
    )


def _without_vowels(x: Spelling, y: Spelling) -> float:
    """A word whose script left vowels out (x) against one that has them: what is written must be heard in order."""
    lost = len(x.bare) - LCSseq.similarity(x.bare, y.bare)
    bones_x, bones_y = (one.bones.lstrip("a").replace("c", "s") for one in (x, y))
    wrong = Levenshtein.distance(bones_x, bones_y)
    size = max(len(bones_x), len(bones_y)) + 1
    return max(0.0, 0.95 - 0.1 * lost - 0.8 * wrong / size)
