"""Places of all rows at once: where the person comes from, and where they were found."""

import math

import numpy as np

from matching.columns import line, sides
from matching.compiled import Bits, Codes
from matching.description import Candidates, Description, Kind
from matching.evidence import Evidence
from matching.growing import NONE, Coded, Grown, Remembered, Values
from matching.model import Model
from matching.place_kernels import FEATURES, SILENT, found_codes, origin_codes, place_levels, text_levels
from matching.places import PLACE_LEVELS, Place, city_of, compare, country_of, distance_km, province_of
from matching.scoring import NOTHING, UNKNOWN, Look, Weights

_MOST = 3
"""How many readings of an ambiguous place are compared."""
# Rough bits of each level, only to choose among the readings of ambiguous names; as in matching.places.
_STRENGTH = np.array([8.0, 6.0, 4.5, 3.5, 1.5, 0.2, 0.5, -1.5, -3.0], np.float32)
DETAILS = ("country", "province", "city", "county")


class PlaceTable:
    """Distinct place texts (as tuples of readings) of one side, and their levels against a query's."""

    def __init__(self) -> None:
        self._places: Coded[Place] = Coded()
        self._codes: Coded[str] = Coded()
        self._features = Grown(FEATURES, 0, np.float32)
        self._texts: Coded[Candidates] = Coded()
        self._readings = Grown(_MOST)
        self._shares = Grown(_MOST, -1000.0, np.float32)
        self._remembered = Remembered()

    def code(self, candidates: Candidates) -> int:
        """One more than the code of a text's readings; 0 for none."""
        if not candidates:
            return 0
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
        return code + 1

    def levels(self, candidates: Candidates) -> Codes:
        """The level of every distinct text against these readings, after SILENT for rows without;
        remembered, for many reports name the same place."""
        known = self._remembered.get(candidates)
        if known is None or len(known) != len(self._texts) + 1:
            known = self._compare(candidates)
            self._remembered[candidates] = known
        return known

    def _compare(self, candidates: Candidates) -> Codes:
        if not candidates or not len(self._texts):
            return np.full(len(self._texts) + 1, SILENT, np.uint8)
        own = [self._numbers(place) for place, _ in candidates[:_MOST]]
        levels = np.stack([place_levels(one, *self._features.whole()) for one in own])
        shares = np.array([math.log2(share) for _, share in candidates[:_MOST]], np.float32)
        (readings, count), (their_shares, _) = self._readings.whole(), self._shares.whole()
        return text_levels(levels, shares, readings, their_shares, count, _STRENGTH)

    def _numbers(self, place: Place) -> Bits:
        known = self._places.find(place)
        if known != NONE:
            return np.ascontiguousarray(self._features.columns()[:, known])
        return np.array(self._of(place), np.float32)

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


def _codes_of(classes: int) -> Codes:
    """The code of each class and level, and UNKNOWN after each class's levels, where the row is silent."""
    count = len(PLACE_LEVELS)
    codes = np.full((classes, count + 1), UNKNOWN, np.uint8)
    codes[:, :count] = 1 + np.arange(classes * count).reshape(classes, count)
    return codes


class OriginColumn:
    """Where the person comes from: the last-seen place and the home of both sides, the best agreeing two of
    them.

    One comparison, for a child is mostly lost near home and one memory serves both. The class is how fine
    the found side remembers.
    """

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "place")
        self._places = PlaceTable()
        self._rows: Values[tuple[int, int, int]] = Values()
        self._parts = Grown(3, 0)
        self._coded = _codes_of(len(DETAILS))

    def append(self, row: Description) -> None:
        codes = self._places.code(row.place_event), self._places.code(row.place_home)
        value = (*codes, max(0, detail(row.place_event), detail(row.place_home)))
        if self._rows.append(value if any(codes) else None):
            self._parts.append(value)

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        own = list(dict.fromkeys(filter(None, (query.place_event, query.place_home))))
        if not own:
            return NOTHING
        levels = [self._places.levels(candidates) for candidates in own]
        fine = max(detail(query.place_event), detail(query.place_home)) if query.kind is Kind.FOUND else -1
        codes = origin_codes(levels[0], levels[-1], *self._parts.whole(), self._coded, fine)
        return Look(codes, self._rows.rows())

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        texts = [[one.text("place_event"), one.text("place_home")] for one in (missing, found)]
        if not code:
            return line("place", "unknown", bits, texts[0][0] or texts[0][1], texts[1][0] or texts[1][1])
        level = self.weights.level(code)[1]
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
        self.weights = Weights.of(model, "place_found")
        self._places = PlaceTable()
        self._rows = Grown(fill=0)
        self._days = Grown(1, np.nan, np.float32)
        self._coded = _codes_of(2)

    def append(self, row: Description) -> None:
        self._rows.append([self._places.code(_seen(row))])
        self._days.append([_day(row)])

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        if not _seen(query):
            return NOTHING
        levels = self._places.levels(_seen(query))
        day, at = _day(query), self._rows.column()
        if np.isnan(day):
            return Look(self._coded[1].take(levels), at)
        return Look(found_codes(levels, self._coded, at, self._days.column(), day, _SOON_DAYS))

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return None
        a, b = _seen(missing), _seen(found)
        match = compare(a, b)
        km = distance_km(a[0][0], b[0][0]) if match is None or match.km is None else match.km
        shown = missing.text("place_event") or missing.text("place_home")
        soon, level = self.weights.level(code)
        return line(
            "place_found", level, bits, shown, found.text("place_found"), km=str(round(km)), when=soon
        )


def _seen(one: Description) -> Candidates:
    return one.place_found if one.kind is Kind.FOUND else one.place_event or one.place_home


def _day(one: Description) -> float:
    span = one.found if one.kind is Kind.FOUND else one.event
    return span.middle if span and span.days <= 62 else np.nan
