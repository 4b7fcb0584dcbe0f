from benchmarks import judging_sheets, last_sheets, unseen_sheets
from benchmarks.fifth_sheets import sheets
from reunite.submission import COLUMNS


def test_there_are_fifty_sheets_of_their_own() -> None:
    names = {sheet.name for sheet in sheets()}
    others = [unseen_sheets.sheets(), judging_sheets.sheets(), last_sheets.sheets()]
    assert len(sheets()) == len(names) == 50
    assert not names & {sheet.name for made in others for sheet in made}
    assert {sheet.kind for sheet in sheets()} == {"missing", "found"}


def test_truths_are_our_columns_and_a_quarter_of_the_columns_is_nothing_of_ours() -> None:
    truths = [truth for sheet in sheets() for truth in sheet.truth]
    assert {*truths} == {*COLUMNS, None}
    assert 0.15 < truths.count(None) / len(truths) < 0.3


def test_every_sheet_is_whole() -> None:
    for sheet in sheets():
        assert "name" in sheet.truth, sheet.name
        assert len(sheet.headers) == len(set(sheet.headers)) == len(sheet.truth), sheet.name
        assert len(sheet.rows) >= 8, sheet.name
        assert all(len(row) == len(sheet.headers) for row in sheet.rows), sheet.name
        for heading, truth, *values in zip(sheet.headers, sheet.truth, *sheet.rows, strict=True):
            assert any(values), (sheet.name, heading)
            assert truth != "source_id" or len(set(values)) == len(values), (sheet.name, heading)
