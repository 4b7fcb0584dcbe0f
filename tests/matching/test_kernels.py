"""The compiled functions give what the plain formulation of the same gives."""

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from matching import date_levels, row_kernels
from matching.columns_dates import DATE_CLASSES, features
from matching.columns_places import PlaceTable
from matching.compiled import Bits, Codes, Ints
from matching.date_forms import DateSpan
from matching.date_kernels import A_YEAR, LEVELS, date_codes, height_codes, order_codes
from matching.marks import MarkLevel
from matching.place_kernels import SILENT, found_codes, origin_codes, text_levels
from matching.places import PLACE_LEVELS, ancestors, city_of, distance_km, gazetteer, level_of
from matching.row_kernels import COMPARISONS, FOR, GROUPS
from matching.text_kernels import BANDS, mark_codes, word_codes

SEED = st.integers(0, 2**32 - 1)
DAY = st.integers(730_000, 733_000)
LENGTH = st.one_of(st.just(0), st.integers(1, 40), st.integers(41, 3_000))
SPAN = st.builds(
    lambda first, length, approximate, lunar: DateSpan(first, first + length, "2003", approximate, lunar),
    DAY,
    LENGTH,
    st.booleans(),
    st.booleans(),
)


def random_bytes(generator: np.random.Generator, most: int, *shape: int) -> Codes:
    return generator.integers(0, most, shape, np.uint8)


