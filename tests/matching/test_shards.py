"""Shards of one side give together what one index of all gives: the same reports, in the same order, weighed alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.generator import generate
from matching import shards
from matching.description import Description, describe
from matching.model import load_model
from matching.ranked import Ranked
from matching.ranking import Index
from matching.shard import Shard
from matching.shards import Sample

MODEL = load_model()
OF = 3


def sides(of: int = OF) -> list[Index]:
    return [Index(MODEL, "missing", Shard(number, of)) for number in range(of)]


def merged(indexes: list[Index], query: Description, k: int) -> list[Ranked]:
    ranked = [one for index in indexes for one in index.rank(query, k)]
    return sorted(ranked, key=lambda one: (-one.total, one.id))[:k]


def assert_same(some: list[Ranked], others: list[Ranked]) -> None:
    """The same reports with the same evidence; of those that weigh the same as the last, any."""
    assert [one.total for one in some] == pytest.approx([one.total for one in others], abs=1e-3)
    last = others[-1].total + 1e-3
    lines = [
        {
            one.id: (one.prior, [(line.field, line.level) for line in one.evidence])
            for one in ranked
            if one.total > last
        }
        for ranked in (some, others)
    ]
    assert lines[0] == lines[1]


@pytest.fixture
def few_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Samples of some dozens, so that most reports of other shards are only counted."""
    monkeypatch.setattr(shards, "_COUNTED", 64)


@pytest.mark.usefixtures("few_are_counted")
def test_three_shards_rank_as_one_index_does() -> None:
    made = generate(1_200, 40, 40, 9, "judge")
    whole, three = Index(MODEL, "missing"), sides()
    for id, row in enumerate(made.missing):
        for index in (whole, *three):
            index.put(describe(id, "missing", row))
    assert all(len(index) == 1_200 for index in three)
    assert all(len(index._others) > 400 for index in three)
    for id, row in enumerate(made.found):
        query = describe(id, "found", row)
        assert_same(merged(three, query, 10), whole.rank(query, 10))


@pytest.mark.usefixtures("few_are_counted")
def test_what_has_left_or_says_something_else_is_no_more_counted_in_any_shard() -> None:
    made = generate(500, 20, 20, 10, "judge")
    whole, three = Index(MODEL, "missing"), sides()
    for index in (whole, *three):
        for id, row in enumerate(made.missing):
            index.put(describe(id, "missing", made.missing[id - 1]))  # what it said at first
            index.put(describe(id, "missing", row))
        for id in range(500):
            if id % 5:
                index.remove(id)
        assert len(index) == 100
        assert 1 not in index
    for id, row in enumerate(made.found):
        query = describe(id, "found", row)
        assert_same(merged(three, query, 10), whole.rank(query, 10))


def test_a_pair_that_was_kept_before_is_scored_by_the_shard_that_has_it() -> None:
    three = sides()
    made = generate(30, 1, 1, 11, "judge")
    for id, row in enumerate(made.missing):
        for index in three:
            index.put(describe(id, "missing", row))
    query = describe(0, "found", made.found[0])
    assert [[one.id for one in index.rank(query, 0, also=[4, 5])] for index in three] == [[], [4], [5]]


def test_a_shard_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="Of 2 shards there is none of number 2"):
        Shard(2, 2)


@settings(max_examples=40)
@given(st.integers(1, 40_000), st.integers(0, 10**12))
def test_a_sample_is_of_thousands_and_the_same_whoever_takes_it(count: int, first: int) -> None:
    whole, half = Sample(), Sample()
    for at in range(count):
        id = first + at
        if whole.wants(id, at + 1):
            whole.put(id, at)
        if half.wants(id, at + 1) and at % 2:
            half.put(id, at)
    rows = whole.rows()
    assert len(rows) == pytest.approx(count * whole.share, rel=0.02, abs=3)
    assert len(rows) == count or len(rows) > 4_000
    assert half.share == whole.share
    assert set(half.rows()) == {row for row in rows if row % 2}
