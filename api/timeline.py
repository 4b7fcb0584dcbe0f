"""The comparison page's time line: what each side says of birth, separation and finding, on one scale."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from api.report_form import N_
from matching import dates

WIDTH = 100
"""Percent of the drawing's width from the first year to the last."""
_DAY_WIDE = 2.0  # what one day looks like: a dot
_YEAR = 365.2425
# Each row: its label, and the column that tells it on each side (empty: that side has none).
_ROWS = (
    (N_("Born"), "birth_date", "birth_date"),
    (N_("Separated"), "event_date", "event_date"),
    (N_("Found on"), "", "found_date"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """When one side says it was: from `x`, `width` units wide, with the age in years then, if birth is told."""

    kind: str
    x: float
    width: float
    age: str


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the time line. The label is to be translated."""

    label: str
    spans: list[Span]


@dataclass(frozen=True, slots=True)
class Timeline:
    """The rows, and the years written below them with their places."""

    events: list[Event]
    years: list[tuple[float, int]]


def timeline(missing: Mapping[str, str], found: Mapping[str, str]) -> Timeline | None:
    """The time line of two reports; None where no date is told that can be drawn."""
    sides = {"missing": missing, "found": found}
    rows = [
        (label, {kind: span for kind, column in (("missing", left), ("found", right))
                 if (span := date_span(sides[kind].get(column, "")))})
        for label, left, right in _ROWS
    ]  # fmt: skip
    told = [span for _, spans in rows for span in spans.values()]
    if not told:
        return None
    first = datetime.date.fromordinal(min(span.first for span in told)).year
    last = datetime.date.fromordinal(max(span.last for span in told)).year + 1
    start, end = _first_day(first), _first_day(last)
    scale = WIDTH / (end - start)
    births = rows[0][1]
    events = [
        Event(label, [_drawn(kind, span, start, scale, births.get(kind) if at else None)
                      for kind, span in spans.items()])
        for at, (label, spans) in enumerate(rows) if spans
    ]  # fmt: skip
    return Timeline(events, [((_first_day(year) - start) * scale, year) for year in _years(first, last)])


def date_span(text: str) -> dates.DateSpan | None:
    """When a date of a report may have been; None where it is empty or cannot be read."""
    try:
        return dates.parse(text) if text else None
    except dates.DateError:
        return None


def _drawn(kind: str, span: dates.DateSpan, start: int, scale: float, birth: dates.DateSpan | None) -> Span:
    width = max((span.last - span.first + 1) * scale, _DAY_WIDE)
    x = min(max((span.first - start) * scale, 0.0), WIDTH - width)
    return Span(kind, x, width, age(birth, span) if birth else "")


def age(birth: dates.DateSpan, then: dates.DateSpan) -> str:
    """Whole years from birth to then, as 4 or 4-6; empty where the order is impossible."""
    least = int((then.first - birth.last) // _YEAR)
    most = int((then.last - birth.first) // _YEAR)
    if most < 0:
        return ""
    return str(most) if max(least, 0) == most else f"{max(least, 0)}-{most}"


def _years(first: int, last: int) -> list[int]:
    """Seven or fewer years to write below: the first, the last, and even steps between."""
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 1000) if (last - first) / size <= 6)
    return [first, *(year for year in range(first + 1, last) if year % step == 0 and year - first > step / 2)]


def _first_day(year: int) -> int:
    return datetime.date(min(max(year, 1), 9999), 1, 1).toordinal()
