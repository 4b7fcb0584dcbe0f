"""Celery, kombu and redis-py as they were tried together; other versions lose work without a word."""

import re
from importlib.metadata import version

from reunite.problems import StartupError

LEAST = {"celery": (5, 7), "kombu": (5, 7), "redis": (8, 0)}
"""redis-py 8 with kombu below 5.7 leaves workers deaf after a lost line: docs/decisions/database-is-the-queue.md"""


def refuse_deaf_workers(installed: dict[str, str] | None = None) -> None:
    """Raise StartupError where an installed version (of the three, by name) is older than those that were tried."""
    there = installed or {name: version(name) for name in LEAST}
    old = [f"{name} {there[name]}" for name, least in LEAST.items() if _numbers(there[name]) < least]
    if old:
        wanted = ", ".join(f"{name} {'.'.join(map(str, least))}" for name, least in LEAST.items())
        raise StartupError(
            f"{', '.join(old)}: too old to be trusted with work. At least {wanted} are needed; "
            "install constraints/run.txt again."
        )


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", text)[:2])
