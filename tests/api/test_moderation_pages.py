"""The coordinator's moderation, the alarms, and a family that files from a place where very many file."""

import asyncio
import time
from collections.abc import Callable

import pytest
from sqlalchemy import select
from starlette.requests import Request

from api import pace
from reunite import alarms
from reunite.rates import Limit, Per, Then, What
from reunite.service import Service
from reunite.storage.abuse_tables import AlarmRow, ModerationRow
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.visitor import Visitor

FEW = (Limit(What.FILE, Per.ADDRESS, 1, 86_400, Then.MODERATE),)


@pytest.fixture(autouse=True)
def _slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "DELAY_S", 0.01)


def flooded(visitor: Visitor) -> Visitor:
    visitor._client.app.state.rates.limits = FEW  # type: ignore[attr-defined]
    return visitor


def case_of(visitor: Visitor, **changes: str) -> str:
    answer = visitor._client.post("/api/v1/reports", json=report_fields(**changes))
    assert answer.status_code == 201
    return str(answer.json()["case_number"])


def states(service: Service) -> dict[str, tuple[str, bool]]:
    with service.database.read() as session:
        rows = session.execute(
            select(ReportRow.case_number, ReportRow.state, MatchJobRow.bulk).join(
                MatchJobRow, MatchJobRow.report_id == ReportRow.id
            )
        )
        return {number: (state, bulk) for number, state, bulk in rows}


def test_over_the_limit_a_family_gets_its_receipt_all_the_same(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = flooded(visit())
    words = {"name": "李晓明", "place_event": "成都", "reporter_phone": "10005550100"}
    for number in range(3):
        visitor.file_report("missing", **words, memories=f"{number}")
        assert visitor.status == 201
        assert "Your report is filed" in visitor.text
    case_of(visitor)
    assert [bulk for _, bulk in states(service).values()] == [False, True, True, True]
    with service.database.read() as session:
        flooded_ = session.scalars(
            select(ModerationRow.report_id).where(ModerationRow.reason == "flood")
        ).all()
    assert len(flooded_) == 3


def test_steps_before_the_last_and_refused_reports_are_not_counted(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    visitor = flooded(visit())
    for _ in range(3):
        visitor.tell("missing", name="李")
        visitor._client.post("/api/v1/reports", json={"kind": "missing"})
    case_of(visitor)
    assert [bulk for _, bulk in states(service).values()] == [False]


def test_waiting_holds_no_thread_and_only_so_many_wait(
    visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "DELAY_S", 0.5)
    monkeypatch.setattr(pace, "_MOST_WAITING", 60)
    app = flooded(visit().open("/"))._client.app  # type: ignore[attr-defined]
    app.state.rates.filing = lambda address: True
    asked = Request({"type": "http", "app": app, "client": ("192.0.2.1", 1), "headers": []})

    async def many(count: int) -> float:
        began = time.monotonic()
        senders = await asyncio.gather(*(pace.paced(asked) for _ in range(count)))
        assert all(sender.flood for sender in senders)
        return time.monotonic() - began

    # Sixty wait at once, more than there are threads; were a thread held, they would wait one after the other.
    assert asyncio.run(many(60)) < 60 * 0.5 / 40 + 2
    assert pace._waiting.count == 0
    monkeypatch.setattr(pace, "_MOST_WAITING", 0)
    monkeypatch.setattr(pace, "DELAY_S", 3600)
    asyncio.run(many(3))


def test_a_coordinator_reads_the_words_and_decides_by_ticking(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    sender = flooded(visit())
    first, copy, spam = (
        case_of(sender),
        case_of(sender),
        case_of(sender, memories="buy my watches", name="钟"),
    )
    coordinator = staff("coordinator").open("/moderation")
    assert "buy my watches" in coordinator.text
    assert f"the same report again · {first}" in coordinator.text
    assert "very many from one place" in coordinator.text
    assert "Moderation 2" in coordinator.text
    assert "10005550100" not in coordinator.page.text
    boxes = {value: name for name, value in coordinator._read().forms[-1].boxes.items()}
    coordinator.press("/moderation", "not_a_report", **{boxes[spam]: spam})
    assert spam not in coordinator.text
    boxes = {value: name for name, value in coordinator._read().forms[-1].boxes.items()}
    coordinator.press("/moderation", "real", **{boxes[copy]: copy})
    assert "Nothing waits for a decision." in coordinator.text
    assert states(service) == {first: ("open", False), copy: ("open", False), spam: ("closed", False)}
    with service.database.read() as session:
        actions = session.scalars(select(AuditRow.action).where(AuditRow.actor.like("staff:%"))).all()
    assert actions.count("report.moderation_seen") == 3, "each report shown is a line in the log"
    assert actions.count("report.not_a_report") == actions.count("report.real") == 1


def test_the_family_of_a_report_in_moderation_sees_nothing_of_it(
    service: Service, visit: Callable[..., Visitor], staff: Callable[..., Visitor]
) -> None:
    client = flooded(visit())._client
    receipts = [client.post("/api/v1/reports", json=report_fields(memories=f"{n}")).json() for n in range(2)]
    shown = [client.post("/api/v1/case", json=receipt).json()["step"] for receipt in receipts]
    assert shown == ["received", "received"]


def test_alarms_are_counted_in_the_menu_and_settled_with_a_name(
    service: Service, staff: Callable[..., Visitor]
) -> None:
    with service.database.write() as session:
        alarms.raise_alarm(session, service.keys, "receipt_guessing", "address:abc")
    coordinator, auditor = staff("coordinator"), staff("auditor")
    assert "Alarms 1" in coordinator.text
    assert "/alarms" not in staff("volunteer").links
    auditor.open("/alarms")
    assert "Somebody tried very many receipts" in auditor.text
    assert "/alarms" not in auditor.actions(), "an auditor changes nothing"
    with service.database.read() as session:
        number = session.scalars(select(AlarmRow.id)).one()
    coordinator.open("/alarms").press("/alarms", str(number))
    assert "Looked into by coordinator" in coordinator.text
    assert "Alarms 1" not in coordinator.text
    token = coordinator.field("/language", "csrf")
    for wrong in ("", "x", "9" * 30, "999", "²"):
        answer = coordinator._client.post("/alarms", data={"csrf": token, "alarm": wrong})
        assert answer.status_code == 404
