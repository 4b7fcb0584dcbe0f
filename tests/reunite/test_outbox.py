"""The queue of deliveries: once, leased, fenced, tried for long, and empty of words when it is over."""

import atexit
import threading
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from reunite import outbox, outbox_care
from reunite.config import Settings
from reunite.outbox import MOST_ATTEMPTS, Channel, Delivery, Lease
from reunite.service import Service, open_service
from reunite.storage.clock import now
from reunite.storage.outbox_tables import DeliveryRow
from tests.reunite.office import Office

ALL = list(Channel)
TO = {"to": "somebody@example.invalid", "text": "words for one"}


def queue(service: Service, once: str = "a", **changes: object) -> bool:
    told = Delivery(**{"channel": Channel.EMAIL, "once": once, "payload": TO, **changes})  # type: ignore[arg-type]
    with service.database.write() as session:
        return outbox.queue(session, service.keys, told)


def claim(service: Service, most: int = 1, seconds: float = 60, *, quiet: bool = False,
          channels: list[Channel] = ALL, boot: str | None = None) -> list[Lease]:  # fmt: skip
    with service.database.write() as session:
        return outbox.claim_some(
            session, most, channels=channels, lease_seconds=seconds, quiet=quiet, boot_id=boot
        )


def row(service: Service, once: str = "a") -> DeliveryRow:
    with service.database.read() as session:
        return session.scalars(select(DeliveryRow).where(DeliveryRow.once == once)).one()


def all_due(service: Service) -> None:
    with service.database.write() as session:
        session.execute(update(DeliveryRow).values(due=now(session)))


def test_the_same_is_queued_once(service: Service) -> None:
    assert queue(service)
    assert not queue(service)
    assert queue(service, "b")
    assert len(claim(service, 5)) == 2


def test_what_is_rolled_back_is_never_told(service: Service) -> None:
    with service.database.write() as session:
        outbox.queue(session, service.keys, Delivery(Channel.EMAIL, "a", TO))
        session.rollback()
    assert claim(service) == []


def test_workers_are_rung_after_the_commit_and_not_before(service: Service) -> None:
    seen: list[bool] = []

    class Bell:
        missed = 0

        def ring(self, *, bulk: bool = False) -> None:
            raise AssertionError("nothing is to be matched")

        def ring_outbox(self) -> None:
            seen.append(True)

        def answers(self) -> bool:
            return True

    service.doorbell = Bell()
    with service.database.write() as session:
        for once in ("a", "b"):
            outbox.queue(session, service.keys, Delivery(Channel.EMAIL, once, TO))
        assert seen == []
    assert seen == [True]


