"""How much the service carries: filing by many clients, import, rematch by one worker and by two, and how long a
report waits for its candidates while others are filed.

    python -m benchmarks.load [--reports 100000] [--seconds 30] [filing] [embedded] [scaled]

PostgreSQL (durable), Redis, servers and workers run on this machine, and so do the clients. Prints lines for
docs/benchmarks.md.
"""

import argparse
import http.client
import json
import multiprocessing
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count, cycle, product
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url

from benchmarks import generator
from reunite.config import Settings
from reunite.console import import_file
from reunite.service import Service
from reunite.storage.tables import MatchJobRow
from tests.faults import outages
from tests.faults.field import Field, Row, rows
from tests.processes import Process, wait_until
from tests.servers import free_port

_CLIENTS = 16
_A_SECOND = 20
_MOST_A_SECOND = 300
"""More reports than are filed a second: what was filed before would be a copy."""
_SEEDS = count(20)


def client(
    port: int, what: Sequence[Row], seconds: float, results: "multiprocessing.Queue[list[float]]"
) -> None:
    """File one report after the other over one connection; gives the milliseconds of each, an error as infinity."""
    took, ends = [], time.monotonic() + seconds
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for report in cycle(what):
        if time.monotonic() >= ends:
            break
        began = time.perf_counter()
        filed = post(connection, report)
        took.append((time.perf_counter() - began) * 1000 if filed is not None else float("inf"))
    results.put(took)


def post(connection: http.client.HTTPConnection, report: Row) -> dict[str, str] | None:
    """File a report from an address of its own; gives the receipt, None where it was not taken."""
    address = f"192.{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}"
    headers = {"Content-Type": "application/json", "X-Forwarded-For": address}
    connection.request("POST", "/api/v1/reports", json.dumps(report).encode(), headers)
    answer = connection.getresponse()
    said: dict[str, str] = json.loads(answer.read())
    return said if answer.status == 201 else None


def clients(ports: Sequence[int], seconds: float) -> str:
    """Sixteen clients at once, spread over the servers; the figures as cells of a table. All file other reports."""
    what = rows(round(seconds * _MOST_A_SECOND / 2), next(_SEEDS))
    results: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    all_ = [
        multiprocessing.Process(target=client, args=(port, what[at::_CLIENTS], seconds, results))
        for port, at in zip(cycle(ports), range(_CLIENTS), strict=False)
    ]
    began = time.perf_counter()
    for one in all_:
        one.start()
    took = np.array([ms for _ in all_ for ms in results.get()])
    for one in all_:
        one.join()
    errors = int(np.isinf(took).sum())
    p50, p95 = np.percentile(took[~np.isinf(took)], (50, 95))
    return (
        f"{len(took) / (time.perf_counter() - began):.0f}/s | {p50:.0f} ms | {p95:.0f} ms | {errors} errors"
    )


@contextmanager
def deployment(folder: Path, workers: bool) -> Iterator[tuple[Field, str]]:
    """PostgreSQL, Redis and a server on them, with worker and poller where asked."""
    with outages.postgres() as postgres, outages.redis_kept() as redis:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE load TEMPLATE template0 ENCODING 'UTF8'")
        url = make_url(postgres.url).set(database="load").render_as_string(hide_password=False)
        field = Field(
            Settings(data_dir=folder / "data", database_url=url, redis_url=redis.url, port=free_port(),
                     trusted_proxies="127.0.0.1"), {},
        )  # fmt: skip
        for name in field.names if workers else ("api",):
            field.start(name)
            field.ready(name)
        try:
            yield field, url
        finally:
            field.stop()


def filing(seconds: float) -> None:
    """Sixteen clients, with one server and with two, with workers that match meanwhile and without."""
    for workers, servers in product((False, True), (1, 2)):
        with tempfile.TemporaryDirectory() as folder, deployment(Path(folder), workers) as (field, _):
            beside = "a worker and a poller beside" if workers else "no worker beside"
            with more_servers(field, servers - 1) as ports:
                clients(ports, seconds / 5)
                took = clients(ports, seconds)
            print(f"| filing by the API, {_CLIENTS} clients, servers: {servers}, {beside} | {took} |")


@contextmanager
def more_servers(field: Field, more: int) -> Iterator[list[int]]:
    """So many further servers on the same database, as behind one proxy; gives the ports of all."""
    others = []
    for _ in range(more):
        other = Field(field.settings.model_copy(update={"port": free_port()}), {})
        other.start("api")
        other.ready("api")
        others.append(other)
    try:
        yield [one.settings.port for one in (field, *others)]
    finally:
        for other in others:
            other.stop()