@given(SPAN, st.lists(SPAN, min_size=1, max_size=20), st.booleans())
def test_dates_agree_to_the_levels_that_comparing_two_gives(
    query: DateSpan, spans: list[DateSpan], birth: bool
) -> None:
    levels = date_levels.BIRTH_LEVELS if birth else date_levels.EVENT_LEVELS
    compare = date_levels.compare_birth if birth else date_levels.compare_event
    at = np.array([*(levels.index(one) if one in levels else 0 for one in LEVELS), len(levels)], np.uint8)
    own = np.array(features(query), np.int32)
    others = np.array([features(one) for one in spans], np.int32)
    found = date_codes(own, np.ascontiguousarray(others.T), len(spans), birth, at)
    assert found[0] == 0
    assert [levels[(code - 1) % len(levels)] for code in found[1:]] == [compare(query, one) for one in spans]
    vaguer = np.maximum(own[-1], others[:, -1])
    assert ((found[1:] - 1) // len(levels) == vaguer).all()
    assert vaguer.max() < len(DATE_CLASSES)


@given(SEED, st.booleans(), st.booleans())
def test_the_order_of_events_is_that_of_their_days(seed: int, missing: bool, known: bool) -> None:
    draw = np.random.default_rng(seed)
    moments = np.sort(draw.integers(0, 6_000, (2, 9)), axis=0).astype(np.float32)
    first, last = sorted(draw.integers(0, 6_000, 2).tolist()) if known else (np.nan, np.nan)
    at, others = draw.integers(0, 10, 30).astype(np.int32), draw.integers(0, 6_000, 30).astype(np.float32)
    others[draw.random(30) < 0.4] = np.nan
    found = order_codes(moments, 9, first, last, missing, at, others, 3_000.0)
    for row, code in enumerate(found.tolist()):
        born_later = (3_000 - others[row]) * (1 if missing else -1) > A_YEAR
        if born_later:
            assert code == 6
        elif not known or not at[row]:
            assert code == 0
        else:
            other = moments[:, at[row] - 1]
            (lost, lost_last), (seen, seen_last) = (
                ((first, last), other) if missing else (other, (first, last))
            )
            early, waited = lost - seen_last, seen - lost_last
            bands = [band for band in (31, A_YEAR, 10 * A_YEAR) if waited >= band]
            assert code == (1 + len(bands) if early <= 0 else 5 if early <= A_YEAR else 6)


def test_heights_count_where_the_child_was_found_within_about_a_year() -> None:
    heights = np.array([100, 103.5, 109, 130, 100, np.nan], np.float32)
    times = np.array([0, 400, -400, 10, 401, 0], np.float32)
    assert height_codes(heights, times, 100.0, 0.0).tolist() == [1, 2, 3, 4, 0, 0]
    assert not height_codes(heights, np.full(6, np.nan, np.float32), 100.0, 0.0).any()


@given(SEED)
def test_places_have_the_level_that_comparing_two_gives(seed: int) -> None:
    draw, known = np.random.default_rng(seed), list(gazetteer().places.values())
    query = known[draw.integers(len(known))]
    near = [one for one in known if one.parent == query.parent or city_of(one) == city_of(query)]
    others = [query, *ancestors(query), *near[:20], *(known[at] for at in draw.integers(len(known), size=20))]
    # Single precision may put a distance that is nearly a bound on its other side.
    others = [
        one for one in others if min(abs(distance_km(query, one) - bound) for bound in (100, 400)) > 0.1
    ]
    table = PlaceTable()
    codes = [table.code(((one, 1.0),)) for one in others]
    levels = table.levels(((query, 1.0),))
    assert [PLACE_LEVELS[levels[code]] for code in codes] == [level_of(query, one)[0] for one in others]


@given(SEED, st.integers(1, 3))
def test_a_text_has_the_level_of_its_likeliest_readings(seed: int, readings: int) -> None:
    draw = np.random.default_rng(seed)
    levels = random_bytes(draw, SILENT, readings, 8)
    levels[:, -1] = SILENT - 1
    own, strength = -draw.random(readings).astype(np.float32), draw.random(SILENT).astype(np.float32)
    texts = draw.integers(-1, 7, (3, 12)).astype(np.int32)
    shares = np.where(texts < 0, -1000, -draw.random((3, 12))).astype(np.float32)
    found = text_levels(levels, own, texts, shares, 12, strength)
    assert found[0] == SILENT
    for text in range(12):
        pairs = [(shares[at, text] + (own[n] + strength[here]), here)
                 for n in range(readings) for at in range(3)
                 for here in [levels[n, texts[at, text]]]]  # fmt: skip
        assert found[text + 1] == max(pairs, key=lambda pair: pair[0])[1]


@given(SEED, st.integers(1, 2), st.integers(-1, 3))
def test_an_origin_has_the_best_level_of_both_places(seed: int, places: int, detail: int) -> None:
    draw = np.random.default_rng(seed)
    levels, coded = random_bytes(draw, SILENT + 1, places, 6), random_bytes(draw, 200, 4, SILENT + 1)
    parts = np.stack([draw.integers(0, 6, 9), draw.integers(0, 6, 9), draw.integers(0, 4, 9)]).astype(
        np.int32
    )
    best = np.minimum(levels[:, parts[0]], levels[:, parts[1]]).min(axis=0)
    expected = coded[parts[2] if detail < 0 else detail, best]
    assert origin_codes(levels[0], levels[-1], parts, 9, coded, detail).tolist() == [0, *expected.tolist()]


@given(SEED)
def test_a_place_of_finding_is_judged_by_how_soon_it_was(seed: int) -> None:
    draw = np.random.default_rng(seed)
    levels, coded = random_bytes(draw, SILENT + 1, 5), random_bytes(draw, 200, 2, SILENT + 1)
    at, days = draw.integers(0, 5, 20).astype(np.int32), draw.integers(0, 200, 20).astype(np.float32)
    days[::4] = np.nan
    expected = np.where(np.abs(days - 100) <= 60, coded[0, levels[at]], coded[1, levels[at]])
    assert (found_codes(levels, coded, at, days, 100.0, 60) == expected).all()


@given(SEED, st.integers(1, 5))
def test_sets_of_marks_have_the_level_of_their_best_pair(seed: int, own: int) -> None:
    draw = np.random.default_rng(seed)
    levels = random_bytes(draw, len(MarkLevel), own, 7)
    levels[:, -1] = MarkLevel.DIFFERENT
    sizes = draw.integers(1, 6, 15).astype(np.int32)
    members = np.where(np.arange(5)[:, None] < sizes, draw.integers(0, 6, (5, 15)), -1).astype(np.int32)
    pairs = levels[:, members]
    alike = pairs <= MarkLevel.NEIGHBOUR
    good = np.minimum(alike.any(axis=1).sum(axis=0), alike.any(axis=0).sum(axis=0))
    level = np.where(good >= 2, 0, pairs.min(axis=(0, 1)) + 1)
    group = (sizes * own > 1).astype(int) + (sizes * own > 3)
    assert mark_codes(levels, members, sizes, 15, 9).tolist() == [0, *(1 + group * 9 + level).tolist()]


@given(SEED, st.integers(0, 5))
def test_words_count_by_the_rarity_that_is_shared(seed: int, words: int) -> None:
    draw = np.random.default_rng(seed)
    lowest, classes = np.array([0, 1, 6], np.uint8), random_bytes(draw, 3, 25)
    rows = [np.flatnonzero(draw.random(25) < 0.3).astype(np.int32) for _ in range(words)]
    rarity = (9 * draw.random(words)).astype(np.float32)
    shared = np.zeros(25, np.float32)
    for of_word, bits in zip(rows, rarity, strict=True):
        shared[of_word] += bits
    raised = lowest[classes] + (shared[:, None] >= BANDS).sum(axis=1)
    hits = np.concatenate([np.zeros(0, np.int32), *rows])
    ends = np.cumsum([len(one) for one in rows], dtype=np.intp)
    assert (word_codes(lowest, classes, hits, ends, rarity) == np.where(classes > 0, raised, 0)).all()


def looked(draw: np.random.Generator, rows: int) -> tuple[tuple[Codes, ...], tuple[Ints, ...], list[Codes]]:
    """What each comparison finds, some by distinct values, some row by row, some nothing; and the codes of all rows."""
    values, at, codes = [], [], []
    for kind in draw.integers(0, 3, COMPARISONS):
        said = random_bytes(draw, 6, (0, 9, rows)[kind])
        places = draw.integers(0, 9, rows if kind == 1 else 0).astype(np.int32)
        values.append(said)
        at.append(places)
        codes.append(said[places] if kind == 1 else said if kind == 2 else np.zeros(rows, np.uint8))
    return tuple(values), tuple(at), codes


def depending(draw: np.random.Generator) -> npt.NDArray[np.intp]:
    """For each comparison an earlier one, or none."""
    return np.array([draw.integers(-1, max(1, one)) if one else -1 for one in range(COMPARISONS)], np.intp)


@given(SEED)
def test_rows_have_the_codes_and_weights_of_their_values(seed: int) -> None:
    draw = np.random.default_rng(seed)
    values, at, codes = looked(draw, 40)
    depends, rows = depending(draw), draw.integers(0, 40, 10)
    weights = draw.normal(size=(COMPARISONS, GROUPS, 6)).astype(np.float32)
    weights[:, :, 0] = 0
    rough = np.zeros(40, np.float32)
    found, bits = np.zeros((COMPARISONS, 10), np.uint8), np.zeros((COMPARISONS, 10), np.float32)
    row_kernels.full_bits(values, at, depends, weights, rows, found, bits)
    for one in range(COMPARISONS):
        rough += weights[one, FOR, codes[one]]
        given = bits[depends[one]] if depends[one] >= 0 else np.zeros(10)
        groups = (given > 0) + 2 * (given < 0)
        assert (found[one] == codes[one][rows]).all()
        assert (bits[one] == weights[one, groups, codes[one][rows]]).all()
    assert (row_kernels.rough_bits(values, at, weights, 40) == rough).all()


def test_bits_are_added_to_some_rows() -> None:
    sums = np.zeros(5, np.float32)
    row_kernels.add_at(sums, np.array([1, 3, 3], np.int32), 0.5)
    assert sums.tolist() == [0, 0.5, 0, 1, 0]


@given(
    arrays(np.float32, st.integers(1, 60), elements=st.floats(width=32, allow_nan=False)),
    st.integers(1, 4),
    st.data(),
)
def test_the_largest_of_some_is_found_as_sorting_finds_it(sums: Bits, step: int, data: st.DataObject) -> None:
    some = np.sort(sums[::step])
    number = data.draw(st.integers(1, len(some)))
    assert row_kernels.largest(sums, step, number) == some[-number]


@given(SEED)
def test_u_is_counted_in_the_sample_by_the_groups_of_what_a_comparison_depends_on(seed: int) -> None:
    draw, trust, own = np.random.default_rng(seed), 50.0, 0.25
    values, at, codes = looked(draw, 40)
    depends, sample, scales = depending(draw), draw.integers(0, 40, 30), draw.random(COMPARISONS)
    m, u = draw.random((2, COMPARISONS, 1, 5)) + 0.01
    sizes = np.array([[1, 5]] * COMPARISONS, np.intp)
    found = row_kernels.weights_of(values, at, depends, sample, m, u, sizes, trust, scales, own)
    groups = np.zeros((COMPARISONS, 30), np.uint8)
    for one in range(COMPARISONS):
        of = codes[one][sample]
        grouped = depends[one] >= 0 and len(values[depends[one]]) > 0
        given = groups[depends[one]] if grouped else np.zeros(30, np.uint8)
        tally = np.zeros((GROUPS if grouped else 1, 6), np.int32)
        np.add.at(tally, (given, of), 1)
        expected = np.zeros(tally.shape, np.float32)
        row_kernels.weigh(tally, m[one], u[one], 1, 5, trust, scales[one], own, expected)
        assert (found[one] == (expected if len(values[one]) else 0)).all()
        bits = found[one][given, of]
        groups[one] = (bits > 0) + 2 * (bits < 0)


@given(SEED, st.integers(1, 4), st.booleans())
def test_weights_are_by_how_often_each_code_is_there(seed: int, classes: int, grouped: bool) -> None:
    draw, levels, trust, scale, own = np.random.default_rng(seed), 5, 50.0, 0.8, 0.25
    m, u = (one / one.sum(axis=1, keepdims=True) for one in draw.random((2, classes, levels)) + 0.01)
    kinds = GROUPS if grouped else 1
    tally = draw.integers(0, 40, (kinds, 1 + classes * levels)).astype(np.int32)
    seen = tally[:, 1:].reshape(kinds, classes, levels)

    def share(
        seen: npt.NDArray[np.int32], prior: npt.NDArray[np.float64], trust: float
    ) -> npt.NDArray[np.float64]:
        whole = np.maximum(seen.sum(axis=-1, keepdims=True) - own, 0) + trust
        found: npt.NDArray[np.float64] = (np.maximum(seen - own, 0) + trust * prior) / whole
        return found

    shares = share(seen.sum(axis=0), u, trust)
    expected = scale * np.log2(
        m / (share(seen, shares, row_kernels.GROUP_TRUST) if grouped else shares[None])
    )
    found = np.zeros(tally.shape, np.float32)
    row_kernels.weigh(tally, m, u, classes, levels, trust, scale, own, found)
    assert not found[:, 0].any()
    np.testing.assert_allclose(found[:, 1:], expected.reshape(kinds, -1), rtol=1e-5, atol=1e-6)


def test_where_nothing_can_be_written_the_functions_are_compiled_all_the_same(tmp_path: Path) -> None:
    no_folder = tmp_path / "a file"
    no_folder.touch()
    run = "from matching.row_kernels import add_at; import numpy; x = numpy.zeros(1, 'f4'); "
    run += "add_at(x, numpy.zeros(1, 'i4'), 1); print(x)"
    done = subprocess.run(
        [sys.executable, "-c", run],
        env=os.environ | {"NUMBA_CACHE_DIR": str(no_folder), "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[1.]\n"
    assert list(tmp_path.iterdir()) == [no_folder]


def test_the_levels_of_dates_are_numbered_in_the_order_that_is_counted_on() -> None:
    assert [one.value for one in LEVELS[-4:]] == ["near_year", "apart_2", "apart_5", "far"]
    assert math.isclose(BANDS[0], 0.01, rel_tol=1e-6)
