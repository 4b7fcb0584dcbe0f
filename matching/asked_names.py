"""Names of queries as numbers, laid out to be compared with many names of the other side at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.growing import NONE
from matching.names import Form, Name
from matching.sound_weights import MODES, Vocabulary

Numbers = npt.NDArray[Any]
Ratios = npt.NDArray[np.float32]
_LEAST_WEIGHT = 0.05
WRITTEN = MODES.index("written")


@dataclass(frozen=True, slots=True)
class Asked:
    """A name that is looked for; `mode` None: that of each name it is compared with."""

    name: Name
    mode: str | None


@dataclass(frozen=True, slots=True)
class Syllables:
    """A syllable of every form asked for: which row of `ratios` it is, the code that its character has in the columns
    of the other side, and the ratio of the same character; `ratios` of each distinct syllable as
    Vocabulary.ratios, after a row of ones for none."""

    rows: Numbers
    characters: Numbers
    same: Ratios
    ratios: Ratios

    def against(
        self, asked: Numbers, codes: Numbers, characters: Numbers, modes: npt.NDArray[np.int8]
    ) -> Ratios:
        """m / u of pairs: number of the form asked for, code and character of the other side, mode."""
        at = self.rows.take(asked) * np.intp(self.ratios.shape[1])
        at += len(MODES) * codes + modes
        ratio = self.ratios.take(at)
        same = np.flatnonzero((self.characters.take(asked) == characters) & (modes == WRITTEN))
        ratio[same] = self.same.take(asked[same])
        return ratio


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the names asked for, one after the other: where those of each name begin and how many they are,
    their shares, and their syllables. `two`: the given name has two syllables; `bare`: there is none."""

    starts: Numbers
    counts: Numbers
    weights: Ratios
    modes: npt.NDArray[np.int8]
    """-1: that of the other side."""
    surname: Syllables
    first: Syllables
    second: Syllables
    two: npt.NDArray[np.bool_]
    bare: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, asked: Sequence[Asked], surnames: Vocabulary, given: Vocabulary) -> "Forms":
        """The forms worth comparing."""
        kept = [[form for form in one.name.forms if form.weight >= _LEAST_WEIGHT] for one in asked]
        counts = np.array([len(forms) for forms in kept], np.int32)
        forms = [form for one in kept for form in one]
        modes = [NONE if one.mode is None else MODES.index(one.mode) for one in asked]
        return cls(
            (np.cumsum(counts) - counts).astype(np.int32),
            counts,
            np.array([form.weight for form in forms], np.float32),
            np.repeat(np.array(modes, np.int8), counts),
            _syllables(surnames, [("".join(form.surname), form.surname_characters) for form in forms]),
            _syllables(given, [_given(form, 0) for form in forms]),
            _syllables(given, [_given(form, 1) for form in forms]),
            np.array([len(form.given) > 1 for form in forms], bool),
            np.array([not form.given for form in forms], bool),
        )


def _given(form: Form, at: int) -> tuple[str, str]:
    return ("".join(form.given[at : at + 1]), form.given_characters[at : at + 1])


def _syllables(vocabulary: Vocabulary, said: list[tuple[str, str]]) -> Syllables:
    distinct = dict.fromkeys(syllable for syllable, _ in said if syllable)
    rows = {syllable: at for at, syllable in enumerate(distinct, 1)} | {"": 0}
    width = len(MODES) * (1 + len(vocabulary.codes))
    ratios = np.ones((1 + len(distinct), width), np.float32)
    for at, syllable in enumerate(distinct, 1):
        ratios[at] = vocabulary.ratios(syllable)
    codes = [vocabulary.code_of(character) if syllable else NONE for syllable, character in said]
    return Syllables(
        np.array([rows[syllable] for syllable, _ in said], np.int32),
        # One more than the vocabulary's, as in the columns; what nobody has is equal to nothing.
        np.array([code + 1 if code != NONE else NONE for code in codes], np.int32),
        np.array(
            [
                vocabulary.same_character(character) if code != NONE else 1.0
                for code, (_, character) in zip(codes, said, strict=True)
            ],
            np.float32,
        ),
        ratios,
    )
