"""How many columns of foreign spreadsheets are mapped right without help.

    python -m benchmarks.mapping [--wrong]

The spreadsheets are those of benchmarks.foreign_sheets, which was written without sight of what maps them. Prints lines
for docs/integrate.md.
"""

import argparse
from collections import Counter

from benchmarks.foreign_sheets import Sheet, grid, sheets
from reunite.exchange import headings, mapping


def mapped(sheet: Sheet) -> list[str]:
    """What each column is taken for; that the headings are found is part of it."""
    rows = grid(sheet)
    place = headings.row_of(rows[:20])
    if place is None or place != sheet.title_rows:
        return ["?"] * len(sheet.headers)
    kind = "" if "kind" in sheet.truth else sheet.kind
    return [one.column for one in mapping.guess(rows[place], rows[place + 1 :], kind)]


def main() -> None:
    """Print how many columns are right, of all and of those that are something of ours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wrong", action="store_true", help="print what is mapped wrongly, too")
    parser.add_argument("--seed", type=int, default=7)
    given, counts = parser.parse_args(), Counter[str]()
    for sheet in sheets(given.seed):
        for place, (said, column) in enumerate(zip(mapped(sheet), sheet.truth, strict=True)):
            right = said == (column or "")
            counts["all"] += 1
            counts["right"] += right
            counts["ours"] += column is not None
            counts["ours right"] += right and column is not None
            counts["false"] += bool(said) and column is None
            if given.wrong and not right:
                cells = [row[place] for row in sheet.rows[:3]]
                print(f"{sheet.name}: {sheet.headers[place]!r} {cells} -> {said!r}, is {column!r}")
    print(f"{counts['right']} of {counts['all']} columns are right ({counts['right'] / counts['all']:.1%});")
    print(f"of those that are something of ours {counts['ours right']} of {counts['ours']};")
    print(f"{counts['false']} that are nothing of ours were taken for something.")


if __name__ == "__main__":
    main()
