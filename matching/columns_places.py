"""Places of all rows at once: where the person comes from, and where they were found.

The levels are those of `matching.places.level_of`, computed for all distinct places by NumPy; a test holds
them equal.
"""

import math

import numpy as np
import numpy.typing as npt

from matching.columns import Alive, line, sides
from matching.description import Candidates, Description, Kind
from matching.evidence import Evidence
from matching.growing import Coded, Grown
from matching.model import Model
from matching.places import PLACE_LEVELS, Place, city_of, compare, country_of, distance_km, province_of
from matching.scoring import UNKNOWN, Groups, Scored, level_of, weigh

_MOST = 3
"""How many readings of an ambiguous place are compared."""
_SILENT = 99
_AT = {level: number for number, level in enumerate(PLACE_LEVELS)}
# Rough bits of each level, only to choose among the readings of ambiguous names; as in matching.places.
_STRENGTH = np.array([8.0, 6.0, 4.5, 3.5, 1.5, 0.2, 0.5, -1.5, -3.0])
_NEAR_KM, _REGION_KM, _EARTH_KM = 100.0, 400.0, 6371.0088
DETAILS = ("country", "province", "city", "county")
Levels = npt.NDArray[np.int16]


class PlaceTable:
    """Distinct place texts (as tuples of readings) of one side, and their levels against a query's."""

    def __init__(self) -> None:
        self._places: Coded[Place] = Coded()
        self._codes: Coded[str] = Coded()
        self._features = Grown(8, 0, np.float64)
        self._texts: Coded[Candidates] = Coded()
        self._readings = Grown(_MOST)
        self._shares = Grown(_MOST, -1000.0, np.float64)
        self._details = Grown()

    def code(self, candidates: Candidates) -> int:
        """The code of a text's readings; UNKNOWN for none."""
        if not candidates:
            return UNKNOWN
        code, new = self._texts.code(candidates)
        if new:
            readings = []
            for place, _ in candidates[:_MOST]:
                at, fresh = self._places.code(place)
                if fresh:
                    self._features.append(self._of(place))
                readings.append(at)
            self._readings.append(readings)
            self._shares.append([math.log2(share) for _, share in candidates[:_MOST]])
            self._details.append([detail(candidates)])
        return code

    def details(self, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int16]:
        """How fine each row's place is (index of DETAILS), -1 where unknown."""
        return np.append(self._details.column(), -1).astype(np.int16)[rows]

    def levels(self, candidates: Candidates) -> Levels:
        """The level of every distinct text against these readings, with _SILENT at the end, for rows
        without."""
        if not candidates or not len(self._texts):
            return np.full(len(self._texts) + 1, _SILENT, np.int16)
        readings = self._readings.table().astype(np.int64)
        shares = self._shares.table().astype(np.float64, copy=False)
        best = np.full(len(readings), -np.inf)
        level = np.zeros(len(readings), np.int16)
        for place, share in candidates[:_MOST]:
            of_place = self._level_of(place)
            for at in range(_MOST):
                here = np.append(of_place, 8)[readings[:, at]]
                score = shares[:, at] + math.log2(share) + _STRENGTH[here]
                better = score > best
                best = np.where(better, score, best)
                level = np.where(better, here, level).astype(np.int16)
        return np.append(level, np.int16(_SILENT))

    def _level_of(self, place: Place) -> npt.NDArray[np.int64]:
        query = np.array(self._of(place))
        country, province, city, code, rank, x, y, z = self._features.table().astype(np.float64, copy=False).T
        cosine = np.clip(x * query[5] + y * query[6] + z * query[7], -1, 1)
        km = _EARTH_KM * np.arccos(cosine)
        same_province = (province == query[1]) & (province >= 0)
        both_cities = (city >= 0) & (query[2] >= 0)
        level = np.where(km <= _REGION_KM, _AT["region"], _AT["far"])
        level = np.where(same_province, _AT["other_city"], level)
        level = np.where((km <= _NEAR_KM) & both_cities, _AT["near"], level)
        level = np.where(same_province & ~both_cities, _AT["same_province"], level)
        level = np.where(both_cities & (city == query[2]), _AT["same_city"], level)
        level = np.where((code == query[3]) & (rank == 3), _AT["same_county"], level)
        level = np.where((rank == 0) | (query[4] == 0), _AT["same_country"], level)
        return np.where(country != query[0], _AT["other_country"], level)

    def _of(self, place: Place) -> list[float]:
        lat, lon = math.radians(place.lat), math.radians(place.lon)
        above = [country_of(place), province_of(place), city_of(place)]
        # A country unknown is a country of its own kind, equal to itself.
        codes = [
            float(self._codes.code(one.code if one else "")[0]) if one or number == 0 else -1.0
            for number, one in enumerate(above)
        ]
        own = float(self._codes.code(place.code)[0])
        rank = float(DETAILS.index(place.level))
        return [
            *codes,
            own,
            rank,
            math.cos(lat) * math.cos(lon),
            math.cos(lat) * math.sin(lon),
            math.sin(lat),
        ]


