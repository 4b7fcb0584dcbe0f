"""Names in plain Latin letters: words aligned without order, diminutives, and spellings that differ in
vowels and doubled letters."""

import re
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

import jellyfish
from anyascii import anyascii
from rapidfuzz.distance import JaroWinkler

_MOST_WORDS = 8
_NOISE = frozenset({"mr", "mrs", "ms", "dr", "prof", "sir", "jr", "sr", "ii", "iii", "known", "aka", "the"})
_LINKS = frozenset(
    {
        "al",
        "el",
        "de",
        "del",
        "la",
        "van",
        "von",
        "der",
        "den",
        "bin",
        "ibn",
        "bint",
        "da",
        "di",
        "dos",
        "das",
        "e",
        "y",
        "ul",
        "ur",
    }
)


def fold_words(text: str) -> tuple[str, ...]:
    """The words of a name in lower case plain letters, at most 8; titles are left out."""
    letters = anyascii(text).casefold().replace("'", "").replace("`", "").replace("’", "")
    words = [word for word in re.findall(r"[a-z]+", letters) if word not in _NOISE]
    kept = [word for word in words if word not in _LINKS] or words
    return tuple(word[:40] for word in kept[:_MOST_WORDS])


@cache
def _diminutives() -> dict[str, frozenset[int]]:
    text = resources.files("matching").joinpath("data", "diminutives.tsv").read_text(encoding="utf-8")
    found: dict[str, set[int]] = {}
    for number, line in enumerate(text.splitlines()[1:]):
        for word in line.split():
            found.setdefault(word, set()).add(number)
    return {word: frozenset(groups) for word, groups in found.items()}


@lru_cache(maxsize=100_000)
def skeleton(word: str) -> str:
    """The consonants that survive most spellings of one name: vowels but the first letter and doubled
    letters dropped."""
    word = word.translate(_ALIKE)
    for spelling, letter in (
        ("ou", "u"),
        ("ph", "f"),
        ("kh", "k"),
        ("gh", "g"),
        ("sch", "s"),
        ("sh", "s"),
        ("tch", "c"),
        ("ch", "c"),
        ("th", "t"),
        ("zh", "z"),
        ("dh", "d"),
        ("bh", "b"),
        ("ck", "k"),
        ("ts", "c"),
        ("ks", "x"),
    ):
        word = word.replace(spelling, letter)
    rest = "".join(letter for letter in word[1:] if letter not in "aeiouyhw")
    body = ("a" if word[:1] in "aeiouy" else word[:1]) + rest
    return "".join(letter for before, letter in pairwise(" " + body) if letter != before)


_ALIKE = str.maketrans({"q": "k", "v": "w", "j": "y", "z": "s"})


@lru_cache(maxsize=50_000)
def _sounds(word: str) -> tuple[str, str]:
    return jellyfish.metaphone(word), skeleton(word)


def _without_vowels(word: str) -> bool:
    return not any(letter in "aeiou" for letter in word)


@lru_cache(maxsize=200_000)
def _word_score(a: str, b: str) -> float:
    if a == b:
        return 1.0
    if len(a) == 1 or len(b) == 1:
        return 0.7 if a[0] == b[0] else 0.0
    if _diminutives().get(a, frozenset()) & _diminutives().get(b, frozenset()):
        return 0.92
    score = JaroWinkler.similarity(a, b)
    (metaphone_a, bones_a), (metaphone_b, bones_b) = _sounds(a), _sounds(b)
    if _without_vowels(a) != _without_vowels(b) and bones_a.lstrip("a") == bones_b.lstrip("a") != "":
        # One is from a script that writes no vowels.
        score = max(score, 0.76 + 0.04 * min(4, len(bones_a)))
    elif len(bones_a) >= 2 and bones_a == bones_b:
        score = max(score, 0.5 * score + 0.37 + 0.03 * min(4, len(bones_a)))
    elif metaphone_a == metaphone_b and len(metaphone_a) >= 2:
        score = max(score, 0.5 * score + 0.43)
    return score if score >= 0.7 else 0.5 * score


def word_similarity(a: tuple[str, ...], b: tuple[str, ...]) -> float:
    """How alike two names in words are, 0 to 1: the best pairing of the words in any order, longer words
    weighing more."""
    if "".join(a) == "".join(b) or sorted(a) == sorted(b):
        return 1.0 if a == b else 0.99
    pairs = sorted(
        ((_word_score(x, y), -abs(i - j), i, j) for i, x in enumerate(a) for j, y in enumerate(b)),
        reverse=True,
    )
    used_a: set[int] = set()
    used_b: set[int] = set()
    weight = total = 0.0
    worst = 1.0
    for score, _, i, j in pairs:
        if i in used_a or j in used_b:
            continue
        used_a.add(i)
        used_b.add(j)
        size = min(len(a[i]), len(b[j])) ** 0.5 + 0.5
        weight += size
        total += size * score
        worst = min(worst, score)
    extra = [len(word) for at, word in enumerate(a) if at not in used_a] + [
        len(word) for at, word in enumerate(b) if at not in used_b
    ]
    score = total / weight if weight else 0.0
    if worst < 0.6:
        score *= 0.8
    score *= 0.93 ** len(extra) if min(len(a), len(b)) > 1 else (0.82 if extra else 1.0)
    joined = JaroWinkler.similarity("".join(sorted(a)), "".join(sorted(b))) if len(a) != len(b) else 0.0
    return max(score, 0.9 * joined if joined > 0.9 else 0.0)
