"""The comparison page's data: two reports aligned field by field, and the evidence as bars."""

from collections.abc import Sequence
from dataclasses import dataclass

from matching import dates, evidence
from matching.evidence import Evidence
from reunite.queues import CandidateView

# Each row: its label (a field name of the engine), the columns shown of the missing and of the found side.
_ROWS = (
    ("name", ("name",), ("name",)),
    ("other_names", ("other_names",), ("other_names",)),
    ("sex", ("sex",), ("sex",)),
    ("birth", ("birth_date", "age_at_event"), ("birth_date", "age_at_event")),
    ("event", ("event_date",), ("event_date", "found_date")),
    ("place_event", ("place_event",), ("place_event",)),
    ("place_home", ("place_home",), ("place_home",)),
    ("place_found", (), ("place_found",)),
    ("height", ("height_cm",), ("height_cm",)),
    ("blood_type", ("blood_type",), ("blood_type",)),
    ("marks", ("marks",), ("marks",)),
    ("clothing", ("clothing",), ("clothing",)),
    ("belongings", ("belongings",), ("belongings",)),
    ("relatives", ("relatives",), ("relatives",)),
    ("languages", ("languages",), ("languages",)),
    ("memories", ("memories",), ("memories",)),
)
_DATES = ("birth_date", "event_date", "found_date")


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the column it is of, what was said, and for a date how it was understood."""

    column: str
    text: str
    understood: str


@dataclass(frozen=True, slots=True)
class Line:
    """One aligned row; `sign` says how the two sides agree."""

    field: str
    missing: list[Value]
    found: list[Value]
    sign: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One weight as a bar from the common zero; positions and widths in a drawing 200 units wide."""

    field: str
    bits: float
    x: float
    width: float
    kind: str
    line: Evidence | None


def lines(view: CandidateView, language: str) -> list[Line]:
    """The rows that at least one side says something of."""
    made = []
    for field, missing_columns, found_columns in _ROWS:
        missing = _values(view.missing.person, missing_columns, language)
        found = _values(view.found.person, found_columns, language)
        if missing or found:
            made.append(Line(field, missing, found, _sign(view.evidence, field, bool(missing), bool(found))))
    return made


def bars(view: CandidateView) -> list[Bar]:
    """The start, each piece of evidence, strongest first, and the total."""
    ordered = sorted(view.evidence, key=lambda line: -line.bits)
    least = min(0.0, view.prior, view.total, *(line.bits for line in ordered))
    most = max(0.0, view.prior, view.total, *(line.bits for line in ordered))
    scale = 200 / ((most - least) or 1)

    def bar(field: str, bits: float, kind: str, line: Evidence | None = None) -> Bar:
        return Bar(field, bits, (min(bits, 0) - least) * scale, max(abs(bits) * scale, 1.5), kind, line)

    middle = [bar(line.field, line.bits, "for" if line.bits >= 0 else "against", line) for line in ordered]
    return [bar("prior", view.prior, "start"), *middle, bar("total", view.total, "total")]


def _values(person: dict[str, str], columns: Sequence[str], language: str) -> list[Value]:
    return [Value(column, person[column], _understood(column, person[column], language))
            for column in columns if person.get(column)]  # fmt: skip


def _understood(column: str, text: str, language: str) -> str:
    if column not in _DATES:
        return ""
    try:
        said = dates.explain(text, language)
    except dates.DateError:
        return ""
    return "" if said == text else said


def _sign(found: Sequence[Evidence], field: str, missing_said: bool, found_said: bool) -> str:
    """The sign of the strongest line of this field; ? where one side is silent or nothing was compared."""
    if not (missing_said and found_said):
        return "?"
    of_it = [line for line in found if line.field == field]
    return evidence.sign(max(of_it, key=lambda line: abs(line.bits))) if of_it else "?"
