"""Marks and words of all rows at once."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from matching.columns import Alive, line, sides
from matching.description import Description
from matching.evidence import Evidence
from matching.growing import Coded, Grown
from matching.marks import Mark, MarkLevel, compare
from matching.model import Model
from matching.scoring import UNKNOWN, Groups, Scored, level_of, weigh

_MOST_MARKS = 5
MARK_LEVELS = ("several", *(level.name.lower() for level in MarkLevel))
MARK_CLASSES = ("one", "few", "many")
"""How many pairs of marks there are to agree by chance: 1, up to 3, more."""


class MarksColumn:
    """The best agreeing two marks; `several` where two or more agree."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["marks"], model.trust
        self._marks: Coded[Mark] = Coded()
        self._rows = Grown(_MOST_MARKS)
        self._sizes = Grown(1, 0)
        self._known: dict[Mark, npt.NDArray[np.int16]] = {}

    def append(self, row: Description) -> None:
        # Texts differ more than marks do: the text is no part of the code.
        plain = [Mark(one.kind, one.colour, one.part, one.side, "") for one in row.marks[:_MOST_MARKS]]
        self._rows.append([self._marks.code(one)[0] for one in plain])
        self._sizes.append([len(plain)])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        rows = self._rows.table().astype(np.int64)
        sizes = self._sizes.column().astype(np.int64)
        if not query.marks or not len(self._marks):
            return weigh(self._table, np.full(len(rows), UNKNOWN, np.int16), alive, self._trust, groups)
        best = np.full(len(rows), int(MarkLevel.DIFFERENT), np.int16)
        good = np.zeros(len(rows), np.int16)
        for mark in query.marks:
            here = self._levels(mark)[rows].min(axis=1)
            best = np.minimum(best, here)
            good += here <= MarkLevel.NEIGHBOUR
        level = np.where((good >= 2) & (sizes >= 2), 0, best + 1)
        pairs = sizes * len(query.marks)
        group = np.where(pairs <= 1, 0, np.where(pairs <= 3, 1, 2))
        codes = np.where(sizes > 0, group * len(MARK_LEVELS) + level, UNKNOWN).astype(np.int16)
        return weigh(self._table, codes, alive, self._trust, groups)

    def _levels(self, mark: Mark) -> npt.NDArray[np.int16]:
        """The level of every distinct mark, with DIFFERENT at the end for no mark."""
        plain = Mark(mark.kind, mark.colour, mark.part, mark.side, "")
        known = self._known.get(plain)
        if known is None or len(known) != len(self._marks) + 1:
            if len(self._known) > 5_000:
                self._known.clear()
            known = np.array(
                [*(compare(plain, one) for one in self._marks.values), MarkLevel.DIFFERENT], np.int16
            )
            self._known[plain] = known
        return known

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
            return line("marks", "unknown", bits, missing.text("marks"), found.text("marks"))
        level = level_of(self._table, code)[1]
        pairs = [(compare(a, b), a.text, b.text) for a in missing.marks for b in found.marks]
        if level in ("several", "different") or not pairs:
            return line("marks", level, bits, missing.text("marks"), found.text("marks"))
        _, a, b = min(pairs, key=lambda pair: pair[0])
        return line("marks", level, bits, a, b)


WORD_LEVELS = ("none", "weak", "some", "strong", "very_strong")
WORD_CLASSES = ("short", "long")
_BANDS = (0.01, 4.0, 7.0, 11.0)
"""Bits of rarity shared from which a level begins."""
_MANY_TOKENS = 5
_MOST_BITS = 9.0
"""What one shared word counts for at most."""


class WordsColumn:
    """Shared words weighted by rarity: the sum of the bits of the words that both texts have, in bands."""

    def __init__(
        self,
        model: Model,
        field: str,
        tokens: Callable[[Description], frozenset[str]],
        texts: tuple[str, ...],
    ) -> None:
        self._field, self._tokens, self._texts = field, tokens, texts
        self._table, self._trust = model.tables[field], model.trust
        self._postings: dict[str, Grown] = {}
        self._sizes = Grown(1, 0)
        self._filled = 0

    def append(self, row: Description) -> None:
        words = self._tokens(row)
        at = self._sizes.size
        for word in words:
            self._postings.setdefault(word, Grown(room=4)).append([at])
        self._sizes.append([len(words)])
        self._filled += bool(words)

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        sizes = self._sizes.column().astype(np.int64)
        words = self._tokens(query)
        if not words:
            return weigh(self._table, np.full(len(sizes), UNKNOWN, np.int16), alive, self._trust, groups)
        shared = np.zeros(len(sizes))
        for word in sorted(words):
            rows = self._postings.get(word)
            if rows is not None:
                shared[rows.column().astype(np.int64)] += self._rarity(word)
        level = np.digitize(shared, _BANDS)
        group = np.minimum(sizes, len(words)) >= _MANY_TOKENS
        codes = np.where(sizes > 0, group * len(WORD_LEVELS) + level, UNKNOWN).astype(np.int16)
        return weigh(self._table, codes, alive, self._trust, groups)

    def _rarity(self, word: str) -> float:
        """Bits: how unexpected the word is among the texts of the index."""
        rows = self._postings.get(word)
        return min(_MOST_BITS, -float(np.log2(((rows.size if rows else 0) + 0.5) / (self._filled + 20))))

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
            return None
        shared = sorted(self._tokens(missing) & self._tokens(found), key=self._rarity, reverse=True)
        texts = ["; ".join(filter(None, map(one.text, self._texts))) for one in (missing, found)]
        return line(
            self._field, level_of(self._table, code)[1], bits, texts[0], texts[1], words=" ".join(shared[:4])
        )
