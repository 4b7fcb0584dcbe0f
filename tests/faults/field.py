"""A whole deployment under fire, and what must be true of it when the smoke has cleared."""

import contextlib
import os
import random
import secrets
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

import httpx2
from sqlalchemy import or_, select

from benchmarks import generator
from reunite import audit, jobs, reports, submission
from reunite.config import Settings
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from tests.processes import Process, celery_worker, environment, program, wait_until
from workers.drain import Drain

_SURE, _AT_ALL = 0.9, 0.01
_PATIENCE_S, _LONGEST_S = 180.0, 1200.0
Row = dict[str, str]


def rows(pairs: int, seed: int) -> list[Row]:
    """Reports of so many children, each reported missing and found, in random order."""
    made = generator.generate(pairs, pairs, pairs, seed, "demo")
    both = [{name: text for name, text in row.items() if text and name != "source_id"}
            for row in (*made.missing, *made.found)]  # fmt: skip
    random.Random(seed).shuffle(both)
    return both


class Field:
    """Server, Celery worker and poller (or, without Redis, the server with its child) on one database. `prelude` is
    Python that the process of that name runs first: what slows it down, or breaks it."""

    def __init__(self, settings: Settings, prelude: Mapping[str, str]) -> None:
        self.settings = settings
        self.service: Service = open_service(settings)
        self.service.connect_doorbell()
        self.filed: dict[str, Row] = {}
        """What each case that was answered 'filed' says, by its number."""
        self.running: dict[str, Process] = {}
        self.said: list[str] = []
        self._stacks: dict[str, ExitStack] = {}
        self.prelude = dict(prelude)

    @property
    def names(self) -> tuple[str, ...]:
        """The processes of this deployment."""
        return ("api", "worker", "poller") if self.settings.redis_url else ("api",)

    def start(self, name: str) -> None:
        """Run one of the processes; it need not be ready when this returns."""
        code = self.prelude.get(name, "")
        run = {
            "api": "from reunite.cli import app; app(['serve'])",
            "poller": "from reunite.cli import app; app(['worker'])",
            "worker": f"import sys; sys.argv = {list(celery_worker())[1:]!r}\nfrom celery.__main__ import main; main()",
        }[name]
        stack = self._stacks[name] = ExitStack()
        python = environment(self.settings)
        command = [sys.executable, "-c", f"{code}\n{run}"]
        self.running[name] = stack.enter_context(program(command, python))

    def ready(self, name: str) -> None:
        """Wait until it works."""
        process = self.running[name]
        if name == "api":
            wait_until(self._answers, process.output)
        else:
            process.wait_for("worker_ready")

    def kill(self, name: str) -> None:
        """End it and its children as a power cut would."""
        process, stack = self.running.pop(name), self._stacks.pop(name)
        kill_children(process.popen.pid)
        process.stop(9)
        self.said.append(process.output())
        stack.close()

    def stop(self) -> None:
        """End all of them in order."""
        for name in list(self.running):
            process, stack = self.running.pop(name), self._stacks.pop(name)
            process.stop()
            self.said.append(process.output())
            stack.close()
        self.service.close()

    def _answers(self) -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{self.settings.port}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    @contextmanager
    def filing(self, what: list[Row], per_second: float, clients: int = 3) -> Iterator[None]:
        """File these by the API while the block runs, and wait at its end until all are filed. A client that gets no
        answer asks again with its key, as docs/integrate.md says, until it is answered."""
        waiting, lock = list(what), threading.Lock()

        def client() -> None:
            pause = clients / per_second
            with httpx2.Client(timeout=10) as http:
                while True:
                    with lock:
                        if not waiting:
                            return
                        row = waiting.pop()
                    number = self._file(http, row)
                    with lock:
                        self.filed[number] = row
                    time.sleep(random.uniform(0, 2 * pause))

        threads = [threading.Thread(target=client) for _ in range(clients)]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.join(_LONGEST_S)
            assert not thread.is_alive(), "a report could not be filed"

    def _file(self, http: httpx2.Client, row: Row) -> str:
        key, ends = secrets.token_hex(8), time.monotonic() + _PATIENCE_S
        # Each from an address of its own: more than thirty an hour from one would be taken more slowly.
        sent = {
            "Idempotency-Key": key,
            "X-Forwarded-For": f"192.0.{random.randrange(256)}.{random.randrange(256)}",
        }
        while time.monotonic() < ends:
            try:
                answer = http.post(
                    f"http://127.0.0.1:{self.settings.port}/api/v1/reports", json=row, headers=sent
                )
            except httpx2.HTTPError:
                time.sleep(0.05)
                continue
            if answer.status_code == 201:
                return str(answer.json()["case_number"])
            assert answer.status_code >= 500, answer.text
            time.sleep(0.05)
        raise AssertionError("never answered")

    def file_here(self, row: Row) -> None:
        """File without a server."""
        with self.service.database.write() as session:
            receipt = reports.file(session, self.service.keys, submission.parse(row), actor="test")
        self.filed[receipt.case_number] = row

    def amend_one(self, *, partners: bool = False) -> int:
        """Have a report that somebody works on just now, or one that it is paired with (`partners`: only such a one),
        say something else; how many there were."""
        worked_on = select(MatchJobRow.report_id).where(MatchJobRow.state == "leased")
        with self.service.database.read() as session:
            mine = set(session.scalars(worked_on))
            pairs = select(CandidateRow.missing_id, CandidateRow.found_id).where(
                or_(CandidateRow.missing_id.in_(mine), CandidateRow.found_id.in_(mine))
            )
            theirs = {id for pair in session.execute(pairs) for id in pair} - mine
            ids = theirs if partners else mine | theirs
            numbers = session.scalars(select(ReportRow.case_number).where(ReportRow.id.in_(ids))).all()
        known = [number for number in numbers if number in self.filed]
        if known:
            self.amend(random.choice(known))
        return bool(known)

    def amend(self, number: str) -> None:
        """Have a report say something else."""
        said = self.filed[number] | {
            "memories": f"{self.filed[number].get('memories', '')} {secrets.token_hex(3)}"
        }
        with self.service.database.write() as session:
            report = session.scalars(select(ReportRow).where(ReportRow.case_number == number)).one()
            reports.amend(session, self.service.keys, report, submission.parse(said), actor="test")
        self.filed[number] = said
        self.service.doorbell.ring()

    def settle(self) -> None:
        """Wait until no job is due any more."""

        def still() -> bool:
            with self.service.database.read() as session:
                summary = jobs.summary(session)
            return summary.ready + summary.leased == 0

        ends = time.monotonic() + _PATIENCE_S
        while not still():
            assert time.monotonic() < ends, "jobs are left over"
            time.sleep(0.1)

    def ring_until_settled(self) -> None:
        """Settle where no poller lives: ring as a sweeper would."""
        over = threading.Event()

        def ring() -> None:
            while not over.wait(0.5):
                self.service.doorbell.ring()

        ringing = threading.Thread(target=ring)
        ringing.start()
        try:
            self.settle()
        finally:
            over.set()
            ringing.join()

    def quarantined(self) -> list[str]:
        """The case numbers of jobs that were set aside for people."""
        with self.service.database.read() as session:
            return [number for number, *_ in jobs.quarantined(session)]

    def wrong(self, folder: Path, *, set_aside: Sequence[str] = ()) -> list[str]:
        """What is not as it must be; empty where all is. Ends all processes first. The jobs of `set_aside` may be."""
        self.stop()
        service = open_service(self.settings)
        found = [*self._unfiled(service), *self._unmatched(service, set_aside), *self._stale(service)]
        found += self._unlike_a_quiet_run(service, folder)
        with service.database.write() as session:
            found += [f"{count} jobs were missing" for count in [jobs.reconcile(session)] if count]
        with service.database.read() as session:
            anchor = self.settings.data_dir / "audit.anchor"
            found += [str(problem) for problem in audit.verify(session, service.keys, anchor)]
        said = "".join(self.said)
        found += [word for word in ("reconciler_found_unmatched_reports", "Traceback") if word in said]
        service.close()
        return found

    def _unfiled(self, service: Service) -> list[str]:
        with service.database.read() as session:
            there = {row.case_number: row.person for row in session.scalars(select(ReportRow))}
        lost = [
            f"{number} was answered 'filed' and is not there" for number in self.filed if number not in there
        ]
        more = len(there) - len(self.filed)
        return lost + ([f"{more} reports are there twice"] if more > 0 else [])

    def _unmatched(self, service: Service, set_aside: Sequence[str]) -> list[str]:
        with service.database.read() as session:
            query = select(ReportRow.case_number, ReportRow.rev, MatchJobRow.rev, MatchJobRow.state)
            rows = session.execute(
                query.outerjoin(MatchJobRow, MatchJobRow.report_id == ReportRow.id).where(
                    ReportRow.state == "open"
                )
            ).all()
        undone = [f"{number} rev {rev}: job rev {job_rev} {state}"
                  for number, rev, job_rev, state in rows if (rev, "done") != (job_rev, state)]  # fmt: skip
        return [said for said in undone if said.partition(" ")[0] not in set_aside]

    def _stale(self, service: Service) -> list[str]:
        """Pairs of the present that were scored on what a report said before."""
        with service.database.read() as session:
            revs = dict(session.execute(select(ReportRow.id, ReportRow.rev)).all())
            pairs = session.scalars(select(CandidateRow).where(CandidateRow.current.is_(True))).all()
        return [
            f"{pair.missing_id}-{pair.found_id} stands on revisions {pair.missing_rev}, {pair.found_rev}"
            for pair in pairs
            if (pair.missing_rev, pair.found_rev) != (revs[pair.missing_id], revs[pair.found_id])
        ]

    def _unlike_a_quiet_run(self, service: Service, folder: Path) -> list[str]:
        """The same reports, filed and matched one after the other without any fault, must give the same pairs. How
        rare a name is depends on who was there first, so that only what is sure on one side must be there on both."""
        quiet = open_service(Settings(data_dir=folder / secrets.token_hex(4)))
        names = {}
        for number, row in self.filed.items():
            with quiet.database.write() as session:
                names[reports.file(session, quiet.keys, submission.parse(row), actor="test").report_id] = (
                    number
                )
        Drain(quiet).run()
        mine, theirs = _pairs(service), _pairs(quiet, names)
        quiet.close()
        return [
            f"{what}: {pair} ({probability:.3f})"
            for what, one, other in (("missing here", theirs, mine), ("only here", mine, theirs))
            for pair, probability in one.items()
            if probability > _SURE and other.get(pair, 0.0) < _AT_ALL
        ]


def _pairs(service: Service, names: Mapping[int, str] | None = None) -> dict[tuple[str, str], float]:
    with service.database.read() as session:
        known = names or dict(session.execute(select(ReportRow.id, ReportRow.case_number)).all())
        query = select(CandidateRow).where(CandidateRow.current.is_(True))
        return {
            (known[row.missing_id], known[row.found_id]): row.probability for row in session.scalars(query)
        }


def kill_children(pid: int) -> int:
    """SIGKILL all children of a process; how many."""
    killed = 0
    for thread in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in thread.read_text().split():
                killed += kill_children(int(child)) + _killed(int(child))
    return killed


def _killed(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1
