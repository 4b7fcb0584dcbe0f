"""The sound of Chinese names: pinyin syllables, surname readings, dialect mergers, and how alike two
syllables sound.

A syllable is pinyin with its tone, `xiao3`; ü is written v; tone 0 means that the writing does not tell it.
Sources: pypinyin for
the readings of characters, data/surnames.tsv for those of surnames, data/mergers.toml for what dialects
confuse.
"""

import os
import re
import tomllib
from enum import IntEnum
from functools import cache, lru_cache
from importlib import resources

import opencc

# Characters are read one by one here: what phrases are read as would be 55 MB in every process.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "yes")

from pypinyin import Style, lazy_pinyin

_INITIALS = ("zh", "ch", "sh", *"bpmfdtnlgkhjqxrzcsyw")
_DATA = resources.files("matching").joinpath("data")


class Sound(IntEnum):
    """How alike two syllables sound, best first."""

    TONE = 0
    """The same syllable with the same tone."""
    SOUND = 1
    """The same syllable, another tone or one unknown."""
    MERGED = 2
    """Different syllables that some dialects do not tell apart."""
    NEAR = 3
    """A listener may take one for the other."""
    DIFFERENT = 4


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=100_000)
def simplified(text: str) -> str:
    """The text in simplified characters."""
    return str(_converter().convert(text))


@cache
def surnames() -> dict[str, tuple[tuple[str, ...], float, tuple[str, ...]]]:
    """Surname → (its syllables, bearers per person, romanised spellings)."""
    table: dict[str, tuple[tuple[str, ...], float, tuple[str, ...]]] = {}
    for line in _DATA.joinpath("surnames.tsv").read_text(encoding="utf-8").splitlines()[2:]:
        name, reading, share, spellings, *_ = line.split("\t")
        table[name] = (_cut(reading), float(share) / 10_000, tuple(spellings.split(";")) if spellings else ())
    return table


def _cut(reading: str) -> tuple[str, ...]:
    """ou1yang2 → (ou1, yang2)."""
    parts, start = [], 0
    for at, letter in enumerate(reading):
        if letter.isdigit():
            parts.append(reading[start : at + 1])
            start = at + 1
    return tuple(parts)


@lru_cache(maxsize=50_000)
def syllable(character: str) -> str:
    """The usual reading of a Han character with its tone (5 for the neutral one); empty for anything else."""
    read = lazy_pinyin(
        [character], style=Style.TONE3, v_to_u=False, neutral_tone_with_five=True, errors="ignore"
    )
    return next((sound for sound in read if sound[-1:].isdigit() and sound[:-1].isalpha()), "")


HAN = re.compile("[㐀-鿿〇\uf900-\ufaff]+")
"""Han characters, as `is_han` knows them."""


def is_han(character: str) -> bool:
    """Whether it is a Han character of the usual planes."""
    return "㐀" <= character <= "鿿" or character == "〇" or "\uf900" <= character <= "\ufaff"


@lru_cache(maxsize=5_000)
def split(base: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable, with y and w written out: yan → ('', ian), wan → ('', uan),
    ju → (j, v)."""
    initial = next((one for one in _INITIALS if base.startswith(one)), "")
    final = base[len(initial) :]
    if initial == "y":
        if final.startswith("u"):
            return "", "v" + final[1:]
        return "", {"i": "i", "in": "in", "ing": "ing", "ong": "iong", "ou": "iu", "e": "ie"}.get(
            final, "i" + final
        )
    if initial == "w":
        return "", {"u": "u", "ei": "ui", "en": "un"}.get(final, "u" + final)
    if initial in ("j", "q", "x") and final.startswith("u"):
        return initial, "v" + final[1:]
    return initial, final


@cache
def _pairs(kind: str, part: str) -> frozenset[tuple[str, str]]:
    with _DATA.joinpath("mergers.toml").open("rb") as file:
        table = tomllib.load(file)
    pairs = table[kind].get(part, [])
    return frozenset((a, b) for one, two in pairs for a, b in ((one, two), (two, one)))


@lru_cache(maxsize=500_000)
def base_sound(a: str, b: str) -> Sound:
    """How alike two toneless syllables sound; never TONE."""
    if a == b:
        return Sound.SOUND
    (initial_a, final_a), (initial_b, final_b) = split(a), split(b)
    same_initial, same_final = initial_a == initial_b, final_a == final_b
    merged_initial = same_initial or (initial_a, initial_b) in _pairs("merged", "initials")
    merged_final = same_final or (final_a, final_b) in _pairs("merged", "finals")
    if (merged_initial and merged_final) or (a, b) in _pairs("merged", "syllables"):
        return Sound.MERGED
    near_initial = merged_initial or (initial_a, initial_b) in _pairs("near", "initials")
    near_final = merged_final or (final_a, final_b) in _pairs("near", "finals")
    if (near_initial and merged_final) or (merged_initial and near_final):
        return Sound.NEAR
    return Sound.DIFFERENT


def sound(a: str, b: str) -> Sound:
    """How alike two syllables with tones sound."""
    if a == b and a[-1:] != "0":
        return Sound.TONE
    return base_sound(a[:-1], b[:-1])


@cache
def syllables() -> frozenset[str]:
    """All toneless syllables of pinyin that the readings of the common characters use."""
    return frozenset(_DATA.joinpath("syllables.tsv").read_text(encoding="utf-8").splitlines()[1:])


@lru_cache(maxsize=100_000)
def segment(letters: str) -> tuple[str, ...]:
    """Cut toneless pinyin without spaces into the fewest syllables; empty if it cannot be cut. At most 6
    syllables."""
    if not letters or len(letters) > 36:
        return ()
    known = syllables()
    best: list[tuple[str, ...] | None] = [()] + [None] * len(letters)
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - 6), end):
            before, piece = best[start], letters[start:end]
            piece = {"nu": "nu", "nue": "nve", "lue": "lve"}.get(piece, piece)
            if before is None or piece not in known:
                continue
            now = best[end]
            if now is None or len(before) + 1 < len(now):
                best[end] = (*before, piece)
    cut = best[-1]
    return cut if cut and len(cut) <= 6 else ()
