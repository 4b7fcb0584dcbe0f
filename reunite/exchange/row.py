"""A row of a file that is imported, whatever the form of the file."""

from dataclasses import dataclass
from datetime import datetime

from reunite.problems import Problem


@dataclass(frozen=True, slots=True)
class Row:
    """One row as read: its first line, its fields, or the problems that keep it from being read; `position` is
     byte reached in the file (of a foreign table the row), for progress, higher from row to row; `cells` as they stand
    in a foreign table.

    A record of another service's format has besides: `original`, the whole of it as text, and `expires_at`, the end its
    source set. `gone` is one whose content the source took back: only its source id and end are left.
    """

    line: int
    fields: dict[str, str]
    problems: tuple[Problem, ...]
    position: int
    original: str = ""
    expires_at: datetime | None = None
    gone: bool = False
    cells: tuple[str, ...] = ()
