"""Columns of foreign tables: known by heading and values, corrected by people, turned into what reports take."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite import cli_tables, submission
from reunite.exchange import headings, mapped, mapping, values
from reunite.exchange.foreign import Line
from reunite.exchange.mapping import Guess
from reunite.problems import Invalid
from reunite.submission import COLUMNS

MEANT = {
    "姓名": "name", "Child's full name": "name", "失踪人姓名": "name", "小名": "other_names", "性別": "sex",
    "DOB": "birth_date",
    "出生\n年月": "birth_date", "失踪儿童生日": "birth_date", "走失时间": "event_date", "Date last seen": "event_date",
    "救助日期": "found_date", "失蹤地點": "place_event", "现住址": "place_found", "籍贯": "place_home",
    "身高（cm）": "height_cm", "联系人电话": "reporter_phone", "报案人姓名": "reporter_name", "父亲姓名": "relatives",
    "shizong_riqi": "event_date", "lostDate": "event_date", "与儿童关系": "reporter_relation", "案号": "source_id",
    "登记日期": "", "经办民警": "", "身份证号": "", "序号": "", "养父姓名": "", "birth_date": "birth_date",
    # Little words say what stands in a column where no other does.
    "案发地": "place_event", "丢失日": "event_date", "Abducted from": "place_event", "Missing since": "event_date",
    "Incident number": "source_id", "No.": "", "警情流水号": "source_id",
    # Programs write words in one.
    "dateofbirth": "birth_date", "LASTSEENLOCATION": "place_event", "caseno": "source_id", "phone2": "reporter_phone",
    # Whose it is: of a child's father the father's; an officer's is nobody's; an office's place is not a child's.
    "受害人父亲姓名": "relatives", "Sister in charge": "", "发现人单位": "",
    "Clothes on arrival at the shelter": "clothing",
    "嫌疑人特征": "", "被收养人性别": "sex", "失散亲人姓名": "name", "与父母走散地点": "place_event",
    # The last noun of a Chinese heading is meant, or the first of an English one.
    "对家乡环境的记忆": "memories", "记忆中的家乡": "place_home", "Memories of home": "memories",
    "骨龄推断出生年份": "birth_date", "发生年份": "event_date", "Caller number": "reporter_phone",
    "手机/微信": "reporter_phone",
    "采血地点": "", "处理结果": "", "审批意见": "", "eye_color": "", "created_at": "", "avatarUrl": "photo",
}  # fmt: skip
ON_BOTH_SIDES = {
    "寻亲者姓名": ("reporter_name", "name"), "Your date of birth": ("", "birth_date"),
    "遗弃地点": ("place_event", "place_found"), "Date received": ("", "found_date"),
    "Residence": ("place_home", "place_found"),
}  # fmt: skip


@pytest.mark.parametrize("heading", MEANT)
def test_a_heading_is_understood(heading: str) -> None:
    assert headings.read(heading).column == MEANT[heading]


@pytest.mark.parametrize("heading", ON_BOTH_SIDES)
def test_some_headings_mean_something_else_on_the_other_side(heading: str) -> None:
    said = tuple(headings.read(heading, kind).column for kind in ("missing", "found"))
    assert said == ON_BOTH_SIDES[heading]


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("Tue 1 Oct 1994", "date"), ("2003年5月6日（星期二）", "date"), ("4y", "age"), ("出生3天", "age"),
        ("一岁半", "age"),
        ("5 years 2 months", "age"), ("1.2米", "height"), ("139****5555", "phone"), ("13900005555（父亲）", "phone"),
        ("2015-0118", "id"), ("REG/0118", "id"), ("川公寻〔2018〕12号", "id"), ("1-男", "sex"),
        ("mother of child", "relation"),
        ("孩子的妈妈", "relation"), ("父：王建国 母：李秀英", "relatives"), ("有一个哥哥", "relatives"),
        ("IMG_1.heic", "photo"),
        ("1998", "date"), ("3-5", ""),
    ],
)  # fmt: skip
def test_what_a_cell_is_can_be_seen(cell: str, kind: str) -> None:
    assert values.looks_like([cell]) == kind


def taken_for(
    head: list[str], *rows: list[str], kind: str = "missing", known: dict[str, str] | None = None
) -> list[str]:
    return [one.column for one in mapping.guess(head, rows, kind, known)]


def test_a_bare_word_is_of_the_event_of_the_table_s_side() -> None:
    row = ["王小明", "2003-05-06", "四川省成都市"]
    assert taken_for(["姓名", "时间", "地点"], row) == ["name", "event_date", "place_event"]
    assert taken_for(["姓名", "时间", "地点"], row, kind="found") == ["name", "found_date", "place_found"]


def test_a_program_s_initials_of_pinyin_are_understood_where_most_headings_are_such() -> None:
    row = ["王小明", "男", "19980815", "20030506", "四川省成都市", "13900005555"]
    assert taken_for(["XM", "XB", "CSRQ", "SZRQ", "SZDD", "LXDH"], row) == [
        "name", "sex", "birth_date", "event_date", "place_event", "reporter_phone",
    ]  # fmt: skip
    assert headings.read("XM").column is None


def test_the_contact_of_a_last_contact_is_nobody() -> None:
    assert headings.read("Date of last contact").column == "event_date"
    assert headings.read("Contact person").column == "reporter_name"


def test_columns_without_headings_are_known_by_their_values() -> None:
    rows = [["王小明", "男", "13900005555", "父亲"], ["李小红", "女", "13700001234", "母亲"]]
    assert taken_for(["姓名", "", "", ""], *rows) == ["name", "sex", "reporter_phone", "reporter_relation"]


def test_values_that_contradict_a_heading_count_more() -> None:
    assert taken_for(["姓名", "性别"], ["王小明", "1998-08-15"], ["李小红", "1999-01-02"])[1] != "sex"


def test_missing_or_found_may_be_written_like_a_sex() -> None:
    rows = [["Li Na", "F", "F"], ["Wang Wei", "M", "M"]]
    assert taken_for(["Name", "Sex", "M or F (missing / found)"], *rows, kind="") == ["name", "sex", "kind"]


def test_a_second_whole_name_in_the_same_script_is_another_name() -> None:
    rows = [["王小明", "李大海", "Wang Xiaoming"], ["张小军", "陈卫国", "Zhang Xiaojun"]]
    assert taken_for(["姓名", "现姓名", "英文姓名"], *rows) == ["name", "other_names", "name"]


def test_a_name_that_somebody_gave_is_the_name_unless_there_is_one() -> None:
    rows = [["Li Na", "Eva Smith"], ["Wang Wei", "Emma Miller"]]
    assert taken_for(["Name given by the orphanage", "Your name"], *rows, kind="found") == [
        "other_names",
        "name",
    ]
    assert taken_for(["Name given by the orphanage"], *[row[:1] for row in rows], kind="found") == ["name"]


def test_of_several_numbers_the_report_s_is_the_one_that_tells_rows_apart() -> None:
    rows = [["", "XQ-0118"], ["M8870", "XQ-0119"], ["M8870", "XQ-0120"]]
    assert taken_for(["会员编号", "寻亲登记编号"], *rows) == ["", "source_id"]


def test_notes_are_taken_only_where_they_tell_of_the_child() -> None:
    office = [["王小明", "已回访"], ["李小红", "待核实"], ["张小军", "已回访"]] * 4
    told = [["王小明", "记得家门口有一座石桥和一口老井"], ["李小红", "坐了两天火车，妈妈在车站卖水果"]] * 4
    assert taken_for(["姓名", "备注"], *office) == ["name", ""]
    assert taken_for(["姓名", "备注"], *told) == ["name", "memories"]


def test_what_people_said_before_counts_more_than_the_guess() -> None:
    head, row = ["姓名", "备注"], ["王小明", "x"]
    assert taken_for(head, row, known={"备注": "belongings", "姓名": ""}) == ["", "belongings"]


def test_parts_of_an_address_and_of_a_name_are_put_together() -> None:
    head, row = ["姓", "名", "走失省份", "走失城市", "走失县区"], ["王", "小明", "四川省", "成都市", "武侯区"]
    said = mapping.fields(mapping.guess(head, [row], "missing"), row)
    assert said == {"name": "王小明", "place_event": "四川省成都市武侯区"}


def test_a_birthday_in_three_columns_is_one_date() -> None:
    head = ["姓名", "出生年", "出生月", "出生日"]
    rows = [["王小明", "1998", "8", "5"], ["李小红", "1999", "12", "25"]]
    assert mapping.fields(mapping.guess(head, rows, "missing"), rows[0])["birth_date"] == "1998-08-05"


def test_relatives_of_several_columns_keep_who_they_are() -> None:
    head, row = ["姓名", "父亲姓名", "母亲姓名"], ["王小明", "王建国", "李秀英"]
    assert (
        mapping.fields(mapping.guess(head, [row], "missing"), row)["relatives"] == "父亲:王建国;母亲:李秀英"
    )


@pytest.mark.parametrize(
    ("column", "cell", "said"),
    [
        ("sex", "男", "male"), ("sex", "Girl", "female"), ("sex", "不详", ""), ("height_cm", "1米2", "120"),
        ("height_cm", "1.05m", "105"), ("height_cm", "0米79", "79"), ("height_cm", "4'1\"", "124"),
        ("blood_type", "Rh阳性O型", "+O"), ("blood_type", "AB型", "AB"), ("birth_date", "36022", "1998-08-15"),
        ("birth_date", "98.8.15", "1998-08-15"), ("event_date", "2003年5月6日下午3点", "2003年5月6日"),
        ("event_date", "2003-05-06 00:00:00", "2003-05-06"), ("language", "普通话", "zh-Hans"),
        ("language", "Vietnamese", "vi"), ("language", "Gibberish", ""), ("name_origin", "站内取名", "given_later"),
        ("name_origin", "?", ""), ("name", "N/A", ""), ("kind", "宝贝寻家", "found"),
    ],
)  # fmt: skip
def test_a_cell_is_turned_into_the_form_that_reports_take(column: str, cell: str, said: str) -> None:
    assert values.understood(column, cell) == said


def test_day_and_month_are_told_by_the_column_or_not_at_all() -> None:
    assert values.order_of(["03/04/1998", "15/04/1998"]) == "dm"
    assert values.order_of(["03/04/1998", "04/15/1998"]) == "md"
    assert values.order_of(["03/04/1998"]) == values.order_of(["15/04/1998", "04/15/1998"]) == ""
    assert values.understood("birth_date", "03/04/1998", "dm") == "1998-04-03"
    assert values.understood("birth_date", "03/04/1998", "md") == "1998-03-04"
    assert values.understood("birth_date", "03/04/1998") == "03/04/1998"
    assert values.understood("birth_date", "11.12.6", values.order_of(["98.8.15"])) == "2011-12-06"


@pytest.mark.parametrize(
    ("guesses", "kind", "field"),
    [
        ([Guess("a", "sex"), Guess("b", "sex")], "missing", "sex"),
        ([Guess("a", "source_id")], "missing", "columns"),
        ([Guess("a", "name")], "", "kind"),
    ],
)
def test_a_mapping_by_which_rows_cannot_become_reports_is_refused(
    guesses: list[Guess], kind: str, field: str
) -> None:
    with pytest.raises(Invalid) as caught:
        mapped.check(guesses, kind)
    assert [one.field for one in caught.value.problems] == [field]


def test_a_row_without_a_number_is_known_by_what_it_says() -> None:
    guesses = [Guess("姓名", "name")]
    lines = [Line(2, ("王小明",)), Line(3, ("李小红",)), Line(4, ("王小明",))]
    ids = [row.fields["source_id"] for row in mapped.rows(lines, guesses, "missing")]
    assert ids[0] == ids[2] != ids[1]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=8), st.data())
def test_any_table_is_mapped_and_every_row_is_a_report_or_refused(
    head: list[str], data: st.DataObject
) -> None:
    rows = [[data.draw(st.text(max_size=30)) for _ in head] for _ in range(3)]
    guesses = mapping.guess(head, rows, "missing")
    assert {one.column for one in guesses} <= {"", *COLUMNS}
    for row in mapped.rows([Line(1, tuple(cells)) for cells in rows], guesses, "missing"):
        try:
            told = submission.parse(row.fields, "ngo", lenient=True).source_id
        except Invalid as error:
            told = error.problems[0].text()
        assert told


def test_a_table_with_other_columns_is_not_gone_on_with_but_taken_anew(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("姓名\n王小明\n", "utf-8")
    one, same, other = (
        cli_tables._mark(path, "ngo", [Guess("姓名", column)]) for column in ("name", "name", "other_names")
    )
    assert one == same != other
