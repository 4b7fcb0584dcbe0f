"""The names of one side as numbers, and the likelihood ratios of many pairs of them and names of the other side,
computed at once."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from matching.asked_names import Asked, Forms
from matching.compiled import Ints, Rows
from matching.growing import NONE, Coded, Floats, Grown, Lines
from matching.latin_kernels import SPAN, alike, kinds_of, latin_pairs, set_latin
from matching.latin_names import word_similarity
from matching.model import Model
from matching.name_kernels import FORMS, WHOLE, name_ratios
from matching.names import Form, Name
from matching.sound_weights import MODES, Vocabulary

LATIN_BANDS = (0.6, 0.8, 0.9, 0.985)
LATIN_LEVELS = ("different", "weak", "near", "close", "exact")
_LOOK_AT = 0.8 + 1e-8
"""Jaro-Winkler similarity of the sorted words from which Latin names are compared word by word; more than 0.8, however
it is rounded."""
_SAMPLE = 150
"""How many names in Latin letters tell how common a likeness is."""


class NameTable:
    """Names by number, in numbers only. A name's mode (told, written) says whether its characters mean anything."""

    def __init__(self, model: Model) -> None:
        self._surnames, self._given = Vocabulary(model, True), Vocabulary(model, False)
        self._latin_m = model.tables["latin"].m[0][::-1].copy()
        self._latin_u = model.tables["latin"].u[0][::-1].copy()
        self._trust = model.trust
        self._forms = Lines(FORMS)
        self._starts = Lines(2)
        self._latin_at = Grown()
        self._latin: Coded[tuple[str, ...]] = Coded()
        self._latin_letters, self._latin_spans = Grown(1, 0, np.uint8), Lines(SPAN)
        self._latin_counts = Grown(1, 0)
        self._sample: _Sample | None = None

    def __len__(self) -> int:
        return self._starts.size

    def add(self, name: Name, mode: str) -> int:
        """Take a name and count it among the names seen; gives its number."""
        self._starts.append([self._forms.size, len(name.forms)])
        number = MODES.index(mode)
        for at, form in enumerate(name.forms):
            codes = self._count(form) if at == 0 else self._find(form)
            self._forms.append([number, *[code + 1 for code in codes], round(form.weight * WHOLE)])
        self._latin_at.append([self._count_latin(name)])
        return len(self) - 1

    def count(self, name: Name) -> None:
        """Count a name among the names seen, without a number of its own."""
        if name.forms:
            self._count(name.forms[0])
        self._count_latin(name)

    def discount(self, name: Name) -> None:
        """Count a name once less that `count` was given."""
        if name.forms:
            self._uncount(self._find(name.forms[0]))
        if _plain(name):
            self._uncount_latin(self._latin.find(name.words))

    def forget(self, code: int) -> None:
        """Count a name once less among the names seen, by its number."""
        if code == NONE:
            return
        self._uncount_latin(int(self._latin_at.column()[code]))
        first, count = self._starts.lines()[code]
        if count:
            self._uncount([int(one) - 1 for one in self._forms.lines()[first][1:7]])

    def _uncount(self, codes: Sequence[int]) -> None:
        for at, vocabulary in ((0, self._surnames), (2, self._given), (4, self._given)):
            if codes[at] != NONE:
                vocabulary.remove(codes[at], codes[at + 1])

    def _count_latin(self, name: Name) -> int:
        """Count a name in Latin letters; gives its code there, NONE for another."""
        code, new = self._latin.code(name.words) if _plain(name) else (NONE, False)
        if new:
            letters = _letters(name.words)
            self._latin_spans.append([self._latin_letters.size, len(letters), kinds_of(letters)])
            self._latin_letters.extend(np.frombuffer(letters, np.uint8))
            self._latin_counts.append([1])
        elif code != NONE:
            self._latin_counts.column()[code] += 1
        if code != NONE:
            self._sample = None
        return code

    def _uncount_latin(self, code: int) -> None:
        if code != NONE:
            self._latin_counts.column()[code] -= 1
            self._sample = None

    def _count(self, form: Form) -> list[int]:
        return _codes(form, self._surnames.add, self._given.add)

    def _find(self, form: Form) -> list[int]:
        return _codes(form, self._surnames.code, self._given.code)

    def ratios(self, asked: Sequence[Asked], codes: Ints, rows: Rows, roles: "Roles | None" = None) -> Floats:
        """m / u of each name asked for and each of the table, by number, in all slots of some rows, as
        `matching.name_kernels.name_ratios`; with `roles`, names of one role are compared."""
        forms = Forms.of(asked, self._surnames, self._given)
        if roles is None:
            roles = Roles([0] * len(asked), [False] * len(asked))
        ratios = name_ratios(
            forms.numbers, forms.sames, forms.ends, np.array(roles.asked, np.int32), np.array(roles.shared, bool),
            *self._surnames.table(), *self._given.table(), self._forms.lines(), self._starts.lines(), codes,
            roles.theirs, roles.surnamed, rows,
        )  # fmt: skip
        plain = [at for at, one in enumerate(asked) if _plain(one.name)]
        for at in plain if len(self._latin) else ():
            heard = bool(forms.ends[at] > (forms.ends[at - 1] if at else 0))
            self._set_latin(asked[at].name, heard, codes, rows, ratios[at])
        return ratios

    def _set_latin(self, query: Name, heard: bool, codes: Ints, rows: Rows, ratios: Floats) -> None:
        """Set the ratios of names in other scripts, where the sounds (of a query that is `heard`, against names with
        readings) say no more; u is how many names are that alike, by a sample."""
        places, distinct, back = latin_pairs(codes, rows, ratios, self._latin_at.column())
        if not len(places):
            return
        if self._sample is None:
            self._sample = self._sampled()
        sample, words = self._sample, query.words
        of, text = np.concatenate([sample.codes, distinct]), _letters(words)
        near = alike(
            np.array(bytearray(text)), kinds_of(text), self._latin_letters.column(), self._latin_spans.lines(), of,
            _LOOK_AT,
        )  # fmt: skip
        levels = np.zeros(len(of), np.uint8)
        for at, code in zip(near.tolist(), of[near].tolist(), strict=True):
            levels[at] = bisect_right(LATIN_BANDS, word_similarity(words, self._latin.values[code]))
        set_latin(
            codes, rows, ratios, self._starts.lines(), heard, places, back, levels, sample.counts,
            self._trust, self._latin_m, self._latin_u,
        )  # fmt: skip

    def _sampled(self) -> "_Sample":
        there = np.flatnonzero(self._latin_counts.column())
        codes = there[:: max(1, len(there) // _SAMPLE)].astype(np.int32)
        return _Sample(codes, self._latin_counts.column()[codes])


_ONE_ROLE, _NONE_SURNAMED = np.zeros((0, 0), np.int16), np.zeros(0, np.int8)


@dataclass(frozen=True, slots=True)
class Roles:
    """The role of each name asked for, and whether its surname may be the child's own; by slot and row the roles of the
    other side's names, and by row whether the child's surname is given (1), which then counts but once."""

    asked: Sequence[int]
    shared: Sequence[bool]
    theirs: npt.NDArray[np.int16] = field(default_factory=lambda: _ONE_ROLE)
    surnamed: npt.NDArray[np.int8] = field(default_factory=lambda: _NONE_SURNAMED)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Some of the names in Latin letters, and how often each is there."""

    codes: Ints
    counts: Ints


def _letters(words: Sequence[str]) -> bytes:
    return " ".join(sorted(words)).encode("ascii")


def _codes(
    form: Form,
    surname: Callable[[str, str], tuple[int, int]],
    given: Callable[[str, str], tuple[int, int]],
) -> list[int]:
    """The codes of sound and character of a form's surname and both given syllables; NONE where there is none."""
    codes = [NONE] * 6
    if form.surname:
        codes[:2] = surname("".join(form.surname), form.surname_characters)
    for at, one in enumerate(form.given[:2]):
        codes[2 + 2 * at : 4 + 2 * at] = given(one, form.given_characters[at : at + 1])
    return codes


def _plain(name: Name) -> bool:
    """Whether a name is compared in Latin letters: it has words, and no Han characters."""
    return bool(name.words) and not (name.forms and name.forms[0].given_characters)
