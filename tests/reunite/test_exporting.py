"""Reports as files: whole for the operator, masked for staff, and taken again as they are."""

import csv
import io
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import select

from reunite import alarms, audit, exporting, reports, submission
from reunite.actors import Staff
from reunite.config import Settings
from reunite.exchange import importing, tabular
from reunite.exchange.writing import FORMS
from reunite.exporting import Asked
from reunite.policy import Role
from reunite.problems import Forbidden, Invalid
from reunite.service import Service, open_service
from reunite.storage.abuse_tables import AlarmRow
from reunite.storage.clock import now
from reunite.storage.tables import ReportRow
from reunite.submission import COLUMNS
from tests.factory import report_fields
from tests.reunite.test_cli import run
from workers import housekeeping

HOSTILE = {"marks": "=1+1", "clothing": "'+x", "memories": "one\nline, \"two\"", "belongings": "-2", "blood_type": "A+",
           "height_cm": "133", "relatives": "父亲:王建国;@x"}  # fmt: skip
OFFICER = Staff(1, "police", "", Role.POLICE)
COORDINATOR = Staff(2, "coordinator", "", Role.COORDINATOR)


def file(service: Service, kind: str = "missing", **changes: str) -> reports.Receipt:
    fields = report_fields(kind, **changes)
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(fields, "a"), actor="family")


def exported(service: Service, form: str, staff: Staff | None = None, **asked: object) -> bytes:
    with service.database.read() as session:
        at = now(session)
    return b"".join(FORMS[form][0](exporting.rows(service, staff, Asked(**asked)), at))  # type: ignore[arg-type]


def columns(service: Service, staff: Staff | None = None, **asked: object) -> list[dict[str, str]]:
    return [one.columns for one in exporting.rows(service, staff, Asked(**asked))]  # type: ignore[arg-type]


def whole(service: Service) -> None:
    """A report of each kind that fills every column but the photo's, with what a spreadsheet would run."""
    for kind in ("missing", "found"):
        place = {
            "place_found": "河南省郑州市",
            "place_home": "=成都",
            "found_date": "1998-09",
            "age_at_event": "3-5",
        }
        file(service, kind, source_id=f"{kind}-1", other_names="小明;=x", **HOSTILE, **place)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_was_exported_is_imported_as_it_was(service: Service, tmp_path: Path, form: str) -> None:
    whole(service)
    before = columns(service, contacts=True)
    assert {name for row in before for name in row} == set(COLUMNS) - {"photo"}
    path = tmp_path / f"out.{form}"
    path.write_bytes(exported(service, form, contacts=True))
    other = open_service(Settings(data_dir=tmp_path / "other", port=0))
    outcome = importing.take_rows(other, tabular.rows(path), source="a", actor="test")
    assert (outcome.counts, outcome.problems) == ({"filed": 2}, [])
    assert columns(other, contacts=True) == before
    again = importing.take_rows(service, tabular.rows(path), source="a", actor="test")
    assert again.counts == {"unchanged": 2}
    other.close()


