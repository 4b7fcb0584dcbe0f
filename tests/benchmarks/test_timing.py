"""The statistics of the timing benchmark: values worked out by hand."""

import pytest

from benchmarks.timing import mann_whitney


def test_equal_and_tied_times_tell_nothing() -> None:
    assert mann_whitney([1.0, 2.0, 3.0], [3.0, 1.0, 2.0]) == pytest.approx(1.0)
    assert mann_whitney([5.0] * 10, [5.0] * 10) == pytest.approx(1.0)


def test_times_that_do_not_overlap_tell_everything() -> None:
    low, high = [float(n) for n in range(10)], [float(n) for n in range(10, 20)]
    # U = 0, expected 50, standard deviation sqrt(10 · 10 · 21 / 12) = 13.229: z = -3.780
    assert mann_whitney(low, high) == pytest.approx(0.000157, abs=1e-6)
    assert mann_whitney(high, low) == pytest.approx(0.000157, abs=1e-6)
