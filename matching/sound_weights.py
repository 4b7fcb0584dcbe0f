"""How much it says that two syllables of a name agree: m by how the name was heard or written, u by how
common the sound is.

u of a level for a given syllable is the share of all syllables (of surnames, or of given names) that are at
this level of it: agreeing on a rare
one weighs more. The shares come from the indexed names and, smoothed, from the shipped surname frequencies.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.growing import NONE, Coded, Floats, Remembered
from matching.model import Model
from matching.phonetics import Sound, base_sound, surnames, syllables

MODES = ("told", "written")
"""A name told by the child is sound only; a written one has characters."""
_GIVEN_TRUST, _SURNAME_TRUST = 200.0, 500.0
_CHARACTERS = 1_500
"""How many characters share most given names; what one counts for before any is seen is one in so many."""
_TONES = "12345"
_UNSEEN = 1.0 / (4 * len(syllables()))
"""The share of a syllable of given names before any is seen."""


class Vocabulary:
    """The syllables of one position (surname or given name) in codes, their frequencies, and weights
    against a query's syllable."""

    def __init__(self, model: Model, surname: bool) -> None:
        self.codes: Coded[str] = Coded()
        self.characters: Coded[str] = Coded()
        self._m = {mode: _m(model, f"{'surname' if surname else 'given'}_{mode}") for mode in MODES}
        self._shipped, self._trust = (_surname_shares(), _SURNAME_TRUST) if surname else ({}, _GIVEN_TRUST)
        self._shipped_characters = (
            {name: share for name, (_, share, _) in surnames().items()} if surname else {}
        )
        self._sounds: Counter[str] = Counter()
        self._written: Counter[str] = Counter()
        self._seen = 0
        self._cache = Remembered(64 * 2**20)
        self._epoch = 0
        self._known: _Known | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_known": None}  # its codes are those of this process

    def add(self, syllable: str, character: str) -> tuple[int, int]:
        """Count one occurrence; gives the codes of the syllable and of the character (-1 for none)."""
        self._seen += 1
        if self._seen > 1.1 * self._epoch + 20:
            self._cache.clear()
            self._known = None
            self._epoch = self._seen
        self._sounds[syllable] += 1
        if character:
            self._written[character] += 1
        return self.codes.code(syllable)[0], self.characters.code(character)[0] if character else -1

    def remove(self, syllable: int, character: int) -> None:
        """Count one occurrence less, by the codes that `add` gave."""
        self._seen -= 1
        if self._seen < 0.9 * self._epoch - 20:
            self._cache.clear()
            self._known = None
            self._epoch = self._seen
        self._sounds[self.codes.values[syllable]] -= 1
        if character != NONE:
            self._written[self.characters.values[character]] -= 1

    def _share(self, syllable: str) -> float:
        """How often a syllable, or one written without its tone, stands in this position."""
        seen = self._sounds[syllable]
        shipped = self._shipped.get(syllable, 1e-5) if self._shipped else _UNSEEN * (seen > 0)
        return (seen + self._trust * shipped) / (self._seen + self._trust)

    def _character_share(self, character: str) -> float:
        """How often a character (a whole surname) stands in this position."""
        shipped = (
            self._shipped_characters.get(character, 1e-5) if self._shipped_characters else 1.0 / _CHARACTERS
        )
        return (self._written[character] + self._trust * shipped) / (self._seen + self._trust)

    def ratios(self, syllable: str) -> Floats:
        """m / u of every known syllable against this one in each of MODES, one after the other: that of code c in mode
        k stands at len(MODES) * (c + 1) + k, after ones for none."""
        key = (syllable, len(self.codes))
        known = self._cache.get(key)
        if known is None:
            both = np.stack([self._compare(syllable, mode) for mode in MODES], axis=1)
            known = self._cache[key] = both.ravel()
        return known

    def _compare(self, syllable: str, mode: str) -> Floats:
        m, known = self._m[mode], self._known_sounds(syllable)
        heard = sounds_against(syllable, known.bases, known.tones)
        u = np.full(len(Sound), 1e-6) + np.bincount(heard, known.shares, len(Sound))
        if not self._shipped:
            for tone in _TONES:
                if not self._sounds[syllable[:-1] + tone]:
                    # A sound never seen in a given name yet keeps a share of its own.
                    level = Sound.TONE if syllable.endswith(tone) else Sound.SOUND
                    u[level] += self._trust * _UNSEEN / (self._seen + self._trust)
            u[Sound.DIFFERENT] += max(0.0, 1.0 - u.sum())
        weights = np.array([m[level.name.lower()] for level in Sound])
        ratio = np.minimum(weights / u, 1e6)
        any_tone = (weights[Sound.TONE] + weights[Sound.SOUND]) / (u[Sound.TONE] + u[Sound.SOUND])
        if syllable.endswith("0"):
            ratio[[Sound.TONE, Sound.SOUND]] = any_tone
        count = len(self.codes)
        toneless = (known.tones[:count] == 0) & (heard[:count] <= Sound.SOUND)
        return np.insert(np.where(toneless, any_tone, ratio[heard[:count]]), 0, 1.0)

    def _known_sounds(self, syllable: str) -> "_Known":
        """The syllables seen, in the order of their codes, then the shipped ones and this one, each once."""
        if self._known is None or len(self._known.bases) < len(self.codes):
            more = [one for one in self._shipped if self.codes.find(one) < 0]
            self._known = self._describe([*self.codes.values, *more])
        if syllable in self._known.names:
            return self._known
        return self._describe([*self._known.names, syllable])

    def _describe(self, names: list[str]) -> "_Known":
        tones = np.array([_tone(one) for one in names], np.intp)
        shares = np.array([self._share(one) for one in names])
        return _Known(
            dict.fromkeys(names), np.array([base_code(one) for one in names], np.intp), tones, shares
        )

    def same_character(self, character: str) -> float:
        """m / u of the same character, for written names: one that was told has none."""
        return min(1e6, self._m["written"]["character"] / self._character_share(character))

    def code_of(self, character: str) -> int:
        """The code of a character, -1 where no row has it."""
        return self.characters.find(character) if character else -1


