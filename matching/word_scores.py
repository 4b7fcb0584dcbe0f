"""How alike two single words of names are: one spelling of the other, a short form, or another name."""

from functools import cache, lru_cache
from importlib import resources

from rapidfuzz.distance import OSA, LCSseq, Levenshtein

from matching.spelling import Spelling, spelling

INITIAL = 0.8
_SHORT_FORM, _SAME_FAMILY, _SAME_SOUND = 0.93, 0.96, 0.97
_OTHER_GENDER = 0.4
_GENDERED = ("a", "e", "o", "le", "ne", "te", "ia", "ya", "")
_OF_SOUND, _OF_BONES = 0.7, 0.3


@cache
def _short_forms() -> dict[str, frozenset[int]]:
    text = resources.files("matching").joinpath("data", "diminutives.tsv").read_text(encoding="utf-8")
    found: dict[str, set[int]] = {}
    for number, line in enumerate(text.splitlines()[1:]):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(groups) for word, groups in found.items()}


@lru_cache(maxsize=200_000)
def word_score(a: str, b: str) -> float:
    """How alike two words of names are, 0 to 1, in plain Latin letters; below about 0.7 they are different names."""
    if a == b:
        return 1.0
    if len(a) == 1 or len(b) == 1:
        return INITIAL if a[0] == b[0] else 0.0
    forms = _short_forms()
    known_a, known_b = forms.get(a), forms.get(b)
    if known_a and known_b and known_a & known_b:
        return _SHORT_FORM
    x, y = spelling(a), spelling(b)
    if x.voiceless != y.voiceless:
        return _without_vowels(x, y) if x.voiceless else _without_vowels(y, x)
    if x.voiceless:
        return max(0.0, 1.0 - 1.6 * OSA.distance(a, b) / max(len(a), len(b)))
    if x.family and x.family == y.family and not (known_a and known_b):
        return _SAME_FAMILY
    if _other_gender(a, b):
        return _OTHER_GENDER
    return _spelt_alike(x, y)


def _spelt_alike(x: Spelling, y: Spelling) -> float:
    sound = max(OSA.normalized_similarity(one, two) for one in x.readings for two in y.readings)
    if sound == 1.0:
        return _SAME_SOUND
    sound = max(sound, OSA.normalized_similarity(x.text, y.text))
    bones = OSA.normalized_similarity(x.bones, y.bones)
    return _OF_SOUND * sound + _OF_BONES * bones


def _other_gender(a: str, b: str) -> bool:
    """Whether two given names are a man's and a woman's form: Mario and Maria, Daniel and Danielle."""
    short, long = (a, b) if len(a) <= len(b) else (b, a)
    if long.startswith(short) and len(short) > 2:
        return long[len(short) :] in _GENDERED
    return a[:-1] == b[:-1] and {a[-1], b[-1]} in ({"a", "o"}, {"a", "e"}, {"a", "i"}, {"a", "y"}) and len(a) > 3


def _without_vowels(x: Spelling, y: Spelling) -> float:
    """A word whose script left vowels out (x) against one that has them: what is written must be heard in order."""
    lost = len(x.bare) - LCSseq.similarity(x.bare, y.bare)
    bones_x, bones_y = x.bones.lstrip("a"), y.bones.lstrip("a")
    wrong = Levenshtein.distance(bones_x, bones_y)
    size = max(len(bones_x), len(bones_y)) + 1
    return max(0.0, 0.95 - 0.1 * lost - 0.8 * wrong / size)