def embedded(seconds: float) -> None:
    """The same on a SQLite file, with its worker."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", port=free_port(), trusted_proxies="127.0.0.1")
        field = Field(settings, {})
        field.start("api")
        field.ready("api")
        print(f"| filing, embedded SQLite, {_CLIENTS} clients | {clients([settings.port], seconds)} |")
        field.stop()


def scaled(reports: int, seconds: float) -> None:
    """Import, rematch and the time from filing to candidates."""
    with tempfile.TemporaryDirectory() as scratch, deployment(Path(scratch), workers=False) as (field, _):
        folder, service = Path(scratch), field.service
        generator.write(generator.generate(reports, reports, reports // 5, 1, "judge"), folder)
        began = time.perf_counter()
        for name in ("missing.csv", "found.csv"):
            import_file(service, folder / name, source="load")
        took = (time.perf_counter() - began) / 2
        print(
            f"| import of {reports} reports into PostgreSQL (mean of two) | {took:.0f} s | {reports / took:.0f}/s |"
        )
        with service.database.engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("ANALYZE"))
        rates = [rate(field, service, processes, seconds) for processes in (1, 2)]
        print(f"| rematch, {reports} of each side, one worker process, two | {rates[0]:.0f}/s, {rates[1]:.0f}/s | "
              f"{rates[1] / rates[0]:.2f} times; all in {2 * reports / rates[1] / 60:.1f} min |")  # fmt: skip
        settle(service)
        print(f"| filed to candidates stored at {reports} of each side, {_A_SECOND} filed a second | "
              f"{waits(field, service, seconds)} |")  # fmt: skip


def rate(field: Field, service: Service, processes: int, seconds: float) -> float:
    """Jobs a second of so many worker processes, once they have their indices; prints their memory."""
    names = ["poller"] * processes
    running = []
    for _ in names:
        field.start("poller")
        running.append((field.running.pop("poller"), field._stacks.pop("poller")))
    for process, _ in running:
        wait_until(partial(_works, process), process.output, patience=900)
    first, began = done(service), time.perf_counter()
    time.sleep(seconds)
    found = (done(service) - first) / (time.perf_counter() - began)
    resident = [memory(process.popen.pid) for process, _ in running]
    print(f"| memory of a worker process (resident, shared pages in each) | {max(resident):.0f} MiB |")
    for process, stack in running:
        process.stop()
        stack.close()
    return found


def _works(process: Process) -> bool:
    return "job_done" in process.output()


def waits(field: Field, service: Service, seconds: float) -> str:
    """Milliseconds from filed to stored, by the database's clock, with worker and poller running."""
    for name in ("worker", "poller"):
        field.start(name)
        field.ready(name)
    before = service.database.read
    with before() as session:
        last = session.scalars(select(func.max(MatchJobRow.report_id))).one()
    what = rows(int(seconds * _A_SECOND / 2), 21)
    with field.filing(what, per_second=_A_SECOND, clients=8):
        pass
    field.settle()
    query = (
        "SELECT extract(epoch FROM j.done_at - r.filed_at) * 1000 FROM match_job j"
        " JOIN report r ON r.id = j.report_id WHERE r.id > :last"
    )
    with service.database.read() as session:
        took = [float(ms) for ms in session.scalars(text(query), {"last": last})]
    p50, p95 = np.percentile(took, (50, 95))
    return f"p50 {p50:.0f} ms | p95 {p95:.0f} ms | {len(took)} reports"


def settle(service: Service) -> None:
    """Call all jobs done, so that only what is filed now waits."""
    with service.database.write() as session:
        session.execute(
            text(
                "UPDATE match_job SET state = 'done', done_at = now(), lease_token = NULL, lease_until = NULL"
            )
        )


def done(service: Service) -> int:
    """How many jobs are done."""
    with service.database.read() as session:
        return session.scalars(select(func.count()).where(MatchJobRow.state == "done")).one()


def memory(pid: int) -> float:
    """MiB that a process has in memory, shared pages too."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", nargs="*", default=["filing", "embedded", "scaled"])
    parser.add_argument("--reports", type=int, default=100_000, help="reports of each side")
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each is measured")
    given = parser.parse_args()
    parts: dict[str, Callable[[], None]] = {
        "filing": lambda: filing(given.seconds),
        "embedded": lambda: embedded(given.seconds),
        "scaled": lambda: scaled(given.reports, given.seconds),
    }
    for name in given.what:
        parts[name]()


if __name__ == "__main__":
    main()
