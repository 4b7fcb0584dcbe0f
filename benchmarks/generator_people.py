"""Invented children as they really are: what a family knows and what was lost on the way."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from random import Random

from benchmarks import generator_names as names
from benchmarks import generator_words as words
from benchmarks.generator_tables import Rates
from matching.places import Place, ancestors, distance_km, gazetteer, province_of

# Blood groups of Han Chinese, rounded from the proportions that textbooks give; Rh negative about 1 in 300.
_BLOOD = {"A": 28, "B": 29, "O": 34, "AB": 9}
# Where children were brought to, more often than their share of people; our judgement from told cases.
_TAKEN_TO = {
    "410000": 5.0,
    "370000": 4.0,
    "350000": 4.0,
    "130000": 3.0,
    "440000": 3.0,
    "340000": 1.5,
    "320000": 1.5,
}
_ORIGINS = {"vi": 4, "my": 3, "en": 1, "ru": 1, "ar": 1}
_ABROAD = {"vi": "VN", "my": "MM", "en": "GB", "ru": "RU", "ar": "EG"}
LANGUAGES = {"vi": "Vietnamese", "my": "Burmese", "en": "English", "ru": "Russian", "ar": "Arabic"}
_EARLIEST, _LATEST = date(1972, 1, 1), date(2016, 12, 31)
_TODAY = date(2026, 6, 30)
"""No report tells of a later day; a date of ours, so that the same arguments always give the same files."""


@dataclass(frozen=True, slots=True)
class Child:
    """One invented child. `lost` is the day of separation, `relatives` are (role, name)."""

    origin: str
    sex: str
    name: names.Name
    nickname: str
    born: date
    lost: date
    found: date
    home: Place
    lost_at: Place
    found_at: Place
    blood: str
    height_cm: int
    marks: tuple[words.Mark, ...]
    clothing: tuple[words.Thing, ...]
    belongings: tuple[words.Thing, ...]
    memories: tuple[words.Thing, ...]
    relatives: tuple[tuple[str, names.Name], ...]

    @property
    def age(self) -> int:
        """Whole years at separation."""
        before = (self.lost.month, self.lost.day) < (self.born.month, self.born.day)
        return self.lost.year - self.born.year - before


def child(random: Random, rates: Rates) -> Child:
    """Draw a child."""
    origin = (
        random.choices(list(_ORIGINS), list(_ORIGINS.values()))[0]
        if rates.happens(random, "other_origin")
        else "zh"
    )
    sex = "male" if random.random() < 0.58 else "female"
    name = names.chinese_name(random, sex) if origin == "zh" else names.other_name(random, origin)
    born = _EARLIEST + timedelta(days=int((_LATEST - _EARLIEST).days * random.betavariate(2.2, 2.0)))
    age_days = int(365.25 * min(14.0, 0.2 + random.gammavariate(2.2, 2.0)))
    lost = born + timedelta(days=age_days)
    soon = rates.happens(random, "found_soon")
    known = (_TODAY - lost).days
    found = lost + timedelta(
        days=min(known, random.randint(2, 90) if soon else random.randint(1000, 12000) * known // 12000)
    )
    home = county(random) if origin == "zh" else _abroad(random, origin)
    lost_at = (
        home
        if random.random() < 0.68
        else _county_of(random, home)
        if random.random() < 0.5
        else county(random)
    )
    found_at = _county_of(random, lost_at) if soon and random.random() < 0.7 else county(random, _TAKEN_TO)
    blood = random.choices(list(_BLOOD), list(_BLOOD.values()))[0]
    height = round(55 + 17 * (age_days / 365.25) ** 0.62 + random.gauss(0, 4))
    return Child(
        origin, sex, name, names.nickname(random, name), born, lost, found, home, lost_at, found_at, blood, height,
        words.marks(random), words.things(random, "clothing", 1, 3), words.things(random, "belongings", 1, 2),
        words.things(random, "memories", 3, 6), _relatives(random, origin, name),
    )  # fmt: skip


def neighbour(random: Random, place: Place) -> Place:
    """One of the five counties nearest to a county; another place itself."""
    near = _neighbours(place.code)
    return random.choice(near) if near else place


def _relatives(random: Random, origin: str, name: names.Name) -> tuple[tuple[str, names.Name], ...]:
    def person(sex: str, surname: str = "") -> names.Name:
        if origin != "zh":
            other = names.other_name(random, origin)
            return names.Name(surname or other.surname, other.given, latin=True)
        return names.chinese_name(random, sex, surname)

    found = [("father", person("male", name.surname)), ("mother", person("female"))]
    for role, sex in (("older_brother", "male"), ("older_sister", "female"), ("younger_brother", "male")):
        if random.random() < 0.3:
            found.append((role, person(sex, name.surname)))
    if random.random() < 0.2:
        found.append(("grandfather", person("male", name.surname)))
    return tuple(found)


@cache
def _counties() -> dict[str, tuple[Place, ...]]:
    """Counties by province, every province with its cities where it has no counties."""
    found: dict[str, list[Place]] = {}
    for place in gazetteer().places.values():
        province = province_of(place)
        if place.level == "county" and place.code.isdigit() and province and province.code < "710000":
            found.setdefault(province.code, []).append(place)
    return {code: tuple(places) for code, places in found.items()}


@cache
def _weights() -> dict[str, float]:
    """Provinces by how many people they have (census of 2020, from the table of places)."""
    text = resources.files("matching").joinpath("data/place_names.toml").read_text(encoding="utf-8")
    people = tomllib.loads(text)["provinces"]
    return {code + "0000": float(millions) for code, (_, millions) in people.items() if code < "71"}


def county(random: Random, more: dict[str, float] | None = None) -> Place:
    """A county, by the people of its province, some provinces `more` often."""
    weights = {code: weight * (more or {}).get(code, 1.0) for code, weight in _weights().items()}
    return random.choice(_counties()[random.choices(list(weights), list(weights.values()))[0]])


def _county_of(random: Random, place: Place) -> Place:
    """Another county of the same province; the place itself abroad."""
    province = province_of(place)
    return random.choice(_counties()[province.code]) if province and province.code in _counties() else place


def _abroad(random: Random, origin: str) -> Place:
    return random.choice(_cities_of(_ABROAD[origin]))


@cache
def _cities_of(country: str) -> tuple[Place, ...]:
    return tuple(p for p in gazetteer().places.values() if p.level == "city" and p.parent == country)


@cache
def _neighbours(code: str) -> tuple[Place, ...]:
    place = gazetteer().places[code]
    inside = [
        p
        for counties in _counties().values()
        for p in counties
        if abs(p.lat - place.lat) < 1.5 and p != place
    ]
    return (
        tuple(sorted(inside, key=lambda other: distance_km(place, other))[:5])
        if place.level == "county"
        else ()
    )


def written(place: Place, level: str, english: bool, random: Random) -> str:
    """The place down to a level, as people write it: in full, or short."""
    line = [
        above for above in reversed(ancestors(place)) if above.level != "country" or not place.code.isdigit()
    ]
    line.append(place)
    order = ("country", "province", "city", "county")
    line = [p for p in line if order.index(p.level) <= order.index(level)] or line[:1]
    if english or not place.name_zh:
        return ", ".join(p.name_en for p in reversed(line))
    short = random.random() < 0.35
    return "".join(
        p.name_zh.rstrip("省市") if short and p.level in ("province", "city") else p.name_zh for p in line
    )
