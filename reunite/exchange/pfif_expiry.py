"""Records that have expired: what may be left of them, and how a placeholder is known (PFIF 1.3 and 1.4, on expiry)."""

from dataclasses import fields
from datetime import datetime

from reunite.erasure import SOURCE_GRACE
from reunite.exchange.pfif import PersonRecord
from reunite.exchange.pfif_dates import moment

LEFT = frozenset({"person_record_id", "source_date", "entry_date", "expiry_date"})


def is_due(person: PersonRecord, at: datetime) -> bool:
    """Whether the content must be gone: its time is over and the day of grace too."""
    ends = moment(person.expiry_date)
    return ends is not None and at - ends >= SOURCE_GRACE


def is_placeholder(person: PersonRecord) -> bool:
    """Whether nothing is left but an id and times, an end among them."""
    rest = (getattr(person, field.name) for field in fields(person) if field.name not in LEFT)
    return moment(person.expiry_date) is not None and not any(rest)


def placeholder(person: PersonRecord) -> PersonRecord:
    """What may be left of a record that has expired; its dates are the time of expiry."""
    ends = person.expiry_date
    return PersonRecord(
        person_record_id=person.person_record_id, entry_date=ends, expiry_date=ends, source_date=ends
    )


def allowed(person: PersonRecord, at: datetime) -> PersonRecord:
    """The record as it may be given on at this time; a placeholder as it came."""
    return placeholder(person) if is_due(person, at) and not is_placeholder(person) else person


def is_gone(person: PersonRecord, at: datetime) -> bool:
    """Whether who holds the record must forget its content now: it is due, or its source has emptied it already."""
    ends = moment(person.expiry_date)
    return is_due(person, at) or (is_placeholder(person) and ends is not None and ends <= at)
