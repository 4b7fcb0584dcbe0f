"""Surnames alone and in full names, in the spellings of the places where they are written."""

from collections import defaultdict
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.names import spellings as spellings_of_places
from matching.names import read, similarity
from matching.phonetics import is_han, surnames
from matching.surname_index import index, key, readings, spelt
from matching.surname_likeness import surname_likeness
from matching.surname_rules import places, southern, spellings

PLACES = (
    *(
        "mainland",
        "taiwan",
        "hong_kong",
        "macao",
        "singapore",
        "malaysia",
        "vietnam",
        "vietnam_plain",
        "korea",
    ),
    *("hangul", "traditional"),
)
SURNAMES = st.sampled_from(sorted(readings()))
SPELLINGS = st.sampled_from(sorted(letters for letters, marks in index() if not marks))
FULL = [
    ("王小明", "Wong Siu Ming"),
    ("黄小明", "Wong Siu Ming"),
    ("陈亚九", "Tan Ah Kow"),
    ("阮文明", "Nguyen Van Minh"),
    ("阮文明", "Nguyễn Văn Minh"),
    ("金民俊", "Kim Min-jun"),
    ("金民俊", "Kim Minjun"),
    ("朴慧珍", "Park Hye-jin"),
    ("郭小明", "Xiaoming Kwok"),
    ("蔡美玲", "Tsai Mei-ling"),
    ("欧阳俊辉", "Au Yeung Chun Fai"),
    ("范氏花", "Phạm Thị Hoa"),
]


known = cache(spellings_of_places)


@pytest.mark.parametrize("place", PLACES)
def test_no_surname_fits_a_spelling_of_a_place_better_than_the_one_that_is_spelt_so(place: str) -> None:
    pairs = known()[place]
    assert len(pairs) >= 34
    best = {spelling: max(similarity(spelling, one) for one in readings()) for _, spelling in pairs}
    right = sum(similarity(spelling, surname) >= best[spelling] for surname, spelling in pairs)
    assert right / len(pairs) >= 0.95


@pytest.mark.parametrize("place", PLACES)
def test_few_surnames_share_the_first_place(place: str) -> None:
    for _, spelling in known()[place]:
        scores = [similarity(spelling, one) for one in readings()]
        assert scores.count(max(scores)) <= 40


@pytest.mark.parametrize("place", PLACES)
def test_the_likeliest_surname_of_a_spelling_is_one_that_is_spelt_so(place: str) -> None:
    pairs = [(surname, said) for surname, said in known()[place] if spelt(said)]
    right = defaultdict(set)
    for surname, spelling in pairs:
        right[spelling].add(surname)
    hits = sum(spelt(spelling)[0].surname in right[spelling] for _, spelling in pairs)
    assert hits >= 0.7 * len(pairs)


@pytest.mark.parametrize("place", PLACES)
def test_a_surname_may_well_be_meant_by_each_of_its_spellings(place: str) -> None:
    low = [(a, b) for a, b in known()[place] if similarity(a, b) < 0.7]
    assert len(low) <= 0.03 * len(known()[place])


@pytest.mark.parametrize(
    ("spelling", "surname"),
    [
        ("Lǐ", "李"),
        ("Lí", "黎"),
        ("Lý", "李"),
        ("T'ang", "唐"),
        ("Lü", "吕"),
        ("thủy", "水"),
        ("Đỗ", "杜"),
        ("류", "柳"),
    ],
)
def test_marks_tell_spellings_apart(spelling: str, surname: str) -> None:
    assert spelt(spelling)[0].surname == surname


def test_a_shared_spelling_fits_common_and_rare_surnames_alike_and_the_common_one_is_read_first() -> None:
    assert similarity("Yu", "于") == similarity("Yu", "虞") >= 0.7
    assert similarity("Wong", "王") == similarity("Wong", "黄") > similarity("Wong", "万")
    assert spelt("Yu")[0].surname in ("于", "余")
    assert similarity("Ouyang", "欧阳") > similarity("Ouyang", "欧") < 0.7


def test_an_unknown_spelling_is_nearest_to_the_surnames_that_are_spelt_alike() -> None:
    assert similarity("Zhangg", "王") < 0.7
    assert similarity("Zhangg", "张") > similarity("Zhangg", "王")
    assert similarity("Smith", "王") < 0.5


@pytest.mark.parametrize(("han", "latin"), FULL)
def test_full_names_are_known_in_the_spelling_of_their_place(han: str, latin: str) -> None:
    assert similarity(han, latin) >= 0.9


def test_a_shared_surname_alone_does_not_make_two_full_names_one() -> None:
    assert similarity("Kim Min-jun", "金善美") < 0.7
    assert similarity("Nguyen Van Minh", "阮氏花") < 0.7
    assert similarity("Tan Ah Kow", "林亚九") < 0.7


def test_seldom_surnames_are_spelt_but_do_not_cut_given_names() -> None:
    assert spelt("Guo")[0].surname == "郭"
    assert "国" in readings()
    assert "国" not in surnames()
    assert all(not form.surname for form in read("国明").forms)


def test_hangul_is_not_read_as_chinese_characters() -> None:
    assert not is_han("김")
    assert not read("김민준").forms


def test_every_reading_gives_a_spelling_in_every_place() -> None:
    for surname, columns in readings().items():
        for place in places():
            if columns[place.reading]:
                assert spellings(place, columns[place.reading]), (surname, place.name)


def test_korean_surnames_lose_their_first_letter_in_the_south() -> None:
    assert [southern(one) for one in "리류라녀김"] == ["이", "유", "나", "여", "김"]


@settings(max_examples=300, deadline=None)
@given(SURNAMES, SPELLINGS | SURNAMES | st.text(max_size=12))
def test_surname_likeness_is_symmetric_and_no_more_than_likeness_to_itself(surname: str, other: str) -> None:
    score = similarity(surname, other)
    assert 0.0 <= score <= 1.0
    assert score == similarity(other, surname)
    assert similarity(surname, surname) == 1.0
    assert surname_likeness(surname, other) == surname_likeness(other, surname)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=30))
def test_any_text_has_a_key_of_letters(text: str) -> None:
    letters, _ = key(text)
    assert not letters or letters.isalpha()
