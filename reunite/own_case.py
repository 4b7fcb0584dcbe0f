"""What a family does with its own report by the receipt: read what it told, add to it, correct it, take parts away."""

from collections.abc import Collection, Mapping

from sqlalchemy.orm import Session

from reunite import audit, concerns, contacts, masking, reports, submission, whereabouts
from reunite.actors import FAMILY
from reunite.keys import Keys
from reunite.policy import FIELDS, Outsider, Show
from reunite.problems import Conflict, Invalid, NotFound, Problem
from reunite.storage.tables import ReportRow
from reunite.submission import PERSON_COLUMNS, REPORTER_COLUMNS

CORRECTABLE = (
    *(column for column in PERSON_COLUMNS if column != "photo"),
    *REPORTER_COLUMNS,
    "withheld",
    "flag",
)
UNSEEN = tuple(column for column, rule in FIELDS.items() if rule[Outsider.FAMILY] is not Show.FULL)
"""What the family does not get to read again, or only its end: an empty field leaves it as it is."""
LEFT = "This report was withdrawn or closed: it can no longer be changed."
_EMPTIED = "This is empty now. Write it again, or tick that it shall be taken away."
_BOTH = "You wrote something new and ticked that it shall be taken away. Please do one of the two."


def told(session: Session, keys: Keys, case_number: str, secret: str) -> dict[str, str]:
    """What the receipt's holder may read of their own report, by column; nothing for a receipt that does not fit."""
    report = reports.by_receipt(session, keys, case_number, secret)
    return told_of(session, keys, report, Outsider.FAMILY) if report else {}


def told_of(session: Session, keys: Keys, report: ReportRow, viewer: Outsider) -> dict[str, str]:
    """The same of a report that is the viewer's own."""
    return masking.person_for(viewer, _said(session, keys, report))


def correct(
    session: Session, keys: Keys, case_number: str, secret: str, written: Mapping[str, str], taken: Collection[str]
) -> bool:  # fmt: skip
    """Change the columns that were written, take those away that were named, and leave all others as they are; the
    report is matched again. False where nothing is new. Raises NotFound where the receipt does not fit, Conflict where
    the report has left, and Invalid with every problem; no column vanishes only because its field is empty."""
    report = reports.by_receipt(session, keys, case_number, secret, lock=True)
    if report is None:
        raise NotFound
    return change(session, keys, report, written, taken, actor=FAMILY, lenient=True)


def change(
    session: Session, keys: Keys, report: ReportRow, written: Mapping[str, str], taken: Collection[str], *,
    actor: str, lenient: bool, language: str | None = None,
) -> bool:  # fmt: skip
    """The same of a report that is the actor's own and that the caller has locked; `lenient` takes dates as people
    write them. The language stays where none is given; an empty one is the usual."""
    if report.state != "open":
        raise Conflict(LEFT)
    before = _said(session, keys, report)
    after, problems = _changed(before, written, taken)
    try:
        kept = {"kind": report.kind, "language": report.language if language is None else language}
        parsed = submission.parse({**after, **kept}, lenient=lenient)
    except Invalid as error:
        raise Invalid([*problems, *error.problems]) from error
    if problems:
        raise Invalid(problems)
    taken_back = "withheld" in taken and concerns.forget_withheld(session, keys, report.id)
    if reports.amend(session, keys, report, parsed, actor=actor):
        return True
    if taken_back:
        audit.append(session, keys, actor=actor, action="report.amended", subject=f"report:{report.id}")
    return taken_back


def _said(session: Session, keys: Keys, report: ReportRow) -> dict[str, str]:
    person = whereabouts.whole(session, keys, report)
    return {**person, **contacts.reporter(session, keys, report.id)}


def _changed(
    before: Mapping[str, str], written: Mapping[str, str], taken: Collection[str]
) -> tuple[dict[str, str], list[Problem]]:
    """The columns after the correction, and what cannot be done as it was asked."""
    after = {column: text for column, text in before.items() if column != "photo"}
    problems = []
    for column in CORRECTABLE:
        text = written.get(column, "").strip()
        if column in taken:
            if text and (column in UNSEEN or text != before.get(column)):
                problems.append(Problem(column, "", _BOTH))
            after.pop(column, None)
        elif text:
            after[column] = text
        elif column in written and column in after and column not in UNSEEN:
            problems.append(Problem(column, "", _EMPTIED))
    return after, problems
