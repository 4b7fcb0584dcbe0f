"""PFIF written record by record: elements in the order of the version, nothing that XML or the version cannot hold."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import IO

from reunite.exchange import pfif_expiry, pfif_names
from reunite.exchange.pfif import (
    NAMESPACE,
    NEWEST,
    NOTES,
    PERSONS,
    ForeignElement,
    NoteRecord,
    PersonRecord,
    Record,
)
from reunite.exchange.pfif_dates import is_written, moment, written
from reunite.exchange.pfif_elements import Table, escaped
from reunite.exchange.pfif_other import wrapped

UNKNOWN = "?"
"""What stands in a field that must not be empty when nothing is known."""
_DATES = frozenset({"entry_date", "expiry_date", "source_date"})
_IDS = frozenset({"person_record_id", "note_record_id"})


def write(file: IO[bytes], records: Iterable[Record], *, version: str, at: datetime) -> int:
    """Write a whole file of version 1.3 or 1.4, in UTF-8; how many records it has. Of a record that has expired `at`
    this time only the placeholder is written; notes outside of a person must not be of one that has."""
    count = 0
    file.write(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<pfif:pfif xmlns:pfif="{NAMESPACE}{version}">\n'.encode()
    )
    for record in records:
        file.write("".join(lines(record, version=version, at=at)).encode())
        count += 1
    file.write(b"</pfif:pfif>\n")
    return count


def lines(record: Record, *, version: str, at: datetime) -> Iterator[str]:
    """The lines of one record; the prefix `pfif` is that of the version. A date that is none is left out, one that must
    be there is the time `at`."""
    match record:
        case PersonRecord():
            record = pfif_expiry.allowed(record, at)
            bare = pfif_expiry.is_placeholder(record)
            yield "  <pfif:person>\n"
            yield from _fields(record, PERSONS[version], PERSONS[NEWEST], at, bare=bare)
            for note in record.notes:
                yield from lines(note, version=version, at=at)
            yield "  </pfif:person>\n"
        case NoteRecord():
            yield "  <pfif:note>\n"
            yield from _fields(record, NOTES[version], NOTES[NEWEST], at, bare=False)
            yield "  </pfif:note>\n"
        case ForeignElement():
            yield f"  {record.xml}\n"


def _fields(
    record: PersonRecord | NoteRecord, table: Table, newest: Table, at: datetime, *, bare: bool
) -> Iterator[str]:
    for element, field in table.elements.items():
        text = _text(record, field, at, required=element in table.required and not bare)
        if text:
            yield f"    <pfif:{element}>{escaped(wrapped(text) if element == 'other' else text)}</pfif:{element}>\n"
    # What this version has no place for keeps the name it has in the newest one: who does not know it passes over it.
    for field in (name for name in newest.elements if name not in table.elements.values()):
        if text := _text(record, field, at, required=False):
            yield f'    <{field} xmlns="{NAMESPACE}{NEWEST}">{escaped(text)}</{field}>\n'
    for xml in record.extra:
        yield f"    {xml}\n"


def _text(record: PersonRecord | NoteRecord, field: str, at: datetime, *, required: bool) -> str:
    text: str = getattr(record, field)
    if field == "full_name" and isinstance(record, PersonRecord) and required:
        text = text or pfif_names.composed(record) or next(iter(pfif_names.alternates(record)), "")
    if field in _DATES:
        when = moment(text) or (at if required else None)
        return text if is_written(text) else written(when) if when else ""
    return text or (UNKNOWN if required and field not in _IDS else "")
