"""recordlinkage 0.16, set up by its manual: blocks and a sorted neighbourhood, Jaro–Winkler similarities, and the
expectation/conditional maximisation classifier, which needs no labels.

    python -m benchmarks.peers_recordlinkage {reports|febrl4} ONE.csv OTHER.csv PAIRS.npz

Runs in an environment of its own (constraints/peers.txt). The classifier takes features that hold or do not; a value
that is not known counts as one that does not agree, for it knows no other way. Fitted on all candidates of the reports
it takes what the blocks have in common for the true pairs (recall at 1 was 0.03). So it is fitted twice, among
candidates that agree on the birthday and among those that agree on place and time of the separation, each time on the
other features, and the weights are put together: as Splink does, and as a patient person would.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import recordlinkage
from recordlinkage.index import Block, SortedNeighbourhood

from benchmarks.peers_columns import BETWEEN, LISTS, NUMBERS
from benchmarks.peers_results import Pairs, leading

_ALIKE = 0.85
_YEAR = 366.0
_STEPS = 50
_SMALLEST = 1e-6


def read(path: Path) -> pd.DataFrame:
    """A prepared file, its row numbers as index; null where empty, lists as sets."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False).replace({"": None}).set_index("unique_id")
    table.index = table.index.astype(int)
    for name in set(LISTS) & set(table.columns):
        table[name] = table[name].map(lambda said: frozenset(said.split(BETWEEN)) if said else frozenset())
    for name in set(NUMBERS) & set(table.columns):
        table[name] = pd.to_numeric(table[name])
    return table


def shared(least: int) -> Any:
    """A feature for two columns of sets: whether they share so many entries."""

    def compare(one: pd.Series, other: pd.Series) -> np.ndarray:
        return np.array([len(a & b) >= least for a, b in zip(one, other, strict=True)], float)

    return compare


def within(days: float) -> Any:
    """A feature for two columns of numbers: whether they are at most so far apart."""

    def compare(one: pd.Series, other: pd.Series) -> np.ndarray:
        apart = np.abs(one.to_numpy(float) - other.to_numpy(float))
        return np.asarray(apart <= days, float)

    return compare


def report_candidates(index: recordlinkage.Index) -> None:
    """Nine blocks and a sorted neighbourhood for reports; the library blocks on no lists."""
    index.add(Block("given_sound"))
    index.add(Block("birth_day"))
    index.add(Block(["surname", "birth_year"]))
    index.add(Block(["event_city", "birth_year"]))
    index.add(Block(["home_city", "birth_year"]))
    index.add(Block(["event_city", "event_year"]))
    index.add(Block(left_on=["event_city", "sex"], right_on=["home_city", "sex"]))
    index.add(Block(left_on=["home_city", "sex"], right_on=["event_city", "sex"]))
    index.add(Block(["event_city", "sex"]))
    index.add(SortedNeighbourhood("given", window=5, block_on=["sex", "birth_year"]))


def report_features(compare: recordlinkage.Compare) -> None:
    """Eleven features of reports. Similar spellings of the given name did worse than the same sound."""
    compare.string("surname", "surname", method="jarowinkler", threshold=_ALIKE, label="surname")
    compare.compare_vectorized(shared(1), "sounds", "sounds", label="sounds")
    compare.exact("sex", "sex", label="sex")
    compare.exact("birth_day", "birth_day", label="birth_day")
    compare.compare_vectorized(within(_YEAR), "birth_mid", "birth_mid", label="birth_mid")
    compare.compare_vectorized(within(_YEAR), "event_mid", "event_mid", label="event_mid")
    compare.compare_vectorized(shared(1), "cities", "cities", label="cities")
    compare.exact("blood", "blood", label="blood")
    compare.compare_vectorized(shared(1), "marks", "marks", label="marks")
    compare.compare_vectorized(shared(1), "relatives", "relatives", label="relatives")
    compare.compare_vectorized(shared(2), "words", "words", label="words")


