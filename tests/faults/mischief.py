"""What is done to a deployment while reports go in: each gives how many faults it did."""

import os
import random
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import redis

from reunite import reports, submission
from tests.faults.field import Field, Row, kill_children
from tests.faults.outages import Outage
from tests.faults.wire import Wire
from workers.doorbell import BULK, MATCHING

SLOW = """
import random, time
from workers import drain
rank = drain.Drain._rank
def slowly(self, *args):
    ranked = rank(self, *args)
    time.sleep(random.uniform(0, {seconds}))
    return ranked
drain.Drain._rank = slowly
"""
"""Run first by a worker: between ranking and storing there is time for somebody to die or to say something else."""


def until(enough: Callable[[int], bool], do: Callable[[], int], pause: float) -> int:
    """Do it again and again after random pauses, until it was enough."""
    done = 0
    while not enough(done):
        time.sleep(random.uniform(0, 2 * pause))
        done += do()
    return done


def kill_a_worker(field: Field) -> int:
    """SIGKILL a child of Celery's worker, or now and then the poller, which is started again."""
    if random.random() < 0.1:
        field.kill("poller")
        field.start("poller")
        return 1
    pid = field.running["worker"].popen.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    if not children:
        return 0
    try:
        os.kill(int(random.choice(children)), signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def revive(field: Field, name: str) -> int:
    """Start a process again if it has killed itself; whether it had. It may do so again before it is ready."""
    if field.running[name].popen.poll() is None:
        return 0
    field.kill(name)
    field.start(name)
    return 1


def kill_the_child(field: Field) -> int:
    """SIGKILL the embedded worker."""
    return kill_children(field.running["api"].popen.pid)


def trouble_redis(broker: Outage, line: Wire) -> int:
    """Stop, empty or cut off Redis, or lose one of its replies."""
    kind = random.choice(("crash", "empty", "hole", "lose", "cut"))
    if kind == "crash":
        broker.kill()
        time.sleep(random.uniform(0, 1))
        broker.start()
    elif kind == "empty":
        with redis.Redis.from_url(broker.url) as client:
            client.flushall()
    elif kind == "hole":
        line.hole = True
        time.sleep(random.uniform(0.5, 6))
        line.hole = False
    elif kind == "lose":
        line.lose_reply_to(b"BRPOP")
    else:
        line.cut()
    return 1


def crash(database: Outage) -> int:
    """End PostgreSQL in the middle of everything, and start it again."""
    database.kill()
    time.sleep(random.uniform(0, 0.5))
    database.start()
    return 1


def repeat_messages(broker: Outage) -> int:
    """Deliver every message that waits once more, in another order."""
    with redis.Redis.from_url(broker.url) as client:
        done = 0
        for queue in (MATCHING, BULK):
            waiting = client.lrange(queue, 0, -1)
            again = random.sample(waiting, len(waiting))
            for message in again:
                client.lpush(queue, message)
            done += len(again)
        return done


def jump(url: str) -> int:
    """Have the clock that leases are counted by jump: all leases run out, or none for an hour; due times likewise."""
    by = random.choice(("- interval '1 hour'", "+ interval '3 seconds'", "- interval '1 second'"))
    with psycopg.connect(url, autocommit=True) as connection:
        leased = f"UPDATE match_job SET lease_until = lease_until {by} WHERE state = 'leased'"
        ready = f"UPDATE match_job SET due = due {by} WHERE state = 'ready'"
        return sum(connection.execute(statement).rowcount for statement in (leased, ready))


def commit_late(field: Field, row: Row) -> int:
    """File a report in a transaction that stays open while others file and are matched."""
    with field.service.database.write() as session:
        receipt = reports.file(session, field.service.keys, submission.parse(row), actor="test")
        time.sleep(random.uniform(0.3, 2))
    field.filed[receipt.case_number] = row
    return 1


def in_background(do: Callable[[], None]) -> threading.Thread:
    """A thread that does it; the caller joins it."""
    thread = threading.Thread(target=do)
    thread.start()
    return thread