def detail(candidates: Candidates) -> int:
    """How fine the likeliest reading is: index of DETAILS, -1 for none."""
    return DETAILS.index(candidates[0][0].level) if candidates else -1


class OriginColumn:
    """Where the person comes from: the last-seen place and the home of both sides, the best agreeing two of
    them.

    One comparison, for a child is mostly lost near home and one memory serves both. The class is how fine
    the found side remembers.
    """

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["place"], model.trust
        self._places = PlaceTable()
        self._rows = Grown(2)

    def append(self, row: Description) -> None:
        self._rows.append([self._places.code(row.place_event), self._places.code(row.place_home)])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        rows = self._rows.table().astype(np.int64)
        own = [query.place_event, query.place_home]
        level = np.full(len(rows), _SILENT, np.int16)
        for candidates in dict.fromkeys(filter(None, own)):
            distinct = self._places.levels(candidates)
            level = np.minimum(level, np.minimum(distinct[rows[:, 0]], distinct[rows[:, 1]]))
        if query.kind is Kind.FOUND:
            fine = np.full(len(rows), max(map(detail, own)), np.int16)
        else:
            fine = np.maximum(self._places.details(rows[:, 0]), self._places.details(rows[:, 1]))
        codes = np.where((level == _SILENT) | (fine < 0), UNKNOWN, fine * len(PLACE_LEVELS) + level).astype(
            np.int16
        )
        return weigh(self._table, codes, alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        texts = [[one.text("place_event"), one.text("place_home")] for one in (missing, found)]
        if code < 0:
            return line("place", "unknown", bits, texts[0][0] or texts[0][1], texts[1][0] or texts[1][1])
        level = level_of(self._table, code)[1]
        best = None
        for a, text_a in zip((missing.place_event, missing.place_home), texts[0], strict=True):
            for b, text_b in zip((found.place_event, found.place_home), texts[1], strict=True):
                match = compare(a, b) if a and b else None
                if match and (best is None or PLACE_LEVELS.index(match.level) < best[0]):
                    best = (PLACE_LEVELS.index(match.level), text_a, text_b, match.km)
        if best is None:
            return None
        return line("place", level, bits, best[1], best[2], km="" if best[3] is None else str(round(best[3])))


_SOON_DAYS = 60


class FoundPlaceColumn:
    """Where the child was last seen against where the person was found; the class is how long after (soon,
    later)."""

    def __init__(self, model: Model) -> None:
        self._table, self._trust = model.tables["place_found"], model.trust
        self._places = PlaceTable()
        self._rows = Grown()
        self._days = Grown(1, np.nan, np.float64)

    def append(self, row: Description) -> None:
        self._rows.append([self._places.code(_seen(row))])
        self._days.append([_day(row)])

    def score(self, query: Description, alive: Alive, groups: Groups | None = None) -> Scored:
        distinct = self._places.levels(_seen(query))
        level = distinct[self._rows.column().astype(np.int64)]
        waited = np.abs(self._days.column().astype(np.float64, copy=False) - _day(query))
        soon = np.nan_to_num(waited, nan=1e9) <= _SOON_DAYS
        codes = np.where(level == _SILENT, UNKNOWN, np.where(soon, 0, len(PLACE_LEVELS)) + level).astype(
            np.int16
        )
        return weigh(self._table, codes, alive, self._trust, groups)

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if code < 0:
            return None
        a, b = _seen(missing), _seen(found)
        match = compare(a, b)
        km = distance_km(a[0][0], b[0][0]) if match is None or match.km is None else match.km
        shown = missing.text("place_event") or missing.text("place_home")
        soon, level = level_of(self._table, code)
        return line(
            "place_found", level, bits, shown, found.text("place_found"), km=str(round(km)), when=soon
        )


def _seen(one: Description) -> Candidates:
    return one.place_found if one.kind is Kind.FOUND else one.place_event or one.place_home


def _day(one: Description) -> float:
    span = one.found if one.kind is Kind.FOUND else one.event
    return span.middle if span and span.days <= 62 else np.nan
