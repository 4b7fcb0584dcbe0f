"""The names of one side as numbers, and the likelihood ratio of many of them against a name of the other side, computed
at once."""

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from matching.growing import NONE, Coded, Floats, Grown
from matching.latin_names import word_similarity
from matching.model import Model
from matching.names import Form, Name
from matching.sound_weights import MODES, Vocabulary

LATIN_BANDS = (0.6, 0.8, 0.9, 0.985)
LATIN_LEVELS = ("different", "weak", "near", "close", "exact")
_LOOK_AT = 0.8
"""Jaro-Winkler similarity of the sorted words from which Latin names are compared word by word."""
_WRITTEN = MODES.index("written")
_SHORTENED, _LENGTHENED = 0.5, 0.5
_LEAST_WEIGHT = 0.05
_SAMPLE = 250
"""How many names in Latin letters tell how common a likeness is."""
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Picked:
    """Some names with all their forms: `of` says which of the names each form is of."""

    of: Codes
    forms: npt.NDArray[np.int32]
    """As NameTable keeps them: mode, surname's sound and characters, and the same of two given syllables; a code is
    one more than the vocabulary's, 0 for none."""
    weights: Floats
    """A form's share in its name."""
    latin: Codes
    known: npt.NDArray[np.bool_]
    """Whether a name has a reading in syllables."""
    single: Codes
    """The forms of one given syllable."""
    bare: Codes
    """The forms without a given name."""


