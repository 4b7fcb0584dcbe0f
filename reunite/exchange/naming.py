"""Which of several columns with names holds the name, and which hold other names."""

from collections.abc import Sequence

from reunite.exchange import appearance, values
from reunite.exchange.headings import Heading

_LESS = {"variant": 1, "origin": 2}
"""Headings that say less plainly than others that this is the name."""


def name_once(
    columns: list[str], said: Sequence[Heading], looks: Sequence[str], cells: Sequence[Sequence[str]]
) -> None:  # fmt: skip
    """Of several columns with names the one whose heading says so most plainly is the name (儿童姓名 before 姓名, that
    before 英文名, that before what a shelter gave), else the first; the others are other names, unless they say it in
    another script. Where only other names are told, the first is the name."""
    places = [place for place, column in enumerate(columns) if column == "name"]
    if not places:
        if "other_names" in columns:
            columns[columns.index("other_names")] = "name"
        return
    rank = {place: _LESS.get(said[place].what, 0) for place in places}
    first = min(
        places,
        key=lambda place: (rank[place], not rank[place] and _says_less(said[place], looks[place]), place),
    )
    scripts: set[bool] = set()
    for place in sorted(places, key=lambda place: place != first):
        if not rank[place] and looks[place] != "name":
            continue  # parts of a name, or one that only the heading tells
        filled = [cell for cell in cells[place] if values.plain(cell)]
        latin = 2 * sum(cell.isascii() for cell in filled) > len(filled)
        less = rank[place] > 0 and place != first and not appearance.same_names(cells[place], cells[first])
        if less or (latin in scripts and place != first):
            columns[place] = "other_names"
        else:
            scripts.add(latin)


def _says_less(said: Heading, look: str) -> bool:
    """Whether a heading of names does not say that they are the child's, or its values do not look like names."""
    return said.who != "child" or look != "name"
