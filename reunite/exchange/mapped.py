"""A foreign table as rows of reports: each line in our columns, by a mapping that was guessed and looked at."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence

from reunite.exchange import mapping
from reunite.exchange.foreign import Line
from reunite.exchange.mapping import Guess
from reunite.exchange.row import Row
from reunite.problems import Invalid, Problem
from reunite.submission import DATES, PERSON_COLUMNS

_NO_PERSON = "No column of this table tells anything of a person. Please say which column is the name."
_TWO_SIDES = "Please say whether this table is of missing children or of found persons."
_TWICE = "Two columns are taken for the same. Please choose one of them."


def check(guesses: Sequence[Guess], kind: str) -> None:
    """Raise Invalid where rows could not become reports by this mapping."""
    columns = [one.column for one in guesses if one.column]
    problems = [Problem(name, "", _TWICE) for name in dict.fromkeys(columns)
                if columns.count(name) > 1 and name not in (*mapping.JOINED, *DATES)]  # fmt: skip
    if not set(columns) & set(PERSON_COLUMNS):
        problems.append(Problem("columns", "", _NO_PERSON))
    if not kind and "kind" not in columns:
        problems.append(Problem("kind", "", _TWO_SIDES))
    if problems:
        raise Invalid(problems)


def rows(lines: Iterable[Line], guesses: Sequence[Guess], kind: str) -> Iterator[Row]:
    """The lines as rows; `kind` is the side of those that do not tell theirs. A line without an id of its own is known
    by what it says: the same again is the same report, a corrected one another."""
    for line in lines:
        if line.problem is not None:
            yield Row(line.number, {}, (line.problem,), line.number, cells=line.cells)
            continue
        said = mapping.fields(guesses, line.cells)
        said.setdefault("kind", kind)
        if "source_id" not in said:
            said["source_id"] = f"row-{_digest(said)}"
        yield Row(line.number, said, (), line.number, cells=line.cells)


def _digest(said: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:24]
