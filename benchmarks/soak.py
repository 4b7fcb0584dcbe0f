"""Half load for a long time: whether memory, connections or the queue grow, and whether a report is lost.

    python -m benchmarks.soak [--minutes 30] [--per-second 20]

PostgreSQL (durable), Redis, a server, a Celery worker and a poller run on this machine, and so do the clients. Each
report is withdrawn a minute after it was filed, so that what is compared stays as large as it was. Prints lines for
docs/reliability.md; ends with an error where something is not as it must be.
"""

import argparse
import http.client
import random
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from sqlalchemy import select, text

from benchmarks.load import deployment, memory, post
from reunite import audit, jobs, reports
from reunite.service import Service
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.faults.field import Field, rows

_EVERY_S, _LIVES_S, _CLIENTS = 5.0, 60.0, 4
_GROWTH = 1.05
"""How much more the last third may have than the middle one: allocators keep what they were given."""


@dataclass
class Seen:
    """What was measured every few seconds, and what was filed."""

    memory: dict[str, list[float]] = field(default_factory=dict)
    connections: list[int] = field(default_factory=list)
    oldest_s: list[float] = field(default_factory=list)
    filed: list[str] = field(default_factory=list)
    errors: int = 0


def soak(minutes: float, per_second: float) -> list[str]:
    """Run; gives what was wrong."""
    with tempfile.TemporaryDirectory() as scratch, deployment(Path(scratch), workers=True) as (running, _):
        seen, ends = Seen(), time.monotonic() + minutes * 60
        threads = [threading.Thread(target=_client, args=(running, seen, ends, per_second / _CLIENTS))
                   for _ in range(_CLIENTS)]  # fmt: skip
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(_EVERY_S)
            _look(running, seen)
        running.settle()
        lost = _lost(running.service, seen)
    return _told(seen, minutes) + lost


def _client(running: Field, seen: Seen, ends: float, per_second: float) -> None:
    """File at this pace, and withdraw what was filed a minute ago."""
    what, filed = rows(500, 20), deque[tuple[float, str, str]]()
    connection = http.client.HTTPConnection("127.0.0.1", running.settings.port, timeout=30)
    due = time.monotonic()
    while (now := time.monotonic()) < ends:
        try:
            answer = post(connection, random.choice(what))
        except (OSError, http.client.HTTPException):
            connection.close()  # the next request opens it again
            answer = None
        if answer is None:
            seen.errors += 1
        else:
            seen.filed.append(answer["case_number"])
            filed.append((now, answer["case_number"], answer["secret"]))
        while filed and now - filed[0][0] > _LIVES_S:
            _, number, secret = filed.popleft()
            with running.service.database.write() as session:
                reports.withdraw(session, running.service.keys, number, secret)
            running.service.doorbell.ring()
        due += 1 / per_second
        time.sleep(max(0.0, due - time.monotonic()))


def _look(running: Field, seen: Seen) -> None:
    for name, process in running.running.items():
        seen.memory.setdefault(name, []).append(_with_children(process.popen.pid))
    with running.service.database.read() as session:
        mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        seen.connections.append(session.scalars(text(mine)).one())
        seen.oldest_s.append(jobs.summary(session).oldest_s)


def _with_children(pid: int) -> float:
    """MiB of a process and those that it started."""
    lists = [one.read_text().split() for one in Path(f"/proc/{pid}/task").glob("*/children")]
    return memory(pid) + sum(_with_children(int(child)) for children in lists for child in children)


def _lost(service: Service, seen: Seen) -> list[str]:
    with service.database.read() as session:
        there = dict(session.execute(
            select(ReportRow.case_number, MatchJobRow.state).join(MatchJobRow, MatchJobRow.report_id == ReportRow.id)
        ).all())  # fmt: skip
        found = [
            str(one)
            for one in audit.verify(session, service.keys, service.settings.data_dir / "audit.anchor")
        ]
    found += [
        f"{number} was answered 'filed' and is not there" for number in seen.filed if number not in there
    ]
    return found + [f"the job of {number} is {state}" for number, state in there.items() if state != "done"]


def _told(seen: Seen, minutes: float) -> list[str]:
    """Print the figures; gives what grew."""
    grew = []
    print(f"| filed in {minutes:g} minutes | {len(seen.filed)} | {seen.errors} errors |")
    series: dict[str, list[float]] = {
        f"memory of {name}, MiB": values for name, values in seen.memory.items()
    }
    series |= {"connections": list(map(float, seen.connections)), "oldest job, s": seen.oldest_s}
    for name, values in series.items():
        third = max(1, len(values) // 3)
        middle, last = median(values[third : 2 * third] or values), median(values[-third:])
        print(
            f"| {name} | {middle:.1f} in the middle third | {last:.1f} in the last | at most {max(values):.1f} |"
        )
        if last > middle * _GROWTH + 1:
            grew.append(f"{name} grew from {middle:.1f} to {last:.1f}")
    return grew + ([f"{seen.errors} requests failed"] if seen.errors else [])


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--per-second", type=float, default=20.0)
    given = parser.parse_args()
    wrong = soak(given.minutes, given.per_second)
    for one in wrong:
        print(one, file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
