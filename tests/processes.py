"""The service and its workers as processes of their own, as a technician would start them."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from reunite.config import Settings

_PATIENCE_S = 60.0
T = TypeVar("T")


@dataclass
class Process:
    """A running command, with all it has written so far."""

    popen: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        """What it has written to standard output and error."""
        return self.log.read_text(errors="replace")

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until the output has the pattern; fail with the output if it ends or takes too long."""
        return wait_until(lambda: self._look(pattern), lambda: f"no {pattern!r} in:\n{self.output()}")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Ask it to end (or kill it); gives its exit code."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        return self.popen.wait(timeout=_PATIENCE_S)

    def _look(self, pattern: str) -> re.Match[str] | None:
        found = re.search(pattern, self.output())
        if found is None and self.popen.poll() is not None:
            raise AssertionError(f"ended with {self.popen.returncode}:\n{self.output()}")
        return found


def wait_until(
    look: Callable[[], T | None], failure: Callable[[], str] = lambda: "waited in vain", pause: float = 0.02,
    patience: float = _PATIENCE_S,
) -> T:  # fmt: skip
    """Look again every `pause` seconds until there is something; fail after `patience` seconds."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(failure())


def environment(settings: Settings) -> dict[str, str]:
    """These settings as variables of a process."""
    given = {
        f"REUNITE_{name.upper()}": str(value)
        for name, value in settings.model_dump().items()
        if value is not None
    }
    return {**os.environ, **given, "PYTHONUNBUFFERED": "1"}


@contextmanager
def command(settings: Settings, *arguments: str) -> Iterator[Process]:
    """Run `python ARGUMENTS` with these settings until the block ends."""
    with program([sys.executable, *arguments], environment(settings)) as process:
        yield process


@contextmanager
def program(command: list[str], variables: dict[str, str]) -> Iterator[Process]:
    """Run a command, with these variables besides those of the tests, until the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "output"
        with log.open("wb") as file:
            popen = subprocess.Popen(
                command, env={**os.environ, **variables, "PYTHONUNBUFFERED": "1"}, stdin=subprocess.DEVNULL,
                stdout=file, stderr=subprocess.STDOUT,
            )  # fmt: skip
        process = Process(popen, log)
        try:
            yield process
        finally:
            if popen.poll() is None:
                process.stop()


def celery_worker() -> tuple[str, ...]:
    """The arguments that start a Celery worker with two processes, as docs/operate.md says."""
    return ("-m", "celery", "--app", "workers.app", "worker", "--concurrency", "2", "--loglevel", "INFO",
            "--without-gossip", "--without-mingle", "--without-heartbeat")  # fmt: skip
