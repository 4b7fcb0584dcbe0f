"""What PFIF has no field for, written into the description as lines that people and this service can read.

A line is `column: text`; the lines of a longer text are moved in, as in the field `other` of PFIF 1.3. A description of
another service is free text: it is taken for marks where it tells of the body, else for memories.
"""

import re
from collections.abc import Mapping

from matching.marks import marks
from reunite.submission import LONG_LIMIT

COLUMNS = (
    "name_origin", "birth_date", "age_at_event", "event_date", "found_date", "place_event", "place_found", "height_cm",
    "blood_type", "marks", "clothing", "belongings", "relatives", "languages", "memories", "reporter_relation",
    "language",
)  # fmt: skip
_LINE = re.compile(rf"({'|'.join(COLUMNS)}): (.*)")
_INDENT = "    "


def described(fields: Mapping[str, str]) -> str:
    """The columns as a description, in their order."""
    told = (f"{column}: {fields[column]}" for column in COLUMNS if fields.get(column))
    return "\n".join(text.replace("\n", f"\n{_INDENT}") for text in told)


def columns_of(description: str) -> dict[str, str]:
    """The columns that a description tells; free text, of which as much as fits is taken, stands after what a line says
    of the same column."""
    said: dict[str, list[str]] = {}
    free: list[str] = []
    last = free
    for line in description.replace("\r\n", "\n").split("\n"):
        found = _LINE.fullmatch(line)
        if found and found[1] not in said:
            last = said[found[1]] = [found[2]]
        elif last is not free and line.startswith(_INDENT):
            last.append(line.removeprefix(_INDENT))
        else:
            last = free
            free.append(line)
    if text := "\n".join(free).strip():
        said.setdefault("marks" if marks(text) else "memories", []).append(text)
    return {column: "\n".join(texts)[:LONG_LIMIT] for column, texts in said.items()}
