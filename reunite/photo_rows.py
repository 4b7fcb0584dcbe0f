"""Which photos a report has, and how they leave: their files are named for removal in the same transaction."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite.storage.clock import now
from reunite.storage.photo_tables import PhotoLeftoverRow, PhotoRow


def of_report(session: Session, report_id: int) -> Sequence[PhotoRow]:
    """The photos of a report in their order."""
    query = select(PhotoRow).where(PhotoRow.report_id == report_id).order_by(PhotoRow.position)
    return session.scalars(query).all()


def leave(session: Session, rows: Sequence[PhotoRow]) -> None:
    """Forget these photos; their files go with the next `photos.sweep`."""
    at = now(session)
    for row in rows:
        session.add(PhotoLeftoverRow(file=row.file, due=at))
        session.delete(row)
    session.flush()
