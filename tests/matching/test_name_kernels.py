"""The compiled comparison of names gives what the plain formulation of the same gives."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import JaroWinkler

from matching.compiled import Bits, Codes, Floats, Ints
from matching.latin_kernels import MOST_LETTERS, alike, kinds_of, latin_pairs, set_latin
from matching.name_kernels import WHOLE, WRITTEN, mean_bits, mixed_bits, name_ratios

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


def no_bits() -> tuple[Codes, Bits]:
    return np.zeros(ROWS, np.uint8), np.zeros(ROWS, np.float32)


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
    codes, got = no_bits()
    mixed_bits(ratios, of_all, rows, parts, found, 0.7, codes, got)
    there = ~np.isnan(ratios).all(axis=(0, 1))
    assert (codes == there).all()
    np.testing.assert_allclose(got, np.where(there, expected, 0), rtol=1e-4, atol=1e-4)


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
    ratios, levels, m, u = random_ratios(draw, 1)[0], draw.integers(0, 3, 4), draw.random(3), draw.random(3)
    sample, counts = draw.integers(0, 3, 5).astype(np.uint8), draw.integers(0, 9, 5).astype(np.int32)
    seen = np.bincount(sample, counts, 3)
    spelt = (m / ((np.maximum(seen - 1, 0) + 50 * u) / (max(seen.sum() - 1, 0) + 50)))[levels]
    here = codes[:, rows]
    latin = np.where(here < 0, -1, letters[here])
    places, distinct, back = latin_pairs(codes, rows, ratios, letters)
    assert (places == np.flatnonzero((latin >= 0) & ~np.isnan(ratios))).all()
    assert (distinct[back] == latin.take(places)).all()
    assert sorted(distinct) == np.unique(latin.take(places)).tolist()
    known = heard & (starts[here, 1] > 0)
    either = np.where(known, np.maximum(ratios, spelt[latin]), spelt[latin])
    expected = np.where((latin >= 0) & ~np.isnan(ratios), either, ratios)
    of = np.concatenate([sample, levels[distinct].astype(np.uint8)])
    set_latin(codes, rows, ratios, starts, heard, places, back, of, counts, 50, m, u)
    np.testing.assert_allclose(ratios, expected)


@given(
    st.text("abc 'd", min_size=1, max_size=70),
    st.lists(st.text("abc 'd", min_size=1, max_size=70)),
    st.data(),
)
def test_names_are_roughly_alike_by_jaro_and_winkler(
    text: str, others: list[str], data: st.DataObject
) -> None:
    # Mostly words that share many letters, as chance alone seldom makes them.
    others += ["".join(data.draw(st.permutations(text[at:]))) or "a" for at in range(3)]
    letters = [one.encode() for one in others]
    ends = np.cumsum([*map(len, letters)])
    spans = np.array([
        (end - len(one), len(one), kinds_of(one)) for end, one in zip(ends, letters, strict=True)
    ], np.int32)  # fmt: skip
    least = data.draw(st.sampled_from([0.7, 0.8, 0.9])) + 1e-8
    near = alike(
        np.array(bytearray(text.encode())), kinds_of(text.encode()), np.array(bytearray(b"".join(letters))), spans,
        np.arange(len(others), dtype=np.int32), least,
    )  # fmt: skip
    likeness = [JaroWinkler.similarity(text[:MOST_LETTERS], one[:MOST_LETTERS]) for one in others]
    assert near.tolist() == [at for at, one in enumerate(likeness) if one >= least]


@given(SEED, st.integers(1, 4), st.booleans())
def test_each_relative_of_the_family_counts_by_its_mean_ratio(seed: int, names: int, missing: bool) -> None:
    draw = np.random.default_rng(seed)
    ratios = random_ratios(draw, names)
    compared, axis = ~np.isnan(ratios), 1 if missing else 0
    means = np.nansum(ratios, axis=axis) / np.maximum(compared.sum(axis=axis), 1)
    bits = np.where(compared.any(axis=axis), np.log2(0.4 + 0.6 * np.maximum(means, 1e-9)), 0).sum(axis=0)
    there = compared.any(axis=(0, 1))
    codes, got = no_bits()
    mean_bits(ratios, missing, 0.6, 5.0, 0.7, codes, got)
    assert (codes == there).all()
    np.testing.assert_allclose(got, np.where(there, 0.7 * np.minimum(bits, 5), 0), rtol=1e-4, atol=1e-4)
