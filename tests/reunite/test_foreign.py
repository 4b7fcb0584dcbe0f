"""Tables of others: opened whatever their encoding and form, every bad row told with what is wrong, none half read."""

import gc
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reunite.exchange import encodings, foreign, headings, workbook
from reunite.exchange.foreign import Line
from reunite.problems import Invalid

HEAD = ["编号", "姓名", "出生日期", "走失地点"]
ROWS = [["1", "王小明", "1998-08-15", "四川省成都市"], ["2", "李小红", "约1999年", "湖南省"]]


def as_text(delimiter: str = ",") -> str:
    return "\r\n".join(delimiter.join(row) for row in [HEAD, *ROWS]) + "\r\n"


def read(path: Path) -> tuple[tuple[str, ...], list[Line]]:
    with foreign.opened(path) as table:
        return table.headings, list(table.lines)


def book(
    path: Path, change: Callable[[openpyxl.worksheet.worksheet.Worksheet], None] = lambda _: None
) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    for row in [HEAD, *ROWS]:
        sheet.append(row)
    change(sheet)
    made.save(path)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_text_is_read_in_every_encoding_that_people_have(
    tmp_path: Path, encoding: str, delimiter: str
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(as_text(delimiter).encode(encoding))
    head, lines = read(path)
    assert list(head) == HEAD
    assert [list(line.cells) for line in lines] == ROWS
    assert [line.problem for line in lines] == [None, None]
    assert path.read_bytes() == as_text(delimiter).encode(encoding)  # the file itself is never changed


def test_traditional_characters_in_big5_are_told_from_simplified_ones(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("編號,姓名,出生日期,失蹤地點\r\n1,陳小華,1998,臺北市\r\n".encode("big5"))
    head, lines = read(path)
    assert head == ("編號", "姓名", "出生日期", "失蹤地點")
    assert lines[0].cells[1] == "陳小華"


def test_french_names_of_windows_are_no_chinese(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes("id,name,city\r\n1,José Lefèvre,Besançon\r\n2,Chloé Müller,Orléans\r\n".encode("cp1252"))
    assert read(path)[1][0].cells == ("1", "José Lefèvre", "Besançon")


def test_json_lines_are_a_table_whose_headings_are_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"姓名": "王小明", "年龄": 5}\n\n{"姓名": "李小红", "来源": null}\n[1]\n{"姓名": {"a": 1}}\n',
        "utf-8",
    )
    head, lines = read(path)
    assert head == ("姓名", "年龄", "来源")
    assert [line.cells for line in lines[:2]] == [("王小明", "5", ""), ("李小红", "", "")]
    assert [(line.number, line.problem.text()) for line in lines if line.problem] == [
        (4, "This line is not one JSON object."),
        (5, "This line holds a list or an object within the object. Only text and numbers can be taken."),
    ]


def test_headings_are_found_below_lines_of_a_title(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("某市救助站登记表,,,\n填表人：,张三,,\n" + as_text(), "utf-8")
    head, lines = read(path)
    assert list(head) == HEAD
    assert lines[0].number == 4


def test_a_workbook_is_read_with_its_dates(tmp_path: Path) -> None:
    from datetime import datetime

    def dated(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["C2"] = datetime(1998, 8, 15, 14, 30)
        sheet["A2"] = 17

    head, lines = read(book(tmp_path / "t.xlsx", dated))
    assert list(head) == HEAD
    assert lines[0].cells == ("17", "王小明", "1998-08-15", "四川省成都市")


def test_rows_under_merged_cells_are_refused_with_the_range(tmp_path: Path) -> None:
    path = book(tmp_path / "t.xlsx", lambda sheet: sheet.merge_cells("D2:D3"))
    _, lines = read(path)
    assert [line.problem.text() for line in lines if line.problem] == [
        "The cells D2:D3 are merged, and it is not sure for which row they are meant. Take the merging away and write "
        "the value in each row."
    ] * 2


def test_a_title_over_merged_cells_does_no_harm(tmp_path: Path) -> None:
    def titled(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "失踪儿童登记表"
        sheet.merge_cells("A1:D1")

    head, lines = read(book(tmp_path / "t.xlsx", titled))
    assert list(head) == HEAD
    assert [line.problem for line in lines] == [None, None]


def test_a_formula_of_which_nobody_stored_the_value_is_told_with_its_cell(tmp_path: Path) -> None:
    def calculated(sheet: openpyxl.worksheet.worksheet.Worksheet) -> None:
        sheet["C3"] = "=C2+1"

    _, lines = read(book(tmp_path / "t.xlsx", calculated))
    assert lines[0].problem is None
    assert lines[1].problem is not None
    assert "The cell C3 holds a formula" in lines[1].problem.text()


def bomb() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"\0" * 700_000_000)
    return made.getvalue()


BAD: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.csv": (lambda: b"", "no row with headings"),
    "blank.csv": (lambda: b"\r\n\r\n ,\r\n", "no row with headings"),
    "empty.xlsx": (lambda: b"", "damaged or not a workbook"),
    "text.xlsx": (lambda: as_text().encode(), "damaged or not a workbook"),
    "cut.xlsx": (lambda: _whole()[:-300], "damaged or not a workbook"),
    "bomb.xlsx": (bomb, "unpacks to too much"),
    "picture.png": (lambda: b"\x89PNG", "is not a table"),
    "wide.csv": (lambda: (",".join(f"姓名{n}" for n in range(201)) + "\n").encode(), "at most 200"),
    "old.doc": (lambda: b"\xd0\xcf\x11\xe0", "is not a table"),
    "broken.xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 2000, "damaged or not a workbook"),
}


def _whole() -> bytes:
    made = io.BytesIO()
    one = openpyxl.Workbook()
    one.active.append(HEAD)
    one.active.append(ROWS[0])
    one.save(made)
    return made.getvalue()


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_table_is_refused_in_words(tmp_path: Path, name: str) -> None:
    content, said = BAD[name]
    path = tmp_path / name
    path.write_bytes(content())
    with pytest.raises(Invalid) as caught:
        read(path)
    assert said in caught.value.problems[0].text()


def test_an_empty_workbook_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(Invalid) as caught:
        read(path)
    assert "has anything in it" in caught.value.problems[0].text()


def test_a_hidden_sheet_is_not_read(tmp_path: Path) -> None:
    made = openpyxl.Workbook()
    made.active.append(["secret", "sheet"])
    made.active.sheet_state = "hidden"
    shown = made.create_sheet("shown")
    for row in [HEAD, *ROWS]:
        shown.append(row)
    made.save(tmp_path / "t.xlsx")
    assert list(read(tmp_path / "t.xlsx")[0]) == HEAD


def test_a_row_with_more_cells_than_headings_is_told(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(as_text() + "3,赵六,1990,北京,another\n4,钱七,1991,上海,,\n", "utf-8")
    _, lines = read(path)
    assert [line.number for line in lines if line.problem] == [4]
    assert lines[-1].cells == ("4", "钱七", "1991", "上海")


def test_bytes_that_are_no_text_keep_only_their_row_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(as_text().encode("gb18030") + b"3,\xff\xff,1990,x\r\n")
    _, lines = read(path)
    assert [bool(line.problem) for line in lines] == [False, False, True]


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=2000))
def test_any_bytes_are_a_table_or_refused_in_words(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(content)
    try:
        head, lines = read(path)
    except Invalid as error:
        said = [one.text() for one in error.problems]
    else:
        said = ["a table"] * all(line.problem or len(line.cells) == len(head) for line in lines)
    assert said
    assert all(said)


@given(text=st.text(max_size=200))
def test_any_heading_is_read(text: str) -> None:
    assert headings.read(text) == headings.read(text)


@given(st.integers(0, 20_000), st.integers(0, 16_000))
def test_the_name_of_a_cell_tells_its_row(row: int, column: int) -> None:
    assert workbook.row_of(workbook.cell(row, column)) == row


def test_the_name_of_a_cell_is_that_of_spreadsheet_programs() -> None:
    assert [workbook.cell(0, column) for column in (0, 25, 26, 701, 702)] == [
        "A1",
        "Z1",
        "AA1",
        "ZZ1",
        "AAA1",
    ]


def test_the_encoding_of_an_empty_file_is_no_error() -> None:
    assert encodings.encoding_of(io.BytesIO(b""), ["姓名"]) == "utf-8"


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_a_table_that_is_read_in_part_is_let_go_of_without_a_word(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("a,b\n" + "1,2\n" * 999, encoding="utf-8")
    with foreign.opened(path) as table:
        next(table.lines)
    del table
    gc.collect()
