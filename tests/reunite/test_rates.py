"""How often somebody may ask: the limits hold over processes and restarts, and counting fails the right way."""

import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from reunite.config import Settings
from reunite.rates import LIMITS, Limit, Per, Rates, Then, TooManyError, What, household
from reunite.service import Service
from reunite.storage import rate_windows
from reunite.storage.abuse_tables import AlarmRow, RateRow
from tests import servers
from tests.processes import environment

HERE = "192.0.2.7"
A_DAY = 86_400
FEW = (
    Limit(What.LOOK_UP, Per.ADDRESS, 5, A_DAY, Then.REFUSE),
    Limit(What.FILE, Per.ADDRESS, 5, A_DAY, Then.MODERATE),
    Limit(What.FILE, Per.INSTALLATION, 8, A_DAY, Then.ALARM),
)
HITS = """
import sys
from reunite.rates import Limit, Per, Rates, Then, TooManyError, What
from reunite.service import configured, open_service
service = open_service(configured())
limit = Limit(What.LOOK_UP, Per.ADDRESS, 40, 86400, Then.REFUSE)
rates, passed = Rates(service.database, service.keys, service.settings.redis_url, (limit,)), 0
for _ in range(30):
    try:
        rates.look_up("192.0.2.7")
        passed += 1
    except TooManyError:
        pass
print(passed)
"""


def passes(ask: Callable[[], object], times: int) -> int:
    """How many of so many look-ups are not refused."""
    passed = 0
    for _ in range(times):
        try:
            ask()
            passed += 1
        except TooManyError:
            pass
    return passed


def alarms(service: Service) -> list[tuple[str, str]]:
    with service.database.read() as session:
        return [(kind, subject) for kind, subject in session.execute(select(AlarmRow.kind, AlarmRow.subject))]


def test_every_limit_refuses_look_ups_and_never_a_report() -> None:
    assert {limit.what for limit in LIMITS} == set(What)
    assert all(limit.then is not Then.REFUSE for limit in LIMITS if limit.what is What.FILE)
    assert any(limit.then is Then.REFUSE for limit in LIMITS if limit.what is What.LOOK_UP)


def test_look_ups_are_refused_over_the_limit_and_raise_one_alarm(service: Service) -> None:
    rates = Rates(service.database, service.keys, limits=FEW)
    assert passes(lambda: rates.look_up(HERE), 20) == 5
    assert passes(lambda: rates.look_up("192.0.2.8"), 3) == 3, "another address is not concerned"
    with pytest.raises(TooManyError) as refused:
        rates.look_up(HERE)
    assert refused.value.retry_after == A_DAY
    assert [kind for kind, _ in alarms(service)] == ["receipt_guessing"]


def test_reports_are_never_refused_but_marked(service: Service) -> None:
    rates = Rates(service.database, service.keys, limits=FEW)
    assert [rates.filing(HERE) for _ in range(7)] == [False] * 5 + [True] * 2
    assert [rates.filing("192.0.2.8") for _ in range(3)] == [False] * 3
    assert alarms(service) == [("reports_from_everywhere", "installation")]


def test_a_partner_s_key_is_refused_over_the_number_that_is_set_and_other_keys_are_not(
    service: Service,
) -> None:
    few = service.settings.model_copy(update={"partner_per_minute": 5})
    rates = Rates.of(few, service.database, service.keys)
    assert passes(lambda: rates.partner(1), 20) == 5
    assert passes(lambda: rates.partner(2), 3) == 3
    assert passes(lambda: rates.look_up(HERE), 20) == 20, "who has no key is not concerned"
    with pytest.raises(TooManyError) as refused:
        rates.partner(1)
    assert refused.value.retry_after == 60
    assert alarms(service) == []


def test_a_household_of_ipv6_is_one_sender() -> None:
    assert household("2001:db8:1:2::5") == household("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert household("2001:db8:1:3::5") != household("2001:db8:1:2::5")
    assert household("::ffff:192.0.2.7") == HERE
    assert household("fe80::1%eth0") == "fe80::/64"
    assert household("testclient") == "testclient"


def test_only_keyed_hashes_of_addresses_are_kept_and_old_windows_go(service: Service) -> None:
    rates = Rates(service.database, service.keys)
    rates.look_up(HERE)
    rates.filing(HERE)
    with service.database.write() as session:
        keys = session.scalars(select(RateRow.key)).all()
        assert len(keys) == 5
        assert not any(HERE in key for key in keys)
        rate_windows.forget_old(session)
        assert session.scalar(select(func.count()).select_from(RateRow)) == 5
        session.execute(text("UPDATE rate_window SET expires_at = '2001-01-01 00:00:00'"))
        rate_windows.forget_old(session)
        assert session.scalar(select(func.count()).select_from(RateRow)) == 0


def test_the_window_slides_so_a_new_one_does_not_begin_at_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    from datetime import UTC, datetime

    rates = Rates(
        service.database, service.keys, limits=(Limit(What.LOOK_UP, Per.ADDRESS, 10, 60, Then.REFUSE),)
    )
    monkeypatch.setattr(rate_windows, "now", lambda _: datetime(2026, 1, 1, 12, 0, 59, tzinfo=UTC))
    assert passes(lambda: rates.look_up(HERE), 20) == 10
    monkeypatch.setattr(rate_windows, "now", lambda _: datetime(2026, 1, 1, 12, 1, 6, tzinfo=UTC))
    assert passes(lambda: rates.look_up(HERE), 20) == 1, "nine tenths of the window before still count"
    monkeypatch.setattr(rate_windows, "now", lambda _: datetime(2026, 1, 1, 12, 5, 0, tzinfo=UTC))
    assert passes(lambda: rates.look_up(HERE), 20) == 10


def hit_in_processes(settings: Settings, count: int = 3) -> int:
    """How many look-ups pass in so many processes that ask at the same time."""
    running = [
        subprocess.Popen([sys.executable, "-c", HITS], env=environment(settings), stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    return sum(int(one.communicate(timeout=120)[0].split()[-1]) for one in running)


def test_several_processes_count_together_in_the_database(service: Service) -> None:
    assert hit_in_processes(service.settings) == 40


def test_several_processes_count_together_in_redis(service: Service, redis_url: str) -> None:
    assert hit_in_processes(service.settings.model_copy(update={"redis_url": redis_url})) == 40
    with service.database.read() as session:
        assert session.scalar(select(func.count()).select_from(RateRow)) == 0


def test_a_stopped_redis_is_replaced_by_the_database(service: Service) -> None:
    with servers.running(servers.redis_server()) as redis_server:
        rates = Rates(service.database, service.keys, redis_server.url, FEW)
        assert passes(lambda: rates.look_up(HERE), 20) == 5
        redis_server.stop()
        assert passes(lambda: rates.look_up(HERE), 20) == 5, "counted anew, and still refused"
        assert [rates.filing(HERE) for _ in range(7)] == [False] * 5 + [True] * 2


def test_where_nothing_can_count_reports_pass_and_look_ups_do_not(service: Service) -> None:
    rates = Rates(service.database, service.keys, "redis://127.0.0.1:9/0", FEW)
    with service.database.write() as session:
        session.execute(text("ALTER TABLE rate_window RENAME TO gone"))
    assert rates.filing(HERE) is False
    Rates.of(service.settings, service.database, service.keys).partner(1)
    with pytest.raises(SQLAlchemyError):
        rates.look_up(HERE)
