"""Copies and floods: noticed when a report is filed, marked for a coordinator, never merged or thrown away.

A marked report is matched and reviewed like every other. Two marks change the order of things, until a coordinator
decides: reports of a suspected flood are matched and shown after the others, and the pairs of an identical copy are not
shown while the pairs of its original are.
"""

import json
import unicodedata
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from matching.ranked import Ranked
from reunite import contacts
from reunite.keys import Keys
from reunite.storage.abuse_tables import ModerationRow, PrintRow
from reunite.storage.clock import now
from reunite.storage.many import each_of, put
from reunite.storage.tables import CandidateRow, MatchJobRow, ReportRow
from reunite.storage.vault_tables import PhoneRow
from reunite.submission import Submission

T = TypeVar("T")
_PLACES = ("place_event", "place_home", "place_found")
REPORTS_OF_ONE_PHONE = 5
"""A number that more reports carry is an organisation's, and says nothing of copies."""
_SENDER_KEPT = timedelta(days=1)
MOST_SET_ASIDE = 700
"""How many suspected reports a ranking looks past to find its true ones."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who files: the keyed hash of the address, and whether there were too many from it."""

    address: str
    flood: bool


@dataclass(frozen=True, slots=True)
class _Print:
    """What tells a copy of a report: see PrintRow."""

    report_id: int
    at: datetime
    sender: str
    body: str
    person: str


def note(session: Session, keys: Keys, report_id: int, submission: Submission, sender: Sender) -> None:
    """Keep what tells a copy, and mark what a coordinator should look at, in the transaction that filed the report;
    done once for each report, however often it is called."""
    if session.get(PrintRow, report_id) is None:
        note_each(session, keys, [(report_id, submission, sender)])


def note_each(session: Session, keys: Keys, filed: Sequence[tuple[int, Submission, Sender]]) -> None:
    """The same for reports that were filed together, in this order: a later one may be the copy of an earlier one."""
    at = now(session)
    prints = [_print(keys, *one, at) for one in filed]
    phones = [contacts.phone_hash(keys, told.reporter.get("reporter_phone", "")) for _, told, _ in filed]
    ids = [one.report_id for one in prints]
    known = _known(session, (PrintRow.sender, PrintRow.body), [(one.sender, one.body) for one in prints], ids)
    known |= _known(session, (PrintRow.person,), [(one.person,) for one in prints], ids)
    known |= _known(session, (PhoneRow.phone_hash,), [(one,) for one in phones], ids)
    put(session, PrintRow, [asdict(one) for one in prints])
    for place, (mine, phone, (_, told, _)) in enumerate(zip(prints, phones, filed, strict=True)):
        if known & {(mine.sender, mine.body), (mine.person,), (phone,)}:
            for reason, other_id in _suspicions(session, told.kind, mine, phone, ids[place:]):
                session.add(ModerationRow(report_id=mine.report_id, reason=reason, other_id=other_id, at=at))
    floods = [report_id for report_id, _, sender in filed if sender.flood]
    session.add_all(ModerationRow(report_id=one, reason="flood", at=at) for one in floods)
    if floods:
        later = update(MatchJobRow).where(MatchJobRow.report_id.in_(floods)).values(bulk=True)
        session.execute(later.execution_options(synchronize_session=False))
    session.flush()


def forget_senders(session: Session) -> None:
    """Empty the hashes of addresses that are older than a day: no copy is looked for by them any more."""
    old = update(PrintRow).where(PrintRow.at < now(session) - _SENDER_KEPT, PrintRow.sender != "")
    session.execute(old.values(sender="").execution_options(synchronize_session=False))


def suspects(session: Session, ids: Collection[int] | None = None) -> set[int]:
    """The reports of a suspected flood that nobody has decided on; of these ids where given."""
    query = select(ModerationRow.report_id).where(
        ModerationRow.reason == "flood", ModerationRow.decision.is_(None)
    )
    return set(
        session.scalars(query if ids is None else query.where(ModerationRow.report_id.in_(sorted(ids))))
    )


@cache
def in_a_flood() -> ColumnElement[bool]:
    """Whether a report of the candidate is of a suspected flood; for queries of candidates."""
    return (
        select(ModerationRow.report_id)
        .where(_of_candidate(), ModerationRow.reason == "flood", ModerationRow.decision.is_(None))
        .exists()
    )


@cache
def shown_by_its_original() -> ColumnElement[bool]:
    """Whether a report of the candidate is a copy of one that is still open, whose pairs are shown already."""
    original = aliased(ReportRow)
    return (
        select(ModerationRow.report_id)
        .join(original, original.id == ModerationRow.other_id)
        .where(_of_candidate(), ModerationRow.reason == "copy", ModerationRow.decision.is_(None),
               original.state == "open")
        .exists()
    )  # fmt: skip


