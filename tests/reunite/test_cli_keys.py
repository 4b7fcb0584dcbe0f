"""Keys and erasure from the terminal, and a database of the version before values were sealed."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text

from reunite import contacts, reports, submission, whereabouts
from reunite.config import Settings
from reunite.keys import load_keys
from reunite.problems import StartupError
from reunite.service import Service, open_service
from reunite.storage import schema
from reunite.storage.session import Database
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.reunite.test_cli import run
from tests.reunite.test_vault import everything_written, file

OLD_PERSON = '{"name": "蔺采薇", "place_found": "广东省广州市天河区某路12号"}'
OLD_EVIDENCE = (
    '[{"field": "place_found", "level": "far", "bits": -1.5, "missing": "四川省", '
    '"found": "广东省广州市天河区某路12号", "params": {}}]'
)


def test_a_case_is_erased_from_the_terminal(settings: Settings, service: Service) -> None:
    receipt = file(service)
    done = run(settings, "erase", receipt.case_number.lower())
    assert done.returncode == 0, done.stderr
    assert f"{receipt.case_number} is erased" in done.stdout
    with service.database.read() as session:
        assert session.get_one(ReportRow, receipt.report_id).person == {}
    again = run(settings, "erase", receipt.case_number)
    assert again.returncode == 2
    assert "There is no report with the case number" in again.stderr


def test_a_rotation_from_the_terminal_is_seen_by_the_running_service(
    settings: Settings, service: Service
) -> None:
    receipt = file(service)
    done = run(settings, "keys", "rotate")
    assert done.returncode == 0, done.stderr
    assert "1 reports' keys are wrapped with key 2" in done.stdout
    with service.database.read() as session:
        assert contacts.reporter(session, service.keys, receipt.report_id)["reporter_phone"] == "10005550100"


def test_the_key_is_not_shown_among_the_settings(settings: Settings, service: Service) -> None:
    content = settings.key_path().read_text().strip()
    shown = run(settings, "settings", REUNITE_KEY=content).stdout
    assert content not in shown
    assert "REUNITE_KEY" in shown


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """An installation of the version before, with one pair of reports."""
    url = request.getfixturevalue("empty_postgres_url") if request.param == "postgresql" else ""
    settings = Settings(data_dir=tmp_path / "data", database_url=url)
    settings.data_dir.mkdir()
    keys = load_keys(settings.key_path(), create=True)
    database = Database(settings.url())
    at = "2026-01-02 03:04:05+00:00"
    report = (
        "INSERT INTO report (id, case_number, kind, state, rev, change_no, person, language, secret_hash, filed_at, "
        "changed_at) VALUES (:id, :number, :kind, 'open', 1, 1, :person, 'en', :hash, :at, :at)"
    )
    with database.engine.begin() as connection:
        command.upgrade(schema.config(connection), "0002")
        connection.execute(
            text("INSERT INTO installation (id, key_check, change_no) VALUES (1, :check, 1)"),
            {"check": keys.mac("key-check", "installation")},
        )
        for id, kind in ((1, "found"), (2, "missing")):
            connection.execute(
                text(report),
                {
                    "id": id,
                    "number": f"{kind[0].upper()}-0000-000{id}",
                    "kind": kind,
                    "person": OLD_PERSON,
                    "hash": "",
                    "at": at,
                },
            )
        sealed = keys.seal("reporter", "report:1", '{"reporter_phone": "10005550199"}')
        connection.execute(
            text("INSERT INTO reporter (report_id, sealed) VALUES (1, :sealed)"), {"sealed": sealed}
        )
        connection.execute(
            text(
                "INSERT INTO candidate (missing_id, found_id, ref, missing_rev, found_rev, engine_version, prior, "
                "total, probability, evidence, current, stage, created_at, updated_at) VALUES (2, 1, 'r', 1, 1, '2', "
                "-9, -3, 0.1, :evidence, true, 'open', :at, :at)"
            ),
            {"evidence": OLD_EVIDENCE, "at": at},
        )
        connection.execute(
            text("INSERT INTO audit_head (id, count, hash, seal) VALUES (1, 0, :hash, :seal)"),
            {"hash": "0" * 64, "seal": keys.mac("audit-head", "0", "0" * 64)},
        )
    database.dispose()
    return settings


def test_an_older_database_is_sealed_when_it_is_brought_up_to_date(old: Settings) -> None:
    service = open_service(old)
    with service.database.write() as session:
        report = session.get_one(ReportRow, 1)
        assert report.person == {"name": "蔺采薇"}
        assert report.kept_from == report.filed_at
        assert whereabouts.whole(session, service.keys, report)["place_found"] == "广东省广州市天河区某路12号"
        assert contacts.reporter(session, service.keys, 1) == {"reporter_phone": "10005550199"}
        assert contacts.reports_with_phone(session, service.keys, "1000-5550-199") == [1]
        assert session.get_one(CandidateRow, (2, 1)).evidence[0]["found"] == ""
        parsed = submission.parse(report_fields("found"))
        assert reports.amend(session, service.keys, report, parsed, actor="test")
    service.database.scrub()
    written = everything_written(service)
    assert "某路12号".encode() not in written
    assert b"\\u67d0\\u8def12" not in written
    service.close()


def test_an_older_database_refuses_another_key_in_words(old: Settings) -> None:
    old.key_path().write_text("ab" * 32)
    with pytest.raises(StartupError, match="not the one"):
        open_service(old)


def test_an_older_database_without_its_key_is_left_as_it_is(old: Settings) -> None:
    key = old.key_path().read_text()
    old.key_path().unlink()
    with pytest.raises(StartupError, match="key is missing"):
        open_service(old)
    old.key_path().write_text(key)
    service = open_service(old)
    service.close()
