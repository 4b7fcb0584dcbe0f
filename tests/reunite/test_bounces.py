"""Mails that came back: whose they were is signed, and only what is for good counts."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from reunite import bounces, silence
from reunite.bounces import Returned
from reunite.config import Settings
from reunite.keys import Keys
from reunite.service import Service
from reunite.storage import rate_windows
from reunite.storage.abuse_tables import RateRow
from reunite.storage.clock import now
from tests.processes import environment
from tests.reunite.returned import HASH, OURS, address, away, report

KEYS = Keys(b"k" * 32)
TO = address(KEYS)
FORGED = address(Keys(b"f" * 32))


def why(service: Service) -> str:
    with service.database.read() as session:
        return silence.why(session, HASH)


def note(service: Service, status: str) -> bool:
    with service.database.write() as session:
        return bounces.note(session, Returned(HASH, status))


def test_an_address_to_come_back_to_fits_every_server() -> None:
    Settings(bounces=f"{'b' * 24}@example.org")
    local, _, domain = bounces.sender(KEYS, f"{'b' * 24}@example.org", HASH).partition("@")
    assert len(local) == 64
    assert domain == "example.org"
    assert local == local.lower()
    assert local.isascii()


@pytest.mark.parametrize("written", [TO, TO.upper(), f"<{TO}>", f"Somebody <{TO.title()}>", f"a@b.org, {TO}"])
def test_whose_mail_it_was_is_read_in_every_spelling(written: str) -> None:
    assert bounces.read(KEYS, report(written, "5.1.1")) == Returned(HASH, "5.1.1")


@pytest.mark.parametrize("header", ["Delivered-To", "X-Original-To", "Envelope-To"])
def test_and_where_the_mailbox_s_server_writes_it(header: str) -> None:
    raw = report("postmaster@example.org", "5.1.1", more=f"{header}: {TO}\r\n")
    assert bounces.read(KEYS, raw) == Returned(HASH, "5.1.1")


@pytest.mark.parametrize("to", [OURS, "a@b.org", FORGED, TO.replace("+", "-"), TO[:-13] + "x@example.org",
                                f"bounces+{'a' * 39}@example.org", f"bounces+{'2' * 39}@example.org", ""])  # fmt: skip
def test_what_came_to_an_address_that_we_did_not_make_says_nothing(to: str) -> None:
    assert bounces.read(KEYS, report(to, "5.1.1")) is None


@pytest.mark.parametrize("place", range(39))
def test_no_letter_of_a_token_can_be_another(place: int) -> None:
    at = TO.index("+") + 1 + place
    for letter in "abcdefghijklmnopqrstuvwxyz234567":
        changed = TO[:at] + letter + TO[at + 1 :]
        assert changed == TO or bounces.read(KEYS, report(changed, "5.1.1")) is None


def test_a_token_inside_of_what_is_reported_counts_for_nothing() -> None:
    raw = report(OURS, "5.1.1").replace(b"Subject: words", f"Delivered-To: {TO}".encode())
    assert bounces.read(KEYS, raw) is None


@pytest.mark.parametrize(
    ("statuses", "status"),
    [(["5.1.1"], "5.1.1"), (["5.2.2 (mailbox full)"], "5.2.2"), ([" 5.1.10"], "5.1.10"),
     (["4.2.2"], ""), (["2.0.0"], ""), (["5.1"], ""), (["nonsense"], ""), ([], ""), ([""], ""),
     (["5.1.1", "5.1.1"], "5.1.1"), (["5.1.1", "5.2.2"], "5.2.2"), (["5.1.1", "5.7.1"], "5.7.1"),
     (["5.1.1", "4.2.2"], "")],
)  # fmt: skip
def test_only_what_is_for_good_for_all_behind_the_address_is_a_failure(
    statuses: list[str], status: str
) -> None:
    assert bounces.read(KEYS, report(TO, *statuses)) == Returned(HASH, status)


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_a_report_that_it_is_late_or_has_arrived_is_none(action: str) -> None:
    assert bounces.read(KEYS, report(TO, "5.1.1", action=action)) == Returned(HASH, "")


@pytest.mark.parametrize("raw", [away(TO), report(TO, "5.1.1", kind="mixed")])
def test_an_automatic_answer_and_a_report_that_is_passed_on_are_none(raw: bytes) -> None:
    assert bounces.read(KEYS, raw) == Returned(HASH, "")


@given(st.binary(max_size=2000))
def test_any_bytes_are_read_and_silence_nobody(raw: bytes) -> None:
    assert bounces.read(KEYS, raw) is None


BREAKING = (
    b"\r\n", b"\r\n\r\n", b"--b\r\n", b"--b--\r\n", b"=?x?q?", b"To: =?\xff?=\r\n", b"Content-Type: message/rfc822\r\n",
    b"Content-Type: message/delivery-status\r\n\r\n", b"Content-Type: multipart/report; boundary*=utf-8''%ff\r\n",
)  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A report in which some pieces are gone, doubled or other bytes."""
    raw = report(
        draw(st.sampled_from([TO, FORGED])), *draw(st.lists(st.sampled_from(["5.1.1", "5.2.2"]), max_size=3))
    )
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(raw)))
        end = at + draw(st.integers(0, 60))
        other = draw(st.one_of(st.binary(max_size=20), st.just(raw[at:end] * 2), st.sampled_from(BREAKING)))
        raw = raw[:at] + other + raw[end:]
    return raw