def test_two_who_claim_at_once_get_different_deliveries(service: Service) -> None:
    for number in range(12):
        queue(service, f"{number}")
    got: list[int] = []

    def claim_all() -> None:
        while leases := claim(service, 2):
            got.extend(lease.id for lease in leases)

    threads = [threading.Thread(target=claim_all) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(got) == len(set(got)) == 12


def test_a_lease_that_ran_out_is_taken_over_and_the_first_holder_is_fenced_off(service: Service) -> None:
    queue(service)
    [slow], [quick] = claim(service, seconds=0), claim(service)
    with service.database.write() as session:
        assert outbox.opened(session, service.keys, slow) is None
        assert not outbox.complete(session, slow)
        outbox.fail(session, slow, "Slow")
        outbox.hand_back(session, slow)
        assert outbox.complete(session, quick)
        assert not outbox.complete(session, quick)
    assert row(service).state == "sent"


def test_one_that_ended_its_worker_takes_no_others_along(service: Service) -> None:
    for once in ("a", "b", "c"):
        queue(service, once)
    assert len(claim(service, 3, seconds=0)) == 3  # and the worker dies
    assert [len(claim(service, 3)) for _ in range(4)] == [1, 1, 1, 0]


def test_a_delivery_that_ends_its_worker_every_time_has_failed_in_the_end(service: Service) -> None:
    queue(service)
    for _ in range(MOST_ATTEMPTS):
        assert len(claim(service, seconds=0)) == 1
    assert claim(service) == []
    assert (row(service).state, row(service).sealed) == ("failed", None)


def test_leases_of_an_earlier_run_are_released_at_the_start(service: Service) -> None:
    queue(service)
    assert len(claim(service, seconds=600, boot="before")) == 1
    with service.database.write() as session:
        outbox.release_other_boots(session, "after")
    assert len(claim(service, seconds=600, boot="after")) == 1


def test_what_fails_is_tried_for_more_than_a_day_and_then_given_up_and_counted(service: Service) -> None:
    queue(service)
    waited, given_up = timedelta(), False
    for attempt in range(1, MOST_ATTEMPTS + 1):
        all_due(service)
        [lease] = claim(service)
        assert lease.attempts == attempt
        with service.database.write() as session:
            given_up = outbox.fail(session, lease, "TimeoutError")
            begun = now(session)
        waited += max(row(service).due - begun, timedelta())
        assert given_up is (attempt == MOST_ATTEMPTS)
        assert claim(service) == [], "not at once"
    assert waited > timedelta(days=1)
    ended = row(service)
    assert (ended.state, ended.problem, ended.sealed) == ("failed", "TimeoutError", None)
    with service.database.read() as session:
        assert outbox_care.counts(session)["failed"] == 1


def test_what_is_given_back_was_no_attempt_and_is_due_at_once(service: Service) -> None:
    queue(service)
    for _ in range(MOST_ATTEMPTS + 1):
        [lease] = claim(service)
        assert lease.attempts == 1
        with service.database.write() as session:
            outbox.hand_back(session, lease)


def test_in_quiet_hours_only_what_is_urgent_is_sent(service: Service) -> None:
    queue(service, "can wait")
    assert claim(service, quiet=True) == []
    queue(service, "urgent", urgent=True)
    with service.database.read() as session:
        assert outbox.are_due(session, channels=ALL, quiet=True)
    assert [lease.once for lease in claim(service, 5, quiet=True)] == ["urgent"]
    with service.database.read() as session:
        assert not outbox.are_due(session, channels=ALL, quiet=True)
        assert outbox.are_due(session, channels=ALL, quiet=False)
    assert [lease.once for lease in claim(service, 5)] == ["can wait"]


def test_a_worker_leaves_what_it_cannot_send_to_others(service: Service) -> None:
    queue(service)
    assert claim(service, channels=[Channel.WEBHOOK]) == []
    assert len(claim(service, channels=[Channel.EMAIL])) == 1


def test_addresses_and_words_lie_in_no_file_of_the_database(tmp_path: Path) -> None:
    service = open_service(Settings(data_dir=tmp_path / "data"))
    queue(service)
    service.close()
    content = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("reunite.db*"))
    assert b"delivery" in content
    assert b"somebody" not in content
    assert b"words for one" not in content


def test_what_was_sent_is_open_to_its_holder_and_loses_its_words_when_it_has_ended(service: Service) -> None:
    queue(service)
    [lease] = claim(service)
    with service.database.write() as session:
        told = outbox.opened(session, service.keys, lease)
        assert told is not None
        assert told.payload == TO
        outbox.complete(session, lease)
    assert row(service).sealed is None


def test_a_row_that_has_ended_cannot_keep_its_words(service: Service) -> None:
    queue(service)
    with pytest.raises(IntegrityError), service.database.write() as session:
        session.execute(update(DeliveryRow).values(state="sent"))


def test_a_sealed_delivery_opens_in_its_own_place_only(service: Service) -> None:
    for once in ("a", "b"):
        queue(service, once)
    with service.database.write() as session:
        session.execute(
            update(DeliveryRow).where(DeliveryRow.once == "a").values(sealed=row(service, "b").sealed)
        )
    with service.database.read() as session, pytest.raises(ValueError, match="another place"):
        outbox.opened(session, service.keys, _leased(service, "a"))


def _leased(service: Service, once: str) -> Lease:
    return next(lease for lease in claim(service, 5) if lease.once == once)


