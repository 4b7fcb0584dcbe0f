"""What the service waits for before it can do all of its work: short words for programs, sentences for the log."""

from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from reunite import jobs, worker_status
from reunite.problems import StartupError
from reunite.service import Service
from reunite.storage import schema

_PATIENCE_S = 60.0


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is not there: a word (`database`, `schema`, `redis`, `workers`), and what to look at."""

    what: str
    said: str


def missing(service: Service) -> list[Missing]:
    """What is not there; empty where all is. Takes two seconds for each that does not answer."""
    found = _database(service)
    if not service.doorbell.answers():
        found.append(
            Missing("redis", "REUNITE_REDIS_URL: Redis does not answer; jobs are found by the poller alone.")
        )
    return found


def _database(service: Service) -> list[Missing]:
    try:
        service.database.check()
        if not schema.is_current(service.database):
            said = "The tables are those of another version. Run reunite migrate with the version that shall run."
            return [Missing("schema", said)]
        with service.database.read() as session:
            waiting, alive = jobs.summary(session).oldest_s, worker_status.crew(session).alive
    except (SQLAlchemyError, StartupError) as error:
        return [
            Missing(
                "database", f"REUNITE_DATABASE_URL: the database does not answer ({type(error).__name__})."
            )
        ]
    if waiting > _PATIENCE_S and not alive:
        return [Missing("workers", "Reports wait to be matched, and no worker has been seen for a minute.")]
    return []
