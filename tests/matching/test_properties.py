"""What holds of the whole engine: any text is scored, numbers add up, no side is favoured, agreement never costs."""

import math
import time

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from matching.description import FIELDS, Description, describe
from matching.model import load_model
from matching.ranked import Ranked, probability
from matching.ranking import Index
from tests.matching.reports import CHILD, FAMILY, stranger

MODEL = load_model()
LONGEST = 10_000
SECONDS = 2.0
"""Processor time that one report with the longest texts may take at most to be described, indexed and ranked; it takes
a hundredth of it, unless something grows with the square."""

PIECES = (
    "李晓明", "欧阳", "Wong Wai-keung", "Abd al-", "Иван", "שרה", "محمد", "김도현", "さくら", "ไทย", "O'",
    "1998-08-15", "1998", "年", "月", "农历", "闰", "约", "岁", "~", "-", "/", ".", "0", "٣", "½", "Ⅻ",
    "四川省成都市", "Hunan", "30.57N", "左手臂", "红色胎记", "birthmark", "父亲:", "姐姐叫", "型", "cm", "male",
    ";", "；", "，", ",", ":", "：", "=", "(", "A+", "nan", "inf", "1e400", "given_later",
    "😀", "👩\u200d👧", "\U00020bb7", "\u202e", "\u200f", "\u200d", "\ufeff", "\u0301", "\uffff", "\u2028",
    "\x00", "\x1e", "\x1f", "\x7f", "\n", "\r", "\t", " ", "İ", "ß", "ﬃ",
)  # fmt: skip
PLAIN = st.one_of(
    st.text(max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
)
LONG = st.builds(
    lambda pieces, end: ("".join(pieces) * LONGEST)[: LONGEST - len(end)] + end,
    st.lists(st.sampled_from(PIECES), min_size=1, max_size=4),
    st.text(max_size=5),
)
SURROGATES = st.lists(
    st.one_of(st.sampled_from(PIECES), st.characters(categories=["Cs"])), min_size=1, max_size=8
).map("".join)
KINDS = st.sampled_from(["missing", "found"])


def people(values: SearchStrategy[str]) -> SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(FIELDS), values)


def some_of(said: dict[str, str]) -> SearchStrategy[dict[str, str]]:
    """A report that leaves some of its fields out."""
    return st.sets(st.sampled_from(sorted(said))).map(
        lambda left_out: {field: value for field, value in said.items() if field not in left_out}
    )


def other(kind: str) -> str:
    return "found" if kind == "missing" else "missing"


def index_of(kind: str, *rows: dict[str, str]) -> Index:
    index = Index(MODEL, kind)
    for id, row in enumerate(rows, 1):
        index.put(describe(id, kind, row))
    return index


def ranked(query: Description, index: Index, id: int = 1) -> Ranked:
    return next(one for one in index.rank(query, 0, also=[id]) if one.id == id)


def total(query: dict[str, str], index: Index, id: int = 1) -> float:
    return ranked(describe(0, other(index.kind), query), index, id).total


def is_sound(one: Ranked) -> bool:
    """Whether its numbers are numbers, add up, and give a probability."""
    bits = [line.bits for line in one.evidence]
    return (
        all(map(math.isfinite, (one.prior, one.total, *bits)))
        and math.isclose(one.prior + sum(bits), one.total, abs_tol=1e-9)
        and 0.0 <= one.probability <= 1.0
        and math.isclose(one.probability, probability(one.total), abs_tol=1e-12)
    )


def compare(kind: str, one: dict[str, str], two: dict[str, str]) -> list[Ranked]:
    """What a report says of two others, one of which says the same."""
    return index_of(other(kind), two, one).rank(describe(0, kind, one))


@settings(max_examples=120, deadline=None)
@given(KINDS, people(PLAIN), people(PLAIN))
def test_any_text_in_any_field_is_scored_and_the_numbers_are_sound(
    kind: str, one: dict[str, str], two: dict[str, str]
) -> None:
    found = compare(kind, one, two)
    assert {each.id for each in found} == {1, 2}
    assert all(map(is_sound, found))


@settings(max_examples=30, deadline=None)
@given(KINDS, people(LONG), people(LONG))
def test_texts_of_ten_thousand_characters_are_scored_in_bounded_time(
    kind: str, one: dict[str, str], two: dict[str, str]
) -> None:
    compare(kind, FAMILY, CHILD)  # tables are read at their first use
    began = time.process_time()
    found = compare(kind, one, two)
    assert time.process_time() - began < 2 * SECONDS
    assert all(map(is_sound, found))


