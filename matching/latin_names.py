"""Names in plain Latin letters: their words, and how alike two names are by pairing their words in any order."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise
from math import prod

from matching.scripts import in_latin
from matching.word_scores import word_score

_MOST_WORDS = 8
_SERVANT = re.compile(r"^(?:'bd|ab[ed]+[aeiou]*[lrsnztd]?)$")
_SERVANT_OF = re.compile(r"^abd(?:[aeou]+(?:l|([rsnztd])(?=\1))?)(?=[a-z']{3})")
_PARTICLE = re.compile(r"^(?:vander|vanden|vonder|dela)(?=.{4})")
"""Links written as one word with the name."""
_FIGURES = re.compile(r"(?<=[a-z])[0135](?=[a-z])")
_COMMON_WEIGHT = 0.8
_PAIRED = 0.55
"""From here on two words may stand for each other; below, they contradict."""
_EXTRA, _EXTRA_AT_AN_END, _EXTRA_FATHER = 0.97, 0.94, 0.985
"""What each word that only one name has leaves of the likeness: between others, first or last, an initial or a
patronymic."""
_FATHER = re.compile(r"(?:[oe]vi?ch|ovych|[oe]vna|[iy]vna|ich|inichna|oglu|kyzy|uly)$")
_JOINED = 0.78
"""From here on two words are one word of the other name."""
_LONE = 0.8
"""What is left where a single word is all that two names share."""
_SCALE = 1.4
"""Brings the likeness that best parts one person's names from two persons' (0.78 on the pairs to tune on) to 0.7."""
_ALIKE_AT_MOST = 0.98
"""Below the band of names that are the same words."""


Pairing = tuple[float, int, tuple[str, ...], tuple[str, ...]]
"""A likeness, how near the places are (0: the same), and the words of either name that stand for each other."""


@dataclass(frozen=True, slots=True)
class _Words:
    """Words of names that are treated apart: data/name_words.toml."""

    left_out: tuple[frozenset[str], frozenset[str]]
    """Titles, and links like al, de and van."""
    faith: frozenset[str]
    common: frozenset[str]
    figures: dict[str, str]


@cache
def _words() -> _Words:
    with resources.files("matching").joinpath("data", "name_words.toml").open("rb") as file:
        table = tomllib.load(file)
    titles, links, faith, common = (
        frozenset(table[name].split()) for name in ("titles", "links", "faith", "common")
    )
    return _Words((titles, links), faith, common, table["figures"])


@lru_cache(maxsize=50_000)
def fold_words(text: str) -> tuple[str, ...]:
    """The words of a name in lower case plain letters, at most 8; titles and links are left out.

    In words of scripts that leave vowels out, ' is a written long a.
    """
    known = _words()
    letters = _FIGURES.sub(lambda found: known.figures[found[0]], in_latin(text).casefold())
    words = [word for word in re.findall(r"[a-z']+", letters) if word.strip("'")]
    for left_out in known.left_out:
        words = [word for word in words if word not in left_out] or words
    words = ["din" if word in known.faith else word for word in words]
    return tuple(word[:40] for word in _with_servants_of(words)[:_MOST_WORDS])


def _with_servants_of(words: list[str]) -> list[str]:
    """abd al-Rahman, Abdul Rahman and Abdurrahman as one word, abdrahman."""
    found: list[str] = []
    servant = ""
    for at, word in enumerate(words):
        if not servant and _SERVANT.match(word) and len("".join(words[at + 1 : at + 2])) > 2:
            servant = "'bd" if word == "'bd" else "abd"
        else:
            found.append(servant + word if servant else _PARTICLE.sub("", _SERVANT_OF.sub("abd", word)))
            servant = ""
    return found


def word_similarity(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """How alike two names in words are, 0 to 1: 1 for the same words, 0.99 in another order, from 0.7 on they may well
    be the same name. Words in any order; what only one name says costs little, what both say differently a lot."""
    if a == b:
        return 1.0
    if not a or not b:
        return 0.0
    if "".join(a) == "".join(b) or sorted(a) == sorted(b):
        return 0.99
    rest_a, rest_b = list(a), list(b)
    scores: list[tuple[float, float]] = []
    for word in a:
        if word in rest_b:
            rest_a.remove(word)
            rest_b.remove(word)
            scores.append((1.0, _weight(word, word)))
    if rest_a and rest_b:
        _pair(rest_a, rest_b, scores)
    return _whole(scores, rest_a, rest_b, {a[0], a[-1], b[0], b[-1]})


def _weight(one: str, other: str) -> float:
    if one in _words().common or other in _words().common:
        return _COMMON_WEIGHT
    return 0.4 if min(len(one), len(other)) == 1 else min(1.3, 0.7 + 0.1 * min(len(one), len(other)))


def _pair(rest_a: list[str], rest_b: list[str], scores: list[tuple[float, float]]) -> None:
    """Take the best pairs out of what is left of both names; adjacent words may be one word of the other name."""
    found: list[Pairing] = [
        (score, -abs(i - j), (x,), (y,))
        for i, x in enumerate(rest_a)
        for j, y in enumerate(rest_b)
        if (score := word_score(x, y)) >= _PAIRED
    ]
    if len(rest_a) > len(rest_b):
        found += _joined(rest_a, rest_b)
    elif len(rest_b) > len(rest_a):
        found += [(score, near, x, y) for score, near, y, x in _joined(rest_b, rest_a)]
    found.sort(key=lambda one: (*one[:2], max(one[2:]), min(one[2:])), reverse=True)
    for score, _, xs, ys in found:
        if _has(rest_a, xs) and _has(rest_b, ys):
            for x in xs:
                rest_a.remove(x)
            for y in ys:
                rest_b.remove(y)
            scores.append((score, _weight("".join(xs), "".join(ys))))


def _has(words: Sequence[str], wanted: Sequence[str]) -> bool:
    if len(wanted) == 1:
        return wanted[0] in words
    return all(words.count(word) >= wanted.count(word) for word in wanted)


def _joined(words: Sequence[str], others: Sequence[str]) -> list[Pairing]:
    found: list[Pairing] = []
    for first, second in pairwise(words):
        whole = first + second
        for other in others:
            if 0.7 * len(whole) <= len(other) <= 1.45 * len(whole) and len(first) > 1 and len(second) > 1:
                score = word_score(whole, other)
                if score >= _JOINED:
                    found.append((score, 1, (first, second), (other,)))
    return found


def _extra(word: str, ends: set[str]) -> float:
    if len(word) == 1 or _FATHER.search(word):
        return _EXTRA_FATHER
    return _EXTRA_AT_AN_END if word in ends else _EXTRA


def _whole(scores: list[tuple[float, float]], rest_a: list[str], rest_b: list[str], ends: set[str]) -> float:
    """One number from the paired words and those that nothing answers to."""
    if not scores:
        return 0.25 * max((word_score(x, y) for x in rest_a for y in rest_b), default=0.0)
    worst = min(score for score, _ in scores)
    both = min(len(rest_a), len(rest_b))
    if both:
        against = max(word_score(x, y) for x in rest_a for y in rest_b)
        scores = [*scores, *[(against, 1.0)] * both]
        worst = min(worst, against)
    weight = sum(weight for _, weight in scores)
    mean: float = sum(score * weight for score, weight in scores) / weight
    extra = [] if both else [_extra(word, ends) for word in rest_a + rest_b]
    extra += [_EXTRA] * (len(rest_a) + len(rest_b) - 2 * both if both else 0)
    alone: float = _LONE if extra and len(scores) == 1 else 1.0
    likeness: float = ((mean + worst) / 2 * prod(extra) * alone) ** _SCALE
    return min(_ALIKE_AT_MOST, likeness)
