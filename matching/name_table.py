"""The names of one side as numbers, and the likelihood ratios of many pairs of them and names of the other side,
computed at once."""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import JaroWinkler
from rapidfuzz.process import cdist

from matching.asked_names import Asked, Forms, Syllables
from matching.growing import NONE, Coded, Floats, Grown
from matching.latin_names import word_similarity
from matching.model import Model
from matching.names import Form, Name
from matching.sound_weights import MODES, Vocabulary

LATIN_BANDS = (0.6, 0.8, 0.9, 0.985)
LATIN_LEVELS = ("different", "weak", "near", "close", "exact")
_LOOK_AT = 0.8
"""Jaro-Winkler similarity of the sorted words from which Latin names are compared word by word."""
_SHORTENED, _LENGTHENED = 0.5, 0.5
_SAMPLE = 150
"""How many names in Latin letters tell how common a likeness is."""
Codes = npt.NDArray[Any]


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
        self._latin_counts = Grown(1, 0)

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
            self._latin_counts.append([0])
        if code != NONE:
            self._latin_counts.column()[code] += 1
        self._latin_at.append([code])
        return len(self) - 1

    def forget(self, code: int) -> None:
        """Count a name once less among the names seen."""
        if code == NONE:
            return
        latin = self._latin_at.column()[code]
        if latin != NONE:
            self._latin_counts.column()[latin] -= 1
        if not self._starts.column(1)[code]:
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

    def ratios(
        self,
        asked: Sequence[Asked],
        which: Codes,
        codes: Codes,
        alone: npt.NDArray[np.bool_] | None = None,
    ) -> Floats:
        """m / u of pairs of a name asked for, by its place in `asked`, and one of the table, by its number; 1 where
        nothing is known. `alone`: pairs that are compared without their surnames."""
        ratios: Floats = np.ones(len(which))
        first, counts = self._starts.columns().take(codes, axis=1)
        forms = Forms.of(asked, self._surnames, self._given)
        pairs = np.flatnonzero((forms.counts.take(which) > 0) & (counts > 0))
        if len(pairs):
            ratios[pairs] = self._sounds(
                forms, which[pairs], first[pairs], counts[pairs], None if alone is None else alone[pairs]
            )
        if len(self._latin):
            latin = self._latin_at.column().take(codes)
            plain = np.array([_plain(one.name) for one in asked], bool)
            here = np.flatnonzero((latin >= 0) & plain.take(which))
            known = (counts > 0) & (forms.counts.take(which) > 0)
            for one in np.unique(which[here]).tolist():
                at = here[which[here] == one]
                self._latin_ratio(asked[one].name, latin[at].astype(np.intp), known[at], at, ratios)
        return ratios

    def _sounds(
        self,
        asked: Forms,
        which: Codes,
        first: Codes,
        counts: Codes,
        alone: npt.NDArray[np.bool_] | None,
    ) -> Floats:
        """The mean ratio over the forms of both names of each pair."""
        # Every form of the one with every form of the other: first those of the table, then those asked for.
        of, row = spread(first, counts)
        again, form = spread(asked.starts.take(which[of]), asked.counts.take(which[of]))
        of, row = of[again], row[again]
        rows = self._forms.columns().take(row, axis=1)
        modes = asked.modes.take(form)
        modes = np.where(modes < 0, rows[0], modes).astype(np.int8)
        ratio = self._given_ratio(asked, form, rows, modes)
        surname = asked.surname.against(form, rows[1], rows[2], modes)
        if alone is not None:
            surname[alone[of]] = 1.0
        weights = self._weights.column().take(row)
        shares = weights * asked.weights.take(form)
        sums = np.bincount(of, shares * ratio * surname, len(which))
        # The shares of the forms of the table sum to 1, of those asked for nearly so.
        whole = np.bincount(of, weights, len(which)) / asked.counts.take(which)
        found: Floats = sums / whole
        return found

    def _given_ratio(
        self, asked: Forms, form: Codes, rows: npt.NDArray[np.int32], modes: npt.NDArray[np.int8]
    ) -> npt.NDArray[np.float32]:
        both = asked.first.against(form, rows[3], rows[4], modes)

        def more(syllables: Syllables, column: int, at: Codes) -> npt.NDArray[np.float32]:
            return syllables.against(form[at], rows[column][at], rows[column + 1][at], modes[at])

        two, single = asked.two.take(form), rows[5] == 0
        at = np.flatnonzero(two & ~single)
        both[at] *= more(asked.second, 5, at)
        at = np.flatnonzero(two & single)
        both[at] = _SHORTENED * (0.5 * both[at] + 0.5 * more(asked.second, 3, at))
        at = np.flatnonzero(~two & ~single)
        both[at] = _LENGTHENED * (0.5 * both[at] + 0.5 * more(asked.first, 5, at))
        both[(rows[3] == 0) | asked.bare.take(form)] = 1.0
        return both

    def _latin_ratio(
        self, query: Name, latin: Codes, known: npt.NDArray[np.bool_], at: Codes, ratios: Floats
    ) -> None:
        """Set the ratios of names in other scripts, where the sounds say no more; u is how many names are that alike,
        by a sample."""
        there = np.flatnonzero(self._latin_counts.column())
        sample = there[:: max(1, len(there) // _SAMPLE)]
        counts = self._latin_counts.column()[sample]
        seen = np.bincount(self._latin_levels(query, sample), counts, len(LATIN_LEVELS))
        u = (np.maximum(seen - 1, 0) + self._trust * self._latin_u) / (max(counts.sum() - 1, 0) + self._trust)
        ratio = (self._latin_m / u)[self._latin_levels(query, latin)]
        ratios[at] = np.where(known, np.maximum(ratios[at], ratio), ratio)

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


def spread(first: Codes, counts: Codes) -> tuple[Codes, Codes]:
    """Runs of numbers one after the other: for each number which run it is of, and the number."""
    of = np.repeat(np.arange(len(counts)), counts)
    return of, np.arange(len(of)) + np.repeat(first - np.cumsum(counts) + counts, counts)


def _plain(name: Name) -> bool:
    """Whether a name is compared in Latin letters: it has words, and no Han characters."""
    return bool(name.words) and not (name.forms and name.forms[0].given_characters)
