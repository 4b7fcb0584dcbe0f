"""The compiled comparison of names gives what the plain formulation of the same gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.compiled import Bits, Codes, Floats, Ints
from matching.name_kernels import WHOLE, WRITTEN, latin_pairs, mean_bits, mixed_bits, name_ratios, set_latin

SEED = st.integers(0, 2**32 - 1)
ROWS, SLOTS, TABLE = 12, 3, 8


class Vocabulary:
    """Random levels of four syllables asked for (the first is none) beside six, and random ratios."""

    def __init__(self, draw: np.random.Generator) -> None:
        self.heard: Codes = draw.integers(0, 5, (4, 6), np.uint8)
        self.ratios: Bits = draw.random((4, 2, 7)).astype(np.float32)
        self.heard[0], self.heard[:, 0], self.ratios[:, :, 6] = 6, 6, 1

    def against(self, row: int, own: int, same: float, sound: int, character: int, mode: int) -> float:
        if mode == WRITTEN and own == character:
            return same
        return float(self.ratios[row, mode, self.heard[row, sound]])


def of_forms(a: Ints, sames: Bits, t: Ints, surnames: Vocabulary, given: Vocabulary, alone: bool) -> float:
    """m / u of two forms."""
    mode = t[0] if a[1] < 0 else a[1]
    surname = 1.0 if alone else surnames.against(a[2], a[3], sames[1], t[1], t[2], mode)

    def syllable(own: int, other: int) -> float:
        return given.against(
            a[4 + 2 * own], a[5 + 2 * own], sames[2 + own], t[3 + 2 * other], t[4 + 2 * other], mode
        )

    if not t[3] or a[9]:
        return surname
    if a[8]:
        both = syllable(0, 0) * syllable(1, 1) if t[5] else (syllable(0, 0) + syllable(1, 0)) / 4
    else:
        both = (syllable(0, 0) + syllable(0, 1)) / 4 if t[5] else syllable(0, 0)
    return surname * both


@given(SEED, st.integers(1, 3))
def test_pairs_of_names_have_the_mean_ratio_of_their_forms(seed: int, names: int) -> None:
    draw = np.random.default_rng(seed)
    surnames, given_names = Vocabulary(draw), Vocabulary(draw)
    ends = np.cumsum(draw.integers(0, 3, names), dtype=np.intp)
    forms = int(ends[-1])
    asked = np.stack([
        np.zeros(forms), draw.integers(-1, 2, forms), *(draw.integers(low, 4, forms) for low in [0, -1] * 3),
        draw.integers(0, 2, forms), draw.random(forms) < 0.2,
    ], axis=1).astype(np.int32)  # fmt: skip
    sames = draw.random((forms, 4)).astype(np.float32)
    counts = draw.integers(0, 3, TABLE)
    starts = np.stack([np.cumsum(counts) - counts, counts], axis=1).astype(np.int32)
    table = np.concatenate([
        draw.integers(0, 2, (int(counts.sum()), 1)), draw.integers(0, 6, (int(counts.sum()), 6)),
        (WHOLE / np.repeat(counts, counts))[:, None],
    ], axis=1).astype(np.int32)  # fmt: skip
    everywhere = draw.integers(-1, TABLE, (SLOTS, 2 * ROWS)).astype(np.int32)
    of_all = (
        draw.integers(0, 2, everywhere.shape, np.int16) if draw.random() < 0.7 else np.zeros((0, 0), np.int16)
    )
    rows, roles = draw.permutation(2 * ROWS)[:ROWS], draw.integers(0, 2, names).astype(np.int32)
    shared, surnamed = draw.random(names) < 0.5, draw.integers(0, 2, 2 * ROWS, np.int8)
    found = name_ratios(
        asked, sames, ends, roles, shared, surnames.heard, surnames.ratios, given_names.heard, given_names.ratios,
        table, starts, everywhere, of_all, surnamed, rows,
    )  # fmt: skip
    codes, alone = everywhere[:, rows], surnamed[rows] == 1
    their_roles = of_all[:, rows] if of_all.size else None
    expected = np.full((names, SLOTS, ROWS), np.nan)
    for name, slot, row in np.ndindex(expected.shape):
        code, own = codes[slot, row], range(ends[name - 1] if name else 0, ends[name])
        if code < 0 or (their_roles is not None and their_roles[slot, row] != roles[name]):
            continue
        theirs = table[starts[code, 0] : starts[code].sum()]
        expected[name, slot, row] = sum(
            sames[at, 0] / counts[code]
            * of_forms(asked[at], sames[at], t, surnames, given_names, alone[row] and shared[name])
            for at in own for t in theirs
        ) if len(own) and len(theirs) else 1.0  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def random_ratios(draw: np.random.Generator, names: int) -> Floats:
    ratios: Floats = np.exp(3 * draw.standard_normal((names, SLOTS, ROWS)))
    ratios[draw.random(ratios.shape) < 0.3] = np.nan
    return ratios


@given(SEED, st.integers(1, 4), st.booleans())
def test_each_found_name_is_the_true_one_or_none_of_this_child(seed: int, names: int, found: bool) -> None:
    draw = np.random.default_rng(seed)
    ratios, shares, parts = random_ratios(draw, names), draw.random((SLOTS, ROWS)), draw.random(names)
    if found:
        mixed, truth = np.nansum(ratios * shares.astype(np.float32), axis=1), parts[:, None]
    else:
        mixed, truth = np.nansum(ratios * parts[:, None, None], axis=0), shares
    expected = 0.7 * np.log2(1 - truth + truth * mixed).sum(axis=0)
    rows = draw.permutation(ROWS)
    of_all = np.ascontiguousarray(shares[:, np.argsort(rows)], np.float32)
    got = mixed_bits(ratios, of_all, rows, parts, found, 0.7)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)


@given(SEED, st.booleans())
def test_names_in_latin_letters_weigh_by_them_where_sounds_say_no_more(seed: int, heard: bool) -> None:
    draw = np.random.default_rng(seed)
    codes, rows = (
        draw.integers(-1, TABLE, (SLOTS, 2 * ROWS)).astype(np.int32),
        draw.permutation(2 * ROWS)[:ROWS],
    )
    letters, starts = (
        draw.integers(-1, 4, TABLE).astype(np.int32),
        draw.integers(0, 2, (TABLE, 2)).astype(np.int32),
    )
    ratios, spelt = random_ratios(draw, 1)[0], draw.random(4)
    here = codes[:, rows]
    latin = np.where(here < 0, -1, letters[here])
    places, distinct, back = latin_pairs(codes, rows, ratios, letters)
    assert (places == np.flatnonzero((latin >= 0) & ~np.isnan(ratios))).all()
    assert (distinct[back] == latin.take(places)).all()
    assert sorted(distinct) == np.unique(latin.take(places)).tolist()
    known = heard & (starts[here, 1] > 0)
    either = np.where(known, np.maximum(ratios, spelt[latin]), spelt[latin])
    expected = np.where((latin >= 0) & ~np.isnan(ratios), either, ratios)
    set_latin(codes, rows, ratios, starts, heard, places, spelt[distinct], back)
    np.testing.assert_array_equal(ratios, expected)


@given(SEED, st.integers(1, 4), st.booleans())
def test_each_relative_of_the_family_counts_by_its_mean_ratio(seed: int, names: int, missing: bool) -> None:
    draw = np.random.default_rng(seed)
    ratios = random_ratios(draw, names)
    compared, axis = ~np.isnan(ratios), 1 if missing else 0
    means = np.nansum(ratios, axis=axis) / np.maximum(compared.sum(axis=axis), 1)
    bits = np.where(compared.any(axis=axis), np.log2(0.4 + 0.6 * np.maximum(means, 1e-9)), 0).sum(axis=0)
    expected = np.where(compared.any(axis=(0, 1)), np.minimum(bits, 5), np.nan)
    np.testing.assert_allclose(mean_bits(ratios, missing, 0.6, 5.0), expected, rtol=1e-4, atol=1e-4)
