"""What a ranking says of a report: how likely it is the query's person, and why."""

import math
from dataclasses import dataclass

from matching.evidence import Evidence

_MOST_BITS = 1_000.0


@dataclass(frozen=True, slots=True)
class Ranked:
    """One report of the indexed side against the query.

    `prior` and `total` are in bits, prior + sum of the evidence's bits == total; probability = 1 / (1 +
    2^-total).
    """

    id: int
    prior: float
    total: float
    probability: float
    evidence: tuple[Evidence, ...]


def bits(probability: float) -> float:
    """The total of this probability, between 0 and 1: the opposite of `probability`."""
    return math.log2(probability / (1 - probability)) if probability < 1 else math.inf


def probability(total: float) -> float:
    """1 / (1 + 2^-total), for any total."""
    return float(1.0 / (1.0 + 2.0 ** -max(-_MOST_BITS, min(_MOST_BITS, total))))
