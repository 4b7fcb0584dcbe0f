"""Servers that can be stopped, a deployment on them, and a record of what was done to it."""

import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from reunite.config import Settings
from tests.faults import outages
from tests.faults.field import Field
from tests.faults.outages import Outage
from tests.servers import free_port

FULL = os.environ.get("FORM", "short") == "full"
RECORD = os.environ.get("REUNITE_FAULTS_RECORD")


@pytest.fixture(scope="session")
def pg() -> Iterator[Outage]:
    """A PostgreSQL that keeps what it answered."""
    with outages.postgres() as server:
        yield server


@pytest.fixture(scope="session")
def broker() -> Iterator[Outage]:
    """A Redis that keeps what it was told."""
    with outages.redis_kept() as server:
        yield server


@pytest.fixture
def database(pg: Outage) -> str:
    """A database of this test's own."""
    name = f"faults_{secrets.token_hex(4)}"
    with psycopg.connect(pg.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
    return make_url(pg.url).set(database=name).render_as_string(hide_password=False)


Make = Callable[..., Field]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a deployment and starts its processes; ends them after the test."""
    made: list[Field] = []

    def field(
        database_url: str = "",
        redis_url: str = "",
        prelude: Mapping[str, str] | None = None,
        lease_seconds: int = 2,
    ) -> Field:
        settings = Settings(
            data_dir=tmp_path / f"data{len(made)}", database_url=database_url, redis_url=redis_url, port=free_port(),
            trusted_proxies="127.0.0.1", lease_seconds=lease_seconds, poll_seconds=0.2,
        )  # fmt: skip
        one = Field(settings, prelude or {})
        made.append(one)
        for name in one.names:
            one.start(name)
        for name in one.names:
            one.ready(name)
        return one

    yield field
    for one in made:
        one.stop()


Record = Callable[[str, int, Field], None]


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Record:
    """Keeps for the report how many faults were done, and how many reports went in meanwhile."""

    def keep(fault: str, faults: int, field: Field) -> None:
        assert faults > 0, "no fault was done, so nothing was shown"
        line = {"fault": fault, "faults": faults, "filed": len(field.filed), "test": request.node.name}
        print(json.dumps(line))
        if RECORD:
            with Path(RECORD).open("a") as file:
                file.write(json.dumps(line) + "\n")

    return keep
