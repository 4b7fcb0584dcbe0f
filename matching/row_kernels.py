"""The passes over rows that every query makes: weights from how often each code is in a sample, sums, and the full look
at some rows.

Each comparison gives `values` and `at`: a row's code is `values[at[row]]` (the code of its distinct value) or, where
`at` is empty, `values[row]`; empty `values` are silent. UNKNOWN is code 0. `depends` is the number of an earlier
comparison that says partly the same, or -1: what a comparison says is then judged among rows of its group.
"""

import math

import numpy as np

from matching.compiled import Bits, Codes, Floats, Ints, Rows, kernel

COMPARISONS = 13
"""How many look at every row."""
GROUPS, FOR = 3, 1
"""What a comparison says of a row: 0 nothing, 1 for, 2 against."""
GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of a group."""
_BLOCK = 16_384
"""So many rows' sums stay in fast memory while all comparisons are added."""
_LANES = 4
"""Counted in turn: where most rows have one code, each count would wait for the one before it."""
_VALUES, _AT = f"UniTuple(u1[::1], {COMPARISONS})", f"UniTuple(i4[::1], {COMPARISONS})"
Values = tuple[Codes, ...]
Places = tuple[Ints, ...]


@kernel("void(u1[::1], i4[::1], i8[::1], u1[::1])")
def codes_at(values: Codes, at: Ints, rows: Rows, codes: Codes) -> None:
    """Set the codes of some rows."""
    if at.size:
        for place in range(rows.size):
            codes[place] = values[np.uint32(at[np.uint64(rows[place])])]
    else:
        for place in range(rows.size):
            codes[place] = values[np.uint64(rows[place])]


@kernel("void(f4[:, ::1], u1[::1], u1[::1], u1[::1])")
def groups_of(weights: Bits, given: Codes, codes: Codes, groups: Codes) -> None:
    """Set the groups that codes, themselves judged by the groups `given`, belong to by their weights."""
    for row in range(codes.size):
        bits = weights[given[row], codes[row]]
        groups[row] = int(bits > 0) + 2 * int(bits < 0)


@kernel("void(u1[::1], u1[::1], i4[:, ::1])")
def count(codes: Codes, groups: Codes, tally: Ints) -> None:
    """Add how often each code is there to `tally`, shape (groups, codes); of one row if all are of one group."""
    lanes = np.zeros((_LANES, *tally.shape), np.int32)
    if len(tally) > 1:
        for row in range(codes.size):
            lanes[row & 3, groups[row], codes[row]] += 1
    else:
        for row in range(codes.size):
            lanes[row & 3, 0, codes[row]] += 1
    tally += lanes.sum(axis=0)


@kernel("void(f4[::1], f4[::1], u1[::1], i4[::1])")
def add_known(sums: Bits, weights: Bits, values: Codes, at: Ints) -> None:
    """Add the weight of every row's code to its sum, by the codes of distinct values."""
    for row in range(sums.size):
        sums[row] += weights[values[np.uint32(at[row])]]


@kernel("void(f4[::1], f4[::1], u1[::1])")
def add_each(sums: Bits, weights: Bits, codes: Codes) -> None:
    """Add the weight of every row's code to its sum."""
    for row in range(sums.size):
        sums[row] += weights[codes[row]]


@kernel("void(i4[:, ::1], f8[:, ::1], f8[:, ::1], i8, i8, f8, f8, f8, f4[:, ::1])")
def weigh(
    tally: Ints,
    m: Floats,
    u: Floats,
    classes: int,
    levels: int,
    trust: float,
    scale: float,
    own: float,
    weights: Bits,
) -> None:
    """Set the bits of all codes by group, from how often each is in a sample of rows (`tally`, shape (groups, codes))
    in which a row counts `own`. One row of `tally`: u is not judged by group."""
    counts = tally.astype(np.float64)
    kinds = len(tally)
    shares = np.empty(levels)
    for of in range(classes):
        here = counts[:, 1 + of * levels : 1 + (of + 1) * levels]
        whole = max(here.sum() - own, 0.0) + trust
        for level in range(levels):
            shares[level] = (max(here[:, level].sum() - own, 0.0) + trust * u[of, level]) / whole
        for kind in range(kinds):
            whole = max(here[kind].sum() - own, 0.0) + GROUP_TRUST
            for level in range(levels):
                share = shares[level]
                if kinds > 1:
                    share = (max(here[kind, level] - own, 0.0) + GROUP_TRUST * share) / whole
                weights[kind, 1 + of * levels + level] = scale * math.log2(m[of, level] / share)


