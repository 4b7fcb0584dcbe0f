"""A query's marks against all distinct sets of marks, and its words against the texts of all rows."""

import numpy as np

from matching.compiled import Bits, Codes, Ints, Rows, kernel
from matching.marks import MarkLevel

_ALIKE = int(MarkLevel.NEIGHBOUR)


@kernel("u1[::1](u1[:, ::1], i4[:, ::1], i4[::1], i8, i8)")
def mark_codes(levels: Codes, members: Ints, sizes: Ints, count: int, of_class: int) -> Codes:
    """UNKNOWN, then for each of `count` sets of marks the code of its best agreement.

    `levels` are those of each mark of the query against all marks and, at the end, none; `members` and `sizes` those of
    the sets; `of_class` levels are in a class.
    """
    codes = np.empty(count + 1, np.uint8)
    codes[0] = 0
    own = len(levels)
    for n in range(count):
        best, mine, theirs = 255, 0, 0
        for at in range(len(members)):
            for mark in range(own):
                level = levels[mark, members[at, n]]
                best = min(best, int(level))
                if level <= _ALIKE:
                    mine |= 1 << mark
                    theirs |= 1 << at
        several = mine & (mine - 1) and theirs & (theirs - 1)
        pairs = sizes[n] * own
        codes[n + 1] = 1 + (int(pairs > 1) + int(pairs > 3)) * of_class + (0 if several else best + 1)
    return codes


BANDS = np.array([0.01, 4.0, 7.0, 11.0], np.float32)
"""Bits of rarity shared from which a level of words begins."""


@kernel("u1[::1](u1[::1], u1[::1], i4[::1], i8[::1], f4[::1])")
def word_codes(lowest: Codes, classes: Codes, hits: Ints, ends: Rows, rarity: Bits) -> Codes:
    """For each row the code of the bits of rarity that it shares with a query.

    `lowest` are the codes of the lowest level by class (UNKNOWN for the first), `hits` the rows that have each of the
    query's words, one word after the other, `ends` where those of each end, and `rarity` its bits.
    """
    shared = np.zeros(classes.size, np.float32)
    first = 0
    for word in range(ends.size):
        for at in range(first, ends[word]):
            shared[hits[at]] += rarity[word]
        first = ends[word]
    codes = np.empty(classes.size, np.uint8)
    for row in range(classes.size):
        codes[row] = lowest[classes[row]]
    for at in range(hits.size):
        row = hits[at]
        # A row that is silent, or has left, has no level.
        if classes[row]:
            code = lowest[classes[row]]
            for band in BANDS:
                code += shared[row] >= band
            codes[row] = code
    return codes
