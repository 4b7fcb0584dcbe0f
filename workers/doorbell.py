"""Celery's doorbell: publishes a message without data, from a thread of its own, and never waits for Redis."""

import queue
import threading

import structlog
from kombu.exceptions import OperationalError

from reunite.config import Settings

DRAIN = "reunite.drain"
log = structlog.get_logger()


class CeleryDoorbell:
    """Rings Celery's workers. Rings that come while one is being sent are one ring: it says 'look', not what."""

    def __init__(self, settings: Settings) -> None:
        from workers.app import app

        self._app = app
        self._app.conf.broker_url = settings.redis_url
        self._rings: queue.Queue[None] = queue.Queue(maxsize=1)
        self.missed = 0
        threading.Thread(target=self._send, name="doorbell", daemon=True).start()

    def ring(self) -> None:
        """Ring; what cannot be sent is counted, and the poller finds the job within a second."""
        try:
            self._rings.put_nowait(None)
        except queue.Full:
            return

    def _send(self) -> None:
        while True:
            self._rings.get()
            try:
                self._app.send_task(DRAIN, retry=False, ignore_result=True)
            except (OperationalError, OSError) as error:
                self.missed += 1
                log.warning("doorbell_missed", problem=type(error).__name__, missed=self.missed)
