"""How many columns of foreign spreadsheets are mapped right without help.

    python -m benchmarks.mapping [--wrong]

Sets of spreadsheets, each written without sight of what maps them. Each judged once before what was mapped wrongly in
it was looked at, and words of headings were added (docs/integrate.md has the figures from before). Prints lines for
docs/integrate.md.
"""

import argparse
from collections import Counter
from typing import Any

from benchmarks import fifth_sheets, foreign_sheets, judging_sheets, last_sheets, sixth_sheets, unseen_sheets
from reunite.exchange import headings, mapping

SETS: dict[str, tuple[Any, Any]] = {
    "foreign_sheets": (foreign_sheets.sheets, foreign_sheets.grid),
    "unseen_sheets": (unseen_sheets.sheets, unseen_sheets.grid),
    "judging_sheets": (judging_sheets.sheets, unseen_sheets.grid),
    "last_sheets": (last_sheets.sheets, unseen_sheets.grid),
    "fifth_sheets": (fifth_sheets.sheets, unseen_sheets.grid),
    "sixth_sheets": (sixth_sheets.sheets, unseen_sheets.grid),
}


def mapped(sheet: Any, rows: list[list[str]]) -> list[str]:
    """What each column is taken for; that the headings are found is part of it."""
    place = headings.row_of(rows[:20])
    if place is None or place != sheet.title_rows:
        return ["?"] * len(sheet.headers)
    kind = "" if "kind" in sheet.truth else sheet.kind
    return [one.column for one in mapping.guess(rows[place], rows[place + 1 :], kind)]


def judge(name: str, wrong: bool) -> str:
    """How many columns are right, of all and of those that are something of ours."""
    (sheets, grid), counts = SETS[name], Counter[str]()
    for sheet in sheets():
        said = mapped(sheet, grid(sheet))
        for place, (one, column) in enumerate(zip(said, sheet.truth, strict=True)):
            right = one == (column or "")
            counts["all"] += 1
            counts["right"] += right
            counts["ours"] += column is not None
            counts["ours right"] += right and column is not None
            counts["false"] += bool(one) and column is None
            if wrong and not right:
                cells = [row[place] for row in sheet.rows[:3]]
                print(f"{sheet.name}: {sheet.headers[place]!r} {cells} -> {one!r}, is {column!r}")
    return (f"| {name} | {counts['right']} of {counts['all']} ({counts['right'] / counts['all']:.1%}) | "
            f"{counts['ours right']} of {counts['ours']} | {counts['false']} |")  # fmt: skip


def main() -> None:
    """Print the table of all sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="print what is mapped wrongly, too")
    given = parser.parse_args()
    lines = [judge(name, given.wrong) for name in SETS]
    print("| set | columns right | of those that are ours | taken that are nothing of ours |")
    print("| --- | --- | --- | --- |", *lines, sep="\n")


if __name__ == "__main__":
    main()
