"""The work on tables that were sent: a worker claims one, looks it through or imports it step by step, and may be
killed between two steps, for each leaves behind in its own transaction how far it came."""

import os
import secrets
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

import structlog
from sqlalchemy import or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from reunite import imports
from reunite.exchange import foreign, importing, mapped, planning, refused
from reunite.exchange.importing import Outcome, Refused
from reunite.exchange.row import Row
from reunite.jobs import MOST_ATTEMPTS, LostLeaseError
from reunite.problems import Invalid, Problem
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.import_tables import ImportJobRow

log = structlog.get_logger()
_WORK = ("checking", "importing")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A table that is being worked on, and under which lease."""

    id: int
    token: str
    state: str


def claim(session: Session, lease_seconds: float) -> Claimed | None:
    """Take the table that waits longest, or whose worker is gone. One that ended its worker too often is set aside."""
    at = now(session)
    free = or_(ImportJobRow.lease_until.is_(None), ImportJobRow.lease_until < at)
    query = select(ImportJobRow).where(ImportJobRow.state.in_(_WORK), free).order_by(ImportJobRow.id).limit(1)
    row = session.scalars(query.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return None
    if row.attempts >= MOST_ATTEMPTS:
        _settle(row, "failed")
        log.error("import_set_aside", job=row.id, attempts=row.attempts)
        return None
    row.attempts += 1
    row.lease_token, row.lease_until = secrets.token_hex(16), at + timedelta(seconds=lease_seconds)
    return Claimed(row.id, row.lease_token, row.state)


def waits(session: Session) -> bool:
    """Whether a table is being worked on, or waits for it."""
    return (
        session.scalars(select(ImportJobRow.id).where(ImportJobRow.state.in_(_WORK)).limit(1)).first()
        is not None
    )


def steps(service: Service, claimed: Claimed) -> Generator[None]:
    """Work on it, a step at a time; ends when it is done, was stopped, or cannot be done. Who stops asking hands it
    back, and another goes on."""
    try:
        with _table(service, claimed) as (row, table):
            rows = mapped.rows(table.lines, imports.mapping_of(service.keys, row), row.kind)
            work = _check if claimed.state == "checking" else _import
            yield from work(service, claimed, row, rows, table)
    except LostLeaseError:
        log.info("import_stopped", job=claimed.id)
    except Invalid as error:
        _fail(service, claimed, error.problems)
    except GeneratorExit:
        _hand_back(service, claimed)
        raise
    except DBAPIError:
        raise  # the database is away: the lease runs out, and the attempt counts
    except Exception as error:
        # The class alone: messages can hold what stands in the table. It is tried again when the lease has run out.
        log.error("import_failed", job=claimed.id, problem=type(error).__name__)


@contextmanager
def _table(service: Service, claimed: Claimed) -> Iterator[tuple[ImportJobRow, foreign.Table]]:
    """The table that was sent, in memory alone."""
    with os.fdopen(os.memfd_create("table"), "w+b") as file:
        with service.database.read() as session:
            row = session.get_one(ImportJobRow, claimed.id)
            for piece in imports.pieces(session, service.keys, row, "table"):
                file.write(piece)
            session.expunge(row)
        file.seek(0)
        with foreign.opened(Path(imports.name_of(service.keys, row)), file) as table:
            yield row, table


def _check(
    service: Service, claimed: Claimed, row: ImportJobRow, rows: Iterator[Row], table: foreign.Table
) -> Iterator[None]:
    plan, lines = planning.Plan(), list[Refused]()
    for position in planning.steps(
        service, rows, plan, source=row.source, lenient=True, on_refused=lines.append
    ):
        with service.database.write() as session:
            _reached(session, service, claimed, position, Outcome(plan.counts.copy(), lines), table)
        lines.clear()
        yield
    told = {
        "problems": [asdict(one) for one in plan.problems],
        "amendments": [asdict(one) for one in plan.amendments],
    }
    with service.database.write() as session:
        done = _mine(session, claimed)
        imports.tell(service.keys, done, told)
        _settle(done, "checked")


def _import(
    service: Service, claimed: Claimed, row: ImportJobRow, rows: Iterator[Row], table: foreign.Table
) -> Iterator[None]:
    def taken(session: Session, position: int, outcome: Outcome) -> None:
        _reached(session, service, claimed, position, outcome, table)

    begun = (row.position, Counter(row.counts))
    actor = f"staff:{row.staff_id}"
    for _ in importing.batches(
        service, rows, source=row.source, actor=actor, lenient=True, begun=begun, on_taken=taken
    ):
        yield
    with service.database.write() as session:
        _settle(_mine(session, claimed), "done")


def _reached(
    session: Session,
    service: Service,
    claimed: Claimed,
    position: int,
    outcome: Outcome,
    table: foreign.Table,
) -> None:
    """Keep how far it came and what was refused, under a lease that holds on."""
    row = _mine(session, claimed)
    row.position, row.counts, row.attempts = position, dict(+outcome.counts), 0
    row.lease_until = now(session) + timedelta(seconds=service.settings.lease_seconds)
    if outcome.refused:
        say = imports.reader_of(service.keys, row)
        lines = "".join(refused.line(table.headings, one, say) for one in outcome.refused)
        imports.add_pieces(
            session, service.keys, row, "refused", iter([lines.encode("utf-8", "backslashreplace")])
        )


def _mine(session: Session, claimed: Claimed) -> ImportJobRow:
    """The row, locked; raises LostLeaseError where it was stopped or another works on it."""
    query = select(ImportJobRow).where(
        ImportJobRow.id == claimed.id,
        ImportJobRow.lease_token == claimed.token,
        ImportJobRow.state == claimed.state,
    )
    row = session.scalars(query.with_for_update()).one_or_none()
    if row is None:
        raise LostLeaseError
    return row


def _settle(row: ImportJobRow, state: str) -> None:
    row.state, row.lease_token, row.lease_until = state, None, None


def _fail(service: Service, claimed: Claimed, problems: Sequence[Problem]) -> None:
    with service.database.write() as session:
        row = _mine(session, claimed)
        imports.tell(service.keys, row, {"problems": [asdict(one) for one in problems]})
        _settle(row, "failed")


def _hand_back(service: Service, claimed: Claimed) -> None:
    free = update(ImportJobRow).where(
        ImportJobRow.id == claimed.id, ImportJobRow.lease_token == claimed.token
    )
    with service.database.write() as session:
        session.execute(free.values(lease_token=None, lease_until=None, attempts=0))
