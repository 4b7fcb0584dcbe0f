"""What must not start refuses to start, and says what to do."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from reunite import logs, reports, submission
from reunite.config import Settings
from reunite.problems import StartupError
from reunite.service import Service, open_configured, open_service
from tests.factory import report_fields


def refusal(settings: Settings) -> str:
    with pytest.raises(StartupError) as refused:
        open_service(settings)
    return str(refused.value)


def test_what_was_filed_is_there_after_a_restart(settings: Settings, service: Service) -> None:
    with service.database.write() as session:
        given = reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
    service.close()
    again = open_service(settings)
    with again.database.read() as session:
        assert reports.status(session, again.keys, given.case_number, given.secret) is not None
    again.close()


def test_a_missing_key_is_not_replaced_by_a_new_one(settings: Settings, service: Service) -> None:
    service.close()
    settings.key_path().unlink()
    said = refusal(settings)
    assert "key file" in said
    assert "Restore it" in said
    assert not settings.key_path().exists()


def test_another_key_is_refused(settings: Settings, service: Service) -> None:
    service.close()
    settings.key_path().write_text("ab" * 32)
    assert "not the one this database was made with" in refusal(settings)


@pytest.mark.parametrize("content", ["", "short", "zz" * 32, "ab" * 31])
def test_a_key_file_that_is_none_is_refused(settings: Settings, service: Service, content: str) -> None:
    service.close()
    settings.key_path().write_text(content)
    assert "64 hex digits" in refusal(settings)


def test_a_schema_that_this_version_cannot_run_on_is_refused(settings: Settings, service: Service) -> None:
    with service.database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE installation SET oldest_program = 9999"))
    service.close()
    assert "newer version of this program" in refusal(settings)


def test_a_database_of_something_else_is_left_alone(settings: Settings, service: Service) -> None:
    with service.database.engine.begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    service.close()
    assert "holds tables" in refusal(settings)


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "reunite.db"
    file.write_bytes(b"this is no database, and long enough to be looked at" * 40)
    before = file.read_bytes()
    said = refusal(Settings(data_dir=tmp_path))
    assert "cannot be opened" in said
    assert "backup" in said
    assert file.read_bytes() == before


def test_a_damaged_database_is_refused(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    open_service(settings).close()
    file = tmp_path / "reunite.db"
    file.write_bytes(file.read_bytes()[:100] + b"\xff" * 8000)
    assert "backup" in refusal(settings)


def test_a_server_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://reunite:hush-hush@127.0.0.1:1/reunite?connect_timeout=2"
    said = refusal(Settings(data_dir=tmp_path, database_url=url))
    assert "127.0.0.1:1" in said
    assert "hush-hush" not in said


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = refusal(Settings(data_dir=tmp_path / "file" / "data"))
    assert "REUNITE_DATA_DIR" in said


def test_the_data_folder_is_for_its_owner_only(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    service = open_service(settings)
    service.close()
    assert settings.data_dir.stat().st_mode & 0o077 == 0
    for path in settings.data_dir.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name


def test_sqlite_runs_as_it_was_measured(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    service = open_service(settings)
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5000,
                "recursive_triggers": 1, "trusted_schema": 0, "secure_delete": 1}  # fmt: skip
    for session_of in (service.database.write, service.database.read):
        with session_of() as session:
            found = {name: session.scalar(text(f"PRAGMA {name}")) for name in expected}
        assert found == expected
    service.close()
    with sqlite3.connect(make_url(settings.url()).database or "") as plain:
        assert plain.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"username": "nobody_here"}, "nobody_here"),
        ({"database": "not_there"}, "not_there"),
        ({"port": 1}, "no answer"),
        ({"host": "no-such-host.invalid"}, "no answer"),
    ],
)
def test_a_wrong_database_address_is_named_with_what_is_wrong_in_it(
    postgres_url: str, tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    url = make_url(postgres_url).set(password="a secret word", **changed)
    told = refusal(Settings(data_dir=tmp_path, database_url=url.render_as_string(hide_password=False)))
    assert said in told
    assert "REUNITE_DATABASE_URL" in told
    assert "a secret word" not in told


def test_what_runs_for_long_waits_for_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 7:
            monkeypatch.delenv("REUNITE_DATABASE_URL")
            raise KeyboardInterrupt

    monkeypatch.setenv("REUNITE_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("REUNITE_DATABASE_URL", "postgresql://a@127.0.0.1:1/reunite")
    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(logs, "configure", lambda: None)  # it would set up the logs of all later tests
    with pytest.raises(KeyboardInterrupt):
        open_configured(patient=True)
    assert pauses == [1, 2, 4, 8, 16, 30, 30]
    with pytest.raises(StartupError, match="no answer"):
        open_service(Settings(data_dir=tmp_path, database_url="postgresql://a@127.0.0.1:1/reunite"))
