"""The two tasks: somebody rang, so work until nothing is due."""

from dataclasses import dataclass, field

import structlog

from reunite.config import Settings
from reunite.service import Service, open_service
from workers.app import app
from workers.doorbell import DRAIN, DRAIN_BULK
from workers.drain import Drain
from workers.importer import Importer

log = structlog.get_logger()
_LONGEST_S = 20.0


@dataclass
class _Process:
    """What one worker process keeps between rings."""

    opened: list[tuple[Service, Drain]] = field(default_factory=list)


_process = _Process()


def open_drain(settings: Settings) -> None:
    """Open the service and load the indices, in the process that will work."""
    service = open_service(settings)
    if settings.shards > 1:
        service.connect_doorbell()  # the other shards' workers are to hear of a ranking that is begun here
    drain = Drain(service)
    log.info("worker_ready", reports=drain.warm_up())
    _process.opened.append((service, drain))


def close_drain() -> None:
    """Let go of the database."""
    while _process.opened:
        service, _ = _process.opened.pop()
        service.close()


@app.task(name=DRAIN)
def drain_jobs() -> None:
    """Work for a while on what people wait for; ring again after work, because the time may not have been enough."""
    if _drain().run(seconds=_LONGEST_S, bulk=False):
        drain_jobs.apply_async(retry=False)


@app.task(name=DRAIN_BULK)
def drain_bulk() -> None:
    """The same on everything that is due; what people wait for comes first here too, between two jobs."""
    drain, part = _drain(), _LONGEST_S / 2
    worked = drain.run(seconds=part, bulk=False) + _tables(part)
    if worked or drain.run(seconds=_LONGEST_S):
        drain_bulk.apply_async(retry=False)


def _tables(seconds: float) -> int:
    """Work on tables that were sent, and let another process go on with what is left."""
    importer = Importer(_opened()[0])
    try:
        return importer.run(seconds)
    finally:
        importer.rest()


def _opened() -> tuple[Service, Drain]:
    if not _process.opened:
        open_drain(Settings())
    return _process.opened[-1]


def _drain() -> Drain:
    return _opened()[1]
