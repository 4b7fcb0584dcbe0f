"""The sets that were written by a free hand."""

from typing import Any

import pytest

from benchmarks import fifth_sheets, judging_sheets, last_sheets, sixth_sheets, unseen_sheets
from reunite.submission import COLUMNS

FREE = pytest.mark.parametrize("free", [fifth_sheets, sixth_sheets], ids=["fifth", "sixth"])


def test_no_sheet_has_the_name_of_another() -> None:
    sets = [one.sheets() for one in (unseen_sheets, judging_sheets, last_sheets, fifth_sheets, sixth_sheets)]
    names = [sheet.name for made in sets for sheet in made]
    assert len(names) == len(set(names)) == 250


@FREE
def test_truths_are_our_columns_and_about_a_quarter_of_the_columns_is_nothing_of_ours(free: Any) -> None:
    truths = [truth for sheet in free.sheets() for truth in sheet.truth]
    assert {*truths} == {*COLUMNS, None}
    assert 0.15 < truths.count(None) / len(truths) < 0.3
    assert {sheet.kind for sheet in free.sheets()} == {"missing", "found"}


@FREE
def test_every_sheet_is_whole(free: Any) -> None:
    for sheet in free.sheets():
        assert "name" in sheet.truth, sheet.name
        assert len(sheet.headers) == len(set(sheet.headers)) == len(sheet.truth), sheet.name
        assert len(sheet.rows) >= 8, sheet.name
        assert all(len(row) == len(sheet.headers) for row in sheet.rows), sheet.name
        for heading, truth, *values in zip(sheet.headers, sheet.truth, *sheet.rows, strict=True):
            assert any(values), (sheet.name, heading)
            assert truth != "source_id" or len(set(values)) == len(values), (sheet.name, heading)
