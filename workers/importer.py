"""Tables that were sent, worked on between matching jobs: what people wait for comes before each step."""

import time
from collections.abc import Generator

from reunite import import_work
from reunite.service import Service


class Importer:
    """Works on one table at a time, a step of some hundred rows each turn."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._steps: Generator[None] | None = None

    def waits(self) -> bool:
        """Whether a table is there to be worked on, by whomever: who waits must not write every second."""
        with self._service.database.read() as session:
            return import_work.waits(session)

    def run(self, seconds: float) -> int:
        """Work until nothing is left or the time is over; how many steps were done."""
        ends, done = time.monotonic() + seconds, 0
        while time.monotonic() < ends and self._step():
            done += 1
        return done

    def rest(self) -> None:
        """Give the table in hand back, so that another worker may go on with it."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _step(self) -> bool:
        """One step; False where there is no table."""
        if self._steps is None:
            with self._service.database.write() as session:
                claimed = import_work.claim(session, self._service.settings.lease_seconds)
            if claimed is None:
                return False
            self._steps = import_work.steps(self._service, claimed)
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
        except BaseException:
            self._steps = None
            raise
        return True