def test_ended_deliveries_are_forgotten_after_some_days_and_stale_ones_dropped(service: Service) -> None:
    for once in ("sent", "waits", "fresh"):
        queue(service, once)
    sent = _leased(service, "sent")
    with service.database.write() as session:
        outbox.complete(session, sent)
        session.execute(update(DeliveryRow).where(DeliveryRow.once == "waits").values(
            state="ready", at=now(session) - outbox_care.TOO_OLD))  # fmt: skip
        outbox_care.forget_old(session)
    assert row(service, "sent").state == "sent"
    assert (row(service, "waits").state, row(service, "waits").problem) == ("dropped", "too_old")
    assert row(service, "fresh").sealed is not None
    with service.database.write() as session:
        session.execute(update(DeliveryRow).values(done_at=now(session) - outbox_care.KEPT))
        session.execute(update(DeliveryRow).where(DeliveryRow.once == "fresh").values(done_at=None))
        outbox_care.forget_old(session)
    with service.database.read() as session:
        assert session.scalars(select(DeliveryRow.once)).all() == ["fresh"]


def test_erasing_a_report_takes_its_deliveries_along_even_one_on_its_way(service: Service) -> None:
    office = Office(service)
    receipt = office.file()
    queue(service, report_id=receipt.report_id)
    queue(service, "of nobody")
    lease = _leased(service, "a")
    office.erase(receipt)
    with service.database.write() as session:
        assert outbox.opened(session, service.keys, lease) is None
        assert not outbox.complete(session, lease)
        assert session.scalars(select(DeliveryRow.once)).all() == ["of nobody"]


@cache
def _opened() -> Service:
    folder = TemporaryDirectory()
    atexit.register(folder.cleanup)
    return open_service(Settings(data_dir=Path(folder.name) / "data"))


def _empty() -> Service:
    """One installation for all examples, its queue empty."""
    service = _opened()
    with service.database.write() as session:
        session.execute(delete(DeliveryRow))
    return service


class Deliveries(RuleBasedStateMachine):
    """Whatever workers do, and whenever they die: each delivery is in one state, its words are there exactly as long as
    they are needed, and none is held by two."""

    def __init__(self) -> None:
        super().__init__()
        self.service = _empty()
        self.held: dict[str, Lease] = {}
        self.lost: list[Lease] = []
        self.ended: dict[str, str] = {}
        self.known: set[str] = set()

    @rule(number=st.integers(0, 5))
    def somebody_queues(self, number: int) -> None:
        assert queue(self.service, f"{number}") is (f"{number}" not in self.known)
        self.known.add(f"{number}")

    @rule(most=st.integers(1, 3))
    def a_worker_claims(self, most: int) -> None:
        all_due(self.service)
        for lease in claim(self.service, most, seconds=600):
            assert lease.once not in self.held
            assert lease.once not in self.ended
            self.held[lease.once] = lease

    @precondition(lambda self: self.held)
    @rule(how=st.sampled_from(["sent", "dropped", "failed", "later", "back", "dies"]), data=st.data())
    def one_ends(self, how: str, data: st.DataObject) -> None:
        lease = self.held.pop(data.draw(st.sampled_from(sorted(self.held)), label="which"))
        with self.service.database.write() as session:
            if how in outbox_care.STATES:
                assert outbox.complete(session, lease, how)
                self.ended[lease.once] = how
            elif how == "later" and outbox.fail(session, lease, "Error"):
                self.ended[lease.once] = "failed"
            elif how == "back":
                outbox.hand_back(session, lease)
            elif how == "dies":
                session.execute(
                    update(DeliveryRow).where(DeliveryRow.id == lease.id).values(lease_until=now(session))
                )
                if lease.attempts >= MOST_ATTEMPTS:
                    self.ended[lease.once] = "failed"
        self.lost.append(lease)
        if how == "dies":
            claim(self.service, channels=[Channel.PUSH])  # whoever looks next takes it back

    @precondition(lambda self: self.lost)
    @rule(data=st.data())
    def one_that_lost_its_lease_comes_late(self, data: st.DataObject) -> None:
        lease = data.draw(st.sampled_from(self.lost), label="whose")
        with self.service.database.write() as session:
            assert not outbox.complete(session, lease, "sent")

    @invariant()
    def every_row_is_what_we_think(self) -> None:
        with self.service.database.read() as session:
            rows = session.scalars(select(DeliveryRow)).all()
        assert {one.once for one in rows} == self.known
        for one in rows:
            waits = "leased" if one.once in self.held else "ready"
            assert one.state == self.ended.get(one.once, waits), one.once
            assert (one.sealed is None) is (one.once in self.ended)
            assert (one.lease_token is None) is (one.once not in self.held)


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = hypothesis_settings(max_examples=20, stateful_step_count=25, deadline=None)