@settings(max_examples=60, deadline=None)
@given(KINDS, people(SURROGATES), people(SURROGATES))
def test_halves_of_characters_are_scored_like_any_other_text(
    kind: str, one: dict[str, str], two: dict[str, str]
) -> None:
    assert all(map(is_sound, compare(kind, one, two)))


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_takes_half_a_character(field: str) -> None:
    for text in ("\ud800", "四川\udfff左臂胎记:李 Wong"):
        assert len(compare("missing", {field: text}, {field: text})) == 2


IMPOSSIBLE = (
    "1999-02-31",
    "2003-13-01",
    "2003-00-10",
    "0000",
    "31/31/1999",
    "lunar:1998-14-40",
    "不知道",
    "someday",
)
NOWHERE = ("Qwrtzxcv", "某某某某某", "???", "\x00", "😀")


@pytest.mark.parametrize(("field", "good"), [("birth_date", "1998-08-15"), ("event_date", "2003-07-12")])
@pytest.mark.parametrize("date", IMPOSSIBLE)
@pytest.mark.parametrize("kind", ["missing", "found"])
def test_an_impossible_date_weighs_nothing_and_the_evidence_says_so(
    kind: str, date: str, field: str, good: str
) -> None:
    index = index_of(other(kind), {"name": "李晓明", field: good})
    said = {"name": "李晓明", field: date}
    line = next(one for one in ranked(describe(0, kind, said), index).evidence if one.field == field)
    assert (line.level, line.bits) == ("unknown", 0.0)
    assert total(said, index) == total({"name": "李晓明"}, index)


@pytest.mark.parametrize("kind", ["missing", "found"])
def test_the_evidence_shows_an_impossible_date_as_it_was_written(kind: str) -> None:
    index = index_of(other(kind), {"birth_date": "1998-08-15"})
    line = ranked(describe(0, kind, {"birth_date": "1999-02-31"}), index).evidence[0]
    assert (line.missing if kind == "missing" else line.found) == "1999-02-31"


@pytest.mark.parametrize("place", NOWHERE)
@pytest.mark.parametrize("field", ["place_event", "place_home"])
@pytest.mark.parametrize("kind", ["missing", "found"])
def test_an_unknown_place_weighs_nothing_and_the_evidence_says_so(kind: str, field: str, place: str) -> None:
    index = index_of(other(kind), {"name": "李晓明", "place_event": "四川省成都市"})
    said = {"name": "李晓明", field: place}
    line = next(one for one in ranked(describe(0, kind, said), index).evidence if one.field == "place")
    assert (line.level, line.bits) == ("unknown", 0.0)
    assert total(said, index) == total({"name": "李晓明"}, index)


@pytest.mark.parametrize(
    ("field", "value"),
    [*(("found_date", one) for one in IMPOSSIBLE), *(("place_found", one) for one in NOWHERE)],
)
def test_where_or_when_somebody_was_found_weighs_nothing_unless_it_is_known(field: str, value: str) -> None:
    index = index_of("missing", {"name": "李晓明", "event_date": "2003-07-12", "place_event": "四川省成都市"})
    assert total({"name": "李晓明", field: value}, index) == total({"name": "李晓明"}, index)


TELLING: dict[str, tuple[str, ...]] = {
    "name": (
        "李晓明",
        "黎小鸣",
        "小明",
        "Wong Wai Keung",
        "黄伟强",
        "Ivan Petrov",
        "Иван Петров",
        "王",
        "毛毛",
    ),
    "other_names": ("毛毛", "明明;阿强", "Vanya"),
    "name_origin": ("birth", "told_by_child", "given_later", "unknown"),
    "sex": ("male", "female"),
    "birth_date": (
        "1998-08-15",
        "lunar:1998-08-15",
        "1998-10-05",
        "1998",
        "1999~",
        "1988-08-15",
        "1998-05-08",
    ),
    "age_at_event": ("4", "5"),
    "event_date": ("2003-07-12", "2003-07", "2003-22", "2010", "1997"),
    "found_date": ("2020", "2003-07-20", "1999"),
    "place_event": ("四川省成都市武侯区", "成都", "四川", "河南省周口市", "Hunan", "中国"),
    "place_home": ("成都", "河南", "广东省广州市"),
    "place_found": ("河南省周口市", "成都"),
    "height_cm": ("110", "113", "140"),
    "blood_type": ("A", "O", "AB"),
    "marks": ("左手臂红色胎记", "右臂胎记;额头疤痕", "左手臂胎记;左手臂黑色胎记", "六指", "mole on the face"),
    "clothing": ("红色毛衣", "red sweater"),
    "relatives": ("父亲:李建国", "姐姐:李丽;哥哥:李强;哥哥:李刚", "姐姐:丽丽", "father: Ivan"),
    "languages": ("四川话", "河南话"),
    "memories": ("屋后有竹林，爸爸是木匠", "家后面都是竹子", "门口有石桥"),
    "photo": ("0123456789abcdef", "0123456789abcdee", "ffff00000000ffff"),
}
TOLD = st.fixed_dictionaries({}, optional={field: st.sampled_from(said) for field, said in TELLING.items()})