def _m(model: Model, name: str) -> dict[str, float]:
    table = model.tables[name]
    return dict(zip(table.levels, table.m[0].tolist(), strict=True))


@cache
def _surname_shares() -> dict[str, float]:
    shares: dict[str, float] = defaultdict(float)
    for reading, share, _ in surnames().values():
        shares["".join(reading)] += share
    return dict(shares)


@dataclass(frozen=True, slots=True)
class _Known:
    """Syllables with the code of their base, their tone (0: not known) and how often each stands in this place."""

    names: dict[str, None]
    bases: npt.NDArray[np.intp]
    tones: npt.NDArray[np.intp]
    shares: Floats


_bases: Coded[str] = Coded()
_against: dict[str, npt.NDArray[np.intp]] = {}


def base_code(syllable: str) -> int:
    """The code of a syllable (or a compound surname's run of them) without its tones; the same in every vocabulary."""
    return _bases.code("".join(" " if letter.isdigit() else letter for letter in syllable).rstrip())[0]


def sounds_against(
    syllable: str, bases: npt.NDArray[np.intp], tones: npt.NDArray[np.intp]
) -> npt.NDArray[np.intp]:
    """How alike a syllable sounds to others, as `matching.phonetics.sound`; a compound surname only to itself."""
    base = _bases.values[base_code(syllable)]
    known = _against.get(base)
    if known is None or len(known) < len(_bases):
        known = _against[base] = np.array([_base_sound(base, other) for other in _bases.values], np.intp)
    heard = known[bases]
    same_tone = (tones == _tone(syllable)) & (tones != 0) & (bases == base_code(syllable))
    return np.where(same_tone, int(Sound.TONE), heard)


def _base_sound(a: str, b: str) -> Sound:
    if a == b:
        return Sound.SOUND
    return Sound.DIFFERENT if " " in a or " " in b else base_sound(a, b)


def _tone(syllable: str) -> int:
    """The tones as one number, 0 if not known: 3 for li3, 12 for ou1yang2."""
    return int("".join(letter for letter in syllable if letter.isdigit()) or 0)
