"""What is left of a word of a name when the habits of spelling are taken off: its readings, its consonants and the
family that its ending hides."""

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from itertools import pairwise

_FAMILY = re.compile(
    r"(?<=..)(?:(?P<sky>[sc]k(?:[aiy]+|aja|ogo|i[jy])$)|(?P<ov>[oeiy](?:v|w|ff?)a?$)|(?P<ova>ov[ae]$)"
    r"|(?P<son>(?:iene|aite|yte|ute|as|is|us)$))"
)
_IN = re.compile(r"(?<=...[^aeiou])ina?$")
_GREEK = re.compile(r"(?:idou|ides|idis|iadis|iadou|opoulou|opoulos|akos|akou)$")


@dataclass(frozen=True, slots=True)
class Spelling:
    """A word of a name: `readings` are what it may sound like, `bones` the consonants that survive most spellings.

    `family` is a family name without the ending that tells a man from a woman, empty where there is none such.
    `voiceless` says that the script left vowels out, and then `bare` holds the letters, else those that such a script
    could have written.
    """

    text: str
    readings: tuple[str, ...]
    bones: str
    family: str
    voiceless: bool
    bare: str


@cache
def _rules(name: str) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    with resources.files("matching").joinpath("data", "spellings.toml").open("rb") as file:
        tables: dict[str, dict[str, str]] = tomllib.load(file)
    table = tables["common"] | tables[name]
    pattern = re.compile("|".join(sorted(map(re.escape, table), key=lambda one: (-len(one), one))))
    return pattern, lambda found: table[found[0]]


def _once(word: str) -> str:
    """Every letter that stands doubled only once."""
    return "".join(letter for before, letter in pairwise(" " + word) if letter != before)


def _reading(word: str, name: str) -> str:
    pattern, write = _rules(name)
    sound = pattern.sub(write, word)
    sound = re.sub(r"(?<=[oe])f+$", "v", sound)
    sound = re.sub(r"(?<=[^aeiou])io(?=[^aeiou])", "e", sound)
    sound = re.sub(r"(?<=[aeiou])h(?![aeiou])|(?<=[^aeiou])h", "", sound)
    return _once(sound.replace("ie", "e") if len(sound) > 3 else sound)


@lru_cache(maxsize=100_000)
def spelling(word: str) -> Spelling:
    """What a word in plain lower case letters may sound like."""
    voiceless = len(word) > 1 and not any(letter in "aeiou" for letter in word)
    readings = tuple(dict.fromkeys(_reading(word, name) for name in ("english", "slavic", "romance")))
    bones = skeleton(word)
    return Spelling(word, readings, bones, family(word), voiceless, _bare(word))


def family(word: str) -> str:
    """Ivanov and Ivanova, Novak and Novakova, Smirnovsky and Smirnovskaya share what this gives."""
    if len(word) < 6:
        return ""
    if greek := _GREEK.search(word):
        return word[: greek.start()] + "."
    if ending := _FAMILY.search(word):
        kind = ending.lastgroup
        if kind == "sky":
            return word[: ending.start()] + "sk."
        if kind == "ov":
            return word[: ending.start()] + "v."
        return word[: ending.start()] + "."
    ending = _IN.search(word)
    return word[: ending.start()] + "in." if ending else ""


_SOUNDS = str.maketrans(
    {"e": "y", "i": "y", "o": "w", "u": "w", "a": "'", "v": "w", "c": "k", "q": "k", "g": "j"}
)
_SAME_LETTER = str.maketrans({"C": "s", "S": "s", "f": "b", "p": "b", "z": "s"})
_PAIRS = (
    ("sch", "S"), ("sh", "S"), ("tch", "C"), ("ch", "C"), ("kh", "h"), ("gh", "g"), ("ph", "f"), ("th", "t"),
    ("dh", "d"), ("zh", "z"), ("ck", "k"), ("tz", "s"), ("ts", "s"), ("dj", "j"), ("x", "ks"), ("ou", "w"),
    ("oo", "w"), ("ee", "y"),
)  # fmt: skip


def _bare(word: str) -> str:
    """The word in the letters of a script without vowels, long vowels for all that are heard."""
    for pair, letter in _PAIRS:
        word = word.replace(pair, letter)
    word = word.translate(_SOUNDS)
    return _once(word.translate(_SAME_LETTER))


@lru_cache(maxsize=100_000)
def skeleton(word: str) -> str:
    """The consonants that survive most spellings of one name: vowels but the first letter and doubled
    letters dropped."""
    word = word.translate(_ALIKE)
    for spelt, letter in _SKELETON:
        word = word.replace(spelt, letter)
    rest = "".join(letter for letter in word[1:] if letter not in "aeiouyhw'")
    body = ("a" if word[:1] in "aeiouy'" else word[:1]) + rest
    return _once(body)


_ALIKE = str.maketrans({"q": "k", "v": "w", "j": "y", "z": "s"})
_SKELETON = (
    ("ou", "u"), ("ph", "f"), ("kh", "k"), ("gh", "g"), ("sch", "s"), ("sh", "s"), ("tch", "c"), ("ch", "c"),
    ("th", "t"), ("zh", "z"), ("dh", "d"), ("bh", "b"), ("ck", "k"), ("ts", "c"), ("ks", "x"),
)  # fmt: skip
