"""The technician's commands, as processes of their own."""

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, select, text, update

from benchmarks import generator
from reunite import accounts, reports, submission
from reunite.config import Settings
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.factory import report_fields
from tests.processes import command, environment
from tests.visitor import Visitor
from workers.drain import Drain


def run(settings: Settings, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reunite", *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL,
        env={**environment(settings), "COLUMNS": "200", **variables}, timeout=120,
    )  # fmt: skip


def write_csv(path: Path, *rows: dict[str, str]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(key for row in rows for key in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_importing_tells_every_bad_row_and_takes_the_others(
    settings: Settings, service: Service, tmp_path: Path
) -> None:
    good = report_fields(source_id="A-1")
    bad = report_fields(source_id="A-2", birth_date="1998-02-30", sex="boy")
    receipts = tmp_path / "receipts.csv"
    file = write_csv(tmp_path / "reports.csv", good, bad)
    done = run(settings, "import", str(file), "--source", "ngo", "--receipts", str(receipts))
    assert done.returncode == 2, "a script must notice that rows were refused"
    assert "reports.csv: 1 filed, 0 amended, 0 unchanged, 1 refused" in done.stdout
    told = [line for line in done.stderr.splitlines() if line.startswith("line ")]
    assert told == [
        "line 3, sex: boy is not one of: female, male, other.",
        "line 3, birth_date ('1998-02-30'): There is no such day in that month.",
    ]
    assert receipts.stat().st_mode & 0o077 == 0
    assert receipts.read_text().startswith('"A-1","M-')
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(ReportRow)).one() == 1
    again = run(settings, "import", str(write_csv(file, good)), "--source", "ngo")
    assert again.returncode == 0
    assert "0 filed, 0 amended, 1 unchanged, 0 refused" in again.stdout


def test_a_file_that_is_not_there_is_told_in_words(settings: Settings, tmp_path: Path) -> None:
    done = run(settings, "import", str(tmp_path / "none.csv"), "--source", "ngo")
    assert done.returncode == 2
    assert "none.csv cannot be read (No such file or directory)." in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_measures_what_the_plan_names_without_a_database(tmp_path: Path) -> None:
    generator.write(generator.generate(150, 150, 80, 3, "judge"), tmp_path)
    settings = Settings(data_dir=tmp_path / "no-data")
    out = tmp_path / "figures.json"
    files = [f"--{name}={tmp_path / name}.csv" for name in ("missing", "found", "truth")]
    done = run(settings, "evaluate", *files, f"--json={out}")
    assert done.returncode == 0, done.stderr
    figures = json.loads(out.read_text())
    for depth in (1, 10, 50):
        assert set(figures[f"recall_at_{depth}"]) == {"missing", "found"}
        assert 0.7 < figures[f"recall_at_{depth}"]["missing"] <= 1
    named = {"best_f1", "average_precision", "calibration_error", "index_s", "wall_s", "queries_per_s", "p50_ms",
             "p95_ms", "peak_rss_mb"}  # fmt: skip
    assert named <= set(figures)
    assert not settings.data_dir.exists()


def test_fit_prints_what_changes_writes_a_file_and_the_service_uses_it(tmp_path: Path) -> None:
    generator.write(generator.generate(300, 300, 200, 3, "fit"), tmp_path)
    settings, weights = Settings(data_dir=tmp_path / "data"), tmp_path / "weights.toml"
    files = [f"--{name}={tmp_path / name}.csv" for name in ("missing", "found", "truth")]
    done = run(settings, "fit", *files, f"--out={weights}", "--version=ours")
    assert done.returncode == 0, done.stderr
    assert "→" in done.stdout
    assert "60 pairs held out" in done.stdout
    assert 'version = "ours"' in weights.read_text()
    assert not settings.data_dir.exists()
    assert run(settings, "jobs", REUNITE_WEIGHTS=str(weights)).returncode == 0
    again = run(settings, "rematch", REUNITE_WEIGHTS=str(weights))
    assert "0 reports wait to be compared with weights ours" in again.stdout
    weights.write_text("version = 1")
    refused = run(settings, "jobs", REUNITE_WEIGHTS=str(weights))
    assert refused.returncode == 1
    assert "REUNITE_WEIGHTS" in refused.stderr


def test_a_rematch_is_watched_until_every_report_is_compared(settings: Settings, service: Service) -> None:
    for kind in ("missing", "found"):
        with service.database.write() as session:
            reports.file(session, service.keys, submission.parse(report_fields(kind)), actor="family")
    Drain(service).run()
    with service.database.write() as session:
        session.execute(update(MatchJobRow).values(engine_version="of before"))
    with command(settings, "-m", "reunite", "rematch", "--watch") as watching:
        watching.wait_for("2 reports wait to be compared")
        Drain(service).run()
        assert watching.popen.wait(timeout=60) == 0, watching.output()
        assert "2/2" in watching.output()
    with service.database.read() as session:
        assert "of before" not in session.scalars(select(MatchJobRow.engine_version)).all()


def test_fit_on_too_few_confirmed_pairs_says_how_many_it_needs(settings: Settings, tmp_path: Path) -> None:
    done = run(settings, "fit", f"--out={tmp_path / 'weights.toml'}")
    assert done.returncode == 1
    assert "at least 50 confirmed pairs beside those held out; there are 0" in done.stderr
    assert not (tmp_path / "weights.toml").exists()


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("missing", "name\n", "no column source_id"), ("truth", "missing_id,found_id\nx,y\n", "no report 'x'"),
     ("found", "source_id\n1\n1\n", "is there twice")],
)  # fmt: skip
def test_labelled_files_that_are_none_are_told_in_words(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    generator.write(generator.generate(5, 5, 2, 3, "judge"), tmp_path)
    (tmp_path / f"{name}.csv").write_text(content)
    files = [f"--{one}={tmp_path / one}.csv" for one in ("missing", "found", "truth")]
    done = run(Settings(data_dir=tmp_path / "data"), "evaluate", *files, f"--json={tmp_path / 'out.json'}")
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_lists_every_variable_with_its_meaning_and_hides_passwords(tmp_path: Path) -> None:
    secret = "postgresql://reunite:hush-hush@db/reunite"
    mail = {"REUNITE_SMTP_URL": "smtps://reunite:hush-hush@mail", "REUNITE_MAIL_FROM": "a@example.org",
            "REUNITE_PUBLIC_URL": "https://reunite.example.org", "REUNITE_BOUNCES": "b@example.org",
            "REUNITE_BOUNCES_MAILBOX": "imaps://reunite:hush-hush@mail/INBOX"}  # fmt: skip
    done = run(Settings(data_dir=tmp_path), "settings", REUNITE_DATABASE_URL=secret, **mail)
    assert done.returncode == 0
    for name, field in Settings.model_fields.items():
        assert f"REUNITE_{name.upper()}" in done.stdout
        assert str(field.description)[:30] in done.stdout
    assert "hush-hush" not in done.stdout


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("REUNITE_PORT", "eighty", "REUNITE_PORT"), ("REUNITE_TIME_ZONE", "Mars/Olympus", "IANA"),
     ("REUNITE_DATABASE_URL", "not a url", "REUNITE_DATABASE_URL"),
     ("REUNITE_DATABASE_URL", "mysql://db/reunite", "like postgresql://")],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, name: str, value: str, said: str) -> None:
    done = run(Settings(data_dir=tmp_path), "jobs", **{name: value})
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_audit_verify_finds_an_edit(settings: Settings, service: Service) -> None:
    with service.database.write() as session:
        accounts.invite(
            session, service.keys, actor="test", email="a@example.invalid", role=accounts.Role.ADMIN
        )
    assert run(settings, "audit", "verify").returncode == 0
    with service.database.write() as session:
        duties.remove(session.connection(), "log_stays")
        session.execute(text("UPDATE audit_entry SET actor = 'nobody'"))
    done = run(settings, "audit", "verify")
    assert done.returncode == 1
    assert "Entry 1 was changed after it was written." in done.stderr


