"""How well a spelling in Latin letters or Hangul fits a surname in Chinese characters.

Wong fits 王 as well as 黄: how common each of them is belongs to the weights, not to their likeness.
"""

import math
import re
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

from matching.phonetics import is_han, simplified
from matching.surname_index import key, readings, spellings_of, spelt

_KNOWN, _SELDOM = 0.95, 0.75
"""What a surname gets for a spelling that is usual for it somewhere, and for one that is seen of it."""
_USUAL = 0.3
_CLOSE, _LEAP, _FAR, _BEARERS = 0.93, 0.02, 0.67, 0.0005
"""Spellings that are not known are as like a surname as the closest known one of it, a little more if that is very
close or the surname common, and less than known ones."""
_WORD = re.compile(r"[^\W\d_]+(?:['’‘ʻʼ`\- ][^\W\d_]+)?'?")


def surname_likeness(a: str, b: str) -> float | None:
    """How alike a surname in characters and one spelling of a surname are; None if they are not that."""
    for surname, spelling in ((a, b), (b, a)):
        if len(surname) <= 2 and surname and is_han(surname[0]) and _is_spelling(spelling, len(surname)):
            known = simplified(surname) if surname not in readings() else surname
            if known in readings():
                return spelling_likeness(spelling, known)
    return None


def _is_spelling(text: str, syllables: int) -> bool:
    if len(text) > 24 or not text or is_han(text[0]) or not _WORD.fullmatch(text):
        return False
    return syllables == 2 or not any(mark in text for mark in "- ")


@lru_cache(maxsize=20_000)
def known_likenesses(spelling: str) -> dict[str, float]:
    """The surnames that a spelling is known to stand for, each with how well it fits."""
    return {one.surname: _KNOWN if one.usual >= _USUAL else _SELDOM for one in spelt(spelling)}


def spelling_likeness(spelling: str, surname: str) -> float:
    """0 to 1: how well a spelling fits a surname in simplified characters; from 0.7 on it well may be one of it."""
    known = known_likenesses(spelling).get(surname)
    if known is not None:
        return known
    letters, _ = key(spelling)
    closest = max((JaroWinkler.similarity(letters, other) for other in spellings_of(surname)), default=0.0)
    near = (
        closest + _LEAP * (closest >= _CLOSE) + _BEARERS * math.sqrt(float(readings()[surname]["per_10000"]))
    )
    return _FAR * near
