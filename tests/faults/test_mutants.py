"""That this suite would notice: the fence, the check of revisions and the one transaction, each with and without it."""

import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reunite import candidates, jobs
from reunite.config import Settings
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.faults import mischief
from tests.faults.conftest import Make, Record
from tests.faults.field import Field, rows
from tests.faults.outages import Outage
from workers.drain import Drain

PAIRS = 10


class _Anything:
    """Revisions of which every one seems to fit, and which are still known."""

    def __init__(self, real: Mapping[int, int]) -> None:
        self._real = real

    def __getitem__(self, key: int) -> int:
        return self._real[key]

    def __iter__(self) -> Iterator[int]:
        return iter(self._real)

    def get(self, _: int) -> int:
        return 1


def as_it_is(_: pytest.MonkeyPatch) -> None:
    """Nothing is broken."""


def without_fence(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finishes sets the job done, whether it is theirs or not."""
    monkeypatch.setattr(
        jobs, "_held", lambda *leases: (MatchJobRow.report_id.in_([lease.report_id for lease in leases]),)
    )


def without_revision_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Store pairs whatever the other report has said since."""
    revs, store = candidates._open_revs, candidates.store
    monkeypatch.setattr(candidates, "_open_revs", lambda *args: _Anything(revs(*args)))

    def anyhow(session: Any, said: Any, seen: Any, floor: float) -> list[int]:
        return store(session, said, _Anything(seen), floor)  # type: ignore[arg-type]

    monkeypatch.setattr(candidates, "store", anyhow)


@pytest.mark.parametrize(
    ("whose", "breaking"),
    [("own", as_it_is), ("own", without_fence), ("other", as_it_is), ("other", without_revision_check)],
)
def test_a_report_changes_and_is_matched_while_another_worker_ranks(
    whose: str, breaking: Callable[[pytest.MonkeyPatch], None], database: str, record: Record, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    field = Field(Settings(data_dir=tmp_path / "data", database_url=database), {})
    slow, quick = Drain(field.service), Drain(field.service)
    for row in rows(PAIRS, 13):
        field.file_here(row)
    slow.run()
    rank, changes, resting = slow._rank, [0], [False]

    def overtaken_while_ranking(report: ReportRow, *args: Any) -> Any:
        ranked = rank(report, *args)
        if whose == "own" and not resting[0]:
            resting[0] = True  # once: what follows is matched in peace
            field.amend(report.case_number)
            changes[0] += 1
        elif whose == "other":
            changes[0] += field.amend_one(partners=True)
        quick.run()
        return ranked

    monkeypatch.setattr(slow, "_rank", overtaken_while_ranking)
    breaking(monkeypatch)
    for number in list(field.filed):
        resting[0] = False
        field.amend(number)
        slow.run()
    monkeypatch.undo()
    if breaking is as_it_is:
        record(f"the {whose} report changed and was matched while a worker ranked", changes[0], field)
        assert field.wrong(tmp_path) == []
    else:
        assert field.wrong(tmp_path) != [], "not noticed"


JOB_OUTSIDE = """
import os, random, signal
from contextlib import contextmanager, suppress
from reunite import filing, jobs
from reunite.storage.session import Database
from reunite.storage.tables import MatchJobRow
all_rows, insert, write = filing._rows, filing.insert, Database.write
filing._rows = lambda *args: (row for row in all_rows(*args) if row[0] is not MatchJobRow)
def without_jobs(session, keys, new):
    made = insert(session, keys, new)
    session.info.setdefault("later", []).extend((report.id, 1) for report in made)
    return made
filing.insert = without_jobs
@contextmanager
def then_the_job(self):
    with write(self) as session:
        yield session
    for job in session.info.get("later", ()):
        if random.random() < 0.3:
            os.kill(os.getpid(), signal.SIGKILL)
        with suppress(Exception), write(self) as again:
            jobs.enqueue(again, *job)
Database.write = then_the_job
"""


def test_a_job_written_outside_the_filing_transaction_is_noticed(
    database: str, broker: Outage, make: Make, tmp_path: Path
) -> None:
    field, over = make(database, broker.url, {"api": JOB_OUTSIDE}), threading.Event()

    def nurse() -> None:
        while not over.wait(0.05):
            mischief.revive(field, "api")

    nursing = mischief.in_background(nurse)
    with field.filing(rows(PAIRS, 12), per_second=5):
        pass
    over.set()
    nursing.join()
    field.settle()
    assert field.wrong(tmp_path) != []
