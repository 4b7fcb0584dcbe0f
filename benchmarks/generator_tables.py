"""The tables that invented reports are made of, and drawing from them."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


@cache
def table(name: str) -> dict[str, Any]:
    """A table of this folder: rates, names or words."""
    return tomllib.loads(resources.files("benchmarks").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


class Rates:
    """One section of rates.toml, to draw by."""

    __slots__ = ("_rates", "name")

    def __init__(self, name: str) -> None:
        known = table("rates")
        if name not in known:
            raise ValueError(f"No rates named {name!r}; there are {', '.join(known)}.")
        self.name, self._rates = name, known[name]

    def happens(self, random: Random, what: str) -> bool:
        """Whether it happens this time."""
        return random.random() < float(self._rates[what])

    def one_of(self, random: Random, group: str) -> str:
        """One of the alternatives of a group."""
        return drawn(random, self._rates[group])


def drawn(random: Random, shares: Mapping[str, float]) -> str:
    """A key, by its share."""
    return random.choices(list(shares), weights=list(shares.values()))[0]


def early(random: Random, things: Sequence[T]) -> T:
    """One of them, the earlier the likelier (density falls linearly to nothing at the end)."""
    return things[int(len(things) * min(random.random(), random.random()))]
