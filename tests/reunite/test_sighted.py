"""What a sighting says, read as a weak description of a found person: what stands there and nothing else."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import dates, words
from matching.description import describe
from reunite import sighted

SENT = date(2026, 11, 29)


def read(what: str, time: str = "昨天", place: str = "") -> dict[str, str]:
    return sighted.weak({"what": what, "time": time, "place": place, "reach": ""}, SENT)


@pytest.mark.parametrize(
    ("time", "day"),
    [("今天下午三点", "2026-11-29"), ("yesterday at 3 pm", "2026-11-28"), ("前天", "2026-11-27"),
     ("昨天晚上十点左右", "2026-11-28"), ("2026年11月2日下午三点", "2026-11-02"), ("2026-11-02 15:00", "2026-11-02"),
     ("today at 3 in the afternoon", "2026-11-29"), ("summer 2019", "2019-22"), ("大约2019年夏天", "2019-22~"),
     ("去年夏天", "2025-22"), ("11月2日", "2026-11-02"), ("12月5日", "2025-12-05")],
)  # fmt: skip
def test_when_it_was_is_read_as_people_say_it(time: str, day: str) -> None:
    assert sighted.seen_on(time, SENT) == day


@pytest.mark.parametrize("time", ["", "上个月", "not long ago", "2031", "明天", "x" * 200])
def test_what_cannot_be_read_or_is_still_to_come_is_no_day(time: str) -> None:
    assert sighted.seen_on(time, SENT) == ""


def test_a_whole_sighting_becomes_a_description() -> None:
    what = "一个五六岁的男孩，左手臂有红色胎记，穿蓝色外套"
    assert read(what, "今天", "郑州火车站") == {
        "place_found": "郑州火车站", "found_date": "2026-11-29", "sex": "male", "marks": "左手臂有红色胎记",
        "birth_date": "2019-11-30/2021-11-28", "clothing": "蓝 外套",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("what", "sex"),
    [("一个女人带着一个男孩", "male"), ("a man with a girl", "female"), ("男孩和女孩都在", ""), ("a boy or a girl", ""),
     ("一个孩子", ""), ("约三十岁的女子", "female"), ("a cowboy hat", "")],
)  # fmt: skip
def test_the_child_s_sex_is_told_only_where_it_is_plain(what: str, sex: str) -> None:
    assert read(what).get("sex", "") == sex


@pytest.mark.parametrize(
    "what",
    [
        "一个40岁的女人带着5岁的女孩",
        "三十多岁",
        "三岁时走失的那个",
        "三年前见过",
        "five years ago",
        "10岁以下",
        "没说",
    ],
)
def test_no_age_is_taken_where_it_may_be_another_s_or_of_another_time(what: str) -> None:
    assert "birth_date" not in read(what)


def test_an_age_without_a_day_says_nothing() -> None:
    assert "birth_date" not in read("一个五岁的孩子", time="")


@pytest.mark.parametrize("what", ["过斑马线", "我看不见他的脸", "坐旋转木马", "水很烫", "用左手拉着他"])
def test_everyday_words_are_no_marks(what: str) -> None:
    assert "marks" not in read(what)


def test_clothes_stay_so_few_words_that_others_weigh_little_against() -> None:
    said = read("穿红毛衣，蓝裤子，白球鞋，黑帽子，黄围巾，背绿书包")["clothing"]
    assert 0 < len(words.tokens(said)) <= 4


def test_memories_of_home_are_never_said_to_be_empty_of_it() -> None:
    assert "memories" not in read("他在桥边哭，说想妈妈")


@given(st.fixed_dictionaries({name: st.text(max_size=120) for name in ("what", "time", "place", "reach")}))
def test_any_text_is_read_without_failing_and_gives_what_a_report_may_say(told: dict[str, str]) -> None:
    said = sighted.weak(told, SENT)
    for column in ("found_date", "birth_date"):
        if column in said:
            dates.parse(said[column])
    describe(0, "found", said)
