"""Fitting the weights: better on pairs held out, nothing lost from the file, and never silent."""

from dataclasses import replace
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from benchmarks import generator
from matching.description import describe
from matching.fitting import FitError, changes, fit, quality, rewrite
from matching.labelled import Labelled
from matching.model import load_model
from matching.ranking import Index

MODEL = load_model()
SHIPPED = resources.files("matching").joinpath("data", "weights.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def labelled() -> Labelled:
    made = generator.generate(500, 500, 250, 9, "fit")
    missing = {row["source_id"]: number for number, row in enumerate(made.missing)}
    found = {row["source_id"]: number for number, row in enumerate(made.found)}
    pairs = frozenset((missing[one], found[other]) for one, other in made.truth)
    return Labelled(
        {missing[row["source_id"]]: describe(missing[row["source_id"]], "missing", row) for row in made.missing},
        {found[row["source_id"]]: describe(found[row["source_id"]], "found", row) for row in made.found},
        pairs, tuple(set(found.values()) - {other for _, other in pairs}),
    )  # fmt: skip


def test_weights_that_are_too_sure_get_better_on_pairs_held_out(labelled: Labelled) -> None:
    part, held_out = labelled.split(0.3)
    wild = replace(MODEL, scales=dict.fromkeys(MODEL.scales, 1.5))
    fitted = fit(wild, part, "test")
    assert fitted.version == "test"
    before, after = quality(wild, held_out), quality(fitted, held_out)
    assert after.loss < before.loss
    assert after.recall_at_1 >= before.recall_at_1 - 0.02
    assert fitted.scales["name"] < 1.5


def test_a_fit_says_what_it_changes_and_the_same_weights_say_nothing(labelled: Labelled) -> None:
    fitted = fit(MODEL, labelled, "test")
    assert any(line.startswith("birth_date.") for line in changes(MODEL, fitted))
    assert list(changes(MODEL, MODEL)) == []


def test_the_parts_of_a_split_share_no_pair_and_lose_none(labelled: Labelled) -> None:
    part, held_out = labelled.split(0.3)
    assert part.pairs | held_out.pairs == labelled.pairs
    assert not part.pairs & held_out.pairs
    assert not set(part.alone) & set(held_out.alone)
    assert len(held_out.pairs) == pytest.approx(0.3 * len(labelled.pairs), abs=1)


def test_too_few_pairs_are_refused(labelled: Labelled) -> None:
    few = replace(labelled, pairs=frozenset(sorted(labelled.pairs)[:49]))
    with pytest.raises(FitError, match="at least 50"):
        fit(MODEL, few, "test")


def test_the_written_file_reads_back_as_what_was_fitted_and_keeps_the_comments(
    labelled: Labelled, tmp_path: Path
) -> None:
    fitted = fit(MODEL, labelled, "test")
    path = tmp_path / "weights.toml"
    path.write_text(rewrite(SHIPPED, fitted, "A test."), encoding="utf-8")
    read = load_model(path)
    assert read.version == "test"
    assert read.scales == pytest.approx(fitted.scales, rel=0.01)
    assert read.numbers == MODEL.numbers
    for name, table in fitted.tables.items():
        np.testing.assert_allclose(read.tables[name].m, table.m, rtol=0.02, atol=1e-6)
        np.testing.assert_allclose(read.tables[name].u, table.u, rtol=0.02, atol=1e-6)
    comments = [line for line in SHIPPED.splitlines() if line.startswith("#")]
    assert comments == [line for line in path.read_text().splitlines() if line.startswith("#")]


def test_what_is_scaled_is_every_comparison_of_the_index() -> None:
    assert set(MODEL.scales) == set(Index(MODEL, "found").comparisons())
