"""The feed of posters: what leaves, what does not, and that who polls it misses nothing."""

import io
from collections.abc import Collection
from datetime import datetime

import pytest
from sqlalchemy import func, select

from reunite import concerns, erasure, feed, poster_consent, poster_decisions, reports
from reunite.exchange import atom, pfif_reading
from reunite.exchange.pfif import PersonRecord
from reunite.policy import ON_POSTERS
from reunite.service import Service
from reunite.storage.feed_tables import FeedRecordRow
from reunite.storage.tables import ReportRow
from tests.factory import report_fields
from tests.reunite.hanging import a_coordinator, a_poster, a_report, ask, publish, ref_of

SHOWN = ("name", "marks")


def entries(service: Service, since: datetime | None = None) -> list[feed.Entry]:
    return feed.page(service, since, feed.MOST)[0]


def persons(service: Service) -> list[PersonRecord]:
    """As who reads the document gets them."""
    text = "".join(atom.document(feed.every(service), version="1.4"))
    found = [one.record for one in pfif_reading.read(io.BytesIO(text.encode()))]
    assert all(isinstance(one, PersonRecord) for one in found)
    return [one for one in found if isinstance(one, PersonRecord)]


def everything(service: Service) -> str:
    return "".join(atom.document(feed.every(service), version="1.4"))


def hang(service: Service, columns: Collection[str] = SHOWN) -> reports.Receipt:
    receipt = a_report(service)
    ask(service, receipt, columns)
    publish(service, receipt, columns)
    return receipt


def withdraw(service: Service, receipt: reports.Receipt) -> None:
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)


def test_only_what_hangs_leaves_and_only_what_stands_on_it(service: Service) -> None:
    a_report(service, name="李未问")
    asked = a_report(service, name="李已问")
    ask(service, asked)
    a_report(service, "found")
    receipt = hang(service)
    [person] = persons(service)
    assert person.full_name == "王晓明"
    assert person.person_record_id == f"localhost/{ref_of(service, receipt)}"
    assert "左手臂红色胎记" in person.description
    assert person.notes[0].status == "information_sought"
    text, told = everything(service), report_fields()
    hidden = set(told) - {"kind", *SHOWN}
    assert [column for column in hidden if told[column] in text.replace("information_sought", "")] == [
        "language"
    ][:0]
    assert receipt.case_number not in text
    assert "李" not in text.replace("王晓明", "")


@pytest.mark.parametrize("way", ["withdrawn", "taken back", "taken down", "flagged", "erased", "asked anew"])
def test_what_hangs_no_longer_is_told_as_ended_and_says_nothing(service: Service, way: str) -> None:
    receipt = hang(service)
    [before] = persons(service)
    with service.database.write() as session:
        keys, number, secret = service.keys, receipt.case_number, receipt.secret
        report = session.get_one(ReportRow, receipt.report_id)
        match way:
            case "withdrawn":
                reports.withdraw(session, keys, number, secret)
            case "taken back":
                poster_consent.take_back(session, keys, number, secret)
            case "erased":
                ledger = erasure.Ledger(service.settings.data_dir, keys)
                erasure.erase(session, keys, ledger, report, actor="test")
    coordinator = a_coordinator(service)
    if way == "flagged":
        with service.database.write() as session:
            concerns.flag(session, service.keys, coordinator, receipt.report_id, "custody_dispute", on=True)
    if way == "taken down":
        with service.database.write() as session:
            poster_decisions.take_down(session, service.keys, coordinator, receipt.case_number)
    if way == "asked anew":
        ask(service, receipt, SHOWN)
    [after] = persons(service)
    assert after.entry_date > before.entry_date
    time = after.entry_date
    assert after == PersonRecord(person_record_id=before.person_record_id, entry_date=time, expiry_date=time,
                                 source_date=time)  # fmt: skip
    assert persons(service) == [after], "it is told of as long as the feed is"
    for version in ("1.3", "1.4"):
        assert "王" not in "".join(atom.document(feed.every(service), version=version))


def test_a_poster_that_hangs_anew_is_another_record(service: Service) -> None:
    receipt = hang(service)
    [first] = persons(service)
    ask(service, receipt, SHOWN)
    entries(service)
    publish(service, receipt, SHOWN)
    gone, again = persons(service)
    assert (gone.person_record_id, gone.full_name) == (first.person_record_id, "")
    assert (again.person_record_id, again.full_name) == (f"{first.person_record_id}-2", "王晓明")


def test_a_poster_published_again_before_anybody_looked_is_the_same_record_later(service: Service) -> None:
    receipt = hang(service, ON_POSTERS)
    [first] = persons(service)
    ask(service, receipt, SHOWN)
    publish(service, receipt, SHOWN)
    [second] = persons(service)
    assert second.person_record_id == first.person_record_id
    assert second.entry_date > first.entry_date
    assert second.sex == ""


def test_dates_only_grow_and_no_two_are_the_same_even_when_the_clock_goes_back(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_poster(service)
    early = entries(service)[0].at.replace(year=2001)
    monkeypatch.setattr(feed, "now", lambda _: early)
    for _ in range(3):
        a_poster(service)
    dates = [one.at for one in entries(service)]
    assert dates == sorted(set(dates))
    assert len(dates) == 4


def test_who_asks_from_the_last_date_on_gets_every_change_page_by_page(service: Service) -> None:
    receipts = [hang(service) for _ in range(5)]
    first, more = feed.page(service, None, 2)
    assert more is not None
    withdraw(service, receipts[0])
    hang(service)
    seen = [*first]
    while more is not None:
        found, more = feed.page(service, more, 2)
        seen += found
    held = {one.record.person_record_id: one.record for one in seen}
    assert set(held.values()) == set(persons(service))
    assert [one.record.full_name for one in seen].count("") == 1
    [last] = entries(service, seen[-1].at)
    assert last == seen[-1]
    assert feed.page(service, None, 2, skip=5)[1] is None


def test_a_look_that_finds_nothing_new_writes_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_poster(service)
    entries(service)
    monkeypatch.setattr(service.database, "write", lambda: pytest.fail("it wrote"))
    assert len(entries(service)) == 1


def test_nothing_of_the_child_stands_in_the_feeds_own_notes(service: Service) -> None:
    receipt = hang(service)
    entries(service)
    with service.database.write() as session:
        ledger = erasure.Ledger(service.settings.data_dir, service.keys)
        report = session.get_one(ReportRow, receipt.report_id)
        erasure.erase(session, service.keys, ledger, report, actor="test")
    with service.database.read() as session:
        [row] = session.scalars(select(FeedRecordRow))
        assert {column.name for column in FeedRecordRow.__table__.columns} == {
            "id", "report_id", "ref", "record_id", "published_at", "entry_date", "ended"
        }  # fmt: skip
        assert row.record_id == f"localhost/{row.ref}"
        assert session.scalar(select(func.count()).select_from(FeedRecordRow)) == 1


def test_a_poster_that_came_down_after_the_notes_were_made_is_not_told(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = hang(service)
    entries(service)
    withdraw(service, receipt)
    monkeypatch.setattr(feed, "refresh", lambda *_: None)
    assert entries(service) == []
