"""Take the rows of a file as reports: each row wholly or not at all, the same source id amends."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from reunite import reports, submission
from reunite.exchange.tabular import Row
from reunite.problems import Invalid, Problem
from reunite.reports import Receipt
from reunite.service import Service
from reunite.submission import Submission

_BATCH = 500  # rows a transaction: each costs one durable write, and others wait for it


@dataclass
class Outcome:
    """What became of the rows: counts of filed, amended, unchanged and refused, and where each problem is."""

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
) -> Outcome:
    """File or amend every row that can be taken; `on_progress` gets the file position reached, `on_receipt` the
    source id and receipt of each new report, after its commit."""
    outcome = Outcome()
    iterator = iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        parsed = list(_parsed(batch, source, outcome))
        given: list[tuple[str, Receipt]] = []
        with service.database.write() as session:
            for line, row in parsed:
                try:
                    what, receipt = reports.take(session, service.keys, row, actor=actor)
                except Invalid as error:
                    _refuse(outcome, error.problems, line)
                    continue
                outcome.counts[what] += 1
                if receipt is not None:
                    given.append((row.source_id or "", receipt))
        service.doorbell.ring()
        for source_id, receipt in given:
            on_receipt(source_id, receipt)
        on_progress(batch[-1].position)
    return outcome


def _parsed(batch: list[Row], source: str, outcome: Outcome) -> Iterator[tuple[int, Submission]]:
    for row in batch:
        if row.problems:
            _refuse(outcome, row.problems, row.line)
            continue
        try:
            yield row.line, submission.parse(row.fields, source)
        except Invalid as error:
            _refuse(outcome, error.problems, row.line)


def _refuse(outcome: Outcome, problems: Iterable[Problem], line: int) -> None:
    outcome.counts["refused"] += 1
    outcome.problems.extend(replace(problem, line=line) for problem in problems)
