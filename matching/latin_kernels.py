"""Names in Latin letters beside a query's: which are to be compared, which of them are roughly alike, and what the
likeness says. Letters are those of a name's sorted words, with spaces between them."""

import numpy as np

from matching.compiled import Codes, Floats, Ints, Rows, kernel
from matching.growing import NONE

SPAN = 3
(_BEGIN, _SIZE, _KINDS) = range(SPAN)
"""Where the letters of a name begin in those of all names, how many they are, and which there are, as bits."""
MOST_LETTERS = 64
"""What comes after so many letters is not looked at."""
_LANES = 31
"""Letters differ in so many of their bits; others count as one letter where only their kinds are asked."""
_START, _FOR_START, _SHARED_START = 4, 0.1, 0.7
"""Winkler: up to four letters that begin both, what each takes of the distance, from which similarity on."""


@kernel("UniTuple(i4[::1], 3)(i4[:, ::1], i8[::1], f8[:, ::1], i4[::1])")
def latin_pairs(codes: Ints, rows: Rows, ratios: Floats, latin: Ints) -> tuple[Ints, Ints, Ints]:
    """Which of a name's ratios, shape (slots, rows), compare a name in Latin letters, as slot * rows + row; the
    distinct codes of those letters (`latin`, by name); and which of these each has."""
    slots, count = ratios.shape
    places, back, distinct = (
        np.empty(slots * count, np.int32), np.empty(slots * count, np.int32), np.empty(slots * count, np.int32)
    )  # fmt: skip
    pairs = different = 0
    room = 64
    while room < 2 * slots * count:
        room *= 2
    known = np.full(room, NONE, np.int32)
    for slot in range(slots):
        for row in range(count):
            code = codes[slot, rows[row]]
            if code != NONE and latin[code] != NONE and ratios[slot, row] == ratios[slot, row]:
                # Where the number of these letters is kept: at its place or, where that is taken, behind it.
                at = latin[code] & (room - 1)
                while known[at] != NONE and distinct[known[at]] != latin[code]:
                    at = (at + 1) & (room - 1)
                if known[at] == NONE:
                    known[at], distinct[different] = different, latin[code]
                    different += 1
                places[pairs], back[pairs] = slot * count + row, known[at]
                pairs += 1
    return places[:pairs], distinct[:different], back[:pairs]


def kinds_of(letters: bytes) -> int:
    """Which letters there are, as bits."""
    kinds = 0
    for letter in letters:
        kinds |= 1 << (letter & _LANES)
    return kinds & (2**31 - 1)


@kernel("i8[::1](u1[::1], i8, u1[::1], i4[:, ::1], i4[::1], f8)")
def alike(text: Codes, kinds: int, letters: Codes, spans: Ints, codes: Ints, least: float) -> Rows:
    """The places of those codes whose letters have a Jaro-Winkler similarity of at least so much (0.7 or more) to a
    text's, by `spans` (SPAN)."""
    one, own = np.uint64(1), min(text.size, MOST_LETTERS)
    where = np.zeros(256, np.uint64)
    for place in range(own):
        where[text[place]] |= one << np.uint64(place)
    near, count = np.empty(codes.size, np.intp), 0
    for at in range(codes.size):
        span = spans[codes[at]]
        size = min(span[_SIZE], MOST_LETTERS)
        begin, start = span[_BEGIN], 0
        while start < min(_START, own, size) and text[start] == letters[begin + start]:
            start += 1
        # How many letters may have no match: of matches in order the similarity is ((m / own + m / size + 1) / 3).
        jaro = max(_SHARED_START, (least - _FOR_START * start) / (1 - _FOR_START * start))
        spare = int(size - (3 * jaro - 1) * own * size / (own + size) + 1e-9)
        lacking = span[_KINDS] & ~kinds
        missed = 0
        while lacking:
            lacking &= lacking - 1
            missed += 1
        if missed > spare:
            continue
        window = max(max(own, size) // 2 - 1, 0)
        reach = (one << np.uint64(window + 1)) - one
        taken, met = np.uint64(0), np.uint64(0)
        for place in range(size):
            free = where[letters[begin + place]] & reach & ~taken
            if free:
                taken |= free & (~free + one)
                met |= one << np.uint64(place)
            else:
                spare -= 1
                if spare < 0:
                    break
            reach = (reach << one) | np.uint64(place < window)
        if spare < 0 or not met:
            continue
        matches, moved, mine = 0, 0, 0
        for place in range(size):
            if met >> np.uint64(place) & one:
                while not taken >> np.uint64(mine) & one:
                    mine += 1
                moved += letters[begin + place] != text[mine]
                matches += 1
                mine += 1
        jaro = (matches / own + matches / size + (matches - moved // 2) / matches) / 3
        if jaro > _SHARED_START:
            jaro += start * _FOR_START * (1 - jaro)
        if jaro >= least:
            near[count] = at
            count += 1
    return near[:count]


@kernel(
    "void(i4[:, ::1], i8[::1], f8[:, ::1], i4[:, ::1], b1, i4[::1], i4[::1], u1[::1], i4[::1], f8, f8[::1], f8[::1])"
)
def set_latin(
    codes: Ints,
    rows: Rows,
    ratios: Floats,
    starts: Ints,
    heard: bool,
    places: Ints,
    back: Ints,
    levels: Codes,
    counts: Ints,
    trust: float,
    m: Floats,
    u: Floats,
) -> None:
    """Set the ratios at these places to m / u of the level of `back`, but to no less than they are where both names
    (the query's if it is `heard`) have readings.

    `levels` are first those of a sample, in which u is counted, where each is there `counts` times and the query's once
    too often, and the shipped u `trust` times; then those that `back` counts from.
    """
    seen = np.zeros(m.size)
    for at in range(counts.size):
        seen[levels[at]] += counts[at]
    spelt = m / ((np.maximum(seen - 1, 0) + trust * u) / (max(seen.sum() - 1, 0) + trust))
    for pair in range(places.size):
        slot, row = places[pair] // rows.size, places[pair] % rows.size
        ratio = spelt[levels[counts.size + back[pair]]]
        known = heard and starts[codes[slot, rows[row]], 1] > 0
        ratios[slot, row] = max(ratios[slot, row], ratio) if known else ratio
