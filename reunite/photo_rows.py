"""Which photos a report has, and how they leave: their files are named for removal in the same transaction."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite.problems import NotFound
from reunite.storage.clock import now
from reunite.storage.photo_tables import PhotoLeftoverRow, PhotoRow


def of_report(session: Session, report_id: int) -> Sequence[PhotoRow]:
    """The photos of a report in their order."""
    query = select(PhotoRow).where(PhotoRow.report_id == report_id).order_by(PhotoRow.position)
    return session.scalars(query).all()


def of_ref(session: Session, report_id: int, ref: str) -> PhotoRow:
    """The photo of a report that has this name; raises NotFound where it has none such."""
    for row in of_report(session, report_id):
        if row.ref == ref:
            return row
    raise NotFound


def leave(session: Session, rows: Sequence[PhotoRow]) -> None:
    """Forget these photos; their files go with the next `photos.sweep`."""
    at = now(session)
    for row in rows:
        session.add(PhotoLeftoverRow(file=row.file, due=at))
        session.delete(row)
    session.flush()
