"""The likelihood ratios of a query's names against those of some rows, and what they weigh together."""

import math

import numpy as np
import numpy.typing as npt

from matching.compiled import Bits, Codes, Floats, Ints, Rows, kernel, part
from matching.growing import NONE

Marked = npt.NDArray[np.bool_]
ASKED = 10
(_NAME, _MODE, _S, _SC, _G1, _C1, _G2, _C2, _TWO, _BARE) = range(ASKED)
"""A form of a name asked for: its name's number, its mode (-1: that of the other name); for the surname and both given
syllables the row in the vocabulary's `heard` and the code of the character (-1: none); whether there are two given
syllables, and whether there is none."""
SAMES = 4
(_WEIGHT, _SAME_S, _SAME_G1, _SAME_G2) = range(SAMES)
"""The same form's share of its name, and the ratio of the same character as surname and as each given syllable."""
FORMS = 8
(_MODE_OF, _SOUND_S, _CHARACTER_S, _SOUND_1, _CHARACTER_1, _SOUND_2, _CHARACTER_2, _SHARE) = range(FORMS)
"""A form of a name of a table: mode, one more than the codes of sound and character of the surname and both given
syllables (0: none), and its share of the name in parts of WHOLE."""
(_PLACE, _BEGIN, _END) = range(3)
"""A pair of names that is compared: slot * rows + row, and where the forms of the table's name begin and end."""
WHOLE = 2**30
WRITTEN = 1
_SHORTENED, _LENGTHENED = 0.5, 0.5


# Only numbers are handed to parts of kernels: counting who holds an array costs more than all that is done here.
@part
def _either(same: bool, same_ratio: float, ratio: float) -> float:
    """The ratio of the same character, or else that of the sounds."""
    return same_ratio if same else ratio


@part
def _given(two: bool, both: bool, straight: float, second: float, crossed: float) -> float:
    """m / u of the given names of a form asked for (of `two` syllables or one) and one of a table (`both`: of two),
    from those of the first syllables, of the second ones, and of the longer's second with the shorter's first."""
    if two and both:
        return straight * second
    if two != both:
        return (_SHORTENED if two else _LENGTHENED) * (0.5 * straight + 0.5 * crossed)
    return straight


@kernel(
    "f8[:, :, ::1](i4[:, ::1], f4[:, ::1], i8[::1], i4[::1], b1[::1], u1[:, ::1], f4[:, :, ::1], u1[:, ::1],"
    "f4[:, :, ::1], i4[:, ::1], i4[:, ::1], i4[:, ::1], i2[:, ::1], i1[::1], i8[::1])"
)
def name_ratios(
    asked: Ints,
    sames: Bits,
    ends: Rows,
    roles: Ints,
    shared: Marked,
    s_heard: Codes,
    s_ratios: Bits,
    g_heard: Codes,
    g_ratios: Bits,
    forms: Ints,
    starts: Ints,
    codes: Ints,
    their_roles: npt.NDArray[np.int16],
    surnamed: npt.NDArray[np.int8],
    rows: Rows,
) -> Floats:
    """m / u, shape (names asked for, slots, rows), of each name of a query against those in all slots of some rows; 1
    where nothing is known, nan where nothing is compared: there is no name, or it has another role.

    `asked` (ASKED) and `sames` (SAMES) have a row for each form, and those of a name end at `ends`. `heard` gives the
    level of each syllable, `ratios` that of each mode and level. `forms` (FORMS) and `starts` (first, count)
    are those of the table, `codes` the names in it by slot and row. Without `their_roles` all names have one role. In
    rows that are `surnamed`, names that are `shared` are compared without their surnames.
    """
    slots, count = len(codes), rows.size
    found = np.full((ends.size, slots * count), np.nan)
    # Most slots are empty, and most roles others: what is compared at all is listed once.
    pairs = np.empty((slots * count, 3), np.int32)
    begin = 0
    for name in range(ends.size):
        compared = 0
        for slot in range(slots):
            for row in range(count):
                code = codes[slot, rows[row]]
                if code != NONE and (not their_roles.size or their_roles[slot, rows[row]] == roles[name]):
                    pairs[compared, _PLACE] = slot * count + row
                    pairs[compared, _BEGIN] = starts[code, 0]
                    pairs[compared, _END] = starts[code, 0] + starts[code, 1]
                    known = starts[code, 1] > 0 and begin < ends[name]
                    found[name, slot * count + row] = 0.0 if known else 1.0
                    compared += 1
        for own in range(begin, ends[name]):
            s_row, g1_row, g2_row = asked[own, _S], asked[own, _G1], asked[own, _G2]
            own_s, own_1, own_2 = asked[own, _SC], asked[own, _C1], asked[own, _C2]
            share = sames[own, _WEIGHT]
            same_s, same_1, same_2 = sames[own, _SAME_S], sames[own, _SAME_G1], sames[own, _SAME_G2]
            two, bare, own_mode = asked[own, _TWO] == 1, asked[own, _BARE] == 1, asked[own, _MODE]
            # The longer one's second syllable is compared with the shorter one's first, too.
            late_row, own_late, same_late = (g2_row, own_2, same_2) if two else (g1_row, own_1, same_1)
            for pair in range(compared):
                place, total = pairs[pair, _PLACE], 0.0
                alone = shared[name] and surnamed[rows[place % count]] == 1
                for form in range(pairs[pair, _BEGIN], pairs[pair, _END]):
                    mode = own_mode if own_mode >= 0 else forms[form, _MODE_OF]
                    written, ratio = mode == WRITTEN, 1.0
                    if not alone:
                        heard = s_ratios[s_row, mode, s_heard[s_row, forms[form, _SOUND_S]]]
                        ratio = _either(written and own_s == forms[form, _CHARACTER_S], same_s, heard)
                    g1, g2 = forms[form, _SOUND_1], forms[form, _SOUND_2]
                    if g1 and not bare:
                        c1, c2 = forms[form, _CHARACTER_1], forms[form, _CHARACTER_2]
                        heard = g_ratios[g1_row, mode, g_heard[g1_row, g1]]
                        straight = _either(written and own_1 == c1, same_1, heard)
                        heard = g_ratios[g2_row, mode, g_heard[g2_row, g2]]
                        second = _either(written and own_2 == c2, same_2, heard)
                        heard = g_ratios[late_row, mode, g_heard[late_row, g1 if two else g2]]
                        crossed = _either(written and own_late == (c1 if two else c2), same_late, heard)
                        ratio *= _given(two, g2 > 0, straight, second, crossed)
                    total += forms[form, _SHARE] / WHOLE * ratio
                found[name, place] += total * share
        begin = ends[name]
    return found.reshape((ends.size, slots, count))


