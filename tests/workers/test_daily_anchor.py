"""The worker keeps the log's daily anchor where it is told to, and goes on where it cannot."""

from pathlib import Path

from reunite.service import Service
from workers.drain import Drain


def test_housekeeping_writes_one_line_a_day(service: Service) -> None:
    drain = Drain(service)
    drain.housekeeping()
    drain.housekeeping()
    assert len(service.settings.anchors_path().read_text().splitlines()) in (1, 2)  # 2 at midnight


def test_a_folder_that_is_not_there_stops_no_housekeeping(service: Service, tmp_path: Path) -> None:
    service.settings.anchor_dir = tmp_path / "nowhere"
    Drain(service).housekeeping()
    assert (service.settings.data_dir / "audit.anchor").exists()
    assert not service.settings.anchors_path().exists()