@kernel(
    f"f4[:, :, ::1]({_VALUES}, {_AT}, i8[::1], i8[::1], f8[:, :, ::1], f8[:, :, ::1], i8[:, ::1], f8, f8[::1], f8)"
)
def weights_of(
    values: Values,
    at: Places,
    depends: Rows,
    sample: Rows,
    m: Floats,
    u: Floats,
    sizes: Rows,
    trust: float,
    scales: Floats,
    own: float,
) -> Bits:
    """The bits of all codes of a query, shape (comparisons, GROUPS, codes), with u counted in the rows of `sample`, in
    which a row counts `own`. `m`, `u` and `scales` are those of each comparison, `sizes` its classes and levels."""
    most = 1 + m.shape[1] * m.shape[2]
    weights = np.zeros((COMPARISONS, GROUPS, most), np.float32)
    groups, codes = np.zeros((COMPARISONS + 1, sample.size), np.uint8), np.empty(sample.size, np.uint8)
    for one in range(COMPARISONS):
        if values[one].size:
            codes_at(values[one], at[one], sample, codes)
            given = depends[one] if depends[one] >= 0 and values[depends[one]].size else COMPARISONS
            tally = np.zeros((GROUPS if given < COMPARISONS else 1, most), np.int32)
            count(codes, groups[given], tally)
            weigh(tally, m[one], u[one], sizes[one, 0], sizes[one, 1], trust, scales[one], own, weights[one])
            if given == COMPARISONS:
                weights[one, 1:] = weights[one, 0]
            if (depends == one).any():
                groups_of(weights[one], groups[given], codes, groups[one])
    return weights


@kernel(f"f4[::1]({_VALUES}, {_AT}, f4[:, :, ::1], i8)")
def rough_bits(values: Values, at: Places, weights: Bits, rows: int) -> Bits:
    """About the bits of every row: what depends on another fact is taken as among rows that agree on that one, for only
    such rows lead."""
    sums = np.zeros(rows, np.float32)
    for begin in range(0, rows, _BLOCK):
        end = min(rows, begin + _BLOCK)
        for one in range(COMPARISONS):
            if at[one].size:
                add_known(sums[begin:end], weights[one, FOR], values[one], at[one][begin:end])
            elif values[one].size:
                add_each(sums[begin:end], weights[one, FOR], values[one][begin:end])
    return sums


@kernel(f"void({_VALUES}, {_AT}, i8[::1], f4[:, :, ::1], i8[::1], u1[:, ::1], f4[:, ::1])")
def full_bits(
    values: Values, at: Places, depends: Rows, weights: Bits, rows: Rows, codes: Codes, bits: Bits
) -> None:
    """Set the codes and bits of some rows, shape (comparisons, rows); zeros stay where the query is silent."""
    for one in range(COMPARISONS):
        if values[one].size:
            codes_at(values[one], at[one], rows, codes[one])
            given = depends[one]
            for row in range(rows.size):
                said = bits[given, row] if given >= 0 else np.float32(0)
                bits[one, row] = weights[
                    one, np.uint64(said > 0) + np.uint64(2) * np.uint64(said < 0), codes[one, row]
                ]


@kernel("void(f4[::1], i4[::1], f4)")
def add_at(sums: Bits, rows: Ints, bits: float) -> None:
    """Add the same bits to the sums of some rows."""
    for row in rows:
        sums[row] += bits


_DIGITS = ((21, 2_048), (10, 2_048), (0, 1_024))
"""The 32 bits of a number in three digits: how far each is shifted, and how many values it has."""
_SIGN = -(2**31)


@kernel("f4(f4[::1], i8, i8)")
def largest(sums: Bits, step: int, number: int) -> float:
    """The largest (`number` 1), second largest … of every so many-th sum, found digit by digit."""
    sample = sums[::step].copy()
    keys = sample.view(np.int32)
    for at in range(keys.size):
        # Bits in the order of the numbers: of negative ones all are turned round, of others that of the sign.
        keys[at] = keys[at] ^ ((keys[at] >> 31) | _SIGN)
    left = keys.size
    for shift, values in _DIGITS:
        counts = np.zeros(values, np.int32)
        for at in range(left):
            counts[(keys[at] >> shift) & (values - 1)] += 1
        digit = values - 1
        while counts[digit] < number:
            number -= counts[digit]
            digit -= 1
        kept = 0
        for at in range(left):
            key = keys[at]
            keys[kept] = key
            kept += (key >> shift) & (values - 1) == digit
        left = kept
    keys[0] = keys[0] ^ ((~keys[0] >> 31) | _SIGN)
    return float(sample[0])
