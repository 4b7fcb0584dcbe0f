"""The JSON body of a report, read strictly: one object, no key twice, text only."""

import json
import re
from typing import Any

from reunite.problems import Invalid, Problem
from reunite.submission import COLUMNS

_MOST_PROBLEMS = 50


def read_object(raw: bytes, known: tuple[str, ...] = COLUMNS) -> dict[str, str]:
    """The fields of the body; raises Invalid that names every field that is not one, or not text."""
    try:
        said = json.loads(raw, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid([Problem("body", "", "The body must be one JSON object, with no key twice.")]) from None
    if not isinstance(said, dict):
        raise Invalid([Problem("body", "", "The body must be one JSON object, with no key twice.")])
    problems = [
        Problem(_shown(name), "", "There is no field of this name.") for name in said if name not in known
    ]
    fields = {name: value for name, value in said.items() if isinstance(value, str) and name in known}
    problems += [
        Problem(name, "", "This must be text between quotation marks.")
        for name, value in said.items()
        if name in known and value is not None and not isinstance(value, str)
    ]
    if problems:
        raise Invalid(problems[:_MOST_PROBLEMS])
    return fields


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) != len(pairs):
        raise ValueError("a key is there twice")
    return said


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _shown(name: str) -> str:
    """A key that is not ours, if it looks like the name of a field and not like what somebody wrote."""
    return name if re.fullmatch(r"[A-Za-z_]\w{0,39}", name, re.ASCII) else "?"
