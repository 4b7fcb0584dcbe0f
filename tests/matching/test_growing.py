"""Columns that grow: every row is where it was put, however many came and whenever somebody looked."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.growing import NONE, Grown, Lines

ROWS = st.lists(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3), max_size=40)


@given(ROWS, st.integers(1, 40), st.integers(0, 300))
def test_rows_stand_in_their_order_with_what_is_missing_filled_in(
    rows: list[list[int]], every: int, more: int
) -> None:
    one = Grown(2, NONE)
    rows = [*rows, *([more, row] for row in range(more))]
    for at, row in enumerate(rows):
        one.append(row)
        assert one.size == at + 1
        if at % every == 0:
            assert one.column(1).size == one.size
    wanted = [[*row, NONE, NONE][:2] for row in rows]
    for grown in (one, pickle.loads(pickle.dumps(one))):
        assert grown.columns().T.tolist() == wanted


@given(st.integers(1, 700), st.integers(1, 700))
def test_lines_stand_in_their_order(first: int, then: int) -> None:
    one = Lines(2)
    for row in range(first):
        one.append([row, -row])
    assert one.lines()[-1].tolist() == [first - 1, 1 - first]
    for row in range(first, first + then):
        one.append([row, -row])
    assert one.lines().tolist() == [[row, -row] for row in range(first + then)]


def test_many_numbers_come_after_the_rows_before_them() -> None:
    one = Grown()
    one.append([1])
    one.extend(np.array([2, 3]))
    one.append([4])
    assert one.column().tolist() == [1, 2, 3, 4]


def test_a_row_that_was_forgotten_is_empty_though_it_was_not_looked_at_before() -> None:
    one = Grown(2)
    one.append([1, 2])
    one.append([3, 4])
    one.forget(0)
    assert one.columns().T.tolist() == [[NONE, NONE], [3, 4]]


def test_a_number_that_does_not_fit_moves_no_other_row() -> None:
    one = Grown(dtype=np.int8)
    one.append([1])
    assert one.column().tolist() == [1]
    one.append([1_000])
    for _ in range(2):
        with pytest.raises(OverflowError):
            one.column()
    assert one.size == 2
