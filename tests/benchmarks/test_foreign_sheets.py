"""The spreadsheets of others: the same for the same seed, and what their columns are."""

import csv
import importlib.util
import re
import unicodedata
from pathlib import Path

import pytest

from benchmarks.foreign_sheets import Sheet, grid, sheets, write_csv, write_xlsx
from reunite.submission import COLUMNS


@pytest.fixture(scope="module")
def drawn() -> list[Sheet]:
    return sheets()


def titled(drawn: list[Sheet]) -> Sheet:
    return next(sheet for sheet in drawn if sheet.title_rows > 1)


def test_the_same_seed_gives_the_same_sheets_and_another_seed_others(drawn: list[Sheet]) -> None:
    assert sheets() == drawn
    assert sheets(count=3) == drawn[:3]
    assert sheets(seed=8, count=3) != drawn[:3]


def test_there_are_as_many_sheets_and_rows_as_told_and_every_row_has_all_columns(drawn: list[Sheet]) -> None:
    assert len(drawn) == 50
    assert len({sheet.name for sheet in drawn}) == 50
    for sheet in drawn:
        assert 30 <= len(sheet.rows) <= 60
        assert len(sheet.truth) == len(sheet.headers) > 6
        assert {len(row) for row in sheet.rows} == {len(sheet.headers)}
    assert len(sheets(count=60)) == 60


def test_every_truth_is_a_column_of_ours_or_none_and_every_column_occurs(drawn: list[Sheet]) -> None:
    told = {column for sheet in drawn for column in sheet.truth}
    assert told == {*COLUMNS, None}


def test_a_sheet_is_of_one_side_unless_a_column_tells(drawn: list[Sheet]) -> None:
    assert {sheet.kind for sheet in drawn} == {"missing", "found"}
    for sheet in drawn:
        assert sheet.truth.count("kind") <= 1
        if "kind" in sheet.truth:
            assert len({row[sheet.truth.index("kind")] for row in sheet.rows}) == 2
        elif sheet.kind == "missing":
            assert not {"found_date", "place_found"} & set(sheet.truth)


def test_there_are_three_hundred_different_header_words(drawn: list[Sheet]) -> None:
    def word(head: str) -> str:
        return re.sub(r"[\s:*【】_]|^\d+\.", "", unicodedata.normalize("NFKC", head)).lower()

    assert len({word(head) for sheet in drawn for head in sheet.headers} - {""}) >= 300


def test_what_makes_sheets_hard_is_there(drawn: list[Sheet]) -> None:
    heads = [head for sheet in drawn for head in sheet.headers]
    assert "" in heads
    assert any("\n" in head for head in heads)
    assert any("失蹤" in head for head in heads)
    assert {0, 1, 2, 3} == {sheet.title_rows for sheet in drawn}
    assert any(sheet.truth.count("name") == 2 for sheet in drawn)
    assert any(sheet.truth.count("birth_date") == 3 for sheet in drawn)
    assert any(sheet.truth.count("place_event") >= 3 for sheet in drawn)
    assert sum(sheet.truth.count(None) for sheet in drawn) > 100


@pytest.mark.parametrize("seed", [7, 8])
def test_a_column_of_ours_tells_in_some_rows_what_it_is(seed: int) -> None:
    for sheet in sheets(seed):
        for at, column in enumerate(sheet.truth):
            told = sum(len(row[at]) > 0 for row in sheet.rows)
            assert column is None or told >= 4, (sheet.name, sheet.headers[at])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_file_has_the_titles_the_headers_and_the_rows(
    drawn: list[Sheet], tmp_path: Path, encoding: str
) -> None:
    sheet, path = titled(drawn), tmp_path / "sheet.csv"
    write_csv(sheet, path, encoding, "\t")
    with path.open(encoding=encoding, newline="") as file:
        read = list(csv.reader(file, delimiter="\t"))
    assert read == grid(sheet)
    assert read[0][0] == sheet.name
    assert read[sheet.title_rows] == sheet.headers
    assert read[sheet.title_rows + 1 :] == sheet.rows


@pytest.mark.skipif(importlib.util.find_spec("openpyxl") is None, reason="openpyxl is not here")
def test_a_workbook_has_the_same_cells(drawn: list[Sheet], tmp_path: Path) -> None:
    sheet, path = titled(drawn), tmp_path / "sheet.xlsx"
    write_xlsx(sheet, path)
    page = importlib.import_module("openpyxl").load_workbook(path).active
    assert [[cell or "" for cell in row] for row in page.iter_rows(values_only=True)] == grid(sheet)
