"""Deliveries on their way: claim some, send each outside of any transaction, note how it ended."""

import threading
import time
from collections.abc import Callable

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from reunite import alert_letters, alert_spread, outbox, sending, silence, subscriptions, webhook_sender
from reunite.outbox import Channel, Delivery, Lease
from reunite.service import Service
from reunite.storage.clock import now

log = structlog.get_logger()
_TOGETHER = 8
_SLICE_S = 1.0
_LONGEST_PAUSE_S = 30.0
_LAST_WORD_S = 8.0
"""How long a process that must end waits for the delivery in hand."""


class Post:
    """Sends what is due by the ways that are set up."""

    def __init__(self, service: Service, boot_id: str | None = None) -> None:
        self._service, self._boot_id = service, boot_id
        hooks = webhook_sender.Sender(service.settings, service.keys, service.database)
        self.senders: dict[Channel, sending.Sender] = {
            **sending.senders(service.settings, service.keys),
            Channel.WEBHOOK: hooks,
        }

    def run(self, seconds: float = float("inf"), stopped: Callable[[], bool] = lambda: False) -> int:
        """Send until nothing is due, the time is over or it must stop; how many deliveries were tried, and steps
        of alerts done: before anything is sent, all who are to be told of an alert are queued."""
        ends, tried = time.monotonic() + seconds, 0
        alerting = not {Channel.EMAIL, Channel.PUSH}.isdisjoint(self.senders)
        while alerting and time.monotonic() < ends and not stopped() and alert_spread.step(self._service):
            tried += 1
        while self.senders and time.monotonic() < ends and not stopped():
            # Half of the lease for all of them: the last one is begun while there is time enough to end it.
            until = min(ends, time.monotonic() + self._service.settings.lease_seconds / 2)
            leases = self._claim() if self.are_due() else []  # who waits must not write every second
            if not leases:
                break
            tried += self._send_all(leases, until, stopped)
        return tried

    def are_due(self) -> bool:
        """Whether something could be sent now."""
        with self._service.database.read() as session:
            return outbox.are_due(session, channels=list(self.senders), quiet=self._is_quiet(session))

    def _claim(self) -> list[Lease]:
        with self._service.database.write() as session:
            return outbox.claim_some(
                session, _TOGETHER, channels=list(self.senders), quiet=self._is_quiet(session),
                lease_seconds=self._service.settings.lease_seconds, boot_id=self._boot_id,
            )  # fmt: skip

    def _is_quiet(self, session: Session) -> bool:
        return self._service.settings.is_quiet(now(session))

    def _send_all(self, leases: list[Lease], until: float, stopped: Callable[[], bool]) -> int:
        """Send them as long as there is time; how many were tried. What is not begun is given back."""
        left = list(leases)
        try:
            while left and not stopped() and time.monotonic() < until:
                self._send(left[0])
                left.pop(0)
        except Exception:
            raise  # the database is away: the leases run out, and the attempts count
        except BaseException:
            self._hand_back(left)  # the process must end in the middle: others send at once
            raise
        if left:
            self._hand_back(left)
        return len(leases) - len(left)

    def _hand_back(self, leases: list[Lease]) -> None:
        with self._service.database.write() as session:
            outbox.hand_back(session, *leases)
        log.info("deliveries_handed_back", count=len(leases))

    def _send(self, lease: Lease) -> None:
        with structlog.contextvars.bound_contextvars(
            delivery=lease.id, channel=lease.channel.value, attempt=lease.attempts
        ):
            with self._service.database.read() as session:
                told = outbox.opened(session, self._service.keys, lease)
                silenced = bool(told and told.to_hash and silence.why(session, told.to_hash))
                letter = told and alert_letters.written(
                    session, self._service.keys, self._service.settings, told
                )
            if told is None:
                log.info("delivery_gone")
            elif silenced:
                self._end(lease, "dropped", "silenced")
            elif letter is None:
                self._end(lease, "dropped", "over")
            else:
                self._hand_over(lease, letter)

    def _hand_over(self, lease: Lease, told: Delivery) -> None:
        """Send it, outside of any transaction, and note what came of it."""
        try:
            self.senders[lease.channel](told)
        except sending.RefusedError as error:
            with self._service.database.write() as session:
                outbox.complete(session, lease, "failed", error.problem)
                if error.nobody and told.to_hash:
                    _nobody_there(session, told.channel, told.to_hash)
            log.warning("delivery_refused", problem=error.problem, nobody=error.nobody)
        except Exception as error:
            # The class alone: messages hold addresses.
            with self._service.database.write() as session:
                given_up = outbox.fail(session, lease, type(error).__name__)
            log.warning("delivery_failed", problem=type(error).__name__, given_up=given_up)
        else:
            self._end(lease, "sent", None)
            log.info("delivery_sent")

    def _end(self, lease: Lease, state: str, problem: str | None) -> None:
        with self._service.database.write() as session:
            if not outbox.complete(session, lease, state, problem):
                log.info("delivery_lease_lost")


def _nobody_there(session: Session, channel: Channel, to_hash: str) -> None:
    """A mailbox or a number may belong to somebody again; a browser gets another address, and this one can go."""
    if channel is Channel.PUSH:
        subscriptions.remove(session, to_hash)
    else:
        silence.stop(session, to_hash, silence.BOUNCED)


class Postman:
    """A thread that sends beside the work on reports, so that no report waits for a slow server."""

    def __init__(self, service: Service, boot_id: str | None = None) -> None:
        self._service, self._post = service, Post(service, boot_id)
        self._stopping, self._rung = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="postman", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Look at once."""
        self._rung.set()

    def stop(self) -> None:
        """End when the delivery in hand has; what was not begun is given back. One that takes too long loses its lease
        in time, and is sent again."""
        self._stopping.set()
        self._rung.set()
        if self._thread.is_alive():
            self._thread.join(timeout=_LAST_WORD_S)

    def _work(self) -> None:
        pause = self._service.settings.poll_seconds
        while not self._stopping.is_set():
            try:
                worked = self._post.run(_SLICE_S, self._stopping.is_set)
                if worked and self._service.settings.redis_url and self._post.are_due():
                    self._service.doorbell.ring_outbox()  # there is more than one can do
                pause = 0.0 if worked else self._service.settings.poll_seconds
            except DBAPIError as error:
                pause = min(max(pause, 1.0) * 2, _LONGEST_PAUSE_S)
                log.error("database_failed", problem=type(error.orig).__name__, again_in_s=pause)
            self._rung.wait(pause)
            self._rung.clear()