def febrl_candidates(index: recordlinkage.Index) -> None:
    """Blocks for febrl4."""
    for name in ("given_name", "surname", "date_of_birth", "postcode", "suburb", "address_1", "address_2"):
        index.add(Block(name))


def febrl_features(compare: recordlinkage.Compare) -> None:
    """Nine features of febrl4's columns."""
    for name in ("given_name", "surname", "address_1", "address_2", "suburb"):
        compare.string(name, name, method="jarowinkler", threshold=_ALIKE, label=name)
    for name in ("street_number", "postcode", "state", "date_of_birth"):
        compare.exact(name, name, label=name)


SETUPS = {"reports": (report_candidates, report_features), "febrl4": (febrl_candidates, febrl_features)}
SESSIONS: dict[str, tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]] = {
    "reports": (
        (
            ("birth_day",),
            ("surname", "sounds", "sex", "event_mid", "cities", "blood", "marks", "relatives", "words"),
        ),
        (
            ("cities", "event_mid"),
            ("birth_day", "birth_mid", "surname", "sounds", "sex", "blood", "marks", "relatives"),
        ),
    ),
    "febrl4": (((), ()),),
}
"""The fits of a data set: features that hold for all pairs of it, and features it is fitted on; empty for all. A weight
is taken from the first fit that has it."""


def score(data: str, one: Path, other: Path) -> Pairs:
    """Fit the classifier and score all candidates."""
    candidates, features = SETUPS[data]
    sides = read(one), read(other)
    index, compare = recordlinkage.Index(), recordlinkage.Compare()
    candidates(index)
    features(compare)
    vectors = compare.compute(index.index(*sides), *sides)
    evidence = np.zeros(len(vectors))
    for name, (m, u) in weights(data, vectors).items():
        holds = vectors[name].to_numpy() > 0
        evidence += np.where(holds, np.log2(m / u), np.log2((1 - m) / (1 - u)))
    # The weights of a fit among some candidates say how rare an agreement is among any two rows.
    among_all = any(given for given, _ in SESSIONS[data])
    bits = evidence + prior(evidence, len(sides[0]) * len(sides[1]) if among_all else len(vectors))
    rows = [vectors.index.get_level_values(level).to_numpy().astype("int64") for level in (0, 1)]
    return leading(Pairs(rows[0], rows[1], bits, 1 / (1 + np.exp2(-np.clip(bits, -1000, 1000)))))


def weights(data: str, vectors: pd.DataFrame) -> dict[str, tuple[float, float]]:
    """For each feature how often it holds among true pairs and among others (m and u)."""
    found: dict[str, tuple[float, float]] = {}
    for given, names in SESSIONS[data]:
        among = vectors[(vectors[list(given)] > 0).all(axis=1)][list(names or vectors.columns)]
        classifier = recordlinkage.ECMClassifier(binarize=0.5)
        classifier.fit(among)
        for name in among.columns:
            m, u = (float(shares[name][1]) for shares in (classifier.m_probs, classifier.u_probs))
            found.setdefault(name, (_inside(m), _inside(u)))
    return found


def prior(evidence: np.ndarray, pairs: int) -> float:
    """The log2 odds before any evidence that one of so many pairs is true, by expectation maximisation."""
    share = 0.1 * len(evidence) / pairs
    for _ in range(_STEPS):
        odds = np.exp2(np.minimum(evidence, 500)) * share / (1 - share)
        share = float(np.clip((odds / (1 + odds)).sum() / pairs, 1e-9, 1 - _SMALLEST))
    return float(np.log2(share / (1 - share)))


def _inside(share: float) -> float:
    return min(1 - _SMALLEST, max(_SMALLEST, share))


def main(arguments: Sequence[str]) -> None:
    """The command."""
    data, one, other, to = arguments
    score(data, Path(one), Path(other)).save(Path(to))


if __name__ == "__main__":
    main(sys.argv[1:])
