"""Dates of all rows at once: birth, separation, and whether the order of events is possible."""

from datetime import date
from functools import lru_cache

import numpy as np

from matching.columns import line, sides
from matching.compiled import Codes
from matching.date_kernels import A_YEAR, FIELDS, LEVELS, date_codes, order_codes
from matching.dates import BIRTH_LEVELS, EVENT_LEVELS, DateLevel, DateSpan, read_as_lunar
from matching.description import Description, Kind
from matching.evidence import Evidence
from matching.growing import Grown, Values
from matching.model import Model
from matching.scoring import NOTHING, Look, Weights

DATE_CLASSES = ("days", "months", "years", "wide")
"""How exact the vaguer of the two is: both days; at most a month; at most a year; wider or approximate."""


@lru_cache(maxsize=200_000)
def features(span: DateSpan) -> tuple[int, ...]:
    """What the comparison needs of a date, as whole numbers: see FIELDS of `matching.date_kernels`."""
    day = date.fromordinal(min(max(span.first, 1), date.max.toordinal()))
    lunar = read_as_lunar(span.first) if span.is_day and not span.lunar else None
    return (
        span.first, span.last, int(span.is_day), int(span.lunar), lunar if lunar is not None else -9,
        span.margin, int(span.approximate), day.year, day.month, day.day, _exactness(span),
    )  # fmt: skip


def _exactness(span: DateSpan) -> int:
    """Index of DATE_CLASSES."""
    if span.is_day:
        return 0
    if span.approximate or span.days > A_YEAR:
        return 3
    return 1 if span.days <= 31 else 2


def _numbered(levels: tuple[DateLevel, ...]) -> Codes:
    """The place of each of LEVELS among these, and how many these are."""
    return np.array([*(levels.index(one) if one in levels else 0 for one in LEVELS), len(levels)], np.uint8)


class DateColumn:
    """Birth or separation against the same of the other side."""

    def __init__(self, model: Model, birth: bool) -> None:
        self._birth = birth
        self._field = "birth_date" if birth else "event_date"
        self.weights = Weights.of(model, self._field)
        self._rows: Values[tuple[int, ...]] = Values()
        self._features = Grown(FIELDS, 0, np.int32)
        self._levels = _numbered(BIRTH_LEVELS if birth else EVENT_LEVELS)

    def append(self, row: Description) -> None:
        span = self._span(row)
        known = features(span) if span else None
        if self._rows.append(known) and known:
            self._features.append(known)

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)

    def look(self, query: Description) -> Look:
        span = self._span(query)
        if span is None or not len(self._rows.distinct):
            return NOTHING
        own = np.array(features(span), np.int32)
        codes = date_codes(own, *self._features.whole(), self._birth, self._levels)
        return Look(codes, self._rows.rows())

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        level = self.weights.level(code)[1] if code else "unknown"
        # What cannot be read as a date is shown as it was written.
        missing, found = (
            span.text if (span := self._span(one)) else one.text(self._field) for one in sides(query, row)
        )
        return line(self._field, level, bits, missing, found)

    def _span(self, one: Description) -> DateSpan | None:
        return one.birth if self._birth else one.event


Moment = tuple[float, float]


class OrderColumn:
    """Whether the found person can have been found after the other was last seen, and how long after."""

    def __init__(self, model: Model) -> None:
        self.weights = Weights.of(model, "order")
        self._rows: Values[Moment] = Values()
        self._moments = Grown(2, np.nan, np.float32)
        self._others = Grown(1, np.nan, np.float32)

    def append(self, row: Description) -> None:
        moment = _moment(row)
        if self._rows.append(moment) and moment:
            self._moments.append(moment)
        self._others.append([_other(row)])

    def forget(self, row: int, said: Description) -> None:
        self._rows.forget(row)
        self._others.forget(row)

    def look(self, query: Description) -> Look:
        own, other = _moment(query) or (np.nan, np.nan), _other(query)
        if np.isnan(own[0]) and np.isnan(other):
            return NOTHING
        moments, count = self._moments.whole()
        at, others = self._rows.rows(), self._others.column()
        return Look(order_codes(moments, count, *own, query.kind is Kind.MISSING, at, others, other))

    def explain(self, query: Description, row: Description, code: int, bits: float) -> Evidence | None:
        missing, found = sides(query, row)
        if not code:
            return None
        lost = missing.event.text if missing.event else (missing.birth.text if missing.birth else "")
        seen = found.found.text if found.found else (found.event.text if found.event else "")
        return line("order", self.weights.level(code)[1], bits, lost, seen)


def _moment(one: Description) -> Moment | None:
    """First and last day of being lost, or of being found, widened by half a year where approximate."""
    span = one.event if one.kind is Kind.MISSING else one.found
    return (span.first - span.margin, span.last + span.margin) if span else None


def _other(one: Description) -> float:
    """The first day of a missing child's birth, the last of a found person's separation; nan if unknown."""
    if one.kind is Kind.MISSING:
        return one.birth.first - one.birth.margin if one.birth else np.nan
    return one.event.last + one.event.margin if one.event else np.nan
