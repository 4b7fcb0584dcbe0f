"""The database: the migrations make the tables that the code uses, and writers take turns."""

import threading
import time

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from reunite.service import Service
from reunite.storage.base import Base
from reunite.storage.session import FifoLock
from reunite.storage.tables import ReportRow


def test_the_migrations_make_exactly_the_tables_of_the_code(service: Service) -> None:
    with service.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_a_session_that_reads_cannot_write(service: Service) -> None:
    with pytest.raises(DBAPIError), service.database.read() as session:
        session.execute(text("UPDATE installation SET change_no = 7"))


def test_a_write_that_fails_leaves_nothing(service: Service) -> None:
    def fail() -> None:
        with service.database.write() as session:
            session.execute(text("UPDATE installation SET change_no = 7"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with service.database.read() as session:
        assert session.scalar(text("SELECT change_no FROM installation")) == 0


def test_the_database_holds_the_states_that_the_code_names(service: Service) -> None:
    with pytest.raises(IntegrityError), service.database.write() as session:
        session.execute(
            ReportRow.__table__.insert().values(  # type: ignore[attr-defined]
                case_number="M-0000-0000", kind="missing", state="lost", rev=1, change_no=1, person={},
                language="en", secret_hash="", filed_at=None, changed_at=None,
            )
        )  # fmt: skip


def test_writers_of_many_threads_wait_for_each_other_and_none_fails(service: Service) -> None:
    def write() -> None:
        for _ in range(20):
            with service.database.write() as session:
                session.execute(text("UPDATE installation SET change_no = change_no + 1"))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with service.database.read() as session:
        assert session.scalar(text("SELECT change_no FROM installation")) == 160


def test_the_lock_serves_in_the_order_of_coming() -> None:
    lock, served = FifoLock(), list[int]()

    def take(number: int) -> None:
        with lock:
            served.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            while len(lock._waiting) <= number:
                time.sleep(0.001)
    for thread in threads:
        thread.join()
    assert served == list(range(20))


def test_a_write_inside_a_write_is_an_error_and_no_deadlock() -> None:
    lock = FifoLock()
    with lock, pytest.raises(RuntimeError), lock:
        pass
    with lock:
        pass
