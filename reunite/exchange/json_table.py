"""JSON Lines of others as a table: the keys of its first objects are the headings."""

import json
from collections.abc import Iterator
from itertools import chain, islice
from typing import IO, Any

from reunite.problems import Problem

_LOOKED_AT = 200
_LONGEST_LINE = 1_000_000
_NOT_ONE = "This line is not one JSON object."
_NESTED = "This line holds a list or an object within the object. Only text and numbers can be taken."
_MORE = "This line has a key that none of the first {count} lines has."
Read = tuple[int, dict[str, str], Problem | None]


def opened(file: IO[bytes]) -> tuple[tuple[str, ...], Iterator[Read]]:
    """The headings, and for each line its number, its values by heading, and what is wrong with it."""
    lines = _lines(file)
    first = list(islice(lines, _LOOKED_AT))
    head = tuple(dict.fromkeys(key for _, said, _ in first for key in said))
    return head, (_checked(one, head) for one in chain(first, lines))


def _lines(file: IO[bytes]) -> Iterator[Read]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if line.strip():
            yield _read(number, line.decode("utf-8-sig" if number == 1 else "utf-8", "surrogateescape"))


def _read(number: int, line: str) -> Read:
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        return number, {}, Problem("", "", _NOT_ONE, {}, number)
    values = {key: _text(value) for key, value in said.items()}
    problem = Problem("", "", _NESTED, {}, number) if None in values.values() else None
    return number, {key: value or "" for key, value in values.items()}, problem


def _text(value: Any) -> str | None:
    """Text and numbers as they are, nothing for null; None for what is neither."""
    if value is None:
        return ""
    if isinstance(value, (list, dict)):
        return None
    return value if isinstance(value, str) else json.dumps(value)


def _checked(one: Read, head: tuple[str, ...]) -> Read:
    number, said, problem = one
    if problem is None and not set(said) <= set(head):
        problem = Problem("", "", _MORE, {"count": str(_LOOKED_AT)}, number)
    return number, said, problem