@settings(max_examples=300, deadline=None)
@given(TOLD, TOLD)
def test_a_pair_agrees_alike_from_either_side(missing: dict[str, str], found: dict[str, str]) -> None:
    ours = ranked(describe(0, "missing", missing), index_of("found", found))
    theirs = ranked(describe(0, "found", found), index_of("missing", missing))
    said = [
        {line.field: (line.level, line.missing, line.found) for line in one.evidence}
        for one in (ours, theirs)
    ]
    assert said[0] == said[1]


STRANGERS = 300
CROWD = Index(MODEL, "found")
for number in range(2, STRANGERS):
    CROWD.put(stranger(number))

AGREEING: dict[str, tuple[str, tuple[str, ...]]] = {
    "sex": ("male", ("", "female", "other")),
    "blood_type": ("O", ("", "A", "B", "AB")),
    "birth_date": ("1998-08-15", ("", "1998-08-16", "1997-08-15", "1999-02-31", "2004-01-01", "1970")),
    "place_event": ("四川省成都市武侯区", ("", "北京市", "四川省绵阳市", "中国", "广东省广州市", "Qwrtzxcv")),
    "marks": ("左手臂红色胎记", ("", "右腿疤痕", "额头黑痣", "六指")),
    "event_date": ("2003-07-12", ("", "2010", "1995-03-01")),
    "relatives": ("父亲:李建国", ("", "父亲:王国强", "母亲:赵敏")),
    "name": ("李晓明", ("", "王伟", "赵敏", "Ivan Petrov")),
}
"""A field's value in both reports, and what the family could say instead."""
SAME_CHILD = FAMILY | {field: agreeing for field, (agreeing, _) in AGREEING.items()}


@pytest.mark.parametrize("field", AGREEING)
@settings(max_examples=40, deadline=None)
@given(some_of(SAME_CHILD | {"other_names": "毛毛"}), some_of(SAME_CHILD | CHILD), st.data())
def test_saying_what_the_other_report_says_never_lowers_the_total(
    field: str, family: dict[str, str], child: dict[str, str], data: st.DataObject
) -> None:
    agreeing, others = AGREEING[field]
    CROWD.put(describe(1, "found", child | {field: agreeing}))
    otherwise = data.draw(st.sampled_from(others))
    assert total(family | {field: agreeing}, CROWD) >= total(family | {field: otherwise}, CROWD) - 1e-3


# Without shrinking, which takes half a minute here.
@settings(max_examples=150, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(TOLD, TOLD, st.lists(TOLD, max_size=4))
def test_a_report_that_left_leaves_nothing_behind(
    query: dict[str, str], row: dict[str, str], passing: list[dict[str, str]]
) -> None:
    index = index_of("found", row)
    before = ranked(describe(0, "missing", query), index)
    for number, one in enumerate(passing):
        index.put(describe(100 + number, "found", one))
    for number in range(len(passing)):
        index.remove(100 + number)
    assert total(query, index) == pytest.approx(before.total, abs=0.01)


def test_names_in_latin_letters_that_left_weigh_on_no_other() -> None:
    index = index_of("found", *({"name": name} for name in ("Ivan Petrov", "Maria Schmidt", "John Smith")))
    before = total({"name": "Ivan Petrov"}, index)
    passing = range(100, 300)
    for number in passing:
        index.put(describe(number, "found", {"name": f"Ivan Petrov {'abcdefghij'[number % 10]}{number}x"}))
        index.put(describe(number, "found", {"name": f"Ivan {'abcdefghijklmnopqrst'[number % 20]} Petrov"}))
    for number in passing:
        index.remove(number)
    assert total({"name": "Ivan Petrov"}, index) == pytest.approx(before, abs=0.01)


def test_a_surname_in_characters_that_left_weighs_on_no_name_in_latin_letters() -> None:
    index = index_of("found", {"name": "Wong Wai Keung", "name_origin": "birth"})
    before = total({"name": "Wong Wai Keung"}, index)
    index.put(describe(100, "found", {"name": "黄伟强", "name_origin": "birth"}))
    index.remove(100)
    assert total({"name": "Wong Wai Keung"}, index) == pytest.approx(before, abs=0.01)


def test_a_name_in_latin_letters_that_everybody_has_weighs_little() -> None:
    index = index_of("found", *[{"name": "Wang Xiaoming", "name_origin": "birth"}] * 200)
    line = ranked(describe(0, "missing", {"name": "Wang Xiaoming"}), index).evidence[0]
    assert line.bits < 3
