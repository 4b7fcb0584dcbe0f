"""What the notes of a PFIF person say: which side the person is on, and where they were seen."""

from collections.abc import Iterable
from datetime import UTC, datetime

from reunite.exchange.pfif import NoteRecord
from reunite.exchange.pfif_dates import moment

KINDS = {
    "information_sought": "missing", "believed_missing": "missing",
    "is_note_author": "found", "believed_alive": "found",
}  # fmt: skip
"""Which kind of report a status makes of a person; believed_dead and none make neither."""
STATUSES = {"missing": "information_sought", "found": "believed_alive"}
"""The status that a report of the kind is written with: it claims the least."""
_NEVER = datetime.min.replace(tzinfo=UTC)


def telling(notes: Iterable[NoteRecord]) -> NoteRecord | None:
    """The newest note whose status makes the person missing or found; of those of one time the last."""
    told = [note for note in notes if note.status.strip() in KINDS]
    return max(reversed(told), key=_time, default=None)


def last_seen(notes: Iterable[NoteRecord], kind: str) -> str:
    """Where the newest note that says a place saw the person, passing over notes of the other kind."""
    fitting = [note for note in notes if KINDS.get(note.status.strip(), kind) == kind]
    placed = [note for note in fitting if note.last_known_location.strip()]
    newest = max(reversed(placed), key=_time, default=None)
    return newest.last_known_location.strip() if newest else ""


def _time(note: NoteRecord) -> datetime:
    return moment(note.source_date) or moment(note.entry_date) or _NEVER
