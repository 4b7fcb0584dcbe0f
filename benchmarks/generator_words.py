"""Invented descriptions in Chinese and English: marks, memories, clothing, belongings.

A child has things, not words for them: each report says the same thing in words of its own.
"""

from dataclasses import dataclass
from random import Random

from benchmarks.generator_tables import Rates, table


@dataclass(frozen=True, slots=True)
class Thing:
    """A line of a list of words.toml and the words drawn for its slots: slot → (place in its list)."""

    list: str
    line: int
    slots: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """A bodily mark: kind and part by number, side `left`, `right` or empty; `kind` -1: a feature by number instead."""

    kind: int
    part: int
    side: str = ""


_SIDES = {"left": ("左", "left"), "right": ("右", "right")}


def things(random: Random, list_name: str, least: int, most: int) -> tuple[Thing, ...]:
    """Some different things of a list."""
    lines = table("words")[list_name]["things"]
    chosen = random.sample(range(len(lines)), random.randint(least, most))
    return tuple(Thing(list_name, line, _slots(random, lines[line])) for line in chosen)


def marks(random: Random) -> tuple[Mark, ...]:
    """None to three marks; most children have one or two that somebody could name."""
    words = table("words")["marks"]
    found = []
    for _ in range(random.choices((0, 1, 2, 3), weights=(25, 40, 25, 10))[0]):
        if random.random() < 0.2:
            found.append(Mark(-1, random.randrange(len(words["features"]))))
            continue
        sided = random.random() < 0.65
        part = random.randrange(len(words["sided" if sided else "middle"]))
        found.append(
            Mark(
                random.randrange(len(words["kinds"])), part, random.choice(("left", "right")) if sided else ""
            )
        )
    return tuple(found)


def say(random: Random, thing: Thing, english: bool) -> str:
    """One way to say it."""
    words = _one(random, table("words")[thing.list]["things"][thing.line][english])
    slots = table("words")["slots"]
    for slot, number in thing.slots:
        words = words.replace("{" + slot + "}", _one(random, slots[slot][2 * number + english]))
    return words


def say_mark(random: Random, mark: Mark, english: bool, rates: Rates | None = None) -> str:
    """One way to say a mark; with `rates` it may be mirrored or vague."""
    words = table("words")["marks"]
    if mark.kind < 0:
        return _one(random, words["features"][mark.part][english])
    vague = rates is not None and rates.happens(random, "mark_vague")
    side = mark.side
    if side and rates is not None and rates.happens(random, "mark_mirrored"):
        side = "right" if side == "left" else "left"
    kind = _one(random, words["vague" if vague else "kinds"][mark.kind][english])
    part = _one(random, words["sided" if mark.side else "middle"][mark.part][english])
    side_said = "" if vague or not side else _SIDES[side][english]
    if not english:
        return random.choice((f"{side_said}{part}有{kind}", f"{side_said}{part}{kind}"))
    if part.startswith("behind"):
        return f"{kind} {part.replace('the ear', f'the {side_said} ear' if side_said else 'the ear')}"
    return f"{kind} on the {side_said} {part}".replace("  ", " ")


def streets(random: Random, english: bool) -> str:
    """A spot in a town: a station, a market, a school."""
    return _one(random, random.choice(table("words")["streets"]["things"])[english])


def dialect(province: str, english: bool) -> str:
    """What is spoken in a province of this code, empty if nothing is listed."""
    found = table("words")["languages"].get(province[:2])
    return found[english] if found else ""


def _slots(random: Random, line: list[str]) -> tuple[tuple[str, int], ...]:
    slots = table("words")["slots"]
    return tuple(
        (name, random.randrange(len(slots[name]) // 2)) for name in slots if "{" + name + "}" in line[0]
    )


def _one(random: Random, ways: str) -> str:
    return random.choice(ways.split("|"))
