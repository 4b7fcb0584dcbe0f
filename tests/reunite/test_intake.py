"""Reports that arrive at the same moment are filed in one transaction, each as if it were alone."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from reunite import audit, filing, floods, reports, submission
from reunite.floods import Sender
from reunite.intake import MOST, Intake
from reunite.problems import Conflict
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.abuse_tables import ModerationRow
from reunite.storage.tables import MatchJobRow, ReportRow
from reunite.submission import Submission
from tests.factory import report_fields
from tests.processes import wait_until

POISON = "毒"


@pytest.fixture
def rings() -> list[int]:
    return []


@pytest.fixture
def intake(service: Service, rings: list[int]) -> Intake:
    return Intake(service.database, service.keys, lambda: rings.append(1))


@contextmanager
def held_up(intake: Intake) -> Iterator[None]:
    """Who comes while the block runs waits, as for one who is filing."""
    with intake._turn:
        yield


def told(name: str, **changes: str) -> Submission:
    return submission.parse(report_fields(name=name, **changes))


def sent_by(address: str) -> Sender:
    return Sender(address, False)


def at_once(intake: Intake, arriving: list[Callable[[], Receipt]]) -> list[Receipt | Exception]:
    """What each is answered that arrives while another is filing, in the order in which they arrived."""
    answers: list[Receipt | Exception | None] = [None] * len(arriving)

    def arrive(at: int) -> None:
        try:
            answers[at] = arriving[at]()
        except Exception as error:
            answers[at] = error

    threads = []
    with held_up(intake):
        for at in range(len(arriving)):
            threads.append(threading.Thread(target=arrive, args=(at,)))
            threads[-1].start()
            wait_until(lambda at=at: len(intake._waiting) == at + 1, lambda: "did not arrive")  # type: ignore[misc]
    for thread in threads:
        thread.join(60)
    return [answer for answer in answers if answer is not None]


def receipts_of(answers: list[Receipt | Exception]) -> list[Receipt]:
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return [answer for answer in answers if isinstance(answer, Receipt)]


def changes(service: Service) -> list[int]:
    """The number of the transaction of each report."""
    with service.database.read() as session:
        return list(session.scalars(select(ReportRow.change_no).order_by(ReportRow.id)))


def test_who_arrives_while_another_files_is_filed_with_the_next(
    service: Service, intake: Intake, rings: list[int]
) -> None:
    arriving = [lambda at=at: intake.file(told(f"王{at}"), sent_by(f"{at}")) for at in range(10)]  # type: ignore[misc]
    answers = receipts_of(at_once(intake, arriving))
    assert len({one.case_number for one in answers}) == 10
    assert len({one.secret for one in answers}) == 10
    assert len(set(changes(service))) == 1
    assert rings == [1]
    with service.database.read() as session:
        names = dict(session.execute(select(ReportRow.case_number, ReportRow.person)).all())
        assert [names[one.case_number]["name"] for one in answers] == [f"王{at}" for at in range(10)]
        assert session.scalars(select(func.count()).select_from(MatchJobRow)).one() == 10
        assert audit.verify(session, service.keys, service.settings.data_dir / "audit.anchor") == []


def test_nobody_is_answered_before_the_commit(
    service: Service, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = filing.note

    def fails(session: Session, *args: object, **more: object) -> None:
        before(session, *args, **more)  # type: ignore[arg-type]
        raise OperationalError("COMMIT", None, Exception("the server closed the connection"))

    monkeypatch.setattr(filing, "note", fails)
    answers = at_once(
        intake,
        [lambda: intake.file(told("王一"), sent_by("a")), lambda: intake.file(told("王二"), sent_by("b"))],
    )
    assert [type(one) for one in answers] == [OperationalError, OperationalError]
    assert changes(service) == []


def test_what_is_wrong_with_one_report_is_no_matter_of_the_others(
    service: Service, intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = filing._rows

    def chokes(keys: object, report_id: int, said: Submission, at: object) -> object:
        if said.person["name"] == POISON:
            raise ValueError("choked")
        return row(keys, report_id, said, at)  # type: ignore[arg-type]

    monkeypatch.setattr(filing, "_rows", chokes)
    names = ("王一", POISON, "王二")
    answers = at_once(intake, [lambda name=name: intake.file(told(name), sent_by(name)) for name in names])  # type: ignore[misc]
    assert [type(one) for one in answers] == [Receipt, ValueError, Receipt]
    assert len(changes(service)) == 2


def test_the_same_key_at_once_is_one_report_and_another_body_a_conflict(
    service: Service, intake: Intake
) -> None:
    def file(name: str, key: str) -> Callable[[], Receipt]:
        return lambda: intake.file(told(name), sent_by("a"), idempotency_key=key)

    first, again, other, conflict, alone = at_once(
        intake,
        [file("王一", "k"), file("王一", "k"), file("王二", "l"), file("王三", "k"), file("王四", "m")],
    )
    assert isinstance(first, Receipt)
    assert first == again
    assert isinstance(conflict, Conflict)
    assert isinstance(other, Receipt)
    assert isinstance(alone, Receipt)
    assert len(changes(service)) == 3
    assert intake.file(told("王一"), sent_by("a"), idempotency_key="k") == first
    with pytest.raises(Conflict):
        intake.file(told("王五"), sent_by("a"), idempotency_key="k")


def test_copies_that_arrive_together_are_marked_as_copies_of_the_first(
    service: Service, intake: Intake
) -> None:
    answers = receipts_of(
        at_once(intake, [lambda: intake.file(told("王一"), sent_by("here")) for _ in range(3)])
    )
    ids = sorted(one.report_id for one in answers)
    with service.database.read() as session:
        marks = session.execute(
            select(ModerationRow.report_id, ModerationRow.reason, ModerationRow.other_id)
        ).all()
    assert sorted(map(tuple, marks)) == [(ids[1], "copy", ids[0]), (ids[2], "copy", ids[0])]


def test_of_those_that_arrive_together_each_is_a_copy_of_the_first_that_is_still_open(
    service: Service, intake: Intake
) -> None:
    gone, there = (intake.file(told(name), sent_by("here")).report_id for name in ("王一", "王二"))
    with service.database.write() as session:
        reports.leave(session, session.get_one(ReportRow, gone), "withdrawn")
    arriving = [lambda name=name: intake.file(told(name), sent_by("here")) for name in ("王一", "王二") * 2]  # type: ignore[misc]
    ids = [one.report_id for one in receipts_of(at_once(intake, arriving))]
    with service.database.read() as session:
        copies = select(ModerationRow.report_id, ModerationRow.other_id).where(ModerationRow.reason == "copy")
        marks = {report_id: other for report_id, other in session.execute(copies)}
    assert marks == {ids[1]: there, ids[2]: ids[0], ids[3]: there}


def test_a_flood_of_copies_takes_no_more_statements_than_two_of_them(
    service: Service, intake: Intake
) -> None:
    made: list[str] = []
    event.listen(service.database.engine, "before_cursor_execute", lambda *said: made.append(said[2]))

    def statements(copies: int) -> int:
        made.clear()
        receipts_of(at_once(intake, [lambda: intake.file(told("王一"), sent_by("here"))] * copies))
        return len(made)

    assert statements(2) == statements(12)


def test_a_telephone_of_many_who_arrive_together_is_an_organisations(
    service: Service, intake: Intake
) -> None:
    count = floods.REPORTS_OF_ONE_PHONE + 3
    arriving = [
        lambda at=at: intake.file(told(f"王{at}", reporter_phone="13800000000"), sent_by(f"{at}"))  # type: ignore[misc]
        for at in range(count)
    ]
    ids = sorted(one.report_id for one in receipts_of(at_once(intake, arriving)))
    with service.database.read() as session:
        marked = set(
            session.scalars(select(ModerationRow.report_id).where(ModerationRow.reason == "same_phone"))
        )
    assert marked == set(ids[1 : floods.REPORTS_OF_ONE_PHONE + 1])


def test_more_than_fit_into_one_transaction_are_filed_in_the_next(service: Service, intake: Intake) -> None:
    arriving = [lambda at=at: intake.file(told(f"王{at}"), sent_by(f"{at}")) for at in range(MOST + 3)]  # type: ignore[misc]
    assert len(receipts_of(at_once(intake, arriving))) == MOST + 3
    assert sorted(changes(service).count(one) for one in set(changes(service))) == [3, MOST]
