"""Copies and floods: noticed when a report is filed, marked for a coordinator, never merged or thrown away.

A marked report is matched and reviewed like every other. Two marks change the order of things, until a coordinator
decides: reports of a suspected flood are matched and shown after the others, and the pairs of an identical copy are not
shown while the pairs of its original are.
"""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased

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
class _Signs:
    """What tells a copy of a report: keyed hashes, empty where there is nothing to compare; see PrintRow, PhoneRow."""

    report_id: int
    kind: str
    sender: str
    body: str
    person: str
    phone: str


@dataclass(frozen=True, slots=True)
class _Alike:
    """The numbers of the first few earlier reports that have a sign of this one."""

    copies: Sequence[int]
    persons: Sequence[int]
    calls: Sequence[int]


def note(session: Session, keys: Keys, report_id: int, submission: Submission, sender: Sender) -> None:
    """Keep what tells a copy, and mark what a coordinator should look at, in the transaction that filed the report;
    done once for each report, however often it is called."""
    if session.get(PrintRow, report_id) is None:
        note_each(session, keys, [(report_id, submission, sender)])


def note_each(session: Session, keys: Keys, filed: Sequence[tuple[int, Submission, Sender]]) -> None:
    """The same for reports that were filed together, in this order: a later one may be the copy of an earlier one."""
    at = now(session)
    signs = [_signs(keys, *one) for one in filed]
    alike = _alike(session, signs, at)
    sides = _open_sides(session, alike) | {one.report_id: one.kind for one in signs}
    marks: list[tuple[int, str, int | None]] = [
        (mine.report_id, reason, other)
        for mine, those in zip(signs, alike, strict=True)
        for reason, other in _suspicions(mine.kind, those, sides)
    ]
    put(session, PrintRow, [{"report_id": one.report_id, "sender": one.sender, "body": one.body, "person": one.person,
                             "at": at} for one in signs])  # fmt: skip
    floods = [report_id for report_id, _, sender in filed if sender.flood]
    marks += [(report_id, "flood", None) for report_id in floods]
    put(session, ModerationRow, [{"report_id": report_id, "reason": reason, "other_id": other, "at": at}
                                 for report_id, reason, other in marks])  # fmt: skip
    if floods:
        later = update(MatchJobRow).where(MatchJobRow.report_id.in_(floods)).values(bulk=True)
        session.execute(later.execution_options(synchronize_session=False))


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


def _alike(session: Session, signs: Sequence[_Signs], at: datetime) -> list[_Alike]:
    """What looks like each of these new reports: in the database, and before it among themselves."""
    connection = session.connection()
    said = [(one.sender, one.body, one.person, one.phone, str(one.report_id)) for one in signs]
    new = [one.report_id for one in signs]
    given = {"each": json.dumps(said), "since": at - _SENDER_KEPT, "new": new}
    there = {int(row.mine): row for row in connection.execute(_there(connection.dialect.name), given)}
    found, beside = [], defaultdict[tuple[str, ...], list[int]](list)
    for mine in signs:
        own = (mine.sender, mine.body), (mine.person,), (mine.phone,)
        before = zip(there[mine.report_id][1:], own, strict=True)
        found.append(_Alike(*([*map(int, (ids or "").split()), *beside[sign]] for ids, sign in before)))
        for sign in filter(all, own):
            beside[sign].append(mine.report_id)
    return found


@cache
def _there(dialect: str) -> Select[*tuple[Any, ...]]:
    """For each of new reports the first few that the database has as its copies, persons and calls, their numbers with
    blanks between. The index alone tells them: in a flood of one person there are thousands."""
    sender, body, person, phone, mine = each_of(dialect, "each", 5)
    prints, phones = select(PrintRow.report_id), select(PhoneRow.report_id)
    same = (
        prints.where(PrintRow.sender == sender, sender != "", PrintRow.body == body, PrintRow.at >= bindparam("since")),
        prints.where(PrintRow.person == person, person != ""),
        phones.where(PhoneRow.phone_hash == phone, PhoneRow.report_id.not_in(bindparam("new", expanding=True))),
    )  # fmt: skip
    return select(mine.label("mine"), *map(_numbers, same))


def _numbers(query: Select[int]) -> ScalarSelect[str]:
    few = query.order_by(query.selected_columns.report_id).limit(REPORTS_OF_ONE_PHONE + 1)
    those = few.correlate_except(PrintRow, PhoneRow).subquery()
    return select(func.aggregate_strings(cast(those.c.report_id, Text), " ")).scalar_subquery()


def _open_sides(session: Session, alike: Sequence[_Alike]) -> dict[int, str]:
    """Those of these reports that are open, and of which side each is."""
    ids = {number for one in alike for number in (*one.copies, *one.persons, *one.calls)}
    query = select(ReportRow.id, ReportRow.kind).where(ReportRow.id.in_(ids), ReportRow.state == "open")
    return {number: kind for number, kind in session.execute(query)} if ids else {}


def _suspicions(kind: str, alike: _Alike, sides: Mapping[int, str]) -> list[tuple[str, int]]:
    """Why a report of this side looks like an earlier one of its side that is still open: reason and that one's id."""

    def first(ids: Sequence[int]) -> int:
        return min((one for one in ids if sides.get(one) == kind), default=0)

    if original := first(alike.copies):
        return [("copy", original)]
    few = len(alike.calls) <= REPORTS_OF_ONE_PHONE
    others = {"same_person": first(alike.persons), "same_phone": first(alike.calls) if few else 0}
    return [(reason, other) for reason, other in others.items() if other]


def _signs(keys: Keys, report_id: int, submission: Submission, sender: Sender) -> _Signs:
    person = submission.person
    who = (
        _plain(person.get("name", "")),
        person.get("birth_date", ""),
        *(_plain(person.get(one, "")) for one in _PLACES),
    )
    told = bool(who[0]) and any(who[1:])
    body = json.dumps([submission.kind, person, submission.reporter], sort_keys=True)
    return _Signs(
        report_id, submission.kind, sender.address, keys.mac("print-body", body),
        keys.mac("print-person", submission.kind, *who) if told else "",
        contacts.phone_hash(keys, submission.reporter.get("reporter_phone", "")),
    )  # fmt: skip


def _plain(text: str) -> str:
    """Letters and digits alone, in one form, so that spaces and capitals make no difference."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
