"""How likely a full name in Latin letters spells a name in Chinese characters, wherever it was spelt: Wong Siu Ming,
Nguyễn Văn Minh and Kim Min-jun are names that the readings in Mandarin alone do not find.

Surnames are looked up in `surname_index`; the characters of given names in data/given_readings.tsv, by the same rules.
"""

import re
from functools import cache, lru_cache
from importlib import resources

from matching.phonetics import syllable
from matching.surname_index import key
from matching.surname_likeness import known_likenesses
from matching.surname_rules import places, spellings

_KNOWN = 0.7
"""From here on a spelling may well be the surname's."""
_LEAST_USUAL = 0.19
_FAMILY, _GIVEN = 0.45, 0.55
_ONE_UNKNOWN = 0.35
"""What a given syllable that is not known as a spelling of its character counts beside one that is."""


def spelt_likeness(text: str, surname: str, given: str) -> float:
    """0 to 1; 0 where the surname is not spelt so, or the given name has other syllables."""
    words = _words(text)
    if not surname or not given or not 2 <= len(words) <= 4:
        return 0.0
    best = 0.0
    for size in range(1, min(len(surname), len(words) - 1) + 1):
        for family, rest in ((words[:size], words[size:]), (words[-size:], words[:-size])):
            known = known_likenesses("".join(family)).get(surname, 0.0)
            if known >= _KNOWN and (said := _given_likeness(rest, given)) > 0:
                best = max(best, _FAMILY * known + _GIVEN * said)
    return best


@lru_cache(maxsize=20_000)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,.·]+", text) if word)


def _given_likeness(words: tuple[str, ...], given: str) -> float:
    pieces = [key(piece)[0] for word in words for piece in word.split("-")]
    if len(pieces) == 1 and len(given) == 2:
        return max(
            (_pieces((pieces[0][:at], pieces[0][at:]), given) for at in range(1, len(pieces[0]))), default=0.0
        )
    return _pieces(tuple(pieces), given)


def _pieces(pieces: tuple[str, ...], given: str) -> float:
    if len(pieces) != len(given):
        return 0.0
    scores = [_given_spellings(one).get(piece, 0.0) for piece, one in zip(pieces, given, strict=True)]
    missing = scores.count(0.0)
    if missing * 2 > len(scores) or missing == len(scores):
        return 0.0
    return (sum(scores) + _ONE_UNKNOWN * missing) / len(scores)


@cache
def _readings() -> dict[str, dict[str, str]]:
    text = resources.files("matching").joinpath("data", "given_readings.tsv").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in text.splitlines()[2:])
    return {
        one: {"cantonese": cantonese, "hokkien": hokkien, "vietnamese": vietnamese, "korean": korean}
        for one, cantonese, hokkien, vietnamese, korean in rows
    }


@lru_cache(maxsize=5_000)
def _given_spellings(character: str) -> dict[str, float]:
    """The letters that a character of a given name may be spelt with: 0.98 the regular ones, 0.92 others."""
    read = {"mandarin": syllable(character), **_readings().get(character, {})}
    found: dict[str, float] = {}
    for place in places():
        if reading := read.get(place.reading, ""):
            for spelling, usual in spellings(place, reading).items():
                if usual >= _LEAST_USUAL:
                    letters = key(spelling)[0]
                    found[letters] = max(found.get(letters, 0.0), 0.98 if usual == 1.0 else 0.92)
    return found
