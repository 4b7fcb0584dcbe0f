"""Take the rows of a file as reports: each row wholly or not at all, the same source id amends."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import dropwhile, islice

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from reunite import erasure, reports, submission
from reunite.exchange.marks import Mark
from reunite.exchange.row import Row
from reunite.problems import Invalid, Problem
from reunite.reports import Receipt
from reunite.service import Service
from reunite.submission import Submission, tidy

_TRIES = 5
_LONGEST_SOURCE = 200
Gone = dict[str, datetime | None]
"""Source ids of records whose content their source took back, each with its end."""
_BATCH = 500  # rows a transaction: each costs one durable write, and others wait for it


@dataclass
class Outcome:
    """What became of the rows: counts (filed, amended, unchanged, withdrawn, refused), and where each problem is."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def take_rows(
    service: Service,
    rows: Iterable[Row],
    *,
    source: str,
    actor: str,
    on_progress: Callable[[int], None] = lambda _: None,
    on_receipt: Callable[[str, Receipt], None] = lambda _, __: None,
    on_problems: Callable[[list[Problem]], None] = lambda _: None,
    mark: Mark | None = None,
) -> Outcome:
    """File or amend every row that can be taken; `on_progress` gets the file position reached, `on_receipt` the
    source id and receipt of each new report, before its commit: a receipt must not be lost, one too many harms nobody;
    `on_problems` what is wrong, as soon as it is read. With a `mark` rows that were taken before are passed over, and
    the counts are of all.
    """
    if len(source) > _LONGEST_SOURCE:
        text = "The name of a source has at most {limit} characters."
        raise Invalid([Problem("source", source[:40], text, {"limit": str(_LONGEST_SOURCE)})])
    if tidy(source) != source or not source.strip():
        raise Invalid([Problem("source", "", "The name of a source is text of letters that can be seen.")])
    outcome, reached = Outcome(), 0
    if mark is not None:
        with service.database.read() as session:
            reached, outcome.counts = mark.reached(session)
    iterator = dropwhile(lambda row: row.position <= reached, rows)
    while batch := list(islice(iterator, _BATCH)):
        told, reached = len(outcome.problems), batch[-1].position
        parsed = list(_parsed(batch, source, outcome))
        gone = {row.fields["source_id"]: row.expires_at for row in batch if row.gone}
        on_taken = partial(mark.set, position=reached) if mark is not None else None
        _take_batch(service, source, parsed, gone, outcome, actor, on_receipt, on_taken)
        service.doorbell.ring(bulk=True)
        on_problems(outcome.problems[told:])
        on_progress(reached)
    if mark is not None:
        with service.database.write() as session:
            mark.clear(session)
    return outcome


def _take_batch(
    service: Service, source: str, parsed: list[tuple[int, Submission]], gone: Gone, outcome: Outcome, actor: str,
    on_receipt: Callable[[str, Receipt], None], on_taken: Callable[..., None] | None,
) -> None:  # fmt: skip
    """One transaction; tried again where another one was in the way (a deadlock, the same rows at the same time)."""
    for tries_left in reversed(range(_TRIES)):
        mine = Outcome()
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
                others = [(line, row) for line, row in parsed if first.get(row.source_id) is not row]
                if again := [row for _, row in others if row.source_id in first]:
                    known |= reports.known(session, again)
                for line, row in others:
                    try:
                        what, _ = reports.take(session, service.keys, row, known, actor=actor)
                    except Invalid as error:
                        _refuse(mine, error.problems, line)
                        continue
                    mine.counts[what] += 1
                mine.counts += _forget(session, service, source, gone, actor)
                if on_taken is not None:
                    on_taken(session, counts=outcome.counts + mine.counts)
        except (OperationalError, IntegrityError):
            if not tries_left:
                raise
        else:
            outcome.counts += mine.counts
            outcome.problems += mine.problems
            if mine.counts["withdrawn"]:
                service.database.scrub()
            return


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


def _parsed(batch: list[Row], source: str, outcome: Outcome) -> Iterator[tuple[int, Submission]]:
    for row in batch:
        if row.problems:
            _refuse(outcome, row.problems, row.line)
            continue
        if row.gone:
            continue
        try:
            told = submission.parse(row.fields, source)
            yield row.line, replace(told, original=row.original, expires_at=row.expires_at)
        except Invalid as error:
            _refuse(outcome, error.problems, row.line)


def _refuse(outcome: Outcome, problems: Iterable[Problem], line: int) -> None:
    outcome.counts["refused"] += 1
    outcome.problems.extend(replace(problem, line=line) for problem in problems)
