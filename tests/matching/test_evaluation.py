"""Measuring on labelled files: the figures are what they say, on one core as on several."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.generator import generate, write
from matching import evaluation
from matching.figures import Hits, precision, recall, returned, true_among


def files(folder: Path, seed: int) -> list[Path]:
    folder.mkdir()
    write(generate(60, 50, 30, seed, "fit"), folder)
    return [folder / name for name in ("missing.csv", "found.csv", "truth.csv")]


def test_one_core_measures_the_same_as_several_and_each_run_its_own_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = files(tmp_path / "a", 1), files(tmp_path / "b", 2)
    wanted = [evaluation.evaluate(*one) for one in (first, second)]
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    alone = [evaluation.evaluate(*one) for one in (first, second)]
    for key in ("recall_at_1", "recall_at_10", "best_f1", "average_precision", "calibration_error"):
        assert [one[key] for one in alone] == [one[key] for one in wanted]
    assert alone[0]["best_f1"] != alone[1]["best_f1"]


def test_four_cores_share_the_reports_of_each_side(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = files(tmp_path / "a", 1)
    monkeypatch.setattr(evaluation, "_CHUNK", 16)
    wanted = evaluation.evaluate(*one)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    assert evaluation.evaluate(*one)["best_f1"] == wanted["best_f1"]


def hits(number: int, ids: list[int], totals: list[float]) -> Hits:
    return Hits(number, np.array(ids, np.int64), np.array(totals), 0.0)


def test_a_pair_that_both_directions_return_counts_once_with_its_mean_probability() -> None:
    pairs, shares = returned([hits(0, [5, 6], [0.0, -50.0])], [hits(5, [0], [60.0]), hits(7, [], [])])
    assert pairs.tolist() == [[0, 5], [0, 6]]
    assert shares.tolist() == pytest.approx([0.75, 0.0])
    assert true_among(pairs, {(0, 6), (3, 9)}).tolist() == [0.0, 1.0]


def test_nothing_returned_has_figures_too() -> None:
    pairs, shares = returned([], [])
    assert len(pairs) == 0
    assert precision(true_among(pairs, {(1, 1)}), shares, 1)["best_f1"] == 0.0


def test_recall_counts_the_true_pairs_among_the_best() -> None:
    ranked = [hits(0, [3, 4], [2.0, 1.0]), hits(1, [5], [1.0])]
    assert recall(ranked, {0: {4}, 1: {5}, 2: {6}}, 1) == pytest.approx(1 / 3, abs=1e-5)
    assert recall(ranked, {0: {4}, 1: {5}, 2: {6}}, 2) == pytest.approx(2 / 3, abs=1e-5)


def test_of_equal_probabilities_no_threshold_takes_only_the_true_one() -> None:
    figures = precision(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 1)
    assert figures["best_f1"] == pytest.approx(2 / 3, abs=1e-5)
    assert figures["average_precision"] == 0.5
    assert figures["calibration_error"] == 0.0
