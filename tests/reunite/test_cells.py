"""No cell of a file of ours runs as a formula, and each comes back as it was."""

import csv
import io
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reunite.exchange import cells

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＋1", "－1", "＠x", "\u200b=1",
            "'=1", "\ufeff=cmd|' /C calc'!A0", "\u00a0=1", "\x0b=1", 
            "=HYPERLINK(\"https://example.invalid\")", "\tx", "\rx")  # fmt: skip
TEXT = st.text(
    alphabet=st.characters(exclude_categories=("Cs",)) | st.sampled_from("=+-@＝＋－＠'\" \t\r\n;,")
)


@pytest.mark.parametrize("cell", FORMULAS)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert cells.safe(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "王晓明", "1998-08-15", "a=b", "O'Brien", "'quoted'", " plain", "1-2"])
def test_ordinary_text_stays_as_it_is(cell: str) -> None:
    assert cells.safe(cell) == cell
    assert cells.original(cell) == cell


@given(TEXT)
@example("''=1")
def test_a_cell_comes_back_as_it_was(cell: str) -> None:
    assert cells.original(cells.safe(cell)) == cell


@given(TEXT)
def test_no_cell_begins_a_formula_even_when_trimmed(cell: str) -> None:
    shown = cells.safe(cell).strip().lstrip("\u200b\ufeff\x00")
    assert not re.match("[=+\\-@＝＋－＠]", shown)


@given(st.lists(TEXT, min_size=1, max_size=5))
def test_a_line_is_read_back_whole(line: list[str]) -> None:
    file = io.StringIO(newline="")
    cells.write(file, line)
    file.seek(0)
    assert [[cells.original(cell) for cell in read] for read in csv.reader(file)] == [line]