def floods_last(
    session: Session, page: Callable[[ColumnElement[bool], int, int], list[T]], where: ColumnElement[bool],
    limit: int, offset: int,
) -> list[T]:  # fmt: skip
    """One page of candidates with those of suspected floods after all others; `page` gives the ordered rows of a
    condition, limit and offset."""
    items = page(and_(where, ~in_a_flood()), limit, offset)
    if len(items) == limit:
        return items
    before = select(func.count()).select_from(CandidateRow).where(where, ~in_a_flood())
    start = max(0, offset - session.scalars(before).one())
    return items + page(and_(where, in_a_flood()), limit - len(items), start)


def without_crowd(
    ranked: Sequence[Ranked], crowd: Collection[int], kept: Collection[int], k: int
) -> tuple[Ranked, ...]:
    """The best k that are no suspects, the best k suspects, and all that were kept before, in their order: a flood
    takes no true report's place in another one's list."""
    chosen = set(kept)
    chosen |= set([one.id for one in ranked if one.id not in crowd][:k])
    chosen |= set([one.id for one in ranked if one.id in crowd][:k])
    return tuple(one for one in ranked if one.id in chosen)


def _of_candidate() -> ColumnElement[bool]:
    return or_(
        ModerationRow.report_id == CandidateRow.missing_id, ModerationRow.report_id == CandidateRow.found_id
    )


def _known(
    session: Session, columns: Sequence[InstrumentedAttribute[str]], hashes: Sequence[tuple[str, ...]],
    ids: Sequence[int],
) -> set[tuple[str, ...]]:  # fmt: skip
    """Those of the hashes that another report has in these columns, or more than one of these: one look into the index
    for each, however many reports of a flood have it."""
    told = Counter(one for one in hashes if all(one))
    if not told:
        return set()
    each = each_of(session, list(told))
    there = [column == one for column, one in zip(columns, each, strict=True)]
    elsewhere = exists().where(*there, columns[0].class_.report_id.not_in(ids))
    found = {tuple(row) for row in session.execute(select(*each).where(elsewhere))}
    return found | {one for one, times in told.items() if times > 1}


def _suspicions(
    session: Session, kind: str, mine: _Print, phone: str, following: Sequence[int]
) -> list[tuple[str, int]]:
    """Why the report looks like an earlier one of its side that is still open: reason and that report's id. `following`
    are the report itself and those filed with it that come after it."""
    a_day_ago = mine.at - _SENDER_KEPT
    same = PrintRow.sender == mine.sender, PrintRow.body == mine.body, PrintRow.at >= a_day_ago
    copies = _earlier(session, *same) if mine.sender else ()
    if original := _open(session, following, kind, copies):
        return [("copy", original)]
    found = []
    alike = _earlier(session, PrintRow.person == mine.person) if mine.person else ()
    if other := _open(session, following, kind, alike):
        found.append(("same_person", other))
    calls = contacts.reports_with_hash(session, phone, most=REPORTS_OF_ONE_PHONE + 1 + len(following))
    few = len(set(calls) - set(following)) <= REPORTS_OF_ONE_PHONE
    if few and (other := _open(session, following, kind, calls)):
        found.append(("same_phone", other))
    return found


def _earlier(session: Session, *where: ColumnElement[bool]) -> Sequence[int]:
    """The first few, by the index alone: in a flood of one person there are thousands."""
    query = select(PrintRow.report_id).where(*where).order_by(PrintRow.report_id)
    return session.scalars(query.limit(REPORTS_OF_ONE_PHONE + 1)).all()


def _open(session: Session, following: Sequence[int], kind: str, ids: Sequence[int]) -> int:
    """The first other one of them that is open and of this side; 0 where none is."""
    query = select(func.min(ReportRow.id)).where(
        ReportRow.id.in_(set(ids) - set(following)), ReportRow.kind == kind, ReportRow.state == "open"
    )
    return (session.scalar(query) or 0) if ids else 0


def _print(keys: Keys, report_id: int, submission: Submission, sender: Sender, at: datetime) -> _Print:
    person = submission.person
    who = (
        _plain(person.get("name", "")),
        person.get("birth_date", ""),
        *(_plain(person.get(one, "")) for one in _PLACES),
    )
    told = bool(who[0]) and any(who[1:])
    body = json.dumps([submission.kind, person, submission.reporter], sort_keys=True)
    return _Print(
        report_id=report_id, at=at, sender=sender.address, body=keys.mac("print-body", body),
        person=keys.mac("print-person", submission.kind, *who) if told else "",
    )  # fmt: skip


def _plain(text: str) -> str:
    """Letters and digits alone, in one form, so that spaces and capitals make no difference."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
