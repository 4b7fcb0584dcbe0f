"""The sheets that judge the column mapper, and the last ones: like the unseen ones, and each with forms of its own."""

import re
import tomllib
from types import ModuleType

import pytest

from benchmarks import judging_sheets, last_sheets, unseen_sheets
from benchmarks.unseen_sheets import ROWS, specification, value_forms
from reunite.submission import COLUMNS

SETS = pytest.mark.parametrize("own", [judging_sheets, last_sheets], ids=["judging", "last"])


@SETS
def test_sheets_are_the_same_for_a_seed(own: ModuleType) -> None:
    assert own.sheets(3) == own.sheets(3)
    assert [sheet.rows for sheet in own.sheets(3)] != [sheet.rows for sheet in own.sheets(4)]


@SETS
def test_there_are_fifty_sheets(own: ModuleType) -> None:
    made = own.sheets()
    assert len(made) == len({sheet.name for sheet in made}) == 50
    assert {sheet.kind for sheet in made} == {"missing", "found"}


def test_no_sheet_is_another_one() -> None:
    sets = (specification(), specification(judging_sheets.FILE), specification(last_sheets.FILE))
    names = [sheet["name"] for one in sets for sheet in one["sheet"]]
    assert len(names) == len(set(names))


@SETS
def test_truths_are_our_columns(own: ModuleType) -> None:
    assert {truth for sheet in own.sheets() for truth in sheet.truth} == {*COLUMNS, None}


@SETS
def test_about_a_fifth_of_the_columns_is_nothing_of_ours(own: ModuleType) -> None:
    truths = [truth for sheet in own.sheets() for truth in sheet.truth]
    assert 0.15 < truths.count(None) / len(truths) < 0.25


@SETS
def test_every_sheet_is_whole(own: ModuleType) -> None:
    for sheet in own.sheets():
        assert 8 <= len(sheet.headers) <= 18, sheet.name
        assert len(sheet.headers) == len(set(sheet.headers)) == len(sheet.truth), sheet.name
        assert "name" in sheet.truth, sheet.name
        assert len(sheet.rows) == ROWS, sheet.name
        assert all(len(row) == len(sheet.headers) for row in sheet.rows), sheet.name
        assert not [cell for row in sheet.rows for cell in row if "{" in cell or "}" in cell], sheet.name
        for heading, truth, *values in zip(sheet.headers, sheet.truth, *sheet.rows, strict=True):
            assert sum(map(bool, values)) >= ROWS // 3, (sheet.name, heading)
            assert truth != "source_id" or len(set(values)) == ROWS, (sheet.name, heading)


@SETS
def test_every_value_form_of_its_own_is_used(own: ModuleType) -> None:
    told = tomllib.loads(own.FILE.read_text(encoding="utf-8"))
    asked = {form for sheet in told["sheet"] for _, _, form in sheet["columns"]}
    slots = set(re.findall(r"{(\w+)}", str([*told["forms"].values()])))
    assert asked <= value_forms(own.FILE)
    assert {*told["forms"], *told["by_sex"]} <= asked | slots
    assert not {*told["forms"], *told["by_sex"]} & unseen_sheets.value_forms()
    assert specification(own.FILE)["places"] == specification()["places"]
