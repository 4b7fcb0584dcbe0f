"""How a surname's reading is spelt in Latin letters where it is said: rules of initials and finals, in
data/surname_spellings.toml."""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import product

_LESS_USUAL, _LISTED, _FURTHER = 0.2, 0.55, 0.75
"""A spelling is used so much less than the one before it: by a rule, of a whole syllable, of one surname."""
_OLD = 0.5
_TONES = ("", "\u0304", "\u0301", "\u030c", "\u0300")


@dataclass(frozen=True, slots=True)
class Place:
    """A place or system of spelling: which reading it spells, how common it is, and its rules; `shares` are the bearers
    per person of the surnames that are much commoner or rarer there."""

    name: str
    reading: str
    weight: float
    initials: dict[str, tuple[str, ...]]
    finals: dict[str, tuple[str, ...]]
    whole: dict[str, tuple[str, ...]]
    shares: dict[str, float]


@cache
def places() -> tuple[Place, ...]:
    """All places that the rules know."""
    text = resources.files("matching").joinpath("data", "surname_spellings.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text)
    shares = table.pop("shares")
    return tuple(
        Place(
            name,
            one["reading"],
            one["weight"],
            _cells(one.get("initials", "")),
            _cells(one.get("finals", "")),
            _cells(one.get("whole", "")),
            {
                surname: float(count[0]) / 10_000
                for surname, count in _cells(shares.get(one.get("shares"), "")).items()
            },
        )
        for name, one in table.items()
    )


def _cells(text: str) -> dict[str, tuple[str, ...]]:
    pairs = (cell.split("=") for cell in text.split())
    return {key: tuple(value.split(",")) for key, value in pairs}


def spellings(place: Place, reading: str) -> dict[str, float]:
    """The spellings of a reading (syllables run together) and how usual each is, 1 for the first."""
    if place.reading == "vietnamese":
        return {one: 1.0 / (1 + at) for at, one in enumerate(filter(None, reading.split(";")))}
    if place.reading == "spellings":
        return {one: _FURTHER**at for at, one in enumerate(filter(None, reading.split(";")))}
    found = _run_together(place, _syllables(place, reading))
    if place.reading == "korean" and reading != southern(reading[:1]) + reading[1:]:
        # Some families keep the old beginning: 류 beside 유.
        for one, usual in _run_together(place, list(reading)).items():
            found[one] = max(_OLD * usual, found.get(one, 0.0))
    return found


def _run_together(place: Place, syllables: list[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    parts = [_best(_syllable(place, one)) for one in syllables]
    for choice in product(*(part.items() for part in parts)):
        usual = 1.0
        for _, weight in choice:
            usual *= weight
        spelling = "".join(letters for letters, _ in choice)
        if spelling:
            found[spelling] = max(usual, found.get(spelling, 0.0))
    return found


def _best(choices: Iterator[tuple[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for spelling, usual in choices:
        found[spelling] = max(usual, found.get(spelling, 0.0))
    return found


def _syllables(place: Place, reading: str) -> list[str]:
    if place.reading == "korean":
        return [southern(reading[:1]), *reading[1:]]
    return re.findall(r"[^\d]+\d?", reading)


def southern(syllable: str) -> str:
    """A Hangul syllable as the South says it at the start of a word: 리 → 이, 라 → 나."""
    letters = unicodedata.normalize("NFD", syllable)
    soft = letters[1:2] in ("ᅵ", "ᅣ", "ᅧ", "ᅨ", "ᅭ", "ᅲ")
    if letters[:1] == "ᄅ":
        letters = ("ᄋ" if soft else "ᄂ") + letters[1:]
    elif letters[:1] == "ᄂ" and soft:
        letters = "ᄋ" + letters[1:]
    return unicodedata.normalize("NFC", letters)


def _syllable(place: Place, syllable: str) -> Iterator[tuple[str, float]]:
    """The spellings of one syllable with how usual each is."""
    if place.name == "mainland":
        yield from _pinyin(syllable)
        return
    bare = syllable.rstrip("0123456789")
    if place.reading == "korean":
        yield from _korean(place, bare)
    elif bare in place.whole:
        yield from _falling(place.whole[bare], _LISTED)
    else:
        yield from _by_parts(place, bare)


def _falling(choices: tuple[str, ...], by: float = _LESS_USUAL) -> Iterator[tuple[str, float]]:
    return ((one, by**at) for at, one in enumerate(choices))


def _by_parts(place: Place, syllable: str) -> Iterator[tuple[str, float]]:
    initial = next((syllable[:size] for size in (3, 2, 1) if syllable[:size] in place.initials), "")
    final = syllable[len(initial) :]
    starts = place.initials.get(initial, ("",))
    ends = place.finals.get(final, (final,))
    for (a, first), (b, last) in product(_falling(starts), _falling(ends)):
        yield a + b, first * last


def _korean(place: Place, syllable: str) -> Iterator[tuple[str, float]]:
    yield syllable, 1.0
    if syllable in place.whole:
        yield from _falling(place.whole[syllable], _LISTED)
    letters = [_compatible(one) for one in unicodedata.normalize("NFD", syllable)]
    start, middle = place.initials.get(letters[0], ("",)), place.finals.get(letters[1], ("",))
    end = place.finals.get(letters[2], ("",)) if len(letters) > 2 else ("",)
    for (a, first), (b, second) in product(_falling(start), _falling(middle)):
        usual = first * second
        # Where a usual spelling is listed, the regular one is less so.
        yield a + b + end[0], usual * (0.5 if syllable in place.whole else 1.0)


def _compatible(letter: str) -> str:
    """A combining Hangul letter as the one that stands alone."""
    name = unicodedata.name(letter, "")
    kind = re.sub(r"HANGUL (CHOSEONG|JUNGSEONG|JONGSEONG) ", "HANGUL LETTER ", name)
    try:
        return unicodedata.lookup(kind)
    except KeyError:
        return ""


def _pinyin(syllable: str) -> Iterator[tuple[str, float]]:
    """A syllable of pinyin without tone and with its mark; ü also as u, v and yu."""
    bare, tone = syllable[:-1], int(syllable[-1])
    yield bare.replace("v", "ü"), 1.0
    if "v" in bare:
        yield from ((bare, 0.8), (bare.replace("v", "u"), 0.6), (bare.replace("v", "yu"), 0.8))
    if 1 <= tone <= 4:
        at = next((bare.index(one) for one in ("a", "e", "ou") if one in bare), -1)
        at = at if at >= 0 else max(bare.rfind(one) for one in "iouv")
        marked = bare[: at + 1] + _TONES[tone] + bare[at + 1 :]
        yield unicodedata.normalize("NFC", marked.replace("v", "ü")), 1.0
