"""What tests share: real servers, one fresh database a test, an open service on each kind of database."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from hypothesis import settings as hypothesis_settings

from reunite.config import Settings
from reunite.service import Service, open_service
from reunite.storage import schema
from reunite.storage.session import Database
from tests import servers
from tests.databases import Databases, new_prefix
from tests.outside import Gateway, MailServer, gateway, mail_server

# Machines are shared: how long an example takes is no assertion.
hypothesis_settings.register_profile("shared", deadline=None)
hypothesis_settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A REUNITE_ variable of the shell must not lead a test to real data."""
    for name in os.environ:
        if name.startswith("REUNITE_") and not name.startswith("REUNITE_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Server]:
    """One PostgreSQL for all tests."""
    with servers.running(servers.postgres()) as server:
        yield server


@pytest.fixture(scope="session")
def databases(postgres_server: servers.Server) -> Databases:
    """Makes databases on it."""
    return Databases(postgres_server.url, new_prefix())


@pytest.fixture(scope="session")
def postgres_template(databases: Databases) -> Iterator[str]:
    """The migrated database the others are cloned from."""
    name = databases.template()
    yield name
    databases.drop(name)


@pytest.fixture
def postgres_url(databases: Databases, postgres_template: str) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    name = databases.lend(postgres_template)
    yield databases.url(name)
    databases.give_back(name)


@pytest.fixture
def empty_postgres_url(databases: Databases) -> Iterator[str]:
    """A PostgreSQL database of this test's own without any table."""
    name = databases.empty()
    yield databases.url(name)
    databases.drop(name)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[servers.Server]:
    """One Redis for all tests."""
    with servers.running(servers.redis_server()) as server:
        yield server


@pytest.fixture
def redis_url(redis_server: servers.Server) -> str:
    """An empty Redis."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushdb()
    return redis_server.url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrated file the others are copies of."""
    made = tmp_path_factory.mktemp("template") / "reunite.db"
    database = Database(f"sqlite:///{made}")
    schema.migrate(database)
    database.dispose()
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of an empty installation; a test that asks for them runs on SQLite and on PostgreSQL."""
    folder = tmp_path / "data"
    if request.param == "postgresql":
        return Settings(data_dir=folder, database_url=request.getfixturevalue("postgres_url"), port=0)
    folder.mkdir(mode=0o700)
    shutil.copy(request.getfixturevalue("sqlite_template"), folder / "reunite.db")
    return Settings(data_dir=folder, port=0)


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """An open installation whose worker does not run."""
    opened = open_service(settings)
    yield opened
    opened.close()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server."""
    with mail_server() as running:
        yield running


@pytest.fixture
def there() -> Iterator[Gateway]:
    """A server that takes what is posted to it: a gateway of short messages, a partner's webhook, a push service."""
    with gateway() as running:
        yield running
