"""The comparison page's map: where home was, where the child was last seen and found, drawn from our own tables.

Towns are dots and there are no borders: nothing is asked of another service, and no border is ever drawn wrong.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from api.report_form import N_
from matching import places
from matching.gazetteer import Place, distance_km, gazetteer

WIDTH, HEIGHT = 340, 240
_LEAST_DEGREES = 3.0  # so that one place alone still shows what lies around it
_MOST_TOWNS = 900
_EDGE = 26
_APART = 18.0
# Each point: the side, the column, its label; the drawing numbers them.
_POINTS = (
    ("missing", "place_home", N_("Home then")),
    ("missing", "place_event", N_("Last seen")),
    ("found", "place_event", N_("Separated, as remembered")),
    ("found", "place_home", N_("Home, as remembered")),
    ("found", "place_found", N_("Found where")),
)


@dataclass(frozen=True, slots=True)
class Point:
    """A place one side names: where to draw it, its number, how exactly it is known. The label is to be translated."""

    number: int
    kind: str
    label: str
    name_zh: str
    name_en: str
    level: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Distance:
    """Kilometres between a point of the missing side and one of the found side."""

    start: Point
    end: Point
    km: int


@dataclass(frozen=True, slots=True)
class Mark:
    """Points that lie too close to be drawn apart, as one; `kind` is missing, found or both."""

    numbers: str
    kind: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Map:
    """The drawing: towns as one path of dots, the marks, the points they stand for, the distances that say most."""

    towns: str
    marks: list[Mark]
    points: list[Point]
    distances: list[Distance]


def draw(missing: Mapping[str, str], found: Mapping[str, str]) -> Map | None:
    """The map of what two reports say, as far as the role may see it; None where no place is known."""
    sides = {"missing": missing, "found": found}
    named = [
        (kind, label, place)
        for kind, column, label in _POINTS
        if (place := _meant(sides[kind].get(column, "")))
    ]
    if not named:
        return None
    frame = _Frame([place for _, _, place in named])
    points = [
        Point(number, kind, label, place.name_zh, place.name_en, place.level, *frame.at(place))
        for number, (kind, label, place) in enumerate(named, start=1)
    ]
    distances = [
        Distance(one, other, round(distance_km(here, there)))
        for one, (_, _, here) in zip(points, named, strict=True)
        for other, (_, _, there) in zip(points, named, strict=True)
        if (one.kind, other.kind) == ("missing", "found") and one.label == _POINTS[1][2] and here != there
    ]
    return Map(frame.towns(), _marks(points), points, distances)


def _marks(points: list[Point]) -> list[Mark]:
    near: list[list[Point]] = []
    for point in points:
        group = next(
            (one for one in near if math.dist((one[0].x, one[0].y), (point.x, point.y)) < _APART), None
        )
        if group is None:
            near.append([point])
        else:
            group.append(point)
    return [
        Mark(" ".join(str(one.number) for one in group),
             group[0].kind if len({one.kind for one in group}) == 1 else "both", group[0].x, group[0].y)
        for group in near
    ]  # fmt: skip


class _Frame:
    """The part of the world that is drawn: around all points, in degrees, with meridians as wide as in its middle."""

    def __init__(self, shown: list[Place]) -> None:
        lats, lons = [place.lat for place in shown], [place.lon for place in shown]
        self._lat, self._lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
        self._squeeze = max(math.cos(math.radians(self._lat)), 0.2)
        tall = max(max(lats) - min(lats), _LEAST_DEGREES)
        wide = max((max(lons) - min(lons)) * self._squeeze, _LEAST_DEGREES)
        self._scale = min((HEIGHT - 2 * _EDGE) / tall, (WIDTH - 2 * _EDGE) / wide)

    def at(self, place: Place) -> tuple[float, float]:
        x = WIDTH / 2 + (place.lon - self._lon) * self._squeeze * self._scale
        return x, HEIGHT / 2 - (place.lat - self._lat) * self._scale

    def towns(self) -> str:
        """Dots of the towns inside the frame, evenly thinned where there are very many, as one SVG path."""
        lons, lats = _towns()
        x = WIDTH / 2 + (lons - self._lon) * self._squeeze * self._scale
        y = HEIGHT / 2 - (lats - self._lat) * self._scale
        inside = np.flatnonzero((x >= 2) & (x <= WIDTH - 2) & (y >= 2) & (y <= HEIGHT - 2))
        shown = inside[:: max(1, -(-len(inside) // _MOST_TOWNS))]
        dots = zip(x[shown].round().astype(int).tolist(), y[shown].round().astype(int).tolist(), strict=True)
        return "".join([f"M{left} {top}h0" for left, top in dots])


@cache
def _towns() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of all towns."""
    towns = [place for place in gazetteer().places.values() if place.level in ("city", "county")]
    return np.array([place.lon for place in towns]), np.array([place.lat for place in towns])


def _meant(text: str) -> Place | None:
    """The likeliest place of a text; a country alone is no point."""
    return next((place for place, _ in places.resolve(text)[:1] if place.level != "country"), None)
