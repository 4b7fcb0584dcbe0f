"""The names of one side as numbers, and the likelihood ratio of many of them against a name of the other side, computed
at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from matching.growing import NONE, Floats, Grown
from matching.latin_names import word_similarity
from matching.model import Model
from matching.names import Form, Name
from matching.sound_weights import MODES, Vocabulary

LATIN_BANDS = (0.6, 0.8, 0.9, 0.985)
LATIN_LEVELS = ("different", "weak", "near", "close", "exact")
_LOOK_AT = 0.72
"""Jaro-Winkler similarity of the sorted words from which Latin names are compared word by word."""
_SHORTENED, _LENGTHENED = 0.5, 0.5
_LEAST_WEIGHT = 0.05
_SAMPLE = 500
"""How many names in Latin letters tell how common a likeness is."""
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Ratios:
    """m / u of some names, once with their surnames and once by the given names alone; 1 where nothing is known."""

    whole: Floats
    given: Floats


@dataclass(frozen=True, slots=True)
class Picked:
    """Distinct names: `back` says which of them each wanted one is, `of` which of them each form is of."""

    back: Codes
    of: Codes
    forms: Codes
    weights: Floats
    sums: Floats
    """The weights of a name's forms together."""
    latin: Codes
    known: npt.NDArray[np.bool_]
    """Whether a name has a reading in syllables."""


