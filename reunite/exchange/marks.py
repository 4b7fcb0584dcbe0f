"""How far a file was taken, kept with the rows that were: an import that was stopped goes on there."""

import hashlib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from reunite.storage.clock import now
from reunite.storage.import_tables import ImportMarkRow


@dataclass(frozen=True, slots=True)
class Mark:
    """One file of one source, known by what it says, whatever its name is."""

    source: str
    digest: str

    @classmethod
    def of(cls, path: Path, source: str) -> "Mark":
        """The mark of this file. Raises OSError."""
        with path.open("rb") as file:
            return cls(source, hashlib.file_digest(file, "sha256").hexdigest())

    def reached(self, session: Session) -> tuple[int, Counter[str]]:
        """The byte up to which the file was taken before, and what became of the rows; 0 and nothing for a new one."""
        row = session.get(ImportMarkRow, self.source)
        if row is None or row.digest != self.digest:
            return 0, Counter()
        return row.position, Counter(row.counts)

    def set(self, session: Session, position: int, counts: Counter[str]) -> None:
        """The file is taken up to here, in the transaction that takes it; a mark of another file of the source goes."""
        row = ImportMarkRow(
            source=self.source, digest=self.digest, position=position, counts=dict(counts), at=now(session)
        )
        session.merge(row)

    def clear(self, session: Session) -> None:
        """The file is taken whole."""
        session.execute(delete(ImportMarkRow).where(ImportMarkRow.source == self.source))
