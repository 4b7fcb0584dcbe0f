"""Columns of foreign tables: known by heading and values, corrected by people, turned into what reports take."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reunite import cli_tables, submission
from reunite.exchange import appearance, headings, mapped, mapping, values
from reunite.exchange.foreign import Line
from reunite.exchange.mapping import Guess
from reunite.problems import Invalid
from reunite.submission import COLUMNS


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
        ("1998", "date"), ("3-5", ""), ("106.07.12", "date"), ("1060712", "date"), ("弟 bro", "relation"),
        ("尋獲 Found", "kind"), ("我在找亲生父母", "kind"),
    ],
)  # fmt: skip
def test_what_a_cell_is_can_be_seen(cell: str, kind: str) -> None:
    assert appearance.looks_like([cell]) == kind


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


def test_a_name_in_another_language_is_the_name_only_where_no_other_is_or_it_sounds_the_same() -> None:
    same = [["王小明", "Wang Xiaoming"], ["张小军", "ZHANG Xiaojun"]]
    another = [["馮寶珠", "Mary Fung"], ["李天恩", "Daniel Lee"]]
    assert taken_for(["中文姓名", "英文姓名"], *same) == ["name", "name"]
    assert taken_for(["中文姓名", "英文姓名"], *another) == ["name", "other_names"]
    assert taken_for(["Chinese name", "Kiddo"], ["Gan Ling", "Josie"], ["Gan Yao", "Lucy"]) == [
        "other_names",
        "name",
    ]
    assert taken_for(["English name"], ["Swallow"], ["Samuel"]) == ["name"]


def test_a_heading_that_only_says_whose_stands_over_the_name_where_the_values_may_be_names() -> None:
    rows = [["呼和", "查干"], ["其其格", "江岸"], ["国秀", "查干"]]
    assert taken_for(["你要找的人", "苏木"], *rows) == ["name", ""]
    assert taken_for(["Child"], ["3 of 4"], ["1 of 2"]) == [""]


def test_who_gave_a_name_and_the_name_given_are_told_by_the_values() -> None:
    rows = [["梁建娟", "院方"], ["郑辉兰", "院方"], ["罗玉海", "生母"]]
    assert taken_for(["院内取名", "命名者"], *rows, kind="found") == ["name", "name_origin"]


def test_who_registered_a_case_is_the_reporter_where_a_relation_is_told_and_nobody_else() -> None:
    row = ["邱亚妹", "邱清发", "弟"]
    assert taken_for(["姓名", "登记人", "系其"], row) == ["name", "reporter_name", "reporter_relation"]
    assert taken_for(["姓名", "登记人", "年龄"], row)[1] == ""
    assert taken_for(["姓名", "登记人", "关系", "报案人"], [*row, "邱文"])[1] == ""


def test_a_relation_below_a_name_s_heading_is_a_relation_and_a_place_to_ask_at_is_nobody() -> None:
    assert taken_for(["姓名", "稱呼"], ["王小明", "兄"], ["李小红", "母親"]) == ["name", "reporter_relation"]
    assert taken_for(["Reported by"], ["DL Div. 3"], ["YK Div. 2"]) == [""]


def test_a_number_of_something_unknown_is_no_telephone() -> None:
    assert taken_for(["姓名", "粮本号"], ["王小明", "4103050012"], ["李小红", "4103050013"])[1] == ""


def test_when_a_child_was_found_is_said_more_plainly_than_when_it_was_admitted() -> None:
    row = ["2008-02-20", "2008-01-17"]
    assert taken_for(["入院日期\nAdmitted", "拾到日期\nDate found"], row, kind="found") == ["", "found_date"]
    assert taken_for(["入院日期\nAdmitted"], row[:1], kind="found") == ["found_date"]


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


def test_a_birthday_in_three_columns_may_begin_with_the_day() -> None:
    head, rows = ["DOBDAY", "DOBMONTH", "DOBYEAR"], [["12", "4", "1979"], ["30", "11", "1981"]]
    assert mapping.fields(mapping.guess(head, rows, "missing"), rows[0])["birth_date"] == "1979-04-12"


def test_years_of_three_figures_count_from_1912() -> None:
    cells = ["106.07.12", "099/12/30", "1070218", "106年7月12日", "民國98.8.15"]
    said = ["2017-07-12", "2010-12-30", "2018-02-18", "2017-07-12", "2009-08-15"]
    assert [values.understood("event_date", one, values.order_of(cells)) for one in cells] == said
    assert taken_for(["失蹤日期"], *[[one] for one in cells]) == ["event_date"]


def test_years_of_two_figures_beside_them_count_from_1912_or_are_refused() -> None:
    assert (
        values.understood("birth_date", "98.8.15", values.order_of(["106.07.12", "98.8.15"])) == "2009-08-15"
    )
    unclear = values.order_of(["106.07.12", "98.8.15", "97.1.2", "96.3.4"])
    assert values.understood("birth_date", "98.8.15", unclear) == "98.8.15"


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
        ("name_origin", "?", ""), ("name_origin", "不详", "unknown"), ("name", "N/A", ""),
        ("kind", "宝贝寻家", "found"),
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


@pytest.mark.parametrize(
    "heading", ["Reg. code", "Pic code", "采血编号", "号次", "条目号", "No. 號", "Entry"]
)
def test_a_code_that_tells_all_rows_apart_is_the_number_where_no_column_is(heading: str) -> None:
    rows = [["甲1", "王小明"], ["甲2", "李小红"], ["乙1", "张小军"]]
    assert taken_for([heading, "姓名"], *rows) == ["source_id", "name"]
    numbered = [[*row, f"XQ-011{place}"] for place, row in enumerate(rows)]
    assert taken_for([heading, "姓名", "寻亲编号"], *numbered) == ["", "name", "source_id"]


def test_a_code_that_repeats_or_counts_the_rows_or_is_of_something_else_is_no_number() -> None:
    names = ["王小明", "李小红", "张小军"]
    for heading, cells in [
        ("Team code", ["T-01", "T-01", "T-02"]), ("No. 號", ["1", "2", "3"]),
        ("乡镇代码", ["190345", "440577", "260973"]),
        ("身份证后四位", ["0012", "0041", "0933"]), ("Code", ["red", "green", "blue"]),
    ]:  # fmt: skip
        assert taken_for([heading, "姓名"], *zip(cells, names, strict=True))[0] == ""
    families = [[f"F0{place}", f"K-{place}", name] for place, name in enumerate(names)]
    assert taken_for(["Family code", "Pic code", "姓名"], *families) == ["", "source_id", "name"]
    assert taken_for(["Family code", "Pic of", "姓名"], *families)[0] == "source_id"


def test_the_child_s_name_is_the_name_and_a_head_of_household_the_reporter_at_most() -> None:
    rows = [["冉启华", "父女", "冉小芹"], ["向泽芬", "母子", "田军"]]
    said = ["reporter_name", "reporter_relation", "name"]
    assert taken_for(["户主姓名", "与儿童关系", "儿童姓名"], *rows) == said
    assert taken_for(["户主", "性别", "儿童姓名"], ["冉启华", "男", "冉小芹"])[0] == ""
    assert taken_for(["登记姓名", "儿童姓名"], *[[row[0], row[2]] for row in rows])[1] == "name"


def test_a_name_that_only_a_nickname_s_heading_tells_is_the_name() -> None:
    rows = [["Dawn", "f"], ["Lantern", "m"]]
    assert taken_for(["infant_called", "sex"], *rows, kind="found") == ["name", "sex"]
    assert taken_for(["Name", "Nickname"], ["Li Na", "Nana"]) == ["name", "other_names"]


def test_when_a_letter_was_received_is_not_when_a_child_was_found() -> None:
    row = ["2017-02-02", "1995-10-25"]
    assert taken_for(["收文日 Received", "发现日 Date found"], row, kind="found") == ["", "found_date"]
    assert taken_for(["Received on", "Date found"], row, kind="found") == ["", "found_date"]


def test_an_address_of_letters_is_no_telephone_whatever_the_heading_says() -> None:
    assert taken_for(["Best e-mail to reach you"], ["wshuhua@example.org"]) == ["reporter_email"]
    assert taken_for(["Email"], ["100 0555 0131"]) == ["reporter_phone"]


def test_initials_are_understood_beside_others_that_are_explained() -> None:
    row = ["白小洪", "19930704", "19970815", "白背心", "白有福"]
    head = ["XM", "CSRQ", "SZRQ（失踪日期）", "YZ（衣着）", "BARXM（报案人姓名）"]
    assert taken_for(head, row) == ["name", "birth_date", "event_date", "clothing", "reporter_name"]


def test_letters_alone_are_no_blood_group_without_a_word_of_blood() -> None:
    rows = [["Li Na", "A"], ["Wang Wei", "A"], ["Zhang Jun", "B"]]
    assert taken_for(["Name", "Level"], *rows) == ["name", ""]
    assert taken_for(["Name", "BLD_GRP"], *rows) == ["name", "blood_type"]


def test_a_small_part_of_a_place_is_one_only_beside_a_larger() -> None:
    assert taken_for(["姓名", "村民小组"], ["王小明", "一组"]) == ["name", ""]
    assert taken_for(["走失县区", "乡镇", "村"], ["武侯区", "晋阳镇", "沙堰村"]) == ["place_event"] * 3
    assert taken_for(["Village", "姓名", "走失地点"], ["Shangtang", "王小明", "成都市"])[0] == ""


def test_a_year_of_the_count_of_sixty_is_a_date() -> None:
    rows = [["丁亥年八月十五", "丁亥年八月廿"], ["戊子年正月", "戊子年二月初二"]]
    assert taken_for(["生庚", "入堂日（旧历）"], *rows, kind="found") == ["birth_date", "found_date"]


def test_a_reporter_s_name_may_be_a_place_s_too() -> None:
    rows = [["Sim Geok Lan"], ["Heng Boon Lay"], ["Chia Swee Hong"]]
    assert taken_for(["Applicant"], *rows) == ["reporter_name"]
