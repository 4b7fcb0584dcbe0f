"""A disk that is full: people are told so, nothing is kept by half, and what was answered stays."""

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from reunite import photos, reports, submission
from reunite.config import Settings
from reunite.photos import Preview
from reunite.problems import Busy
from reunite.reports import Receipt
from reunite.service import Service, open_service
from tests import images
from tests.factory import report_fields
from tests.faults.conftest import FULL, Make, Record
from tests.faults.field import rows

FULL_AT_60_PAGES_MORE = """
import os
from reunite.storage import session
file = os.path.join(os.environ["REUNITE_DATA_DIR"], "reunite.db")
session._PRAGMAS = (*session._PRAGMAS, f"max_page_count = {os.path.getsize(file) // 4096 + 60}")
"""


def test_a_database_without_room_refuses_and_loses_nothing(
    make: Make, record: Record, tmp_path: Path
) -> None:
    field = make(prelude={"api": FULL_AT_60_PAGES_MORE})
    field.prelude.clear()  # the next start finds room again
    refused: list[int] = []

    def make_room() -> None:
        while field.running["api"].output().count("database_busy") < (20 if FULL else 5):
            if not threading.main_thread().is_alive():
                return
        refused.append(field.running["api"].output().count("database_busy"))
        field.kill("api")
        field.start("api")

    technician = threading.Thread(target=make_room)
    technician.start()
    with field.filing(rows(100 if FULL else 40, 14), per_second=30):
        technician.join()
    field.settle()
    record("no room in the database (SQLite)", refused[0], field)
    assert field.wrong(tmp_path) == []


def shown(service: Service, receipt: Receipt) -> list[Preview]:
    with service.database.read() as session:
        return photos.previews(service, session, receipt.case_number, receipt.secret)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB for photos."""
    folder = tmp_path / "data" / "photos"
    folder.mkdir(parents=True, mode=0o700)
    (tmp_path / "data").chmod(0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("NOT RUN: a small file system can only be mounted by root with the right to mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_photo_without_room_is_refused_whole_and_taken_when_there_is_room(
    small_disk: Path, tmp_path: Path
) -> None:
    service = open_service(Settings(data_dir=tmp_path / "data"))
    with service.database.write() as session:
        receipt = reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
    picture = tmp_path / "photo.jpg"
    picture.write_bytes(images.saved(images.picture(size=(1600, 1600))))
    for _ in range(3):
        with picture.open("rb") as file, pytest.raises(Busy):
            photos.add(service, receipt.case_number, receipt.secret, file, actor="family")
        assert shown(service, receipt) == []
    subprocess.run(["mount", "-o", "remount,size=20m", str(small_disk)], check=True)
    with picture.open("rb") as file:
        photos.add(service, receipt.case_number, receipt.secret, file, actor="family")
    [kept] = shown(service, receipt)
    assert kept.data
    service.close()
