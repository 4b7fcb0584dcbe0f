"""What is known of deliveries, and which are dropped or forgotten: beside the queue itself (reunite.outbox)."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.orm import Session

from reunite import outbox
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow

STATES = ("ready", "leased", "sent", "failed", "dropped")
TOO_OLD = timedelta(days=7)
"""What has waited so long is news no more: it is dropped."""
KEPT = timedelta(days=14)
"""How long it is known of an ended delivery that it was."""
_BATCH = 500


def forget(session: Session, onces: Sequence[str]) -> None:
    """Of these deliveries those that have ended are forgotten, so that they can be queued again."""
    for start in range(0, len(onces), _BATCH):
        ended = (
            DeliveryRow.once.in_(onces[start : start + _BATCH]),
            DeliveryRow.state.not_in(("ready", "leased")),
        )
        session.execute(delete(DeliveryRow).where(*ended).execution_options(synchronize_session=False))


def drop_to(session: Session, to_hash: str) -> None:
    """Nothing that waits goes to this address any more."""
    _drop(session, DeliveryRow.to_hash == to_hash, "silenced")


def drop(session: Session, ids: Sequence[int], problem: str) -> None:
    """These deliveries are sent no more, if they still wait."""
    _drop(session, DeliveryRow.id.in_(ids), problem)


def recent(session: Session, to_hash: str, what: str, within: timedelta) -> int:
    """How many deliveries whose `once` begins with `what` were queued to this address of late."""
    mine = DeliveryRow.to_hash == to_hash, DeliveryRow.at > now(session) - within
    query = select(func.count()).select_from(DeliveryRow)
    return session.scalars(query.where(*mine, DeliveryRow.once.startswith(what, autoescape=True))).one()


def forget_old(session: Session) -> None:
    """Drop what has waited too long, and forget what ended some days ago."""
    at = now(session)
    _drop(session, DeliveryRow.at <= at - TOO_OLD, "too_old")
    session.execute(delete(DeliveryRow).where(DeliveryRow.done_at <= at - KEPT))


def _drop(session: Session, which: ColumnElement[bool], problem: str) -> None:
    session.execute(
        update(DeliveryRow)
        .where(which, DeliveryRow.state == "ready")
        .values(state="dropped", problem=problem, **outbox.at_end(now(session)))
        .execution_options(synchronize_session=False)
    )


def counts(session: Session) -> dict[str, int]:
    """How many deliveries are in each state; ended ones are known for some days."""
    query = select(DeliveryRow.state, func.count()).group_by(DeliveryRow.state)
    found = {state: count for state, count in session.execute(query)}
    return {state: found.get(state, 0) for state in STATES}
