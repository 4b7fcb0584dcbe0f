"""What the service stands on goes away, comes back, lies or dawdles: nothing is lost, and all is matched."""

import random
import threading
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url

from tests.faults import mischief
from tests.faults.conftest import FULL, Make, Record
from tests.faults.field import rows
from tests.faults.outages import Outage
from tests.faults.wire import wire

TIMES = 40 if FULL else 4
PAIRS = 100 if FULL else 12


def test_redis_crashes_is_emptied_cut_off_and_loses_replies(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    with wire(broker.host, broker.port) as line:
        field = make(database, f"redis://127.0.0.1:{line.port}/0")
        with field.filing(rows(PAIRS, 4), per_second=5):
            troubles = mischief.until(
                lambda done: done >= TIMES, lambda: mischief.trouble_redis(broker, line), 0.5
            )
        line.hole = False
        field.settle()
        record("Redis crashed, emptied, swallowed by the network, a reply lost", troubles, field)
        assert field.wrong(tmp_path) == []


def test_postgresql_crashes(
    pg: Outage, database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    field = make(database, broker.url)
    with field.filing(rows(PAIRS, 5), per_second=5):
        crashes = mischief.until(lambda done: done >= TIMES // 2, lambda: mischief.crash(pg), 1.5)
    field.settle()
    record("PostgreSQL crashed", crashes, field)
    assert field.wrong(tmp_path) == []


def test_every_message_comes_twice_and_in_another_order(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    slow = mischief.SLOW.format(seconds=0.2)
    field = make(database, broker.url, {"worker": slow, "poller": slow})
    with field.filing(rows(PAIRS, 6), per_second=10):
        again = mischief.until(lambda done: done >= TIMES * 5, lambda: mischief.repeat_messages(broker), 0.02)
    field.settle()
    record("a message delivered again, out of order", again, field)
    assert field.wrong(tmp_path) == []


def test_the_network_to_the_database_dawdles(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    parts = urlsplit(database)
    with wire(parts.hostname, parts.port) as line:
        slow = make_url(database).set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        # Two seconds is less than a dozen jobs take here: who is slow would be taken for dead, again and again.
        field = make(slow, broker.url, lease_seconds=20)
        with field.filing(rows(PAIRS // 2, 7), per_second=2):

            def dawdle() -> int:
                line.delay_s = random.choice((0.0, 0.005, 0.02, 0.05))
                return 1

            delays = mischief.until(lambda done: done >= TIMES, dawdle, 0.5)
        line.delay_s = 0.0
        field.settle()
        record("another delay of the network to the database", delays, field)
        assert field.wrong(tmp_path) == []


def test_a_transaction_commits_late_with_a_lower_number(
    database: str, broker: Outage, make: Make, record: Record, tmp_path: Path
) -> None:
    field = make(database, broker.url)
    both = rows(PAIRS, 8)
    late, others = both[: len(both) // 3], both[len(both) // 3 :]
    with field.filing(others, per_second=8):
        waiting = [threading.Thread(target=mischief.commit_late, args=(field, row)) for row in late]
        for at in range(0, len(waiting), 4):
            for thread in waiting[at : at + 4]:
                thread.start()
            for thread in waiting[at : at + 4]:
                thread.join()
    field.settle()
    record("a transaction committed late", len(late), field)
    assert field.wrong(tmp_path) == []
