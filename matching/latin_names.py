"""Names in plain Latin letters: their words, and how alike two names are by pairing their words in any order."""

import re
from collections.abc import Sequence
from functools import lru_cache

from matching.scripts import in_latin
from matching.word_scores import prepare, word_score

_MOST_WORDS = 8
_NOISE = frozenset(
    "mr mrs ms miss dr prof professor sir lady dame lord jr sr ii iii iv known aka the sgt capt col gen lt maj rev fr sheikh "
    "shaykh hajji haji hadji maulavi mullah mulla mawlawi don dona herr frau mme mlle eng sri shri shree smt shrimati "
    "hon junior senior snr jnr phd md".split()
) - {"md", "don", "sheikh", "shaykh"}
_LINKS = frozenset(
    "al el de del la las los le van von der den dela bin ibn ben bint da di do dos das du e y ul ur as ad ar an at az "
    "ash ed eddine zu zur af ould och i oglu bn".split()
) - {"an", "eddine", "i", "do"}
_SLAVE = re.compile(r"^ab[ed]+[aeiou]*[lrsnztd]?$")
_SLAVE_OF = re.compile(r"^abd(?:[aeou]+(?:l|([rsnztd])(?=\1))?)(?=[a-z']{3})")
_PARTICLE = re.compile(r"^(?:vander|vanden|vonder|dela)(?=.{4})")
"""Links written as one word with the name."""
_LIKE_LETTERS = {"0": "o", "1": "l", "3": "e", "5": "s"}
_DIGITS = re.compile(r"(?<=[a-z])[0135](?=[a-z])")
"""Figures that a scanner takes for letters."""
_FAITH = dict.fromkeys("eddine edine eddin uddin addin aldin uldin aldeen uddeen deen dine".split(), "din")
_COMMON = frozenset(
    "mohammed muhammad mohamed mohammad ahmed ahmad ali hassan hasan hussein abdul abu khan maria jose juan kim lee park "
    "nguyen tran le thi van singh kumar md sri ibn abd kaur devi bibi begum".split()
)
_COMMON_WEIGHT = 0.8
_PAIRED = 0.55
"""From here on two words may stand for each other; below, they contradict."""
_EXTRA = 0.96
_LONE = 0.8


@lru_cache(maxsize=50_000)
def fold_words(text: str) -> tuple[str, ...]:
    """The words of a name in lower case plain letters, at most 8; titles and links are left out. In words of scripts that
    leave vowels out, ' is a written long a."""
    letters = _DIGITS.sub(lambda found: _LIKE_LETTERS[found[0]], in_latin(text).casefold())
    words = [word for word in re.findall(r"[a-z']+", letters) if word.strip("'")]
    for left_out in (_NOISE, _LINKS):
        words = [word for word in words if word not in left_out] or words
    words = [_FAITH.get(word, word) for word in words]
    folded = tuple(word[:40] for word in _with_slaves_of(words)[:_MOST_WORDS])
    for word in folded:
        prepare(word)
    return folded


def _with_slaves_of(words: list[str]) -> list[str]:
    """abd al-Rahman, Abdul Rahman and Abdurrahman as one word, abdrahman."""
    found: list[str] = []
    at = 0
    while at < len(words):
        word = words[at]
        if at + 1 < len(words) and len(words[at + 1]) > 2 and (word == "'bd" or _SLAVE.match(word)):
            start = "'bd" if word == "'bd" else "abd"
            found.append(start + words[at + 1])
            at += 2
            continue
        found.append(_PARTICLE.sub("", _SLAVE_OF.sub("abd", word)))
        at += 1
    return found


def word_similarity(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """How alike two names in words are, 0 to 1: 1 for the same words, 0.99 in another order, from 0.7 on they may well be
    the same name. Words in any order; what only one name says costs little, what both say differently a lot."""
    if a == b:
        return 1.0
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
    return _whole(scores, rest_a, rest_b)


def _weight(one: str, other: str) -> float:
    if one in _COMMON or other in _COMMON:
        return _COMMON_WEIGHT
    return 0.4 if min(len(one), len(other)) == 1 else min(1.3, 0.7 + 0.1 * min(len(one), len(other)))


def _pair(rest_a: list[str], rest_b: list[str], scores: list[tuple[float, float]]) -> None:
    """Take the best pairs out of what is left of both names; adjacent words may be one word of the other name."""
    found: list[tuple[float, int, tuple[str, ...], tuple[str, ...]]] = []
    for i, x in enumerate(rest_a):
        for j, y in enumerate(rest_b):
            found.append((word_score(x, y), -abs(i - j), (x,), (y,)))
    if len(rest_a) > len(rest_b):
        found += _joined(rest_a, rest_b)
    elif len(rest_b) > len(rest_a):
        found += [(score, near, x, y) for score, near, y, x in _joined(rest_b, rest_a)]
    found.sort(key=lambda one: one[:2], reverse=True)
    for score, _, xs, ys in found:
        if score < _PAIRED:
            break
        if all(x in rest_a for x in xs) and all(y in rest_b for y in ys):
            for x in xs:
                rest_a.remove(x)
            for y in ys:
                rest_b.remove(y)
            scores.append((score, _weight("".join(xs), "".join(ys))))


def _joined(
    words: Sequence[str], others: Sequence[str]
) -> list[tuple[float, int, tuple[str, ...], tuple[str, ...]]]:
    found: list[tuple[float, int, tuple[str, ...], tuple[str, ...]]] = []
    for first, second in zip(words, words[1:], strict=False):
        whole = first + second
        for other in others:
            if 0.7 * len(whole) <= len(other) <= 1.3 * len(whole) and len(first) > 1 and len(second) > 1:
                score = word_score(whole, other)
                if score >= 0.78:
                    found.append((score, 1, (first, second), (other,)))
    return found


def _whole(scores: list[tuple[float, float]], rest_a: list[str], rest_b: list[str]) -> float:
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
    mean = sum(score * weight for score, weight in scores) / weight
    extra = len(rest_a) + len(rest_b) - 2 * both
    alone = _LONE if extra and len(scores) == 1 else 1.0
    return min(0.985, (0.5 * mean + 0.5 * worst) * _EXTRA**extra * alone)
