"""Take the rows of a file as reports: each row wholly or not at all, the same source id amends."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import dropwhile, islice

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from reunite import erasure, floods, reports, submission
from reunite.exchange.marks import Mark
from reunite.exchange.row import Row
from reunite.floods import Sender
from reunite.problems import Invalid, Problem
from reunite.reports import Receipt
from reunite.service import Service
from reunite.submission import Submission, tidy

_TRIES = 5
_LONGEST_SOURCE = 200
_NOBODY = Sender("", flood=False)
"""Rows of a file come from no address; copies are told by what they say and by telephone numbers."""
Gone = dict[str, datetime | None]
"""Source ids of records whose content their source took back, each with its end."""
_BATCH = 500  # rows a transaction: each costs one durable write, and others wait for it


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not taken, and why: every problem of it, with its line."""

    row: Row
    problems: tuple[Problem, ...]


@dataclass
class Outcome:
    """What became of the rows: counts (filed, amended, unchanged, withdrawn, refused), and those that were refused."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)

    @property
    def problems(self) -> list[Problem]:
        """What is wrong, in the order of the rows."""
        return [problem for one in self.refused for problem in one.problems]


Taken = Callable[[Session, int, Outcome], None]


def take_rows(
    service: Service,
    rows: Iterable[Row],
    *,
    source: str,
    actor: str,
    lenient: bool = False,
    on_progress: Callable[[int], None] = lambda _: None,
    on_receipt: Callable[[str, Receipt], None] = lambda _, __: None,
    on_refused: Callable[[Refused], None] = lambda _: None,
    mark: Mark | None = None,
) -> Outcome:
    """File or amend every row that can be taken; `on_progress` gets the file position reached, `on_receipt` the
    source id and receipt of each new report, before its commit: a receipt must not be lost, one too many harms
    nobody; `on_refused` each row that was not taken, as soon as it is read. With a `mark` rows that were taken before
    are passed over, and the counts are of all; `lenient` takes dates as people write them.
    """
    outcome, reached = Outcome(), 0
    if mark is not None:
        with service.database.read() as session:
            reached, outcome.counts = mark.reached(session)
    steps = batches(
        service, rows, source=source, actor=actor, lenient=lenient, on_receipt=on_receipt,
        begun=(reached, outcome.counts), on_taken=partial(_kept, mark),
    )  # fmt: skip
    for position, part in steps:
        outcome.counts = part.counts
        outcome.refused += part.refused
        for one in part.refused:
            on_refused(one)
        on_progress(position)
    if mark is not None:
        with service.database.write() as session:
            mark.clear(session)
    return outcome


def batches(
    service: Service, rows: Iterable[Row], *, source: str, actor: str, lenient: bool = False,
    on_receipt: Callable[[str, Receipt], None] = lambda _, __: None,
    begun: tuple[int, Counter[str]] = (0, Counter()), on_taken: Taken,
) -> Iterator[tuple[int, Outcome]]:  # fmt: skip
    """The same in steps, each a transaction: the position reached, the counts of all until then, and the rows of this
    step that were refused. `begun`: position and counts reached before; `on_taken` does what belongs into the step's
    transaction. Who stops asking stops the import."""
    check_source(source)
    reached, counts = begun
    iterator = dropwhile(lambda row: row.position <= begun[0], rows)
    while batch := list(islice(iterator, _BATCH)):
        reached, part = batch[-1].position, Outcome(counts.copy())
        parsed = list(_parsed(batch, source, lenient, part))
        gone = {row.fields["source_id"]: row.expires_at for row in batch if row.gone and not row.problems}
        part = _take_batch(
            service, source, parsed, gone, part, actor, on_receipt, partial(_at, on_taken, reached)
        )
        service.doorbell.ring(bulk=True)
        counts = part.counts
        yield reached, part


def _at(on_taken: Taken, position: int, session: Session, outcome: Outcome) -> None:
    on_taken(session, position, outcome)


def _kept(mark: Mark | None, session: Session, position: int, outcome: Outcome) -> None:
    if mark is not None:
        mark.set(session, position, outcome.counts)


def check_source(source: str) -> None:
    """Raise Invalid for what cannot be the name of a source."""
    if len(source) > _LONGEST_SOURCE:
        text = "The name of a source has at most {limit} characters."
        raise Invalid([Problem("source", source[:40], text, {"limit": str(_LONGEST_SOURCE)})])
    if tidy(source) != source or not source.strip():
        raise Invalid([Problem("source", "", "The name of a source is text of letters that can be seen.")])


def _take_batch(
    service: Service, source: str, parsed: list[tuple[Row, Submission]], gone: Gone, outcome: Outcome, actor: str,
    on_receipt: Callable[[str, Receipt], None], on_taken: Callable[[Session, Outcome], None],
) -> Outcome:  # fmt: skip
    """One transaction; tried again where another one was in the way (a deadlock, the same rows at the same time)."""
    for tries_left in reversed(range(_TRIES)):
        mine = Outcome(outcome.counts.copy(), [*outcome.refused])
        try:
            with service.database.write() as session:
                known = reports.of_source(
                    session, source, [row.source_id or "" for _, row in parsed] + [*gone]
                )
                # New ones together; a row that amends one of them, or one of before, after it is there.
                first = {row.source_id: row for _, row in reversed(parsed) if row.source_id not in known}
                fresh = [*first.values()][::-1]
                filed = reports.file_all(session, service.keys, fresh, actor=actor)
                for row, receipt in zip(fresh, filed, strict=True):
                    on_receipt(row.source_id or "", receipt)
                mine.counts["filed"] += len(filed)
                noted = [(given.report_id, row, _NOBODY) for row, given in zip(fresh, filed, strict=True)]
                floods.note_each(session, service.keys, noted)
                others = [(read, row) for read, row in parsed if first.get(row.source_id) is not row]
                if again := [row for _, row in others if row.source_id in first]:
                    known |= reports.known(session, again)
                for read, row in others:
                    try:
                        what, _ = reports.take(session, service.keys, row, known, actor=actor)
                    except Invalid as error:
                        _refuse(mine, read, error.problems)
                        continue
                    mine.counts[what] += 1
                mine.counts += _forget(session, service, source, gone, actor)
                on_taken(session, mine)
        except (OperationalError, IntegrityError):
            if not tries_left:
                raise
        else:
            if gone:
                service.database.scrub()
            return mine
    raise AssertionError("unreachable")


def _forget(session: Session, service: Service, source: str, gone: Gone, actor: str) -> Counter[str]:
    """Erase the reports whose source took their content back; counts how many there were, and how many no more."""
    counts: Counter[str] = Counter()
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    there = reports.of_source(session, source, [*gone]) if gone else {}
    for source_id, ends in gone.items():
        report = there.get(source_id)
        if report is None or report.erased_at is not None:
            counts["unchanged"] += 1
            continue
        report.expires_at = ends
        erasure.erase(session, service.keys, ledger, report, actor=actor)
        counts["withdrawn"] += 1
    return counts


def _parsed(
    batch: list[Row], source: str, lenient: bool, outcome: Outcome
) -> Iterator[tuple[Row, Submission]]:
    for row in batch:
        try:
            if row.problems:
                raise Invalid(row.problems)
            if not row.gone:
                told = submission.parse(row.fields, source, lenient=lenient)
                yield row, replace(told, original=row.original, expires_at=row.expires_at)
        except Invalid as error:
            _refuse(outcome, row, error.problems)


def _refuse(outcome: Outcome, row: Row, problems: Iterable[Problem]) -> None:
    outcome.counts["refused"] += 1
    told = tuple(replace(problem, line=row.line) for problem in problems)
    outcome.refused.append(Refused(row, told))
