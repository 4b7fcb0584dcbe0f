"""docs/integrate.md: its examples are run as they stand, but for the address, against a running server."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reunite import partners
from reunite.config import Settings
from reunite.policy import Scope
from reunite.service import Service
from tests import images
from tests.processes import command

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs/integrate.md").read_text()


def examples(language: str) -> list[str]:
    """What the page says in this language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def address(
    settings: Settings, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Of a server of its own; the folder has the files that the page speaks of."""
    with service.database.write() as session:
        key = partners.create(session, service.keys, actor="test", source="shelter-a", scopes=list(Scope))
    (tmp_path / "key").write_text(key)
    (tmp_path / "key-header").write_text(f"Authorization: Bearer {key}\n")
    (tmp_path / "child.jpg").write_bytes(images.saved(images.picture()))
    monkeypatch.chdir(tmp_path)
    with command(settings, "-m", "reunite", "serve") as server:
        yield server.wait_for(r"Reunite is at (http://\S+)")[1]


def run(*words: str, **variables: str) -> str:
    done = subprocess.run(
        words, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(ROOT), **variables}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_python_of_the_page_runs(address: str) -> None:
    (text,) = examples("python")
    said = run(sys.executable, "-c", text.replace("https://reunite.example", address))
    assert re.match(r"M-\w{4}-\w{4} (\w{4}-){5}\w{4}\n\(\('birth_date', '", said), said
    (promised,) = re.findall(r"# (\(\(.*\),\))", text)
    assert promised.replace('"', "'") in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
def test_the_curl_lines_of_the_page_are_answered(address: str) -> None:
    first, *others = examples("sh")
    filed = json.loads(run("sh", "-c", first.replace("https://reunite.example", address)))
    assert set(filed) == {"case_number", "secret"}
    texts = [text.replace("https://reunite.example", address).replace("-sS ", "-sS -f ") for text in others]
    said = [run("sh", "-ec", text, CASE=filed["case_number"]) for text in texts]
    assert len(said) >= 5
    assert "red birthmark on the left arm" not in said[0], "content is read before it is changed"
    assert '"width":400' in said[1]
    assert '"messages":[]' in said[2]
    assert filed["case_number"] in said[3]
    assert '"step":"withdrawn"' in said[4]
    assert '"queued":0' in said[5]
