"""The weights: for each comparison and class the probability of each level among pairs of one child (m) and
of two children (u).

A class says how much the two values can tell (two exact days; a day and a year). m and u of a class sum to
1 each over its levels.
The file is data/weights.toml; every table there names its source.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from matching.growing import Floats

_SMALLEST = 1e-7


class ModelError(ValueError):
    """A weights file that cannot be used; says which table and why."""


@dataclass(frozen=True, slots=True)
class Table:
    """One comparison: classes, levels, and arrays m and u of shape (classes, levels), rows summing to 1."""

    name: str
    classes: tuple[str, ...]
    levels: tuple[str, ...]
    m: Floats
    u: Floats


@dataclass(frozen=True, slots=True)
class Model:
    """All weights. `numbers` holds the single ones, such as the shares of names that are the true one."""

    version: str
    expected_partners: float
    trust: float
    """How many pairs the shipped u counts for beside those seen in the index."""
    tables: Mapping[str, Table]
    scales: Mapping[str, float]
    """For each comparison how much of its bits counts beside the others, with which it is not independent."""
    numbers: Mapping[str, Mapping[str, float]]


def load_model(path: Path | None = None) -> Model:
    """Read a weights file, by default the shipped one; raises ModelError if a table is missing something."""
    shipped = resources.files("matching").joinpath("data", "weights.toml")
    try:
        read = tomllib.loads(
            path.read_text(encoding="utf-8") if path else shipped.read_text(encoding="utf-8")
        )
        return Model(
            version=str(read["version"]),
            expected_partners=float(read["prior"]["expected_partners"]),
            trust=float(read["prior"]["trust"]),
            tables={name: _table(name, table) for name, table in read["comparison"].items()},
            scales={name: float(scale) for name, scale in read["scale"].items() if name != "source"},
            numbers={
                name: {key: float(number) for key, number in table.items() if key != "source"}
                for name, table in read["number"].items()
            },
        )
    except (KeyError, tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise ModelError(f"The weights file {path or 'weights.toml'} cannot be used: {error}") from error


def _table(name: str, read: Mapping[str, Any]) -> Table:
    levels = tuple(read["levels"])
    classes = tuple(read["class"])
    m = np.array([read["class"][one]["m"] for one in classes], float)
    u = np.array([read["class"][one]["u"] for one in classes], float)
    if m.shape != (len(classes), len(levels)) or u.shape != m.shape:
        raise ModelError(f"comparison.{name}: m and u need one number for each of the {len(levels)} levels")
    if (m < 0).any() or (u < 0).any():
        raise ModelError(f"comparison.{name}: probabilities are not negative")
    m, u = np.maximum(m, _SMALLEST), np.maximum(u, _SMALLEST)
    return Table(name, classes, levels, m / m.sum(axis=1, keepdims=True), u / u.sum(axis=1, keepdims=True))
