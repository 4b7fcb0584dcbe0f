"""Marks on the body read from text as (kind, colour, part, side), and how well two agree."""

import re
import tomllib
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from matching.phonetics import simplified

_LONGEST, _MOST = 600, 5
_CLAUSE_ENDS = re.compile(r"[;；,，。.、\n]+")
_LETTERS = re.compile("[a-z]")


class Mark(NamedTuple):
    """One mark; a part of it that the text does not say is empty."""

    kind: str
    colour: str
    part: str
    side: str
    text: str


class MarkLevel(IntEnum):
    """How well two marks agree, best first."""

    SAME = 0
    """Kind, part and side (where both say it), or a feature that has no place."""
    MIRRORED = 1
    """Kind and part; the side is the other one."""
    NEIGHBOUR = 2
    """Kind, and a part beside it or not said; or a like kind at the same part."""
    KIND = 3
    """The kind only."""
    PART = 4
    """The part only."""
    DIFFERENT = 5


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a group, longest first; English ones as patterns, for they stand alone or take a plural."""

    han: tuple[tuple[str, str], ...]
    latin: tuple[tuple[re.Pattern[str], str], ...]


@cache
def _lexicon() -> dict[str, _Words]:
    with resources.files("matching").joinpath("data", "marks.toml").open("rb") as file:
        table = tomllib.load(file)
    return {group: _words(table[group]) for group in ("kinds", "colours", "parts", "sides")}


def _words(table: dict[str, str]) -> _Words:
    words = sorted(
        ((word, name) for name, said in table.items() for word in said.split("|")),
        key=lambda pair: -len(pair[0]),
    )
    return _Words(
        tuple((word, name) for word, name in words if not word.isascii()),
        tuple((re.compile(rf"(?<![a-z]){re.escape(word)}(?:s|es)?(?![a-z])"), name)
              for word, name in words if word.isascii()),
    )  # fmt: skip


@cache
def _near() -> frozenset[tuple[str, str]]:
    with resources.files("matching").joinpath("data", "marks.toml").open("rb") as file:
        table = tomllib.load(file)["near"]
    return frozenset(pair for group in table.values() for a, b in group for pair in ((a, b), (b, a)))


@lru_cache(maxsize=100_000)
def marks(text: str) -> tuple[Mark, ...]:
    """The marks that a text describes, at most 5; never raises."""
    found = []
    for clause in _CLAUSE_ENDS.split(simplified(text[:_LONGEST].casefold())):
        kind, rest = _take(clause, "kinds")
        if not kind:
            continue
        colour, _ = _take(clause, "colours")
        side, rest = _take(rest, "sides")
        part, _ = _take(rest, "parts")
        found.append(Mark(kind, colour, part, side, clause.strip()))
    return tuple(found[:_MOST])


def _take(text: str, group: str) -> tuple[str, str]:
    """What the longest word of the group in the text names, and the text without it."""
    words = _lexicon()[group]
    for word, name in words.han if not text.isascii() else ():
        if word in text:
            return name, text.replace(word, " ", 1)
    for pattern, name in words.latin if _LETTERS.search(text) else ():
        match = pattern.search(text)
        if match:
            return name, text[: match.start()] + " " + text[match.end() :]
    return "", text


_FEATURES = frozenset(
    [
        "whorl",
        "extra_finger",
        "missing_finger",
        "cleft_lip",
        "ear_hole",
        "tooth",
        "curly",
        "dimple",
        "left_handed",
        "eyelid",
        "ears",
        "squint",
        "limp",
        "deaf",
        "mute",
        "tattoo",
        "blind",
    ]
)


@lru_cache(maxsize=500_000)
def compare(a: Mark, b: Mark) -> MarkLevel:
    """How well two marks agree."""
    like = (a.kind, b.kind) in _near()
    if a.kind != b.kind and not like:
        return MarkLevel.PART if a.part and a.part == b.part else MarkLevel.DIFFERENT
    if a.kind in _FEATURES:
        return MarkLevel.SAME
    if a.part == b.part and a.part:
        if a.kind != b.kind or (a.colour and b.colour and a.colour != b.colour):
            return MarkLevel.NEIGHBOUR
        return MarkLevel.MIRRORED if a.side and b.side and a.side != b.side else MarkLevel.SAME
    if a.kind == b.kind and (not a.part or not b.part or (a.part, b.part) in _near()):
        return MarkLevel.NEIGHBOUR
    return MarkLevel.KIND if a.kind == b.kind else MarkLevel.DIFFERENT