@given(broken())
def test_a_broken_report_is_read_and_tells_of_nobody_else(raw: bytes) -> None:
    told = bounces.read(KEYS, raw)
    assert told is None or told.to_hash == HASH
    assert told is None or TO[TO.index("+") : TO.index("@") + 1].encode() in raw.lower()
    assert told is None or told.status.encode() in raw


@pytest.mark.parametrize("raw", [
    b"".join(b"Content-Type: multipart/report; boundary=%d\r\n\r\n--%d\r\n" % (n, n) for n in range(5000)),
    b"Content-Type: message/rfc822\r\n\r\n" * 5000,
    b"To: " + b"bounces+" * 50_000,
    b"To: x\r\n" * 100_000,
])  # fmt: skip
@pytest.mark.timeout(20)
def test_what_would_take_for_ever_or_any_memory_does_not(raw: bytes) -> None:
    assert bounces.read(KEYS, raw) is None


def test_a_long_message_is_read_as_far_as_it_must_be() -> None:
    whole = report(TO, "5.1.1")
    assert bounces.read(KEYS, whole + b"x" * 10_000_000) == Returned(HASH, "5.1.1")
    assert bounces.read(KEYS, b"A: " + b"x" * bounces.MOST_BYTES + b"\r\n" + whole) is None


def test_where_nobody_is_nothing_goes_from_then_on(service: Service) -> None:
    assert note(service, "5.1.1")
    assert why(service) == silence.BOUNCED


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sets the day."""
    first = datetime.now(UTC)
    return lambda day: monkeypatch.setattr(bounces, "now", lambda _: first + timedelta(days=day))


@pytest.mark.parametrize("status", ["", "5.7.1", "5.7.26", "5.1.7", "5.1.8"])
def test_nothing_and_our_own_fault_silence_nobody_however_often(
    service: Service, on: Callable[[int], None], status: str
) -> None:
    for day in range(10):
        on(day)
        assert not note(service, status)
    assert why(service) == ""


def test_a_full_mailbox_is_believed_on_the_third_day(service: Service, on: Callable[[int], None]) -> None:
    for day, silenced in ((0, False), (0, False), (4, False), (4, False), (9, True)):
        on(day)
        assert note(service, "5.2.2") is silenced, day
    assert why(service) == silence.BOUNCED


def test_days_of_more_than_a_month_ago_count_no_more(service: Service, on: Callable[[int], None]) -> None:
    for day in (0, 29, 30, 60):
        on(day)
        assert not note(service, "5.2.2")


def test_what_was_counted_is_a_hash_and_a_day_and_is_forgotten(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(service, "5.2.2")
    with service.database.write() as session:
        [row] = session.scalars(select(RateRow)).all()
        assert row.key.startswith(f"bounce:{HASH}:2")
        rate_windows.forget_old(session)
        assert session.scalars(select(RateRow)).all() != []
        later = now(session) + timedelta(days=bounces.WITHIN, hours=1)
        monkeypatch.setattr(rate_windows, "now", lambda _: later)
        rate_windows.forget_old(session)
        assert session.scalars(select(RateRow)).all() == []


def test_who_opted_out_has_opted_out_and_not_bounced(service: Service) -> None:
    with service.database.write() as session:
        silence.stop(session, HASH)
    note(service, "5.1.1")
    assert why(service) == silence.OPTED_OUT


def take(settings: Settings, raw: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "reunite", "bounces"], input=raw, capture_output=True,
                          env=environment(settings), timeout=120)  # fmt: skip


def test_a_mail_server_hands_one_over_by_a_pipe(settings: Settings, service: Service) -> None:
    to = address(service.keys)
    for raw, said in ((report(FORGED, "5.1.1"), b"no address of ours"), (away(to), b"noted"),
                      (report(to, "5.1.1") + b"x" * 1_000_000, b"Nothing more")):  # fmt: skip
        assert why(service) == ""
        done = take(settings, raw)
        assert (done.returncode, said in done.stdout) == (0, True), done.stderr
        assert b"reporter@" not in done.stdout + done.stderr
    assert why(service) == silence.BOUNCED


def test_a_mail_server_keeps_it_while_it_cannot_be_taken(settings: Settings) -> None:
    done = take(settings.model_copy(update={"database_url": "postgresql://nobody@127.0.0.1:1/none"}), b"")
    assert done.returncode == 75
    assert b"Traceback" not in done.stderr