class NameTable:
    """Names by number, in numbers only. A name's mode (told, written) says whether its characters mean anything."""

    def __init__(self, model: Model) -> None:
        self._surnames, self._given = Vocabulary(model, True), Vocabulary(model, False)
        self._latin_m = model.tables["latin"].m[0][::-1]
        self._latin_u = model.tables["latin"].u[0][::-1]
        self._trust = model.trust
        self._forms = Grown(7, 0)
        self._weights = Grown(1, 0, np.float32)
        self._starts = Grown(2, 0, np.int32)
        self._latin_at = Grown()
        self._latin: Coded[tuple[str, ...]] = Coded()
        self._latin_texts: list[str] = []

    def __len__(self) -> int:
        return self._starts.size

    def add(self, name: Name, mode: str) -> int:
        """Take a name and count it among the names seen; gives its number."""
        self._starts.append([self._weights.size, len(name.forms)])
        for at, form in enumerate(name.forms):
            codes = self._count(form) if at == 0 else self._find(form)
            self._forms.append([MODES.index(mode), *(code + 1 for code in codes)])
            self._weights.append([form.weight])
        code, new = self._latin.code(name.words) if _plain(name) else (NONE, False)
        if new:
            self._latin_texts.append(" ".join(sorted(name.words)))
        self._latin_at.append([code])
        return len(self) - 1

    def forget(self, code: int) -> None:
        """Count a name once less among the names seen."""
        if code == NONE or not self._starts.column(1)[code]:
            return
        _, s, sc, g1, c1, g2, c2 = self._forms.columns()[:, self._starts.column()[code]]
        for vocabulary, sound, character in (
            (self._surnames, s, sc),
            (self._given, g1, c1),
            (self._given, g2, c2),
        ):
            if sound:
                vocabulary.remove(int(sound) - 1, int(character) - 1)

    def _count(self, form: Form) -> tuple[int, int, int, int, int, int]:
        s = (
            self._surnames.add("".join(form.surname), form.surname_characters)
            if form.surname
            else (NONE, NONE)
        )
        given = [
            self._given.add(one, form.given_characters[at : at + 1]) for at, one in enumerate(form.given[:2])
        ]
        given += [(NONE, NONE)] * (2 - len(given))
        return (*s, *given[0], *given[1])

    def _find(self, form: Form) -> tuple[int, int, int, int, int, int]:
        codes = [NONE] * 6
        if form.surname:
            codes[0] = self._surnames.codes.code("".join(form.surname))[0]
            codes[1] = (
                self._surnames.characters.code(form.surname_characters)[0]
                if form.surname_characters
                else NONE
            )
        for at, one in enumerate(form.given[:2]):
            codes[2 + 2 * at] = self._given.codes.code(one)[0]
            character = form.given_characters[at : at + 1]
            codes[3 + 2 * at] = self._given.characters.code(character)[0] if character else NONE
        return (codes[0], codes[1], codes[2], codes[3], codes[4], codes[5])

    def pick(self, codes: Codes) -> Picked:
        """Some names, each with its forms, for comparing them with several queries."""
        first, counts = self._starts.columns().take(codes, axis=1)
        of = np.repeat(np.arange(len(codes)), counts)
        at = np.arange(len(of)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        forms, weights = self._forms.columns().take(at, axis=1), self._weights.column().take(at)
        return Picked(
            of,
            forms,
            weights / np.bincount(of, weights, len(codes)).take(of),
            self._latin_at.column().take(codes).astype(np.intp),
            counts > 0,
            np.flatnonzero(forms[5] == 0),
            np.flatnonzero(forms[3] == 0),
        )

    def ratios(self, query: Name, mode: str | None, picked: Picked, given_only: bool = False) -> Floats:
        """m / u of each of these names against this one, 1 where nothing is known; `mode` None: that of each
        row's name. `given_only` leaves the surnames out."""
        ratios: Floats = np.ones(len(picked.known))
        if query.forms and len(picked.of):
            whole = np.zeros(len(picked.of))
            for form in query.forms:
                if form.weight >= _LEAST_WEIGHT:
                    ratio = form.weight * self._given_ratio(form, picked, mode)
                    whole += ratio if given_only else ratio * self._surname_ratio(form, picked, mode)
            sums = np.bincount(picked.of, picked.weights * whole, len(ratios))
            ratios = np.where(picked.known, sums, 1.0)
        if _plain(query) and len(self._latin):
            self._latin_ratio(query, picked, ratios)
        return ratios

    def _one(
        self, vocabulary: Vocabulary, syllable: str, character: str, picked: Picked, at: int, mode: str | None
    ) -> Floats:
        """m / u of one syllable against those in a column of the forms and the characters beside it."""
        modes, codes = picked.forms[0], picked.forms[at]
        if mode is None:
            ratio: Floats = vocabulary.ratios_by_mode(syllable).take(len(MODES) * codes + modes)
        else:
            ratio = vocabulary.ratios(syllable, mode).take(codes)
        code = vocabulary.code_of(character)
        if code >= 0 and mode != "told":
            same = np.flatnonzero(picked.forms[at + 1] == code + 1)
            if mode is None:
                same = same[modes[same] == _WRITTEN]
            ratio[same] = vocabulary.same_character(character, "written")
        return ratio

    def _surname_ratio(self, form: Form, picked: Picked, mode: str | None) -> Floats | float:
        if not form.surname:
            return 1.0
        return self._one(self._surnames, "".join(form.surname), form.surname_characters, picked, 1, mode)

    def _given_ratio(self, form: Form, picked: Picked, mode: str | None) -> Floats:
        if not form.given:
            return np.ones(len(picked.of))

        def one(at: int, column: int) -> Floats:
            character = form.given_characters[at : at + 1]
            return self._one(self._given, form.given[at], character, picked, column, mode)

        first, single = one(0, 3), picked.single
        if len(form.given) == 1:
            ratio = _LENGTHENED * (0.5 * first + 0.5 * one(0, 5))
            ratio[single] = first[single]
        else:
            ratio = first * one(1, 5)
            ratio[single] = _SHORTENED * (0.5 * first[single] + 0.5 * one(1, 3)[single])
        ratio[picked.bare] = 1.0
        return ratio

    def _latin_ratio(self, query: Name, picked: Picked, ratios: Floats) -> None:
        """Overwrite the ratios of names in other scripts; u is how many names are that alike, by a sample."""
        here = np.flatnonzero(picked.latin >= 0)
        if not len(here):
            return
        sample = np.arange(0, len(self._latin), max(1, len(self._latin) // _SAMPLE))
        seen = np.bincount(self._latin_levels(query, sample), minlength=len(LATIN_LEVELS)).astype(float)
        u = (np.maximum(seen - 1, 0) + self._trust * self._latin_u) / (max(len(sample) - 1, 0) + self._trust)
        ratio = (self._latin_m / u)[self._latin_levels(query, picked.latin[here])]
        sounds = picked.known[here] & bool(query.forms)
        ratios[here] = np.where(sounds, np.maximum(ratios[here], ratio), ratio)

    def _latin_levels(self, query: Name, at: Codes) -> Codes:
        """How alike some of the names in Latin letters are to the query, as an index of LATIN_LEVELS."""
        text = " ".join(sorted(query.words))
        texts = [self._latin_texts[one] for one in at.tolist()]
        rough = cdist([text], texts, scorer=JaroWinkler.similarity, score_cutoff=_LOOK_AT, dtype=np.float32)[
            0
        ]
        level = np.zeros(len(at), np.intp)
        for one in np.flatnonzero(rough).tolist():
            likeness = word_similarity(query.words, self._latin.values[at[one]])
            level[one] = bisect_right(LATIN_BANDS, likeness)
        return level


def _plain(name: Name) -> bool:
    """Whether a name is compared in Latin letters: it has words, and no Han characters."""
    return bool(name.words) and not (name.forms and name.forms[0].given_characters)
