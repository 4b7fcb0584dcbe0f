"""The end of an alert, for all that makes a report leave or its poster come down."""

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from reunite.storage.alert_tables import AlertRow
from reunite.storage.clock import now


def end(session: Session, report_id: int) -> bool:
    """Nobody is to look for this child any more; whether there was an alert. What waits is not sent, since that is
    asked of each; who was told already is told next."""
    ended = (
        update(AlertRow)
        .where(AlertRow.report_id == report_id, AlertRow.state == "active")
        .values(state="withdrawn", ended_at=now(session), cursor=0)
        .returning(AlertRow.id)
        .execution_options(synchronize_session="fetch")
    )
    return bool(session.execute(ended).all())


def forget(session: Session, report_id: int) -> None:
    """The report is erased."""
    session.execute(delete(AlertRow).where(AlertRow.report_id == report_id))
