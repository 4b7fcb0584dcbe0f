"""A table that somebody sends by a page: opened once, its columns guessed, and kept."""

from itertools import islice
from pathlib import Path
from typing import BinaryIO

from reunite import imports
from reunite.actors import Staff
from reunite.exchange import foreign, importing, mapping, remembered
from reunite.policy import Action, demand
from reunite.service import Service

_SAMPLE, _EXAMPLES, _LONGEST = 60, 3, 60


def send(service: Service, staff: Staff, name: str, file: BinaryIO, *, source: str, kind: str) -> str:
    """Keep the table in the file; gives its reference. Raises Invalid, Conflict."""
    demand(staff.role, Action.IMPORT_REPORTS)
    importing.check_source(source)
    file.seek(0)
    with foreign.opened(Path(name), file) as table:
        head = [line.cells for line in islice(table.lines, _SAMPLE) if line.problem is None]
        with service.database.read() as session:
            known = remembered.of_source(session, source)
        guesses = mapping.guess(table.headings, head, kind, known)
        size = table.size
    examples = [
        [cells[place][:_LONGEST] for cells in head if cells[place].strip()][:_EXAMPLES]
        for place in range(len(guesses))
    ]
    with service.database.write() as session:
        return imports.send(
            session, service.keys, staff, name=name, source=source, kind=kind, file=file, mapping=guesses,
            examples=examples, size=size,
        )  # fmt: skip