@kernel("void(f8[:, :, ::1], f4[:, ::1], i8[::1], f8[::1], b1, f8, u1[::1], f4[::1])")
def mixed_bits(
    ratios: Floats,
    shares: Bits,
    rows: Rows,
    parts: Floats,
    found: bool,
    scale: float,
    codes: Codes,
    bits: Bits,
) -> None:
    """Set the bits of each row, and its code to 1, from the ratios of all pairs of names (nan: none); zeros stay where
    there are none.

    A found name is the true one with its share of truth, against the mean of the missing names. `found`: `parts` are
    the truths of the query's names, and `shares` (slots, all rows) the part of each of a row's in the mean; else the
    reverse.
    """
    names, slots, count = ratios.shape
    for row in range(count):
        sum, compared = 0.0, False
        for one in range(names if found else slots):
            mixed = 0.0
            for other in range(slots if found else names):
                name, slot = (one, other) if found else (other, one)
                ratio = ratios[name, slot, row]
                if ratio == ratio:
                    mixed += ratio * (shares[slot, rows[row]] if found else parts[name])
                    compared = True
            truth = parts[one] if found else shares[one, rows[row]]
            if truth > 0:
                sum += math.log2(1 - truth + truth * mixed)
        if compared:
            codes[row], bits[row] = 1, scale * sum


@kernel("void(f8[:, :, ::1], b1, f8, f8, f8, u1[::1], f4[::1])")
def mean_bits(
    ratios: Floats, missing: bool, truth: float, most: float, scale: float, codes: Codes, bits: Bits
) -> None:
    """Set the bits of each row, at most so many before they are scaled, and its code to 1; zeros stay where nothing is
    compared: for each relative that the family names (the query's if it is `missing`) by the mean of its ratios, for of
    two brothers only one need be meant."""
    names, slots, rows = ratios.shape
    for row in range(rows):
        sum, compared = 0.0, False
        for one in range(names if missing else slots):
            total, count = 0.0, 0
            for other in range(slots if missing else names):
                ratio = ratios[one, other, row] if missing else ratios[other, one, row]
                if ratio == ratio:
                    total += ratio
                    count += 1
            if count:
                sum += math.log2(1 - truth + truth * max(total / count, 1e-9))
                compared = True
        if compared:
            codes[row], bits[row] = 1, scale * min(sum, most)
