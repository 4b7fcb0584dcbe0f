"""A PFIF person as the columns of our exchange format, and back.

What is taken: the names (`pfif_names`), sex, birth, home (`pfif_places`), the description (`pfif_description`), who
wrote the record, and of the notes status and place (`pfif_notes`). The texts of notes, photos and addresses of profiles
are not: they stay in the record that is kept beside the report.

When a record was written (source_date) is no date of the event. After an earthquake it is days later, for a child of
1998 decades: a date that is not known costs a pair nothing, a wrong one parts it. It serves to reckon the birth from an
age, for PFIF's age is that of the day the record was written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from matching import dates
from reunite import submission
from reunite.exchange import pfif_description, pfif_names, pfif_notes, pfif_places
from reunite.exchange.pfif import NoteRecord, PersonRecord
from reunite.exchange.pfif_dates import moment, written

_PLACES = {"missing": "place_event", "found": "place_found"}
"""What a note's last known location is: where a missing person was last seen, where a found one is."""
_TEXTS = {
    "missing": "Information about this person is sought.",
    "found": "This person is alive and looks for their family.",
}


@dataclass(frozen=True, slots=True)
class About:
    """What a record says of itself: ids of the record and of its note, who keeps it, when it was filed, when it is
    written, when it must be gone."""

    record_id: str
    note_id: str
    source_name: str
    filed_at: datetime
    written_at: datetime
    expires_at: datetime | None = None


def columns_of(person: PersonRecord, *, kind: str = "missing") -> dict[str, str]:
    """The columns that the record fills; `kind` where no note says it. What a column does not take, such as an e-mail
    address that is none, is left out: the report is worth more than its form."""
    described = pfif_description.columns_of(person.description)
    note = pfif_notes.telling(person.notes)
    side = pfif_notes.KINDS[note.status.strip()] if note else kind
    said = {
        "kind": side,
        "source_id": person.person_record_id.strip(),
        "name": pfif_names.full(person),
        "other_names": ";".join(pfif_names.others(person)),
        "place_home": pfif_places.home(person),
        _PLACES[side]: pfif_notes.last_seen(person.notes, side),
        "sex": person.sex,
        "reporter_name": person.author_name,
        "reporter_email": person.author_email,
        "reporter_phone": person.author_phone,
        **_birth(person, "age_at_event" in described),
        **described,
    }
    _, problems = submission.check(said)
    wrong = {problem.field for problem in problems} - {"kind", "source_id"}
    return {column: text.strip() for column, text in said.items() if text.strip() and column not in wrong}


def record_of(columns: Mapping[str, str], about: About) -> PersonRecord:
    """The record of a report, with a note of its status; it holds all that the columns hold, so ask the policy before
    and leave out what must not be given on. A photo is none of it: it has no address."""
    kind = columns["kind"]
    birth, place = columns.get("birth_date", ""), _PLACES[kind]
    exact = _is_exact(birth)
    carried = {place, "birth_date" if exact else ""}
    filed = written(about.filed_at)
    note = NoteRecord(
        note_record_id=about.note_id, person_record_id=about.record_id, entry_date=written(about.written_at),
        author_name=columns.get("reporter_name", about.source_name), source_date=filed,
        status=pfif_notes.STATUSES[kind], last_known_location=columns.get(place, ""), text=_TEXTS[kind],
    )  # fmt: skip
    return PersonRecord(
        person_record_id=about.record_id,
        entry_date=written(about.written_at),
        expiry_date=written(about.expires_at) if about.expires_at else "",
        source_name=about.source_name,
        source_date=filed,
        full_name=columns.get("name", "?"),
        alternate_names="\n".join(columns.get("other_names", "").split(";")),
        description=pfif_description.described({k: v for k, v in columns.items() if k not in carried}),
        date_of_birth=birth if exact else "",
        age="" if exact else _age(columns, about.filed_at.date()),
        home_city=columns.get("place_home", ""),
        notes=(note,),
        sex=columns.get("sex", ""),
        author_name=columns.get("reporter_name", ""),
        author_email=columns.get("reporter_email", ""),
        author_phone=columns.get("reporter_phone", ""),
    )


def _birth(person: PersonRecord, age_is_told: bool) -> dict[str, str]:
    """The birth as told, or between the years that an age allows; the age as it is where its day is not known."""
    if told := person.date_of_birth.strip():
        return {"birth_date": told}
    try:
        youngest, oldest = dates.parse_age(person.age.strip())
    except dates.DateError:
        return {}
    day = moment(person.source_date)
    if age_is_told:
        return {}
    if day is None:
        return {"age_at_event": person.age}
    return {"birth_date": f"{day.year - oldest - 1:04}/{day.year - youngest:04}"}


def _is_exact(birth: str) -> bool:
    """Whether it is a date as PFIF writes it: a day, a month or a year of the common calendar, and sure."""
    try:
        span = dates.parse(birth)
    except dates.DateError:
        return False
    return birth.replace("-", "").isdecimal() and not span.approximate and birth[5:7] <= "12"


def _age(columns: Mapping[str, str], at: date) -> str:
    """How old the person was on this day, as far as birth, or age and date of the event, tell; for other services."""
    try:
        if birth := columns.get("birth_date"):
            born = dates.parse(birth)
        else:
            youngest, oldest = dates.parse_age(columns.get("age_at_event", ""))
            event = dates.parse(columns.get("event_date", ""))
            born = dates.DateSpan(event.first - 366 * (oldest + 1), event.last - 365 * youngest, "")
    except dates.DateError:
        return ""
    ages = [max(int((at.toordinal() - day) // 365.2425), 0) for day in (born.last, born.first)]
    return str(ages[0]) if ages[0] == ages[1] else f"{ages[0]}-{ages[1]}"
