"""Places: what a text means and how two texts agree."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import places
from matching.places import PLACE_LEVELS, Place

MEANT = {
    "四川省成都市武侯区火车南站": "510107",
    "四川成都": "510100",
    "武侯区": "510107",
    "湖南": "430000",
    "河南周口农村": "411600",
    "南京鼓楼区": "320106",
    "Hunan": "430000",
    "Hebei province": "130000",
    "Chengdu": "510100",
    "Chéngdū": "510100",
    "cheng du shi": "510100",
    "Sichuan": "510000",
    "Chengdu Wuhou District": "510107",
    "Zhumadian, Henan": "411700",
    "Suzhou, Anhui": "341300",
    "湖南長沙": "430100",
    "吉林": "220000",
    "吉林市": "220200",
    "北京朝阳": "110105",
    "上海市南京路": "310000",
    "双流县": "510116",
    "襄樊": "420600",
    "四川达县": "511703",
    "安徽省阜阳地区临泉县": "341221",
    "Hanoi, Vietnam": "G1581130",
    "越南河内": "G1581130",
    "缅甸": "MM",
    "China": "CN",
    "Urumqi": "650100",
    "near Xi'an": "610100",
    "Inner Mongolia": "150000",
    "Los Angeles, California": "G5368361",
}


def best(text: str) -> Place:
    return places.resolve(text)[0][0]


@pytest.mark.parametrize(("text", "code"), MEANT.items())
def test_a_text_means_its_place(text: str, code: str) -> None:
    assert best(text).code == code


@pytest.mark.parametrize(
    "text", ["", "不知道", "长途汽车站附近", "大山里", "a village near the river", "1998", "🙂"]
)
def test_a_text_without_a_place_means_none(text: str) -> None:
    assert places.resolve(text) == ()


def test_a_name_of_several_places_means_each_with_its_probability() -> None:
    meant = places.resolve("鼓楼区")
    assert len(meant) == 4
    assert [share for _, share in meant] == pytest.approx([0.25] * 4)


def test_shanxi_may_be_either_of_two_provinces() -> None:
    assert {place.name_en for place, _ in places.resolve("Shanxi")} == {"Shanxi", "Shaanxi"}
    assert [place.name_en for place, _ in places.resolve("Shaanxi")] == ["Shaanxi"]


@given(st.text(max_size=600) | st.text(alphabet="四川成都市武侯区湖南省县州鼓楼Hanoi Xian,.", max_size=500))
def test_any_text_resolves_to_candidates_that_sum_to_one(text: str) -> None:
    meant = places.resolve(text)
    assert len(meant) <= 8
    assert not meant or sum(share for _, share in meant) == pytest.approx(1)


def test_ancestors_come_nearest_first() -> None:
    assert [place.name_en for place in places.ancestors(best("武侯区"))] == ["Chengdu", "Sichuan", "China"]
    assert places.province_of(best("武侯区")) == best("四川")
    assert places.province_of(best("Hanoi")) is None


def test_every_place_lies_in_a_country_and_on_the_earth() -> None:
    for place in places.gazetteer().places.values():
        country = places.country_of(place)
        assert country is not None, place
        assert country.level == "country"
        assert -90 <= place.lat <= 90
        assert -180 <= place.lon <= 180


def test_the_divisions_of_china_are_all_there() -> None:
    codes = [place for place in places.gazetteer().places.values() if place.code.isdigit()]
    assert sum(place.level == "province" for place in codes) == 34
    assert sum(place.level == "city" for place in codes) > 330
    assert sum(place.level == "county" for place in codes) > 2800


def test_distance_is_in_kilometres() -> None:
    assert places.distance_km(best("成都"), best("北京")) == pytest.approx(1520, abs=40)
    assert places.distance_km(best("成都"), best("成都")) == 0


AGREE = [
    ("四川省成都市武侯区", "成都武侯", "same_county"),
    ("四川成都", "成都市武侯区", "same_city"),
    ("北京市海淀区", "北京朝阳区", "same_city"),
    ("湖南长沙", "湖南", "same_province"),
    ("苏州市昆山", "上海嘉定区", "near"),
    ("湖南长沙", "湖南永州", "other_city"),
    ("湖南长沙", "中国", "same_country"),
    ("江苏苏州", "安徽合肥", "region"),
    ("湖南长沙", "黑龙江哈尔滨", "far"),
    ("湖南长沙", "Hanoi", "other_country"),
]


@pytest.mark.parametrize(("one", "other", "level"), AGREE)
def test_two_places_agree_to_a_level(one: str, other: str, level: str) -> None:
    match = places.compare(places.resolve(one), places.resolve(other))
    assert match is not None
    assert match.level == level
    assert level in PLACE_LEVELS


def test_an_ambiguous_name_is_read_as_what_the_other_side_says() -> None:
    match = places.compare(places.resolve("鼓楼区"), places.resolve("福建福州"))
    assert match is not None
    assert (match.level, match.missing, match.probability) == (
        "same_city",
        best("福州鼓楼区"),
        pytest.approx(0.25),
    )


def test_nothing_known_on_one_side_is_no_match() -> None:
    assert places.compare(places.resolve("不知道"), places.resolve("湖南")) is None


def test_resolving_a_long_text_takes_bounded_time() -> None:
    places.resolve("四川")
    started = time.process_time()
    for number in range(20):
        places.resolve((f"{number}四川省成都市鼓楼区San Jose朝阳" * 40)[:500])
    assert time.process_time() - started < 20.0
