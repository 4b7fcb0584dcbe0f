"""How much it says that two syllables of a name agree: m by how the name was heard or written, u by how
common the sound is.

u of a level for a given syllable is the share of all syllables (of surnames, or of given names) that are at
this level of it: agreeing on a rare
one weighs more. The shares come from the indexed names and, smoothed, from the shipped surname frequencies.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.compiled import Bits, Codes
from matching.growing import NONE, Coded, Floats
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


_ANY_TONE, _NO_SOUND = len(Sound), len(Sound) + 1
"""Levels after those of Sound: the same sound where a tone is not known, and no syllable."""
_MOST_ASKED = 2**25
"""Bytes that the levels of syllables asked for may take."""


class _Heard:
    """The rows of `Vocabulary.table`, each made when its syllable is first asked for; row 0 is that of none.
    `asked` are answers of `Vocabulary.asked`, good until another name comes or goes."""

    def __init__(self, width: int) -> None:
        self._rows = {"": 0}
        self.asked: dict[tuple[str, str], tuple[int, int, float]] = {}
        self.levels = np.full((32, width), _NO_SOUND, np.uint8)
        self.ratios = np.ones((32, len(MODES), _NO_SOUND + 1), np.float32)

    def row(self, syllable: str, compare: Callable[[str], tuple[Codes, Bits]]) -> int:
        """The number of a row."""
        at = self._rows.get(syllable)
        if at is None:
            at = self._rows[syllable] = len(self._rows)
            if at == len(self.levels):
                self.levels = np.concatenate([self.levels, self.levels])
                self.ratios = np.concatenate([self.ratios, self.ratios])
            self.levels[at], self.ratios[at] = compare(syllable)
        return at


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
        self._heard = _Heard(0)
        self._epoch = 0
        self._known: _Known | None = None

    def __getstate__(self) -> dict[str, Any]:
        # Codes of sounds are those of this process, and what was asked for here is not asked for there.
        return self.__dict__ | {"_known": None, "_heard": _Heard(0)}

    def add(self, syllable: str, character: str) -> tuple[int, int]:
        """Count one occurrence; gives the codes of the syllable and of the character (-1 for none)."""
        self._seen += 1
        if self._seen > 1.1 * self._epoch + 20:
            self._heard = _Heard(0)
            self._known = None
            self._epoch = self._seen
        self._sounds[syllable] += 1
        if character:
            self._written[character] += 1
        return self.code(syllable, character)

    def code(self, syllable: str, character: str) -> tuple[int, int]:
        """The codes that `add` would give, without counting."""
        if self._heard.asked:
            self._heard.asked.clear()
        return self.codes.code(syllable)[0], self.characters.code(character)[0] if character else NONE

    def remove(self, syllable: int, character: int) -> None:
        """Count one occurrence less, by the codes that `add` gave."""
        self._seen -= 1
        self._heard.asked.clear()
        if self._seen < 0.9 * self._epoch - 20:
            self._heard = _Heard(0)
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

    def expect(self) -> None:
        """Make ready for the names of a query: what was asked for before stays if nothing changed and there is room."""
        heard, width = self._heard.levels, 1 + len(self.codes)
        if heard.shape[1] != width or heard.nbytes > _MOST_ASKED:
            self._heard = _Heard(width)

    def asked(self, syllable: str, character: str) -> tuple[int, int, float]:
        """For a syllable that is asked for its row in `heard`, one more than the code of its character (-1: none, or no
        name has it), and m / u of the same character. An empty syllable is equal to nothing."""
        known = self._heard.asked.get((syllable, character))
        if known is None:
            code = self.code_of(character) if syllable else NONE
            same = self.same_character(character) if code != NONE else 1.0
            row = self._heard.row(syllable, self._compare)
            known = self._heard.asked[syllable, character] = row, code + 1 if code != NONE else NONE, same
        return known

    def table(self) -> tuple[Codes, Bits]:
        """How each syllable that was asked for sounds beside each of this vocabulary, by one more than its code (0:
        none), as a level, shape (asked, 1 + syllables); and m / u of each level, shape (asked, modes, levels)."""
        return self._heard.levels, self._heard.ratios

    def _compare(self, syllable: str) -> tuple[Codes, Bits]:
        """A row of `table`."""
        known = self._known_sounds(syllable)
        heard = sounds_against(syllable, known.bases, known.tones)
        u: Floats = np.full(len(Sound), 1e-6) + np.bincount(heard, known.shares, len(Sound))
        if not self._shipped:
            for tone in _TONES:
                if not self._sounds[syllable[:-1] + tone]:
                    # A sound never seen in a given name yet keeps a share of its own.
                    level = Sound.TONE if syllable.endswith(tone) else Sound.SOUND
                    u[level] += self._trust * _UNSEEN / (self._seen + self._trust)
            u[Sound.DIFFERENT] += max(0.0, 1.0 - u.sum())
        count = len(self.codes)
        levels = np.full(1 + count, _NO_SOUND, np.uint8)
        toneless = (known.tones[:count] == 0) & (heard[:count] <= Sound.SOUND)
        levels[1:] = np.where(toneless, _ANY_TONE, heard[:count])
        return levels, np.array([self._ratios(syllable, self._m[mode], u) for mode in MODES], np.float32)

    @staticmethod
    def _ratios(syllable: str, m: dict[str, float], u: Floats) -> list[float]:
        """m / u of each level of Sound, of _ANY_TONE and of _NO_SOUND."""
        weights = np.array([m[level.name.lower()] for level in Sound])
        ratio = np.minimum(weights / u, 1e6)
        any_tone = (weights[Sound.TONE] + weights[Sound.SOUND]) / (u[Sound.TONE] + u[Sound.SOUND])
        if syllable.endswith("0"):
            ratio[[Sound.TONE, Sound.SOUND]] = any_tone
        return [*ratio, any_tone, 1.0]

    def _known_sounds(self, syllable: str) -> "_Known":
        """The syllables seen, in the order of their codes, then the shipped ones and this one, each once."""
        if self._known is None or len(self._known.bases) < len(self.codes):
            more = [one for one in self._shipped if self.codes.find(one) < 0]
            self._known = self._describe([*self.codes.values, *more])
        if syllable in self._known.names:
            return self._known
        return self._known.and_more(self._describe([syllable]))

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

    def and_more(self, more: "_Known") -> "_Known":
        """These and others."""
        return _Known(
            self.names | more.names,
            np.concatenate([self.bases, more.bases]),
            np.concatenate([self.tones, more.tones]),
            np.concatenate([self.shares, more.shares]),
        )


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