def test_no_cell_of_a_table_runs(service: Service) -> None:
    whole(service)
    book = openpyxl.load_workbook(io.BytesIO(exported(service, "xlsx")))
    cells = [cell for row in book.active.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in {cell.value for cell in cells}
    for row in csv.reader(io.StringIO(exported(service, "csv").decode())):
        assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_pfif_can_be_imported_too(service: Service, tmp_path: Path) -> None:
    whole(service)
    (tmp_path / "out.pfif").write_bytes(exported(service, "pfif"))
    rows = [*tabular.rows(tmp_path / "out.pfif")]
    assert [row.fields["kind"] for row in rows] == ["missing", "found"]
    assert [row.problems for row in rows] == [(), ()]


def test_staff_get_what_the_policy_shows_them(service: Service) -> None:
    whole(service)
    secret = file(service, source_id="secret", withheld="the word is plum")
    with service.database.write() as session:
        session.get_one(ReportRow, secret.report_id).do_not_disclose = True
    for staff, ids in (
        (COORDINATOR, ["missing-1", "found-1"]),
        (OFFICER, ["missing-1", "found-1", "secret"]),
    ):
        rows = columns(service, staff, contacts=True)
        assert [row["source_id"] for row in rows] == ids
        assert not [name for row in rows for name in row if name.startswith("reporter") or name == "withheld"]
        for form in FORMS:
            text = exported(service, form, staff, contacts=True)
            assert report_fields()["reporter_phone"].encode() not in text
            assert b"plum" not in text
    for role in (Role.VOLUNTEER, Role.ADMIN, Role.AUDITOR):
        with pytest.raises(Forbidden):
            exporting.begin(service, Staff(3, "x", "", role), Asked(), "csv")


def test_only_what_is_asked_for_page_by_page(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "_A_STEP", 2)
    for number in range(5):
        file(service, source_id=str(number))
    file(service, "found", place_event="河南省郑州市", source_id="f")
    assert len(columns(service)) == 6
    assert [row["source_id"] for row in columns(service, kind="found")] == ["f"]
    assert columns(service, state="closed") == []
    assert len(columns(service, province="510000", kind="missing")) == 5
    with pytest.raises(Invalid):
        exporting.begin(service, None, Asked("neither"), "csv")


def test_the_log_says_who_took_how_many_and_nothing_of_them(service: Service) -> None:
    whole(service)
    exporting.begin(service, OFFICER, Asked(contacts=True), "csv")
    exporting.begin(service, None, Asked(kind="found", contacts=True), "jsonl")
    with service.database.read() as session:
        last = audit.entries(session, 2)
    assert {(one.action, one.detail) for one in last} == {
        ("reports.exported", "2 csv"), ("reports.exported", "1 jsonl with contacts")
    }  # fmt: skip


def test_a_report_without_an_id_of_its_source_goes_under_its_case_number(service: Service) -> None:
    with service.database.write() as session:
        reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
    with service.database.read() as session:
        number = session.scalars(select(ReportRow.case_number)).one()
    assert columns(service)[0]["source_id"] == number


def test_the_command_writes_a_file_for_its_owner_and_overwrites_none(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", port=0)
    service = open_service(settings)
    whole(service)
    service.close()
    path, phone = tmp_path / "out.csv", report_fields()["reporter_phone"]
    assert run(settings, "export", str(path)).stdout == "2 reports.\n"
    assert path.stat().st_mode & 0o077 == 0
    assert phone not in path.read_text()
    assert run(settings, "export", str(path)).returncode == 2
    assert run(settings, "export", str(tmp_path / "out.doc")).returncode == 2
    asked = ("export", str(tmp_path / "all"), "--format", "jsonl", "--kind", "found", "--with-contacts")
    assert run(settings, *asked).stdout == "1 reports.\n"
    assert phone in (tmp_path / "all").read_text()


def test_who_takes_unusually_many_reports_within_a_day_raises_one_alarm(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "EXPORTED_A_DAY", 4)
    for number in range(2):
        file(service, source_id=f"A-{number}")

    def told() -> list[tuple[str, str]]:
        housekeeping.keep(service)
        with service.database.read() as session:
            return [(kind, who) for kind, who in session.execute(select(AlarmRow.kind, AlarmRow.subject))]

    for staff in (OFFICER, OFFICER, COORDINATOR, None, None, None):
        exporting.begin(service, staff, Asked(), "csv")
    assert told() == [], "four are not more than four, and whose machine it is takes what they like"
    exporting.begin(service, OFFICER, Asked(), "xlsx")
    assert told() == [("many_reports_exported", OFFICER.actor)]
    with service.database.read() as session:
        later = now(session) + timedelta(days=1, minutes=1)
    monkeypatch.setattr(alarms, "now", lambda _: later)
    assert len(told()) == 1, "what was taken the day before counts no more"
