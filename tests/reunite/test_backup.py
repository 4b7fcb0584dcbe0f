"""Backups: taken while others write, read through, put back into an empty installation with everything in it."""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, select

from reunite import backup as backups
from reunite import erasure, reports, submission
from reunite.config import Settings
from reunite.problems import StartupError
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage import schema, snapshot
from reunite.storage.photo_tables import PhotoRow
from reunite.storage.tables import ReportRow
from tests import servers
from tests.databases import Databases
from tests.factory import report_fields
from tests.reunite.test_cli import run


@pytest.fixture(scope="session")
def programs(postgres_server: servers.Server) -> Path:
    """pg_dump and pg_restore of the server's version."""
    with psycopg.connect(postgres_server.url, autocommit=True) as connection:
        major = connection.info.server_version // 10_000
    for folder in [*servers.installed_postgres(), *servers.postgres_wheel()]:
        if (folder / "pg_dump").exists():
            said = subprocess.run([folder / "pg_dump", "--version"], capture_output=True, text=True).stdout
            if f" {major}." in said:
                return folder
    raise AssertionError(f"There is no pg_dump of PostgreSQL {major} for the tests.")


@pytest.fixture
def settings(settings: Settings, programs: Path) -> Settings:
    return settings.model_copy(update={"pg_programs": programs})


