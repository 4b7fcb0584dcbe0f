"""A PFIF record as the text that is kept beside its report, so that it can be given on as it came."""

import json
from dataclasses import fields
from typing import Any

from reunite.exchange.pfif import NoteRecord, PersonRecord


def stored(person: PersonRecord) -> str:
    """The record with its notes as JSON, without what is empty."""
    return json.dumps({**said(person), "notes": [said(note) for note in person.notes]}, ensure_ascii=False)


def restored(text: str) -> PersonRecord:
    """The record that `stored` was given."""
    told = json.loads(text)
    notes = tuple(note_of(note) for note in told.pop("notes"))
    return PersonRecord(**{**told, "extra": tuple(told.get("extra", ()))}, notes=notes)


def said(record: PersonRecord | NoteRecord) -> dict[str, Any]:
    """The fields of one record that are not empty, notes left out."""
    pairs = ((field.name, getattr(record, field.name)) for field in fields(record) if field.name != "notes")
    return {name: value for name, value in pairs if value}


def note_of(told: dict[str, Any]) -> NoteRecord:
    """The note of which `said` gave this."""
    return NoteRecord(**{**told, "extra": tuple(told.get("extra", ()))})
