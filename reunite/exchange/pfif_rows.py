"""The persons of a PFIF file as rows to import, each with the notes that the file has on it, wherever they stand."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import IO

from reunite.exchange import pfif_expiry, pfif_mapping, pfif_stored
from reunite.exchange.pfif import NoteRecord, PersonRecord
from reunite.exchange.pfif_dates import moment
from reunite.exchange.pfif_reading import Read, read
from reunite.exchange.row import Row
from reunite.problems import Problem


def rows_of_pfif(path: Path, *, at: datetime, kind: str = "missing", own_domain: str = "") -> Iterator[Row]:
    """A row for every person and for every note on a person who is not in the file; `kind` where no note tells it, `at`
    the time now. A record of `own_domain` is one of ours that came around and is not filed again. Raises Invalid where
    the file is no PFIF, OSError.

    The file is read twice: notes outside of a person may stand before it and after it. They wait in a database without
    a name, which the system takes away with the process; in memory they could be as many as the file is long.
    """
    with path.open("rb") as file, closing(sqlite3.connect("")) as database:
        notes = _Notes(database)
        for one in read(file, notes_only=True):
            if isinstance(one.record, NoteRecord):
                notes.add(one.record, one.line)
        file.seek(0)
        yield from _rows(file, notes, at, kind, own_domain)


def _rows(file: IO[bytes], notes: "_Notes", at: datetime, kind: str, own_domain: str) -> Iterator[Row]:
    position = 0
    for one in read(file):
        position = one.position
        if one.record is None:
            yield Row(one.line, {}, one.problems, position)
        elif isinstance(one.record, PersonRecord):
            person = replace(one.record, notes=(*one.record.notes, *notes.of(one.record.person_record_id)))
            yield _row(one, person, at, kind, own_domain)
    for line, person_id in notes.left():
        position += 1
        text = "This note is about {value}, who is not in this file. Send the person with it."
        yield Row(line, {}, (Problem("person_record_id", person_id[:60], text, line=line),), position)


def _row(one: Read, person: PersonRecord, at: datetime, kind: str, own_domain: str) -> Row:
    identity = person.person_record_id.strip()
    if problem := _wrong(identity, own_domain):
        return Row(one.line, {}, (replace(problem, line=one.line),), one.position)
    ends = moment(person.expiry_date)
    if pfif_expiry.is_gone(person, at):
        return Row(one.line, {"source_id": identity}, (), one.position, expires_at=ends, gone=True)
    columns = pfif_mapping.columns_of(person, kind=kind)
    return Row(one.line, columns, (), one.position, pfif_stored.stored(person), ends)


def _wrong(identity: str, own_domain: str) -> Problem | None:
    if not identity:
        return Problem("person_record_id", "", "This person has no person_record_id, such as example.org/p1.")
    if own_domain and identity.lower().startswith(f"{own_domain.lower()}/"):
        text = "{value} is a report of this service that came back. It is here already."
        return Problem("person_record_id", identity[:60], text)
    return None


class _Notes:
    """Notes by the person they are about, in a database of their own."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        database.execute("CREATE TABLE note (person TEXT, line INTEGER, said TEXT, taken INTEGER DEFAULT 0)")
        database.execute("CREATE INDEX of_person ON note (person)")
        self._some = False

    def add(self, note: NoteRecord, line: int) -> None:
        self._some = True
        row = (note.person_record_id.strip(), line, json.dumps(pfif_stored.said(note)))
        self._database.execute("INSERT INTO note (person, line, said) VALUES (?, ?, ?)", row)

    def of(self, person_id: str) -> list[NoteRecord]:
        """The notes about this person, in the order of the file."""
        if not self._some:
            return []
        about = (person_id.strip(),)
        found = self._database.execute(
            "SELECT said FROM note WHERE person = ? ORDER BY rowid", about
        ).fetchall()
        self._database.execute("UPDATE note SET taken = 1 WHERE person = ?", about)
        return [pfif_stored.note_of(json.loads(text)) for (text,) in found]

    def left(self) -> Iterator[tuple[int, str]]:
        """Line and person of the notes that nobody asked for."""
        yield from self._database.execute("SELECT line, person FROM note WHERE taken = 0 ORDER BY rowid")
