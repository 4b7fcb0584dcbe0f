"""The passes over rows that every query makes: codes of a sample, weights from how often each code is there, sums.

A row's code is either `values[at[row]]` (the code of its distinct value) or its own. UNKNOWN is code 0.
"""

import math

import numpy as np

from matching.compiled import Bits, Codes, Floats, Ints, Rows, kernel

GROUP_TRUST = 60.0
"""How many rows the share among all rows counts for beside those of a group."""


@kernel("u1[::1](u1[::1], i4[::1], i8[::1])")
def rows_known(values: Codes, at: Ints, rows: Rows) -> Codes:
    """The codes of some rows by the codes of distinct values."""
    codes = np.empty(rows.size, np.uint8)
    for place in range(rows.size):
        codes[place] = values[at[rows[place]]]
    return codes


@kernel("void(f4[::1], f4[::1], u1[::1], i4[::1])")
def add_known(sums: Bits, weights: Bits, values: Codes, at: Ints) -> None:
    """Add the weight of every row's code to its sum, by the codes of distinct values."""
    for row in range(sums.size):
        sums[row] += weights[values[at[row]]]


@kernel("void(f4[::1], f4[::1], u1[::1])")
def add_each(sums: Bits, weights: Bits, codes: Codes) -> None:
    """Add the weight of every row's code to its sum."""
    for row in range(sums.size):
        sums[row] += weights[codes[row]]


@kernel("void(f4[::1], i4[::1], f4)")
def add_at(sums: Bits, rows: Ints, bits: float) -> None:
    """Add the same bits to the sums of some rows."""
    for row in rows:
        sums[row] += bits


@kernel("f4[::1](f4[:, ::1], u1[::1], u1[::1])")
def bits_of(weights: Bits, codes: Codes, groups: Codes) -> Bits:
    """The weights of codes, each by its group; one row of weights: all are of one group."""
    bits = np.empty(codes.size, np.float32)
    if len(weights) == 1:
        for row in range(codes.size):
            bits[row] = weights[0, codes[row]]
    else:
        for row in range(codes.size):
            bits[row] = weights[groups[row], codes[row]]
    return bits


@kernel("u1[::1](f4[::1])")
def groups_of(bits: Bits) -> Codes:
    """What a comparison says of each row: 0 nothing, 1 for, 2 against. What another one says is then judged among rows
    of its group."""
    groups = np.empty(bits.size, np.uint8)
    for row in range(bits.size):
        groups[row] = int(bits[row] > 0) + 2 * int(bits[row] < 0)
    return groups


@kernel("f4[:, ::1](u1[::1], u1[::1], i8, f8[:, ::1], f8[:, ::1], f8, f8, f8)")
def weigh(
    codes: Codes, groups: Codes, kinds: int, m: Floats, u: Floats, trust: float, scale: float, own: float
) -> Bits:
    """The bits of all codes by group, shape (kinds, codes), from the codes and groups of a sample of rows in which a
    row counts `own`: see `matching.scoring.Weights.seen`."""
    classes, levels = m.shape
    # Whole numbers: where most rows have one code, each sum of floats would wait for the one before it.
    tally = np.zeros((kinds, 1 + classes * levels), np.int32)
    for row in range(codes.size):
        tally[groups[row] if kinds > 1 else 0, codes[row]] += 1
    counts = tally.astype(np.float64)
    weights = np.zeros((kinds, 1 + classes * levels), np.float32)
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
    return weights
