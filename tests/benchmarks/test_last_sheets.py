import re
import tomllib

from benchmarks import judging_sheets, unseen_sheets
from benchmarks.last_sheets import FILE, sheets
from benchmarks.unseen_sheets import ROWS, specification, value_forms
from reunite.submission import COLUMNS


def test_sheets_are_the_same_for_a_seed() -> None:
    assert sheets(3) == sheets(3)
    assert [sheet.rows for sheet in sheets(3)] != [sheet.rows for sheet in sheets(4)]


def test_there_are_fifty_sheets_of_their_own() -> None:
    made = sheets()
    names = {sheet.name for sheet in made}
    assert len(made) == len(names) == 50
    for other in (specification(), specification(judging_sheets.FILE)):
        assert not names & {sheet["name"] for sheet in other["sheet"]}
    assert {sheet.kind for sheet in made} == {"missing", "found"}


def test_truths_are_our_columns() -> None:
    assert {truth for sheet in sheets() for truth in sheet.truth} == {*COLUMNS, None}


def test_about_a_fifth_of_the_columns_is_nothing_of_ours() -> None:
    truths = [truth for sheet in sheets() for truth in sheet.truth]
    assert 0.15 < truths.count(None) / len(truths) < 0.25


def test_every_sheet_is_whole() -> None:
    for sheet in sheets():
        assert 8 <= len(sheet.headers) <= 18, sheet.name
        assert len(sheet.headers) == len(set(sheet.headers)) == len(sheet.truth), sheet.name
        assert "name" in sheet.truth, sheet.name
        assert len(sheet.rows) == ROWS, sheet.name
        assert all(len(row) == len(sheet.headers) for row in sheet.rows), sheet.name
        assert not [cell for row in sheet.rows for cell in row if "{" in cell or "}" in cell], sheet.name
        for heading, truth, *values in zip(sheet.headers, sheet.truth, *sheet.rows, strict=True):
            assert sum(map(bool, values)) >= ROWS // 3, (sheet.name, heading)
            assert truth != "source_id" or len(set(values)) == ROWS, (sheet.name, heading)


def test_every_value_form_of_its_own_is_used() -> None:
    own = tomllib.loads(FILE.read_text(encoding="utf-8"))
    asked = {form for sheet in own["sheet"] for _, _, form in sheet["columns"]}
    slots = set(re.findall(r"{(\w+)}", str([*own["forms"].values()])))
    assert asked <= value_forms(FILE)
    assert {*own["forms"], *own["by_sex"]} <= asked | slots
    assert not {*own["forms"], *own["by_sex"]} & unseen_sheets.value_forms()
    assert specification(FILE)["places"] == specification()["places"]
