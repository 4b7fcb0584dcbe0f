"""Keys of names: who asks by sound, by pinyin or by a Cantonese spelling finds the characters, and the other way."""

import pytest

from matching import search_keys
from matching.description import describe, identify
from matching.search_keys import asked, of


def keys(kind: str = "missing", **fields: str) -> frozenset[str]:
    return of(describe(1, kind, fields))


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("王晓明", "王小鸣"), ("wang xiaoming", "王晓明"), ("Wang Hsiao-ming", "王晓明"), ("Wong Siu Ming", "王小明"),
     ("王小明", "Wong Siu Ming"), ("小明", "王晓明"), ("王明", "王晓明"), ("明", "李明"), ("欧阳娜", "歐陽娜娜"),
     ("Anna Schmidt", "Ana Schmitt"), ("Саша Иванов", "Ivanov"), ("林佳", "宁佳")],
)  # fmt: skip
def test_a_name_is_found_by_what_it_sounds_like(wanted: str, name: str) -> None:
    assert asked(wanted).keys & keys(name=name)


@pytest.mark.parametrize(("wanted", "name"), [("王", "王晓明"), ("Wang", "王晓明"), ("Wong", "王晓明"),
                                              ("Nguyễn Văn Minh", "阮文明")])  # fmt: skip
def test_a_surname_alone_finds_all_who_bear_it(wanted: str, name: str) -> None:
    said = asked(wanted)
    assert (said.keys | said.weak) & keys(name=name)


@pytest.mark.parametrize(("wanted", "name"), [("王晓明", "李建国"), ("Anna Schmidt", "王晓明"), ("", "王晓明"),
                                              ("!?", "王晓明"), ("12", "李明")])  # fmt: skip
def test_another_name_is_not_found(wanted: str, name: str) -> None:
    said = asked(wanted)
    assert not (said.keys | said.weak) & keys(name=name)


def test_nicknames_are_keys_too() -> None:
    assert asked("毛毛").keys & keys(other_names="小宝; 毛毛")


def test_birth_is_found_by_each_year_that_it_may_mean() -> None:
    assert search_keys.born(1994) in keys(birth_date="1994-08-15")
    assert {search_keys.born(year) for year in (1993, 1994, 1995)} <= keys(birth_date="1994~")
    assert search_keys.born(1999) not in keys(birth_date="1990/1998")
    assert not [key for key in keys(birth_date="1950/1998") if key.startswith("b:")]


def test_the_age_is_reckoned_from_the_days() -> None:
    both = {"birth_date": "1994-08-15", "event_date": "1998-05-02"}
    assert [key for key in keys(**both) if key.startswith("a:")] == [search_keys.aged(3)]
    assert search_keys.aged(4) in keys(event_date="1998-05-02", age_at_event="4")


def test_names_and_times_read_alone_give_the_keys_of_the_whole_report() -> None:
    fields = {"name": "王晓明 ", "other_names": "小明；Wang Ming", "age_at_event": "5", "event_date": "1999-05",
              "relatives": "father 王建国", "marks": "scar on the left hand", "memories": "a bridge"}  # fmt: skip
    assert search_keys.of(identify(fields)) == search_keys.of(describe(1, "missing", fields))


def test_a_report_that_says_nothing_has_no_key() -> None:
    assert keys() == frozenset()


def test_no_key_is_longer_than_its_column() -> None:
    assert max(map(len, keys(name="x" * 500, other_names=";".join(["Абвгд" * 20] * 5)))) <= 80