def test_an_anchor_on_paper_is_checked_by_the_command(settings: Settings, service: Service) -> None:
    line = run(settings, "audit", "anchor").stdout.splitlines()[0]
    done = run(settings, "audit", "verify", "--anchor", line)
    assert done.returncode == 0
    assert "daily anchors and yours" in done.stdout
    done = run(settings, "audit", "verify", "--anchor", line.replace(" 0 ", " 5 "))
    assert done.returncode == 1
    assert "copied wrongly" in done.stderr


def test_the_first_start_invites_the_first_administrator(settings: Settings) -> None:
    with command(settings, "-m", "reunite", "serve") as server:
        link = server.wait_for(r"(http://\S+)(/invitation/\S+)")
        with Visitor.at(link[1]) as invited:
            invited.open(link[2]).press("", name="The First", password="several words are good")
            invited.sign_in("admin@localhost.local", "several words are good")
            assert invited.page.url.path == "/people"
        server.stop()
    with command(settings, "-m", "reunite", "serve") as server:
        server.wait_for("Reunite is at")
        assert server.stop() == 0
        assert "invitation" not in server.output()


def test_a_port_in_use_is_told_in_words(settings: Settings) -> None:
    with command(settings, "-m", "reunite", "serve") as server:
        port = server.wait_for(r"Reunite is at http://[\d.]+:(\d+)")[1]
        done = run(settings.model_copy(update={"port": int(port)}), "serve")
    assert done.returncode == 1
    assert "REUNITE_PORT" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_was_answered_filed_survives_the_server_being_killed(settings: Settings) -> None:
    with command(settings, "-m", "reunite", "serve") as server:
        address = server.wait_for(r"Reunite is at (http://\S+)")[1]
        receipts = [httpx2.post(f"{address}/api/v1/reports", json=report_fields()).json() for _ in range(5)]
        server.stop(signal.SIGKILL)
    with command(settings, "-m", "reunite", "serve") as server:
        address = server.wait_for(r"Reunite is at (http://\S+)")[1]
        for receipt in receipts:
            assert httpx2.post(f"{address}/api/v1/case", json=receipt).status_code == 200
