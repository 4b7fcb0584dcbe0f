"""The time line and the map of two reports."""

import re

from hypothesis import given
from hypothesis import strategies as st

from api import place_map as maps
from api import timeline as lines
from tests.factory import report_fields

MISSING, FOUND = report_fields("missing"), report_fields("found")
DATES = st.sampled_from(
    ["", "1998-08-15", "1998", "1996/1999", "1998~", "lunar:1998-08-15", "2026-03", "nonsense", "0001"]
)


def test_both_sides_are_drawn_on_one_scale_in_the_order_of_a_life() -> None:
    made = lines.timeline(MISSING, FOUND)
    assert made is not None
    assert [event.label for event in made.events] == ["Born", "Separated", "Found on"]
    assert [span.kind for span in made.events[0].spans] == ["missing", "found"]
    born, lost = made.events[0].spans[0], made.events[1].spans[0]
    assert born.x < lost.x
    assert lost.age == "3"
    assert made.years[0] == (0.0, 1994)


def test_what_is_not_told_is_not_drawn() -> None:
    assert lines.timeline({}, {}) is None
    assert lines.timeline({"birth_date": "nonsense"}, {}) is None
    made = lines.timeline({}, {"found_date": "2001"})
    assert made is not None
    assert [(event.label, event.spans[0].age) for event in made.events] == [("Found on", "")]


def test_a_birth_after_the_separation_has_no_age() -> None:
    made = lines.timeline({"birth_date": "2005", "event_date": "1999"}, {})
    assert made is not None
    assert made.events[1].spans[0].age == ""


@given(DATES, DATES, DATES, DATES, DATES)
def test_every_span_lies_inside_the_drawing(a: str, b: str, c: str, d: str, e: str) -> None:
    made = lines.timeline(
        {"birth_date": a, "event_date": b}, {"birth_date": c, "event_date": d, "found_date": e}
    )
    for event in made.events if made else []:
        for span in event.spans:
            assert 0 <= span.x <= span.x + span.width <= lines.WIDTH + 1e-6
    for x, _ in made.years if made else []:
        assert 0 <= x <= lines.WIDTH


def test_places_of_both_sides_are_numbered_and_the_way_between_them_is_told() -> None:
    made = maps.draw(MISSING, FOUND)
    assert made is not None
    assert [(point.number, point.kind, point.name_zh) for point in made.points] == [
        (1, "missing", "成都市"), (2, "missing", "武侯区"), (3, "found", "四川省"), (4, "found", "广州市"),
    ]  # fmt: skip
    assert [(way.start.number, way.end.number) for way in made.distances] == [(2, 3), (2, 4)]
    assert 1200 < made.distances[1].km < 1300
    assert [(mark.numbers, mark.kind) for mark in made.marks] == [("1 2 3", "both"), ("4", "found")]


def test_a_map_without_a_known_place_is_none_and_a_country_is_no_point() -> None:
    assert maps.draw({"place_home": "nowhere that is known"}, {}) is None
    assert maps.draw({"place_home": "China"}, {}) is None


@given(
    st.sampled_from(["四川", "广州", "London", "新疆", "哈尔滨", "Anchorage, Alaska", ""]),
    st.sampled_from(["海南", "昆明", "New York", ""]),
)
def test_every_point_and_town_lies_inside_the_map(here: str, there: str) -> None:
    made = maps.draw({"place_event": here}, {"place_found": there})
    if made is None:
        return
    for point in made.points:
        assert 0 <= point.x <= maps.WIDTH
        assert 0 <= point.y <= maps.HEIGHT
    assert len(re.findall("M", made.towns)) <= 900
    assert len(made.towns) < 12_000
