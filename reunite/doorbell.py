"""The doorbell: tells workers that there may be work. It carries no data, and nothing depends on it being heard."""

import os
from importlib.metadata import entry_points
from typing import Protocol

import structlog

from reunite.config import Settings
from reunite.problems import StartupError

log = structlog.get_logger()


class Doorbell(Protocol):
    """What rings."""

    missed: int
    """How many rings could not be heard."""

    def ring(self, *, bulk: bool = False) -> None:
        """Ring after a commit, for what people wait for or for bulk work; never raises, never blocks for long."""

    def ring_outbox(self) -> None:
        """The same for who delivers what is told outside."""

    def answers(self) -> bool:
        """Whether what carries the rings is there."""


class SilentDoorbell:
    """For commands that run without a worker of their own: workers look by themselves every second."""

    missed = 0

    def ring(self, *, bulk: bool = False) -> None:
        """Do nothing."""

    def ring_outbox(self) -> None:
        """Do nothing."""

    def answers(self) -> bool:
        """There is nothing that could fail."""
        return True


class PipeDoorbell:
    """One byte down the pipe of the supervised child; a full pipe means that it has been rung already."""

    def __init__(self) -> None:
        self._pipe: int | None = None
        self.missed = 0

    def connect(self, pipe: int) -> None:
        """Ring this pipe from now on."""
        os.set_blocking(pipe, False)
        self._pipe = pipe

    def answers(self) -> bool:
        """The child looks by itself as well, and whether it lives its row tells (reunite.worker_status)."""
        return True

    def ring_outbox(self) -> None:
        """Ring: the child looks for everything when it is woken."""
        self.ring()

    def ring(self, *, bulk: bool = False) -> None:
        """Ring; count what could not be heard."""
        try:
            if self._pipe is not None:
                os.write(self._pipe, b"!")
        except BlockingIOError:
            pass
        except OSError:
            self.missed += 1


def broker_doorbell(settings: Settings) -> Doorbell:
    """The doorbell of the installed broker, found by name: the domain knows no Celery."""
    for entry in entry_points(group="reunite.doorbells", name="celery"):
        bell: Doorbell = entry.load()(settings)
        return bell
    raise StartupError(
        "REUNITE_REDIS_URL is set, but this installation has no Celery doorbell. Install it again."
    )
