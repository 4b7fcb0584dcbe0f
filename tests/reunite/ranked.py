"""What the engine would say of a pair, for tests of what happens to it afterwards."""

from matching.evidence import Evidence
from matching.ranked import Ranked


def ranked(other_id: int, total: float = 2.0) -> Ranked:
    """A pair of this total weight in bits, resting on its names."""
    prior = -10.0
    lines = (Evidence("name", "same_sound", total - prior, "李晓明", "黎小鸣", {}),)
    return Ranked(other_id, prior, total, 1 / (1 + 2**-total), lines)
