import re

from benchmarks import unseen_sheets
from benchmarks.unseen_sheets import ROWS, grid, sheets
from reunite.submission import COLUMNS


def test_sheets_are_the_same_for_a_seed() -> None:
    assert sheets(3) == sheets(3)
    assert [sheet.rows for sheet in sheets(3)] != [sheet.rows for sheet in sheets(4)]


def test_there_are_fifty_sheets_with_three_hundred_headings() -> None:
    made = sheets()
    assert len(made) == len({sheet.name for sheet in made}) == 50
    assert len({heading for sheet in made for heading in sheet.headers}) >= 300
    assert {sheet.kind for sheet in made} == {"missing", "found"}


def test_truths_are_our_columns() -> None:
    assert {truth for sheet in sheets() for truth in sheet.truth} == {*COLUMNS, None}


def test_every_sheet_is_whole() -> None:
    for sheet in sheets():
        assert 8 <= len(sheet.headers) <= 20, sheet.name
        assert len(sheet.headers) == len(set(sheet.headers)) == len(sheet.truth), sheet.name
        assert "name" in sheet.truth, sheet.name
        assert len(sheet.rows) == ROWS, sheet.name
        assert sheet.title_rows in (0, 1, 2), sheet.name
        assert all(len(row) == len(sheet.headers) for row in sheet.rows), sheet.name
        assert not [cell for row in sheet.rows for cell in row if "{" in cell or "}" in cell], sheet.name
        for heading, *values in zip(sheet.headers, *sheet.rows, strict=True):
            assert sum(map(bool, values)) >= ROWS // 3, (sheet.name, heading)


def test_a_sheets_own_ids_are_unique() -> None:
    for sheet in sheets():
        if "source_id" in sheet.truth:
            index = sheet.truth.index("source_id")
            assert len({row[index] for row in sheet.rows}) == ROWS, sheet.name


def test_grid_has_titles_headings_and_rows() -> None:
    for sheet in sheets():
        cells = grid(sheet)
        assert cells[sheet.title_rows] == sheet.headers
        assert cells[sheet.title_rows + 1 :] == sheet.rows
        assert all(line[0] for line in cells[: sheet.title_rows])
        assert {len(line) for line in cells} == {len(sheet.headers)}


def test_every_value_form_is_used() -> None:
    specification = unseen_sheets.specification()
    asked = {form for sheet in specification["sheet"] for _, _, form in sheet["columns"]}
    slots = set(re.findall(r"{(\w+)}", str([*specification["forms"].values()])))
    assert asked <= unseen_sheets.value_forms()
    assert unseen_sheets.value_forms() - asked - slots == {"family", "given_letter"}
