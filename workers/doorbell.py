"""Celery's doorbell: publishes a message without data, from a thread of its own, and never waits for Redis."""

import queue
import threading

import structlog
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError
from redis import Redis, RedisError

from reunite.config import Settings

DRAIN, DRAIN_BULK, DELIVER = "reunite.drain", "reunite.drain_bulk", "reunite.deliver"
MATCHING, BULK, NOTIFICATIONS = "reunite.matching", "reunite.bulk", "reunite.notifications"
"""The queues: what people wait for, what can wait for that, and what is told outside. A worker given only the first
never works on imports while somebody waits; one given only the last needs no index."""


def queue_of(task: str, shard: int) -> Queue:
    """The queue in which the workers of a shard hear of this task."""
    if task == DELIVER:
        name = NOTIFICATIONS  # no matter of shards
    else:
        name = (BULK if task == DRAIN_BULK else MATCHING) + (f".{shard}" if shard else "")
    return Queue(name, Exchange(name), routing_key=name)


_PING_S = 2.0
log = structlog.get_logger()


class CeleryDoorbell:
    """Rings Celery's workers. Rings that come while one is being sent are one ring: it says 'look', not what."""

    def __init__(self, settings: Settings) -> None:
        from workers.app import app

        self._app, self._url, self._shards = app, settings.redis_url, settings.shards
        self._app.conf.broker_url = settings.redis_url
        self._rings: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._waiting: set[str] = set()
        self.missed = 0
        threading.Thread(target=self._send, name="doorbell", daemon=True).start()

    def ring(self, *, bulk: bool = False) -> None:
        """Ring; what cannot be sent is counted, and the poller finds the job within a second."""
        self._ring(DRAIN_BULK if bulk else DRAIN)

    def ring_outbox(self) -> None:
        """The same for who delivers what is told outside."""
        self._ring(DELIVER)

    def _ring(self, task: str) -> None:
        if task not in self._waiting:
            self._waiting.add(task)
            self._rings.put(task)

    def answers(self) -> bool:
        """Whether Redis answers within two seconds."""
        try:
            with Redis.from_url(self._url, socket_timeout=_PING_S, socket_connect_timeout=_PING_S) as client:
                return bool(client.ping())
        except (RedisError, OSError, ValueError):
            return False

    def _send(self) -> None:
        while True:
            task = self._rings.get()
            self._waiting.discard(task)
            try:
                for shard in range(1 if task == DELIVER else self._shards):
                    self._app.send_task(task, queue=queue_of(task, shard), retry=False, ignore_result=True)
            except (KombuError, RedisError, OSError) as error:
                self.missed += 1
                log.warning("doorbell_missed", problem=type(error).__name__, missed=self.missed)
