"""The tasks: somebody rang, so work until nothing is due."""

from dataclasses import dataclass, field

import structlog

from reunite.config import Settings
from reunite.service import Service, open_service
from workers.app import app
from workers.doorbell import DELIVER, DRAIN, DRAIN_BULK
from workers.drain import Drain
from workers.importer import Importer
from workers.post import Post

log = structlog.get_logger()
_LONGEST_S = 20.0
_LONGEST_DELIVERING_S = 5.0
"""Less: a process that was given all queues looks for reports in between."""


@dataclass
class _Opened:
    """What one worker process keeps between rings; `drain` once there was a report to rank."""

    service: Service
    post: Post
    drain: Drain | None = None


@dataclass
class _Process:
    opened: list[_Opened] = field(default_factory=list)


_process = _Process()


def open_process(settings: Settings, *, ranks: bool = True) -> None:
    """Open the service, in the process that will work; who `ranks` loads the indices before the first ring."""
    service = open_service(settings)
    if settings.shards > 1:
        service.connect_doorbell()  # the other shards' workers are to hear of a ranking that is begun here
    opened = _Opened(service, Post(service))
    _process.opened.append(opened)
    if ranks:
        _load(opened)
    else:
        log.info("worker_ready", reports=0)


def close_process() -> None:
    """Let go of the database."""
    while _process.opened:
        _process.opened.pop().service.close()


@app.task(name=DRAIN)
def drain_jobs() -> None:
    """Work for a while on what people wait for; ring again after work, because the time may not have been enough."""
    if _drain().run(seconds=_LONGEST_S, bulk=False):
        drain_jobs.apply_async(retry=False)


@app.task(name=DRAIN_BULK)
def drain_bulk() -> None:
    """The same on everything that is due; what people wait for comes first here too, between two jobs."""
    drain, part = _drain(), _LONGEST_S / 2
    importer = Importer(_here().service)
    worked = drain.run(seconds=part, bulk=False) + importer.run(part) if importer.waits() else 0
    importer.rest()  # another process may go on with what is left
    if worked or drain.run(seconds=_LONGEST_S):
        drain_bulk.apply_async(retry=False)


@app.task(name=DELIVER)
def deliver() -> None:
    """The same on what is told outside."""
    if _here().post.run(seconds=_LONGEST_DELIVERING_S):
        deliver.apply_async(retry=False)


def _here() -> _Opened:
    if not _process.opened:
        open_process(Settings())
    return _process.opened[-1]


def _drain() -> Drain:
    here = _here()
    return here.drain or _load(here)


def _load(opened: _Opened) -> Drain:
    opened.drain = Drain(opened.service)
    log.info("worker_ready", reports=opened.drain.warm_up())
    return opened.drain
