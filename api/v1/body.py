"""The JSON body of a report, read strictly: one object, no key twice, text only."""

import json
from typing import Any

from reunite.problems import Invalid, Problem
from reunite.submission import COLUMNS, EXTRA_COLUMNS

_KNOWN = (*COLUMNS, *EXTRA_COLUMNS)


def read_object(raw: bytes, known: tuple[str, ...] = _KNOWN) -> dict[str, str]:
    """The fields of the body, which is UTF-8; raises Invalid that names every field that is not text. Names that are
    not ours are not repeated: they are input too."""
    return {name: text for name, text in _read(raw, known).items() if text is not None}


def read_patch(raw: bytes) -> tuple[dict[str, str], set[str]]:
    """What the body, a JSON merge patch (RFC 7396), writes, and what it takes away: null, or a text with nothing in it.
    Raises Invalid like `read_object`."""
    said = _read(raw, _KNOWN)
    written = {name: text for name, text in said.items() if text is not None and text.strip()}
    return written, set(said) - set(written)


def _read(raw: bytes, known: tuple[str, ...]) -> dict[str, str | None]:
    try:
        said = json.loads(raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid([Problem("body", "", "The body must be one JSON object, with no key twice.")]) from None
    if not isinstance(said, dict):
        raise Invalid([Problem("body", "", "The body must be one JSON object, with no key twice.")])
    problems = []
    if set(said) - set(known):
        problems.append(Problem("body", "", "It has a field that is not known here."))
    fields = {
        name: value
        for name, value in said.items()
        if name in known and (value is None or isinstance(value, str))
    }
    problems += [
        Problem(name, "", "This must be text between quotation marks.")
        for name, value in said.items()
        if name in known and value is not None and not isinstance(value, str)
    ]
    if problems:
        raise Invalid(problems)
    return fields


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a key is there twice")
    return said


def _no_constant(name: str) -> None:
    raise ValueError(name)
