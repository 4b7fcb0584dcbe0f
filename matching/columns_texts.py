"""Marks and words of all rows at once."""

import math
from collections import Counter
from itertools import accumulate

import numpy as np

from matching.columns import line, sides
from matching.compiled import Codes
from matching.description import Description
from matching.evidence import Evidence
from matching.growing import Coded, Grown, Remembered, Values
from matching.marks import Mark, MarkLevel, compare
from matching.model import Model
from matching.postings import Postings
from matching.scoring import NOTHING, UNKNOWN, Look, Weights
from matching.text_kernels import mark_codes, word_codes

_MOST_MARKS = 5
MARK_LEVELS = ("several", *(level.name.lower() for level in MarkLevel))
MARK_CLASSES = ("one", "few", "many")
"""How many pairs of marks there are to agree by chance: 1, up to 3, more."""


class MarksColumn:
    """The best agreeing two marks; `several` where two or more agree."""

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "marks")
        self._marks: Coded[Mark] = Coded()
        self._rows: Values[tuple[Mark, ...]] = Values()
        self._members = Grown(_MOST_MARKS)
        self._sizes = Grown(fill=0)
        self._against = Remembered(4 * 2**20)
        self._remembered = Remembered(16 * 2**20)

    def append(self, row: Description) -> None:
        marks = _plain(row)
        if self._rows.append(marks or None):
            self._members.append([self._marks.code(one)[0] for one in marks])
            self._sizes.append([len(marks)])

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        marks = _plain(query)
        if not marks or not len(self._rows.distinct):
            return NOTHING
        return Look(self._levels(marks), self._rows.rows())

    def _levels(self, marks: tuple[Mark, ...]) -> Codes:
        """UNKNOWN, and the codes of all distinct sets of marks."""
        known = self._remembered.get(marks)
        if known is None or len(known) != len(self._rows.distinct) + 1:
            levels = np.stack([self._level(mark) for mark in marks])
            (members, count), sizes = self._members.whole(), self._sizes.column()
            known = mark_codes(levels, members, sizes, count, len(MARK_LEVELS))
            self._remembered[marks] = known
        return known

    def _level(self, mark: Mark) -> Codes:
        """The level of every distinct mark, with DIFFERENT at the end for no mark."""
        known = self._against.get(mark)
        if known is None or len(known) != len(self._marks) + 1:
            known = np.array(
                [*(compare(mark, one) for one in self._marks.values), MarkLevel.DIFFERENT], np.uint8
            )
            self._against[mark] = known
        return known

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return line("marks", "unknown", bits, missing.text("marks"), found.text("marks"))
        level = self.weights.level(code)[1]
        pairs = [(compare(a, b), a.text, b.text) for a in missing.marks for b in found.marks]
        if level in ("several", "different") or not pairs:
            return line("marks", level, bits, missing.text("marks"), found.text("marks"))
        _, a, b = min(pairs, key=lambda pair: pair[0])
        return line("marks", level, bits, a, b)


def _plain(one: Description) -> tuple[Mark, ...]:
    """The marks without their texts, which differ more than marks do."""
    return tuple(Mark(mark.kind, mark.colour, mark.part, mark.side, "") for mark in one.marks[:_MOST_MARKS])


WORD_LEVELS = ("none", "weak", "some", "strong", "very_strong")
WORD_CLASSES = ("short", "long")
_MANY_TOKENS = 5


def _class(words: frozenset[str]) -> int:
    """0 for nothing said, 1 short, 2 long."""
    return int(bool(words)) + (len(words) >= _MANY_TOKENS)


_MOST_BITS = 9.0
"""What one shared word counts for at most."""


class WordsColumn:
    """Shared words weighted by rarity: the sum of the bits of the words that both texts have, in bands."""

    def __init__(
        self,
        model: Model,
        field: str,
        texts: tuple[str, ...],
    ) -> None:
        self._field, self._texts = field, texts
        self.weights = Weights.of(model, field)
        self._postings: Postings[str] = Postings()
        self._classes = Grown(fill=0, dtype=np.uint8)
        self._filled = 0
        self._elsewhere: Counter[str] = Counter()

    def append(self, row: Description) -> None:
        words = self._tokens(row)
        self._postings.add(words, self._classes.size)
        self._classes.append([_class(words)])
        self._filled += bool(words)

    def forget(self, row: int, said: Description) -> None:
        self._classes.forget(row)
        words = self._tokens(said)
        self._filled -= bool(words)
        for word in words:
            self._postings.discard(word)

    def count(self, other: Description) -> None:
        words = self._tokens(other)
        self._filled += bool(words)
        self._elsewhere.update(words)

    def discount(self, other: Description) -> None:
        words = self._tokens(other)
        self._filled -= bool(words)
        self._elsewhere.subtract(words)

    def look(self, query: Description) -> Look:
        classes, words = self._classes.column(), self._tokens(query)
        if not words:
            return NOTHING
        # The code of the lowest level for silent, short and long rows; a short query makes every row short.
        lowest = np.array([UNKNOWN, 1, 1 if _class(words) == 1 else 1 + len(WORD_LEVELS)], np.uint8)
        hits, rarity = [np.zeros(0, np.int32)], []
        for word in sorted(words):
            rows = self._postings.rows(word)
            if rows is not None:
                hits.append(rows)
                rarity.append(self._rarity(word))
        ends = np.array([*accumulate(map(len, hits[1:]))], np.intp)
        return Look(word_codes(lowest, classes, np.concatenate(hits), ends, np.array(rarity, np.float32)))

    def _rarity(self, word: str) -> float:
        """Bits: how unexpected the word is among the texts of the index."""
        share = (self._postings.count(word) + self._elsewhere[word] + 0.5) / (self._filled + 20)
        return min(_MOST_BITS, -math.log2(share))

    def _tokens(self, one: Description) -> frozenset[str]:
        words: frozenset[str] = getattr(one, self._field)
        return words

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return None
        # Things that have a name come first: pairs of characters are often pieces of words.
        shared = sorted(
            self._tokens(missing) & self._tokens(found),
            key=lambda word: (not word.startswith("="), -self._rarity(word), word),
        )
        texts = ["; ".join(filter(None, map(one.text, self._texts))) for one in (missing, found)]
        return line(
            self._field, self.weights.level(code)[1], bits, texts[0], texts[1], words=" ".join(shared[:4])
        )
