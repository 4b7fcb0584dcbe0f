"""How much it says that two syllables of a name agree: m by how the name was heard or written, u by how
common the sound is.

u of a level for a given syllable is the share of all syllables (of surnames, or of given names) that are at
this level of it: agreeing on a rare
one weighs more. The shares come from the indexed names and, smoothed, from the shipped surname frequencies.
"""

from collections import Counter, defaultdict
from functools import cache

import numpy as np

from matching.growing import Coded, Floats
from matching.model import Model
from matching.phonetics import Sound, sound, surnames, syllables

MODES = ("told", "written")
"""A name told by the child is sound only; a written one has characters."""
_GIVEN_TRUST, _SURNAME_TRUST = 200.0, 500.0
_CHARACTERS = 1_500
"""How many characters share most given names; what one counts for before any is seen is one in so many."""
_TONES = "12345"


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
        self._cache: dict[tuple[str, str, int], Floats] = {}
        self._epoch = 0

    def add(self, syllable: str, character: str) -> tuple[int, int]:
        """Count one occurrence; gives the codes of the syllable and of the character (-1 for none)."""
        self._seen += 1
        if self._seen > 1.1 * self._epoch + 20:
            self._cache.clear()
            self._epoch = self._seen
        self._sounds[syllable] += 1
        if character:
            self._written[character] += 1
        return self.codes.code(syllable)[0], self.characters.code(character)[0] if character else -1

    def share(self, syllable: str) -> float:
        """How often a syllable stands in this position; one without tone stands for all its tones."""
        if syllable.endswith("0"):
            return sum(self.share(syllable[:-1] + tone) for tone in _TONES) + self._sounds[syllable] / (
                self._seen + self._trust
            )
        shipped = self._shipped.get(syllable, 1e-5) if self._shipped else 1.0 / (4 * len(syllables()))
        return (self._sounds[syllable] + self._trust * shipped) / (self._seen + self._trust)

    def character_share(self, character: str) -> float:
        """How often a character (a whole surname) stands in this position."""
        shipped = (
            self._shipped_characters.get(character, 1e-5) if self._shipped_characters else 1.0 / _CHARACTERS
        )
        return (self._written[character] + self._trust * shipped) / (self._seen + self._trust)

    def ratios(self, syllable: str, mode: str) -> Floats:
        """m / u of every known syllable against this one, and 1 at the end for none."""
        key = (syllable, mode, len(self.codes))
        known = self._cache.get(key)
        if known is None:
            known = self._cache[key] = self._compare(syllable, mode)
        return known

    def _compare(self, syllable: str, mode: str) -> Floats:
        m = self._m[mode]
        heard = np.array([_sound(syllable, one) for one in self.codes.values], np.int64)
        mass = self._masses(syllable)
        u = np.array([mass[level] for level in Sound])
        weights = np.array([m[level.name.lower()] for level in Sound])
        ratio = np.minimum(weights / u, 1e6)
        if syllable.endswith("0"):
            ratio[Sound.SOUND] = (weights[Sound.TONE] + weights[Sound.SOUND]) / (
                u[Sound.TONE] + u[Sound.SOUND]
            )
            ratio[Sound.TONE] = ratio[Sound.SOUND]
        found = ratio[heard] if len(heard) else np.zeros(0)
        toneless = np.array([one.endswith("0") for one in self.codes.values], bool) & (heard <= Sound.SOUND)
        any_tone = (weights[Sound.TONE] + weights[Sound.SOUND]) / (u[Sound.TONE] + u[Sound.SOUND])
        return np.append(np.where(toneless, any_tone, found), 1.0)

    def _masses(self, syllable: str) -> dict[Sound, float]:
        masses: dict[Sound, float] = defaultdict(lambda: 1e-6)
        known = set(self.codes.values) | set(self._shipped) | {syllable}
        for one in known:
            if not one.endswith("0"):
                masses[_sound(syllable, one)] += self.share(one)
        if not self._shipped:
            # Sounds never seen in a given name yet keep a share of their own.
            masses[Sound.DIFFERENT] += max(0.0, 1.0 - sum(masses.values()))
        return masses

    def same_character(self, character: str, mode: str) -> float:
        """m / u of the same character."""
        return min(1e6, self._m[mode]["character"] / self.character_share(character))

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


def _sound(a: str, b: str) -> Sound:
    """Compare syllables, or the run-together readings of compound surnames."""
    if sum(map(str.isdigit, a)) == 1 and sum(map(str.isdigit, b)) == 1:
        return sound(a, b)
    if a == b:
        return Sound.TONE
    bare_a, bare_b = ("".join(c for c in one if not c.isdigit()) for one in (a, b))
    return Sound.SOUND if bare_a == bare_b else Sound.DIFFERENT
