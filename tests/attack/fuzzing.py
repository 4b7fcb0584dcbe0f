"""schemathesis against the running service: every route of OpenAPI as nobody, and with keys of each scope."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

from reunite.config import Settings
from tests.processes import command

ROOT = Path(__file__).parents[2]
_TOOL = ROOT / ".venv-attack/bin/schemathesis"


def notices_a_seeded_defect() -> bool:
    """Whether the attack reports a service that fails."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", port=0, trusted_proxies="127.0.0.1")
        with command(settings, "-m", "tests.attack.broken", "serve") as process:
            address = process.wait_for(r"Reunite is at (http://\S+)")[1]
            return "Server error" in run(address, 10, thorough=False)[1]


def run(address: str, examples: int, key: str | None = None, *, thorough: bool = True) -> tuple[int, str]:
    """How many inputs were sent (`thorough`: all the edges of the description too), and what schemathesis reports where
    an answer was a 5xx; empty where none was."""
    header = ["--header", f"Authorization: Bearer {key}"] if key else []
    phases = "examples,coverage,fuzzing" if thorough else "examples,fuzzing"
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [str(_TOOL), "run", f"{address}/api/v1/openapi.json", "--checks", "not_a_server_error",
             "--max-examples", str(examples),
             "--phases", phases, "--generation-database", "none", "--seed", "1", "--no-color", *header],
            cwd=scratch, capture_output=True, text=True, timeout=1800,
            env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.attack.hooks", "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    counted = re.search(r"(\d+) generated", done.stdout)
    return int(counted[1]) if counted else 0, "" if done.returncode == 0 and counted else done.stdout[-4000:]
