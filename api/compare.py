"""The comparison page's data: two reports aligned field by field, and the evidence as bars."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from api.labels import LABELS
from api.report_form import DATES, N_
from matching import dates, evidence
from matching.evidence import Evidence
from reunite.queues import CandidateView

# Each row: its label, the columns it shows, and the engine's comparison that says how they agree.
_ROWS = (
    (N_("Name"), ("name", "name_origin"), "name"),
    (N_("Other names"), ("other_names",), ""),
    (N_("Sex"), ("sex",), "sex"),
    (N_("Born"), ("birth_date", "age_at_event"), "birth_date"),
    (N_("Separated"), ("event_date",), "event_date"),
    (N_("Found on"), ("found_date",), "order"),
    (N_("Last seen"), ("place_event",), "place"),
    (N_("Home then"), ("place_home",), "place"),
    (N_("Found where"), ("place_found",), "place_found"),
    (N_("Height"), ("height_cm",), "height_cm"),
    (N_("Blood type"), ("blood_type",), "blood_type"),
    (N_("Marks"), ("marks",), "marks"),
    (N_("Clothing"), ("clothing",), "carried"),
    (N_("Belongings"), ("belongings",), "carried"),
    (N_("Relatives"), ("relatives",), "relatives"),
    (N_("Languages"), ("languages",), "languages"),
    (N_("Memories"), ("memories",), "memories"),
)
# What only one side can say: the engine compares it with something in another row.
_ONE_SIDED = ("order", "place_found")
_BARS_WIDE = 200
SIGNS = {"=": N_("the same"), "≈": N_("alike"), "⊃": N_("one says more than the other"), "≠": N_("different"),
         "?": N_("not known")}  # fmt: skip
"""What each sign means, for who hears the page and for the key below the table; to be translated."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value: the column it is of and what was said, a date as it was understood."""

    column: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One aligned row; `sign` says how the two sides agree. The label is to be translated."""

    label: str
    missing: list[Value]
    found: list[Value]
    sign: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One weight as a bar from the common zero, and the sum so far, in a drawing 200 units wide."""

    field: str
    bits: float
    x: float
    width: float
    kind: str
    sum: float


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing in a candidate's history; `what` is to be translated, `by` a name, "me", or empty."""

    at: datetime
    what: str
    by: str = ""


def lines(view: CandidateView, language: str) -> list[Line]:
    """The rows that at least one side says something of."""
    made = []
    for label, columns, compared in _ROWS:
        missing = _values(view.missing.person, columns, language)
        found = _values(view.found.person, columns, language)
        if missing or found:
            both = bool(missing and found) or compared in _ONE_SIDED
            made.append(Line(label, missing, found, _sign(view.evidence, compared) if both else "?"))
    return made


def bars(view: CandidateView) -> list[Bar]:
    """The start, each piece of evidence that weighs anything, strongest first, and the total that they add up to."""
    ordered = sorted((line for line in view.evidence if line.bits), key=lambda line: -line.bits)
    parts = [("prior", view.prior, "start")]
    parts += [(line.field, line.bits, "for" if line.bits >= 0 else "against") for line in ordered]
    sums = [*accumulate(bits for _, bits, _ in parts), view.total]
    parts.append(("total", view.total, "total"))
    least, most = min(0.0, *(bits for _, bits, _ in parts)), max(0.0, *(bits for _, bits, _ in parts))
    scale = _BARS_WIDE / ((most - least) or 1)
    return [
        Bar(field, bits, (min(bits, 0) - least) * scale, max(abs(bits) * scale, 1.5), kind, so_far)
        for (field, bits, kind), so_far in zip(parts, sums, strict=True)
    ]


def zero(made: Sequence[Bar]) -> float:
    """Where the common zero of the bars is."""
    start = made[0]
    return start.x + start.width if start.bits < 0 else start.x


def history(view: CandidateView) -> list[Happened]:
    """What happened with the candidate, oldest first, as far as this person may know it: what others found only where
    the view has it."""
    told = [Happened(view.created_at, N_("suggested by the engine"))]
    if view.updated_at > view.created_at:
        told.append(Happened(view.updated_at, N_("compared again")))
    told += [Happened(one.at, LABELS["verdict"][one.verdict], one.by) for one in view.reviews]
    if view.my_review:
        told.append(Happened(view.my_review.at, LABELS["verdict"][view.my_review.verdict], "me"))
    if view.confirmation:
        told.append(Happened(view.confirmation.at, LABELS["stage"][view.confirmation.outcome]))
    return sorted(told, key=lambda one: one.at)


def _values(person: dict[str, str], columns: Sequence[str], language: str) -> list[Value]:
    return [
        Value(column, _said(column, person[column], language)) for column in columns if person.get(column)
    ]


def _said(column: str, text: str, language: str) -> str:
    return dates.reckoned(text, language) if column in DATES else text


def _sign(found: Sequence[Evidence], compared: str) -> str:
    """The sign of the strongest line of this comparison; ? where nothing was compared."""
    of_it = [line for line in found if line.field == compared]
    return evidence.sign(max(of_it, key=lambda line: abs(line.bits))) if of_it else "?"


def same_side(one: dict[str, str], two: dict[str, str], language: str) -> list[Line]:
    """Two reports of one side in the same rows: = where both say the same, ? where one is silent, else no sign. The
    engine does not compare them; a person does."""
    made = []
    for label, columns, _ in _ROWS:
        left, right = _values(one, columns, language), _values(two, columns, language)
        if left or right:
            sign = "?" if not left or not right else "=" if left == right else ""
            made.append(Line(label, left, right, sign))
    return made