@pytest.fixture
def elsewhere(settings: Settings, databases: Databases, tmp_path: Path) -> Settings:
    """Another machine: the key file was brought there and nothing else."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    shutil.copy(settings.key_path(), folder / "secret.key")
    url = databases.url(databases.empty()) if settings.database_url else ""
    return settings.model_copy(update={"data_dir": folder, "database_url": url})


def file(service: Service, kind: str = "missing") -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(kind)), actor="family")


def add_photo(service: Service, receipt: Receipt) -> Path:
    name = "ab/0123.bin"
    path = service.settings.data_dir / "photos" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"sealed")
    with service.database.write() as session:
        at = session.get_one(ReportRow, receipt.report_id).filed_at
        session.add(PhotoRow(report_id=receipt.report_id, ref="r", file=name, fingerprint="", width=1, height=1,
                             size=1, position=1, filed_at=at))  # fmt: skip
    return path


def count(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(ReportRow)).one()


def test_a_backup_brings_everything_back_on_another_machine(
    service: Service, elsewhere: Settings, tmp_path: Path
) -> None:
    receipt = file(service)
    add_photo(service, receipt)
    made, manifest = backups.make(service, tmp_path / "backups")
    assert manifest.rows["report"] == 1
    found = backups.restore(elsewhere, made)
    assert (found.reports, found.photos, found.photos_missing, found.log) == (1, 1, 0, [])
    assert (elsewhere.data_dir / "photos/ab/0123.bin").read_bytes() == b"sealed"
    restored = open_service(elsewhere)
    with restored.database.read() as session:
        status = reports.status(session, restored.keys, receipt.case_number, receipt.secret)
    assert status is not None
    file(restored, "found")
    assert count(restored) == 2, "it takes new reports, after the numbers of the old ones"
    restored.close()


def test_a_backup_is_one_state_however_much_is_filed_meanwhile(
    service: Service, elsewhere: Settings, tmp_path: Path
) -> None:
    ends = threading.Event()
    answered: list[Receipt] = []

    def families() -> None:
        while not ends.is_set():
            answered.append(file(service))

    filing = threading.Thread(target=families)
    filing.start()
    while len(answered) < 5:
        ends.wait(0.01)
    before = len(answered)
    made, manifest = backups.make(service, tmp_path / "backups")
    after = len(answered)
    ends.set()
    filing.join()
    assert before <= manifest.rows["report"] <= after + 1
    found = backups.restore(elsewhere, made)
    assert found.reports == manifest.rows["report"]
    assert found.log == []


def test_who_was_erased_after_the_backup_is_erased_again(
    service: Service, elsewhere: Settings, tmp_path: Path
) -> None:
    gone, stays = file(service), file(service)
    made, _ = backups.make(service, tmp_path / "backups")
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        assert erasure.by_receipt(session, service.keys, ledger, gone.case_number, gone.secret)
    shutil.copy(service.settings.data_dir / erasure.FILE, elsewhere.data_dir)
    found = backups.restore(elsewhere, made)
    assert found.erased_again == 1
    restored = open_service(elsewhere)
    with restored.database.read() as session:
        assert session.get_one(ReportRow, gone.report_id).person == {}
        assert session.get_one(ReportRow, stays.report_id).person != {}
    restored.close()


def test_neither_key_nor_ledger_is_in_a_backup_and_only_its_owner_reads_it(
    service: Service, tmp_path: Path
) -> None:
    file(service)
    made, manifest = backups.make(service, tmp_path / "backups")
    there = sorted(path.name for path in made.rglob("*") if path.is_file())
    assert there == sorted([manifest.file, backups.MANIFEST])
    key = service.settings.key_path().read_text().strip()
    assert all(key.encode() not in path.read_bytes() for path in made.iterdir())
    assert all(path.stat().st_mode & 0o077 == 0 for path in (made, *made.iterdir()))


@pytest.mark.parametrize("what", ["database", "photo", "photo gone", "manifest"])
def test_a_backup_that_was_changed_is_refused(
    service: Service, elsewhere: Settings, tmp_path: Path, what: str
) -> None:
    add_photo(service, file(service))
    made, manifest = backups.make(service, tmp_path / "backups")
    photo = made / "photos/ab/0123.bin"
    if what == "database":
        with (made / manifest.file).open("r+b") as changed:
            changed.seek(200)
            changed.write(b"X")
    elif what == "photo":
        photo.write_bytes(b"another")
    elif what == "photo gone":
        photo.unlink()
    else:
        said = json.loads((made / backups.MANIFEST).read_text())
        said["rows"]["report"] = 7
        (made / backups.MANIFEST).write_text(json.dumps(said))
    with pytest.raises(StartupError, match=r"was changed|missing"):
        backups.restore(elsewhere, made)
    assert not (elsewhere.data_dir / "reunite.db").exists(), "nothing is put back by half"


def test_a_backup_of_another_key_is_refused_before_anything_happens(
    service: Service, elsewhere: Settings, tmp_path: Path
) -> None:
    made, _ = backups.make(service, tmp_path / "backups")
    elsewhere.key_path().write_text("ab" * 32 + "\n")
    with pytest.raises(StartupError, match="belongs to another key"):
        backups.restore(elsewhere, made)


def test_a_database_that_is_not_empty_is_never_overwritten(
    service: Service, settings: Settings, tmp_path: Path
) -> None:
    file(service)
    made, _ = backups.make(service, tmp_path / "backups")
    with pytest.raises(StartupError, match=r"database already|holds tables"):
        backups.restore(settings, made)
    assert count(service) == 1


def test_a_folder_that_is_no_backup_is_told_so(service: Service, elsewhere: Settings, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(StartupError, match="is not a backup"):
        backups.restore(elsewhere, tmp_path / "empty")


def test_a_disk_without_room_leaves_no_half_backup(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(snapshot, "take", full)
    with pytest.raises(StartupError, match="No space left"):
        backups.make(service, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_restore_without_room_for_the_photos_leaves_no_database(
    service: Service, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file(service)
    add_photo(service, receipt)
    made, _ = backups.make(service, tmp_path / "backups")

    def full(*_: object) -> str:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(backups, "_copy", full)
        with pytest.raises(StartupError, match="No space left"):
            backups.restore(elsewhere, made)
    assert backups.restore(elsewhere, made).photos == 1, "tried again with room, it is restored whole"


def test_a_backup_of_a_newer_version_is_refused_before_anything_happens(
    service: Service, elsewhere: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = backups.make(service, tmp_path / "backups")
    with monkeypatch.context() as older:
        older.setattr(schema, "knows", lambda revision: False)
        with pytest.raises(StartupError, match="newer version"):
            backups.restore(elsewhere, made)
    assert backups.restore(elsewhere, made).log == []


def test_an_installation_without_a_folder_yet_is_filled_with_the_key_from_a_variable(
    service: Service, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    file(service)
    made, _ = backups.make(service, tmp_path / "backups")
    fresh = {"data_dir": tmp_path / "not" / "yet", "key": settings.key_path().read_text().strip()}
    assert backups.restore(elsewhere.model_copy(update=fresh), made).reports == 1


def test_missing_client_programs_are_named(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url, pg_programs=tmp_path)
    service = open_service(settings)
    with pytest.raises(StartupError, match="REUNITE_PG_PROGRAMS"):
        backups.make(service, tmp_path / "backups")
    service.close()


def test_the_technician_backs_up_checks_and_restores_from_the_terminal(
    service: Service, settings: Settings, elsewhere: Settings, tmp_path: Path
) -> None:
    file(service)
    folder, at = tmp_path / "backups", {"REUNITE_PG_PROGRAMS": str(settings.pg_programs)}
    for _ in range(2):
        done = run(settings, "backup", str(folder), "--keep", "1", **at)
        assert done.returncode == 0, done.stderr
        assert "is whole: 1 reports, 0 photos" in done.stdout
    [made] = folder.iterdir()
    assert run(settings, "backup", "--check", str(made), **at).returncode == 0
    restored = run(elsewhere, "restore", str(made), **at)
    assert restored.returncode == 0, restored.stderr
    assert "Restored: 1 reports and 0 photos" in restored.stdout
    assert "The log is sound." in restored.stdout
    again = run(elsewhere, "restore", str(made), **at)
    assert again.returncode == 1
    assert "then restore" in again.stderr