class NameTable:
    """Names by number, in numbers only. A name's mode (told, written) says whether its characters mean anything."""

    def __init__(self, model: Model) -> None:
        self._surnames, self._given = Vocabulary(model, True), Vocabulary(model, False)
        self._latin_m = model.tables["latin"].m[0][::-1]
        self._latin_u = model.tables["latin"].u[0][::-1]
        self._trust = model.trust
        self._forms = Grown(7, dtype=np.int32)
        self._weights = Grown(1, 0, np.float32)
        self._starts = Grown(1, 0, np.int32)
        self._latin_at = Grown(dtype=np.int32)
        self._latin: list[str] = []
        self._latin_words: list[tuple[str, ...]] = []

    def __len__(self) -> int:
        return self._starts.size

    def add(self, name: Name, mode: str) -> int:
        """Take a name and count it among the names seen; gives its number."""
        self._starts.append([self._weights.size])
        for at, form in enumerate(name.forms):
            codes = self._count(form) if at == 0 else self._find(form)
            self._forms.append([MODES.index(mode), *codes])
            self._weights.append([form.weight])
        self._latin_at.append([len(self._latin) if _plain(name) else NONE])
        if _plain(name):
            self._latin.append(" ".join(sorted(name.words)))
            self._latin_words.append(name.words)
        return len(self) - 1

    def forget(self, code: int) -> None:
        """Count a name once less among the names seen."""
        if code == NONE or not self._count_of(code):
            return
        _, s, sc, g1, c1, g2, c2 = self._forms.columns()[:, self._starts.column()[code]]
        for vocabulary, sound, character in (
            (self._surnames, s, sc),
            (self._given, g1, c1),
            (self._given, g2, c2),
        ):
            if sound != NONE:
                vocabulary.remove(int(sound), int(character))

    def _count_of(self, code: int) -> int:
        """How many readings a name has."""
        starts = self._starts.column()
        ends = starts[code + 1] if code + 1 < len(starts) else self._weights.size
        return int(ends - starts[code])

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
        distinct, back = np.unique(codes, return_inverse=True)
        starts = np.append(self._starts.column(), self._weights.size)
        first = starts[distinct]
        counts = starts[distinct + 1] - first
        of = np.repeat(np.arange(len(distinct)), counts)
        at = np.arange(len(of)) + np.repeat(first - np.cumsum(counts) + counts, counts)
        weights = self._weights.column()[at]
        whole = np.bincount(of, weights, len(distinct)).astype(float)
        return Picked(
            back,
            of,
            self._forms.columns()[:, at],
            weights,
            whole,
            self._latin_at.column()[distinct],
            counts > 0,
        )

    def ratios(self, query: Name, mode: str | None, picked: Picked) -> Ratios:
        """The ratios of these names against this one; `mode` None: that of each row's name."""
        count = len(picked.known)
        whole, given = np.ones(count), np.ones(count)
        if query.forms and len(picked.of):
            rows = picked.forms
            modes = rows[0] if mode is None else np.full(len(picked.of), MODES.index(mode))
            with_surname, alone = np.zeros(len(picked.of)), np.zeros(len(picked.of))
            for form in query.forms:
                if form.weight < _LEAST_WEIGHT:
                    continue
                g = form.weight * self._given_ratio(form, rows, modes)
                with_surname += g * self._surname_ratio(form, rows, modes)
                alone += g
            sums = [np.bincount(picked.of, picked.weights * one, count) for one in (with_surname, alone)]
            at = np.flatnonzero(picked.known)
            whole[at], given[at] = sums[0][at] / picked.sums[at], sums[1][at] / picked.sums[at]
        if _plain(query) and self._latin:
            self._latin_ratio(query, picked, whole, given)
        return Ratios(whole[picked.back], given[picked.back])

    def _one(
        self,
        vocabulary: Vocabulary,
        syllable: str,
        character: str,
        codes: Codes,
        characters: Codes,
        modes: Codes,
    ) -> Floats:
        """m / u of one syllable against a column of them."""
        ratio = np.empty(len(codes))
        code = vocabulary.code_of(character)
        for number, mode in enumerate(MODES):
            here = modes == number
            if not here.any():
                continue
            ratio[here] = vocabulary.ratios(syllable, mode)[codes[here]]
            if mode == "written" and code >= 0:
                ratio[here & (characters == code)] = vocabulary.same_character(character, mode)
        return ratio

    def _surname_ratio(self, form: Form, rows: Codes, modes: Codes) -> Floats:
        if not form.surname:
            return np.ones(rows.shape[1])
        return self._one(
            self._surnames, "".join(form.surname), form.surname_characters, rows[1], rows[2], modes
        )

    def _given_ratio(self, form: Form, rows: Codes, modes: Codes) -> Floats:
        if not form.given:
            return np.ones(rows.shape[1])
        first, second = (rows[3], rows[4]), (rows[5], rows[6])

        def one(at: int, column: tuple[Codes, Codes]) -> Floats:
            return self._one(self._given, form.given[at], form.given_characters[at : at + 1], *column, modes)

        ones, twos = rows[5] < 0, rows[5] >= 0
        straight = one(0, first)
        if len(form.given) == 1:
            either = 0.5 * straight + 0.5 * one(0, second)
            ratio = np.where(twos, _LENGTHENED * either, straight)
        else:
            either = 0.5 * straight + 0.5 * one(1, first)
            ratio = np.where(ones, _SHORTENED * either, straight * one(1, second))
        return np.where(rows[3] < 0, 1.0, ratio)

    def _latin_ratio(self, query: Name, picked: Picked, whole: Floats, given: Floats) -> None:
        """Overwrite the ratios of names in other scripts; u is how many names are that alike, by a sample."""
        here = np.flatnonzero(picked.latin >= 0)
        if not len(here):
            return
        sample = np.arange(0, len(self._latin), max(1, len(self._latin) // _SAMPLE))
        seen = np.bincount(self._latin_levels(query, sample), minlength=len(LATIN_LEVELS)).astype(float)
        u = (np.maximum(seen - 1, 0) + self._trust * self._latin_u) / (max(len(sample) - 1, 0) + self._trust)
        ratio = (self._latin_m / u)[self._latin_levels(query, picked.latin[here])]
        sounds = picked.known[here] & bool(query.forms)
        whole[here] = np.where(sounds, np.maximum(whole[here], ratio), ratio)
        given[here] = np.where(sounds, np.maximum(given[here], ratio), ratio)

    def _latin_levels(self, query: Name, at: Codes) -> Codes:
        """How alike some of the names in Latin letters are to the query, as an index of LATIN_LEVELS."""
        text = " ".join(sorted(query.words))
        rough = cdist(
            [text], [self._latin[one] for one in at], scorer=JaroWinkler.similarity, score_cutoff=_LOOK_AT,
            dtype=np.float32,
        )[0]  # fmt: skip
        level = np.zeros(len(at), np.intp)
        for one in np.flatnonzero(rough >= _LOOK_AT):
            likeness = word_similarity(query.words, self._latin_words[at[one]])
            level[one] = int(np.digitize(likeness, LATIN_BANDS))
        return level


def _plain(name: Name) -> bool:
    """Whether a name is compared in Latin letters: it has words, and no Han characters."""
    return bool(name.words) and not (name.forms and name.forms[0].given_characters)
