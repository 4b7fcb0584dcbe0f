"""Places in reports: what a text means, and how well two texts agree on a place.

`gazetteer` holds the places, `place_text` finds them in a text; this module compares.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

from matching.gazetteer import Place, ancestors, city_of, country_of, distance_km, gazetteer, province_of
from matching.place_text import resolve

__all__ = [
    "PLACE_LEVELS",
    "Place",
    "PlaceMatch",
    "ancestors",
    "city_of",
    "compare",
    "country_of",
    "distance_km",
    "gazetteer",
    "level_of",
    "province_of",
    "resolve",
]

PLACE_LEVELS = (
    "same_county",
    "same_city",
    "near",
    "same_province",
    "other_city",
    "same_country",
    "region",
    "far",
    "other_country",
)
"""What two places can have in common, strongest first.

same_county: the same county, district or county-level city. same_city: the same city, one of them perhaps known no
further. near: different cities, at most 100 km apart. same_province: the same province, one of them known no further.
other_city: the same province, different cities more than 100 km apart. same_country: the same country, one of them
known no further. region: different provinces, at most 400 km apart. far: the same country, more than 400 km apart.
other_country: different countries.
"""
_NEAR_KM, _REGION_KM = 100.0, 400.0
# Rough bits of each level, only to choose which pair of readings of two ambiguous names is meant.
_STRENGTH = dict(zip(PLACE_LEVELS, (8.0, 6.0, 4.5, 3.5, 1.5, 0.2, 0.5, -1.5, -3.0), strict=True))


@dataclass(frozen=True, slots=True)
class PlaceMatch:
    """How two places agree. `km` lies between their points, None where one is known only to its country.

    `probability`: how likely it is that both texts meant these readings.
    """

    level: str
    km: float | None
    missing: Place | None
    found: Place | None
    probability: float = 1.0


Candidates = tuple[tuple[Place, float], ...]


@lru_cache(maxsize=200_000)
def compare(a: Candidates, b: Candidates) -> PlaceMatch | None:
    """The most probable best-agreeing pair of readings; None if either side names no place we know."""
    best: PlaceMatch | None = None
    best_score = -math.inf
    for missing, missing_share in a:
        for found, found_share in b:
            level, km = level_of(missing, found)
            score = math.log2(missing_share * found_share) + _STRENGTH[level]
            if score > best_score:
                best, best_score = PlaceMatch(level, km, missing, found, missing_share * found_share), score
    return best


@lru_cache(maxsize=500_000)
def level_of(a: Place, b: Place) -> tuple[str, float | None]:
    """The level of two places and the kilometres between them."""
    if country_of(a) != country_of(b):
        return "other_country", None if "country" in (a.level, b.level) else distance_km(a, b)
    if "country" in (a.level, b.level):
        return "same_country", None
    km = distance_km(a, b)
    city_a, city_b = city_of(a), city_of(b)
    if a == b and a.level == "county":
        return "same_county", km
    if city_a is not None and city_a == city_b:
        return "same_city", km
    same_province = province_of(a) is not None and province_of(a) == province_of(b)
    if same_province and (city_a is None or city_b is None):
        return "same_province", km
    if km <= _NEAR_KM and city_a is not None and city_b is not None:
        return "near", km
    if same_province:
        return "other_city", km
    return ("region" if km <= _REGION_KM else "far"), km
