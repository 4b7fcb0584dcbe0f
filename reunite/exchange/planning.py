"""The dry run of an import: what would be filed, amended or refused, and why; nothing is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import contacts, submission, whereabouts
from reunite.exchange.importing import Refused, check_source
from reunite.exchange.row import Row
from reunite.keys import Keys
from reunite.problems import Invalid, Problem
from reunite.service import Service
from reunite.storage.tables import ReportRow
from reunite.submission import Submission

MOST_TOLD = 1000
"""How many problems, and how many amendments, are told one by one."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Amendment:
    """A report that a row would change: its source id, and which columns would say something else."""

    line: int
    source_id: str
    columns: tuple[str, ...]


@dataclass
class Plan:
    """What an import would do. `counts`: rows to be filed, amended, unchanged and refused."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)


def plan(
    service: Service, rows: Iterable[Row], *, source: str, lenient: bool = False,
    on_progress: Callable[[int], None] = lambda _: None, on_refused: Callable[[Refused], None] = lambda _: None,
) -> Plan:  # fmt: skip
    """Go through all rows as an import would. `on_refused` gets each row that would be refused, with the reasons."""
    found = Plan()
    for position in steps(service, rows, found, source=source, lenient=lenient, on_refused=on_refused):
        on_progress(position)
    return found


def steps(
    service: Service, rows: Iterable[Row], found: Plan, *, source: str, lenient: bool = False,
    on_refused: Callable[[Refused], None] = lambda _: None,
) -> Iterator[int]:  # fmt: skip
    """The same step by step: the position reached, when `found` holds what was found until there."""
    check_source(source)
    seen, iterator = dict[str, int](), iter(rows)
    while batch := list(islice(iterator, _BATCH)):
        parsed = []
        for row in batch:
            try:
                if row.problems:
                    raise Invalid(row.problems)
                parsed.append((row, submission.parse(row.fields, source, lenient=lenient)))
            except Invalid as error:
                on_refused(_refuse(found, row, error.problems))
        with service.database.read() as session:
            _compare(session, service.keys, found, seen, parsed, source, on_refused)
        yield batch[-1].position


def _compare(
    session: Session, keys: Keys, found: Plan, seen: dict[str, int], parsed: list[tuple[Row, Submission]], source: str,
    on_refused: Callable[[Refused], None],
) -> None:  # fmt: skip
    """Tell for each row what there is already under its source id. `seen`: hashes of what rows of this file said."""
    ids = [told.source_id for _, told in parsed]
    query = select(ReportRow).where(ReportRow.source == source, ReportRow.source_id.in_(ids))
    known = {row.source_id or "": row for row in session.scalars(query)}
    for row, told in parsed:
        source_id, said = told.source_id or "", hash((told.kind, *sorted(told.person.items())))
        report = known.get(source_id)
        if report is not None and report.kind != told.kind:
            text = "This source_id is already a {kind} report. Use another id."
            on_refused(_refuse(found, row, [Problem("kind", told.kind, text, {"kind": report.kind})]))
            continue
        if source_id in seen:
            found.counts["unchanged" if seen[source_id] == said else "amended"] += 1
        elif report is None:
            found.counts["filed"] += 1
        else:
            changes = _changes(session, keys, report, told)
            found.counts["amended" if changes else "unchanged"] += 1
            if changes and len(found.amendments) < MOST_TOLD:
                found.amendments.append(Amendment(row.line, source_id, changes))
        seen[source_id] = said


def _changes(session: Session, keys: Keys, report: ReportRow, told: Submission) -> tuple[str, ...]:
    """The columns of which the row says something else than the report; none where it was erased."""
    if report.erased_at is not None:
        return ()
    before = {**whereabouts.whole(session, keys, report), **contacts.reporter(session, keys, report.id),
              "language": report.language}  # fmt: skip
    after = {**told.person, **told.reporter, "language": told.language}
    return tuple(
        name for name in submission.COLUMNS if name != "photo" and before.get(name) != after.get(name)
    )


def _refuse(found: Plan, row: Row, problems: Iterable[Problem]) -> Refused:
    found.counts["refused"] += 1
    told = tuple(replace(one, line=row.line) for one in problems)
    found.problems.extend(told[: max(0, MOST_TOLD - len(found.problems))])
    return Refused(row, told)
