"""Reports with a word of its own in every column: where each may turn up, for every role, is what the policy says."""

import re
from collections import defaultdict
from collections.abc import Callable

import pytest
from sqlalchemy import select

from matching import dates
from reunite import floods, reports, submission
from reunite.floods import Sender
from reunite.policy import FIELDS, Outsider, Role, Show
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.tables import CandidateRow, ReportRow
from tests.api.objects import case_number
from tests.api.test_policy_of_routes import routes
from tests.visitor import Visitor
from workers.drain import Drain

UNMARKED = {"kind", "sex", "name_origin", "blood_type", "age_at_event", "photo"}
"""Columns of a few values: none can be told from another's."""
PROVINCE = "广东省"
WHY = "to call the family"


def marked(kind: str) -> dict[str, str]:
    """A report of which every column that can holds a word found nowhere else."""
    side, day = kind[0], {"missing": "15", "found": "16"}[kind]
    word = {column: f"zq{side}{column.replace('_', '')}" for column in FIELDS if column not in UNMARKED}
    days = {"birth_date": f"1994-08-{day}", "event_date": f"1998-05-{day}", "found_date": f"1998-09-{day}"}
    places = {column: f"四川省成都市 {word[column]}" for column in ("place_event", "place_home")}
    there = (
        {"place_found": f"{PROVINCE}广州市 {word['place_found']}"} if kind == "found" else {"place_found": ""}
    )
    name = {"name": f"王晓明 {word['name']}", "relatives": f"父亲:王建国;母亲:李秀英;{word['relatives']}"}
    name |= {"marks": f"左手臂红色胎记 {word['marks']}"}
    more = {"language": f"qaa-{side}zqlang", "reporter_email": f"{word['reporter_email']}@example.invalid"}
    height = {"height_cm": {"missing": "133.3", "found": "137.7"}[kind]}
    said = {"kind": kind, **word, **days, **places, **there, **name, **more, **height}
    if kind == "missing":
        said["found_date"] = ""
    return {column: text for column, text in said.items() if text}


def marks_of(column: str, text: str) -> tuple[str, ...]:
    """The part of a column's text that is its own; of a date all ways in which pages write it."""
    if column.endswith("_date"):
        return text, dates.reckoned(text, "en"), dates.reckoned(text, "zh_Hans")
    words = [word for word in re.split(r"[@; -]", text) if "zq" in word]
    return (words[0] if words else text,)


def turns_up(marks: tuple[str, ...], text: str) -> bool:
    """Whether the column can be read there in any way."""
    return any(mark in text for mark in marks)


@pytest.fixture
def receipts(service: Service) -> dict[str, Receipt]:
    made = {}
    with service.database.write() as session:
        for kind in ("missing", "found"):
            parsed = submission.parse(marked(kind), source="organisation")
            made[kind] = reports.file(session, service.keys, parsed, actor="family")
            floods.note(session, service.keys, made[kind].report_id, parsed, Sender("somewhere", True))
    Drain(service).run()
    return made


def walk(visitor: Visitor, service: Service, receipts: dict[str, Receipt]) -> str:
    """Everything that this visitor gets to read by opening pages."""
    with service.database.read() as session:
        ref = session.scalars(select(CandidateRow.ref)).one()
    read = []
    for kind, receipt in receipts.items():
        names = defaultdict(lambda: "nothing-here", ref=ref, case_number=receipt.case_number, kind=kind)
        paths = {route.path for route in routes(service) if route.method == "GET"}
        read += [visitor.open(path.format_map(names)).page.text for path in sorted(paths)]
    return "\n".join(read)


def after_a_claim(visitor: Visitor, service: Service) -> str:
    with service.database.read() as session:
        page = f"/candidates/{session.scalars(select(CandidateRow.ref)).one()}"
    return visitor.open(page).press(f"{page}/claim").page.text


def with_a_reason(visitor: Visitor, receipts: dict[str, Receipt]) -> str:
    read = []
    for receipt in receipts.values():
        page = f"/reports/{receipt.case_number}"
        read.append(visitor.open(page).press(f"{page}/contact", reason=WHY).page.text)
    return "\n".join(read)


def columns() -> list[tuple[str, str, tuple[str, ...]]]:
    """Side, column and marks of everything that was told."""
    return [
        (kind, column, marks_of(column, text))
        for kind in ("missing", "found")
        for column, text in marked(kind).items()
        if column not in UNMARKED
    ]


def test_every_column_is_marked_with_a_word_of_its_own() -> None:
    marks = [mark for _, _, marks in columns() for mark in set(marks)]
    assert len(marks) == len(set(marks))
    assert {column for _, column, _ in columns()} == set(FIELDS) - UNMARKED


@pytest.mark.parametrize("role", [Role.VOLUNTEER, Role.COORDINATOR, Role.POLICE])
def test_what_each_role_reads_is_what_the_table_shows(
    service: Service, staff: Callable[..., Visitor], receipts: dict[str, Receipt], role: Role
) -> None:
    if role is Role.POLICE:  # the pair comes to them
        page = f"/reports/{receipts['missing'].case_number}"
        staff("police", "other").open(page).press(f"{page}/reserve", "yes")
    visitor = staff(role.value)
    plain = walk(visitor, service, receipts)
    claimed = after_a_claim(visitor, service) if role is not Role.POLICE else ""
    reasoned = with_a_reason(visitor, receipts) if role is not Role.VOLUNTEER else ""
    for kind, column, marks in columns():
        how, which = FIELDS[column][role], (kind, column)
        if how is Show.FULL:
            assert turns_up(marks, plain), which
        elif how is Show.REASON:
            assert not turns_up(marks, plain + claimed), which
            assert turns_up(marks, reasoned), which
        elif how is Show.CLAIMED:
            assert not turns_up(marks, plain + reasoned), which
        else:
            assert not turns_up(marks, plain + claimed + reasoned), which
    assert PROVINCE in plain


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.AUDITOR])
def test_the_others_read_nothing_of_any_report(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor], receipts: dict[str, Receipt],
    role: Role | None,
) -> None:  # fmt: skip
    with_a_reason(staff("coordinator", "who looks"), receipts)
    viewer = Outsider.PUBLIC if role is None else role
    text = walk(visit() if role is None else staff(role.value), service, receipts)
    for kind, column, marks in columns():
        assert FIELDS[column][viewer] is Show.HIDDEN
        assert not turns_up(marks, text), (kind, column)


def test_a_family_reads_nothing_of_the_other_side_and_nothing_that_is_hidden_from_it(
    service: Service, visit: Callable[..., Visitor], receipts: dict[str, Receipt]
) -> None:
    mine = receipts["missing"]
    family = visit().open("/case").press("/case", case_number=mine.case_number, secret=mine.secret)
    assert family.status == 200
    for kind, column, marks in columns():
        if kind == "found" or FIELDS[column][Outsider.FAMILY] is Show.HIDDEN:
            assert not turns_up(marks, family.page.text), (kind, column)
    with service.database.read() as session:
        assert receipts["found"].case_number not in family.page.text
        assert session.get_one(ReportRow, mine.report_id).case_number == case_number(service, mine.report_id)
