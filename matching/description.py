"""The engine's input: what one report says of the person, normalised once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from matching import dates, pictures, places
from matching.dates import DateSpan
from matching.marks import Mark, marks
from matching.names import Name, read
from matching.relatives import Relative, relatives
from matching.words import language_tokens, tokens

FIELDS: tuple[str, ...] = (
    "name",
    "other_names",
    "name_origin",
    "sex",
    "birth_date",
    "age_at_event",
    "event_date",
    "found_date",
    "place_event",
    "place_home",
    "place_found",
    "height_cm",
    "blood_type",
    "marks",
    "clothing",
    "belongings",
    "relatives",
    "languages",
    "memories",
    "photo",
)
"""The columns of the exchange format that describe the person; `photo` holds fingerprints, not files."""
ORIGINS = ("birth", "told_by_child", "given_later", "unknown")
_MOST_NAMES = 4
_READ = 600
"""How much of a text is looked at: no more than the readers do, which remember what they have read."""
_BETWEEN = "\x1f"  # no text has it: describe takes it out
_YEAR = 365.2425


class Kind(StrEnum):
    """The side a report is on."""

    MISSING = "missing"
    FOUND = "found"


class SaidName(NamedTuple):
    """A name a report gives: `first` is the name itself, the others are nicknames, former names, other
    spellings."""

    name: Name
    first: bool


Candidates = tuple[tuple[places.Place, float], ...]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a report says that the person is, without the rest of it: all that people find a report by."""

    names: tuple[SaidName, ...]
    birth: DateSpan | None
    event: DateSpan | None


@dataclass(frozen=True, slots=True)
class Description:
    """One report's person. A date is None where it is not known or cannot be read; tuples and sets are
    empty."""

    id: int
    kind: Kind
    texts: tuple[str, ...]
    """The values as written, in the order of FIELDS."""
    names: tuple[SaidName, ...]
    origin: str
    sex: str
    birth: DateSpan | None
    """Said, or reckoned from the age and the day of separation."""
    event: DateSpan | None
    """Said, or reckoned from birth and the age at separation."""
    found: DateSpan | None
    place_event: Candidates
    place_home: Candidates
    place_found: Candidates
    height: float | None
    """Centimetres."""
    blood: str
    """A, B, O or AB, without the rhesus factor."""
    marks: tuple[Mark, ...]
    relatives: tuple[Relative, ...]
    carried: frozenset[str]
    """Tokens of clothing and belongings."""
    memories: frozenset[str]
    languages: frozenset[str]
    pictures: tuple[int, ...]
    """Fingerprints of the photos, of `matching.pictures`."""

    def text(self, field: str) -> str:
        """The value of a field as written; empty if not said."""
        return self.texts[FIELDS.index(field)]


def describe(id: int, kind: str, fields: Mapping[str, str]) -> Description:
    """Normalise one report. Takes any text in any field and never raises on it; a missing field is empty."""
    texts = tuple([_text(value) if (value := fields.get(field)) else "" for field in FIELDS])
    said = {field: text[:_READ] for field, text in zip(FIELDS, texts, strict=True)}
    who = _identity(said)
    return Description(
        id=id,
        kind=Kind(kind),
        texts=texts,
        names=who.names,
        origin=said["name_origin"] if said["name_origin"] in ORIGINS else "unknown",
        sex=said["sex"] if said["sex"] in ("female", "male", "other") else "",
        birth=who.birth,
        event=who.event,
        found=_date(said["found_date"]),
        place_event=places.resolve(said["place_event"]),
        place_home=places.resolve(said["place_home"]),
        place_found=places.resolve(said["place_found"]),
        height=_height(said["height_cm"]),
        blood=_blood(said["blood_type"]),
        marks=marks(said["marks"]),
        relatives=relatives(said["relatives"]),
        carried=tokens(said["clothing"]) | tokens(said["belongings"]),
        memories=tokens(said["memories"]),
        languages=language_tokens(said["languages"]),
        pictures=pictures.read(said["photo"]),
    )


def identify(fields: Mapping[str, str]) -> Identity:
    """The same of names and times alone, at a fraction of the cost where a text was never read before."""
    asked = ("name", "other_names", "birth_date", "event_date", "age_at_event")
    return _identity({field: _text(fields.get(field) or "")[:_READ] for field in asked})


def _identity(said: Mapping[str, str]) -> Identity:
    birth, event = _date(said["birth_date"]), _date(said["event_date"])
    age = _age(said["age_at_event"])
    return Identity(
        names=_names(said["name"], said["other_names"]),
        birth=birth or _birth_by_age(event, age),
        event=event or _event_by_age(birth, age),
    )


def _text(said: str) -> str:
    """Without what no text may hold: the sign that parts fields here, and halves of characters."""
    text = str(said)
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    return text.replace(_BETWEEN, " ").strip()


def packed(description: Description) -> bytes:
    """What a report says, as small as it can be kept."""
    return _BETWEEN.join(description.texts).encode("utf-8", "surrogatepass")


def unpacked(id: int, kind: str, said: bytes) -> Description:
    """The description that `packed` was given."""
    texts = said.decode("utf-8", "surrogatepass").split(_BETWEEN)
    return describe(id, kind, dict(zip(FIELDS, texts, strict=True)))


def _names(name: str, others: str) -> tuple[SaidName, ...]:
    said = [SaidName(read(name), True)] if name else []
    said += [
        SaidName(read(other.strip(), True), False)
        for other in others[:300].replace("；", ";").split(";")
        if other.strip()
    ]
    return tuple(dict.fromkeys(one for one in said if one.name.text))[:_MOST_NAMES]


def _date(text: str) -> DateSpan | None:
    if not text:
        return None
    try:
        return dates.parse(text)
    except dates.DateError:
        return None


def _age(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    try:
        return dates.parse_age(text)
    except dates.DateError:
        return None


def _birth_by_age(event: DateSpan | None, age: tuple[int, int] | None) -> DateSpan | None:
    """The days of birth that fit an age at the separation; approximate, for the age may be the nominal
    one."""
    if event is None or age is None:
        return None
    first, last = int(event.first - (age[1] + 1) * _YEAR) + 1, int(event.last - age[0] * _YEAR)
    return DateSpan(max(1, first), max(1, last), f"{event.text} − {age[0]}–{age[1]}", True)


def _event_by_age(birth: DateSpan | None, age: tuple[int, int] | None) -> DateSpan | None:
    if birth is None or age is None:
        return None
    first, last = int(birth.first + age[0] * _YEAR), int(birth.last + (age[1] + 1) * _YEAR) - 1
    return DateSpan(first, last, f"{birth.text} + {age[0]}–{age[1]}", True)


def _height(text: str) -> float | None:
    try:
        height = float(text)
    except ValueError:
        return None
    return height if 30 <= height <= 230 else None


def _blood(text: str) -> str:
    kind = text.upper().rstrip("+-型 ")
    return kind if kind in ("A", "B", "O", "AB") else ""
