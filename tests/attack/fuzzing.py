"""schemathesis against a real server: every route of OpenAPI as nobody, and with keys of each scope."""

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import generator
from reunite import partners
from reunite.config import Settings
from reunite.console import import_file
from reunite.policy import Scope
from reunite.service import open_service
from tests.processes import command

ROOT = Path(__file__).parents[2]
_TOOL = ROOT / ".venv-attack/bin/schemathesis"
_REPORTS, _PAIRS = 40, 20


@dataclass(frozen=True, slots=True)
class Target:
    """A running service filled with invented reports, and the keys that were made for it."""

    address: str
    keys: dict[str, str]


@contextmanager
def target() -> Iterator[Target]:
    """A service as a process of its own, on SQLite and a free port, with its worker."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch) / "data", port=0)
        service, made = open_service(settings), Path(scratch) / "generated"
        generator.write(generator.generate(_REPORTS, _REPORTS, _PAIRS, 1, "demo"), made)
        for name in ("missing.csv", "found.csv"):
            import_file(service, made / name, source="attacked")
        keys = {}
        with service.database.write() as session:
            for scopes in ([Scope.WRITE_REPORTS], [Scope.READ_CASES], list(Scope)):
                keys["+".join(scopes)] = partners.create(
                    session, service.keys, actor="attack", source="attacked", scopes=scopes
                )
        service.close()
        with command(settings, "-m", "reunite", "serve") as process:
            address = process.wait_for(r"Reunite is at (http://\S+)")[1]
            yield Target(address, keys)


def notices_a_seeded_defect() -> bool:
    """Whether the attack reports a service that fails."""
    with command(Settings(), "-m", "tests.attack.broken") as process:
        address = process.wait_for(r"Reunite is at (http://\S+)")[1]
        return "Server error" in run(Target(address, {}), 20)[1]


def run(target: Target, examples: int, key: str | None = None) -> tuple[int, str]:
    """How many inputs were sent, and what schemathesis reports where an answer was a 5xx, or missed the description;
    empty where all were as described."""
    header = ["--header", f"Authorization: Bearer {key}"] if key else []
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [str(_TOOL), "run", f"{target.address}/api/v1/openapi.json", "--checks", "not_a_server_error",
             "--max-examples", str(examples), "--generation-database", "none", "--seed", "1", "--no-color", *header],
            cwd=scratch, capture_output=True, text=True, timeout=1800,
        )  # fmt: skip
    counted = re.search(r"(\d+) generated", done.stdout)
    return int(counted[1]) if counted else 0, "" if done.returncode == 0 and counted else done.stdout[-4000:]
