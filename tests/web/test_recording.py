"""A real browser, with JavaScript and keyboard, through the main job: the run that takes the pictures in docs/."""

import re
from pathlib import Path

import pytest

from benchmarks import recording
from benchmarks.browser import MISSING, installed

SHOWN = re.compile(r"\((pictures/[\w-]+\.png)\)")
DOCS = Path(__file__).parent.parent.parent / "docs"


@pytest.mark.skipif(installed() is None, reason=MISSING)
def test_a_browser_goes_the_whole_way_and_takes_every_picture_of_the_documents(tmp_path: Path) -> None:
    taken = recording.record_into(tmp_path)
    shown = {Path(name).name for name in SHOWN.findall((DOCS / "main-job.md").read_text())}
    assert shown == set(taken)
    assert all((DOCS / "pictures" / name).stat().st_size > 10_000 for name in taken)
    for name in taken:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
