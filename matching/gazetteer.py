"""The places we know: Chinese divisions down to the county, countries, and world cities of 15,000 people.

The tables and their sources are matching/data/divisions.tsv and cities.tsv; they are read at first use.
"""

import math
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

_TABLES = ("divisions.tsv", "cities.tsv")
_EARTH_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""
MUNICIPALITIES = frozenset({"110000", "120000", "310000", "500000", "810000", "820000"})
"""Provinces that are one city."""
RANKS = (
    "特别行政区",
    "自治州",
    "自治县",
    "自治区",
    "自治旗",
    "地区",
    "林区",
    "省",
    "市",
    "区",
    "县",
    "州",
    "盟",
    "旗",
)
"""What a Chinese division calls itself at the end of its name, longest first."""
# How much likelier a bare name means this kind of place, from how often people write only such a name; our judgement.
_LEVEL_WEIGHT = {"country": 30.0, "province": 30.0, "city": 8.0, "county": 1.0}


class Place(NamedTuple):
    """A place of the gazetteer; `level` is country, province, city or county, `parent` a code or empty.

    `code` is the Chinese division code of six digits, an ISO 3166 code, or G and the GeoNames number.
    """

    code: str
    name_zh: str
    name_en: str
    level: str
    parent: str
    lat: float
    lon: float


class Named(NamedTuple):
    """A place that a name may mean, and how much it weighs among the others of that name."""

    place: Place
    weight: float
    full: bool
    """Whether the name is the whole one with its rank (武侯区), so nobody can mean a street of it."""


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Places by code, and by name in Chinese characters and in Latin letters run together."""

    places: dict[str, Place]
    chinese: dict[str, tuple[Named, ...]]
    latin: dict[str, tuple[Named, ...]]
    lengths: dict[str, tuple[int, ...]]
    """For each first character of a Chinese name the lengths of the names that begin so, longest first."""


@cache
def gazetteer() -> Gazetteer:
    """The tables, read once."""
    places: dict[str, Place] = {}
    chinese: dict[str, tuple[Named, ...]] = {}
    latin: dict[str, tuple[Named, ...]] = {}
    for table in _TABLES:
        text = resources.files("matching").joinpath("data", table).read_text(encoding="utf-8")
        for line in text.splitlines()[2:]:
            code, level, parent, name_zh, name_en, lat, lon, people, aliases = line.split("\t")
            place = Place(code, name_zh, name_en, level, parent, float(lat), float(lon))
            places[code] = place
            _name(place, int(people), aliases.split(";"), chinese, latin)
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in chinese:
        lengths[name[0]].add(len(name))
    longest_first = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
    return Gazetteer(places, chinese, latin, longest_first)


def ancestors(place: Place) -> tuple[Place, ...]:
    """The places it lies in, nearest first."""
    return _ancestors(place.code)


@lru_cache(maxsize=60_000)
def _ancestors(code: str) -> tuple[Place, ...]:
    places = gazetteer().places
    parent = places.get(places[code].parent) if code in places else None
    return (parent, *_ancestors(parent.code)) if parent else ()


@lru_cache(maxsize=60_000)
def codes_above(code: str) -> frozenset[str]:
    """The codes of the places that the place of a code lies in."""
    return frozenset([place.code for place in _ancestors(code)])


def province_of(place: Place) -> Place | None:
    """The province it is or lies in; None where the tables know none (outside China and the USA)."""
    return _at(place, "province")


def city_of(place: Place) -> Place | None:
    """The city it is or lies in.

    A municipality such as Beijing is its own city, and so is a county right under a province.
    """
    if place.code in MUNICIPALITIES or place.parent in MUNICIPALITIES:
        return province_of(place)
    return _at(place, "city") or _at(place, "county")


def country_of(place: Place) -> Place | None:
    """The country it is or lies in."""
    return _at(place, "country")


def distance_km(a: Place, b: Place) -> float:
    """Kilometres between the two points along a great circle (haversine)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def latin_key(name: str) -> str:
    """A name in Latin letters without accents, spaces, marks and case: Ürümqi → urumqi."""
    if not name.isascii():
        name = unicodedata.normalize("NFKD", name).casefold().translate(_PLAIN_LETTERS)
    return _NO_LETTERS.sub("", name.lower())


_NO_LETTERS = re.compile("[^a-z]+")
_PLAIN_LETTERS = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


@lru_cache(maxsize=60_000)
def _at_code(code: str, level: str) -> Place | None:
    own = gazetteer().places.get(code)
    if own is None:
        return None
    return next((place for place in (own, *_ancestors(code)) if place.level == level), None)


def _at(place: Place, level: str) -> Place | None:
    return _at_code(place.code, level)


def _name(
    place: Place,
    people: int,
    aliases: list[str],
    chinese: dict[str, tuple[Named, ...]],
    latin: dict[str, tuple[Named, ...]],
) -> None:
    weight = _weight(place, people)
    # Chinese names of places abroad are often those of places at home; a division's first alias is its short name.
    home = place.code.isdigit()
    shares = [
        1.0 if home or place.level == "country" else 0.3,
        1.0,
        1.0 if home else 0.5,
        *[0.5] * len(aliases),
    ]
    for spelling, share in zip([place.name_zh, place.name_en, *aliases], shares, strict=False):
        if not spelling:
            continue
        table, key = (latin, latin_key(spelling)) if ord(spelling[0]) < 0x2E80 else (chinese, spelling)
        if len(key) < 2:
            continue
        whole = table is chinese and spelling == place.name_zh and spelling.endswith(RANKS)
        named, known = Named(place, weight * (4.0 if whole else share), whole), table.get(key, ())
        if known and known[-1].place is place:  # by another of its spellings, which have the same key
            named, known = max(known[-1], named, key=lambda one: one.weight), known[:-1]
        table[key] = (*known, named)


def _weight(place: Place, people: int) -> float:
    """Prior weight of a place among those of the same name."""
    if place.code.isdigit() or place.level == "country":
        district = place.level == "county" and place.name_zh.endswith("区")
        return _LEVEL_WEIGHT[place.level] * (0.5 if district else 1.0) * (1 + people / 20_000_000)
    if place.level == "province":
        return 15.0
    # A city abroad: by its people, so that London is the one in England; below a Chinese city of the same size.
    return float(max(0.05, min(12.0, (people / 400_000) ** 0.8)))
