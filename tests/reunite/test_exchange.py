"""Import of CSV and JSON Lines: every bad row told with line, column, value and what was expected."""

import csv
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from reunite import reports
from reunite.exchange import importing, tabular
from reunite.exchange.marks import Mark
from reunite.problems import Invalid
from reunite.service import Service
from reunite.storage.tables import ReportRow
from reunite.submission import COLUMNS, parse
from tests.factory import report_fields


def write_csv(path: Path, rows: list[dict[str, str]], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def take(service: Service, path: Path, *, ignore_unknown: bool = False) -> importing.Outcome:
    rows = tabular.rows(path, ignore_unknown=ignore_unknown)
    return importing.take_rows(service, rows, source="ngo", actor="operator")


def count(service: Service) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(ReportRow)).one()


ALL_DATES = ["1998-08-15", "1998-08", "1998", "1998~", "1998?", "1996/1999", "1998-21", "1998-24",
             "lunar:1998-08-15", "lunar:1998-L05-01"]  # fmt: skip


def test_all_columns_and_all_forms_of_dates_are_taken(service: Service, tmp_path: Path) -> None:
    full = {column: "x" for column in COLUMNS} | report_fields(
        kind="found",
        sex="other",
        age_at_event="3-5",
        height_cm="105.5",
        blood_type="ab+",
        name_origin="given_later",
    )
    rows = [{**full, "source_id": str(n), "birth_date": text} for n, text in enumerate(ALL_DATES)]
    outcome = take(service, write_csv(tmp_path / "r.csv", rows))
    assert outcome.problems == []
    assert outcome.counts["filed"] == len(ALL_DATES)
    with service.database.read() as session:
        said = [person["birth_date"] for person in session.scalars(select(ReportRow.person))]
    assert sorted(said) == sorted(ALL_DATES)


def test_csv_and_json_lines_give_the_same_reports(service: Service, tmp_path: Path) -> None:
    row = report_fields(source_id="A-1", memories='line one\nline "two", 石桥')
    write_csv(tmp_path / "r.csv", [row], "utf-8-sig")
    (tmp_path / "r.jsonl").write_text("\n" + json.dumps(row, ensure_ascii=False) + "\n")
    assert take(service, tmp_path / "r.csv").counts["filed"] == 1
    assert take(service, tmp_path / "r.jsonl").counts["unchanged"] == 1


def write_many(path: Path, count: int) -> Path:
    return write_csv(path, [report_fields(source_id=str(n), name=f"王{n}") for n in range(count)])


def test_an_import_that_was_stopped_goes_on_where_it_was(service: Service, tmp_path: Path) -> None:
    path, receipts = write_many(tmp_path / "r.csv", 1_200), []

    def stop(position: int) -> None:
        raise KeyboardInterrupt

    def take(path: Path, on_progress: Callable[[int], None] = lambda _: None) -> importing.Outcome:
        receipts.clear()
        return importing.take_rows(
            service, tabular.rows(path), source="ngo", actor="operator", mark=Mark.of(path, "ngo"),
            on_progress=on_progress, on_receipt=lambda source_id, _: receipts.append(source_id),
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        take(path, stop)
    assert count(service) == 500
    moved = path.rename(tmp_path / "moved.csv")
    assert take(moved).counts == {"filed": 1_200}
    assert receipts == [str(n) for n in range(500, 1_200)]
    assert take(moved).counts == {"unchanged": 1_200}, (
        "a file that was taken whole is read from its beginning"
    )
    with pytest.raises(KeyboardInterrupt):
        take(moved, stop)
    assert take(write_many(tmp_path / "other.csv", 3)).counts == {"unchanged": 3}, (
        "another file is another import"
    )
    assert count(service) == 1_200


def test_what_is_wrong_is_told_while_the_file_is_read(service: Service, tmp_path: Path) -> None:
    rows = [report_fields(source_id=str(n), name=f"王{n}") for n in range(600)]
    rows[3]["sex"] = rows[550]["sex"] = "?"
    told: list[list[int | None]] = []
    importing.take_rows(
        service, tabular.rows(write_csv(tmp_path / "r.csv", rows)), source="ngo", actor="operator",
        on_refused=lambda one: told.append([one.row.line]),
    )  # fmt: skip
    assert told == [[5], [552]]


def test_importing_twice_amends_and_never_duplicates(service: Service, tmp_path: Path) -> None:
    rows = [report_fields(source_id=str(n)) for n in range(3)]
    assert take(service, write_csv(tmp_path / "r.csv", rows)).counts == {"filed": 3}
    rows[1]["name"] = "李晓明"
    assert take(service, write_csv(tmp_path / "r.csv", rows)).counts == {"unchanged": 2, "amended": 1}
    assert count(service) == 3


def test_bad_rows_are_told_and_the_others_imported(service: Service, tmp_path: Path) -> None:
    rows = [
        report_fields(source_id="good", memories="two\nlines"),
        report_fields(source_id="bad", birth_date="15.8.1998", sex="boy", blood_type="C", height_cm="1m"),
        report_fields(source_id=""),
        report_fields(source_id="good too"),
    ]
    outcome = take(service, write_csv(tmp_path / "r.csv", rows))
    assert outcome.counts == {"filed": 2, "refused": 2}
    told = [(problem.line, problem.field, problem.value) for problem in outcome.problems]
    assert told == [
        (4, "sex", "boy"), (4, "birth_date", "15.8.1998"), (4, "height_cm", "1m"), (4, "blood_type", "C"),
        (5, "source_id", ""),
    ]  # fmt: skip
    assert "female, male, other" in outcome.problems[0].text()
    assert "1998-08-15" in outcome.problems[1].text()


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("kind,source_id,nmae", "no column nmae"),
        ("kind,name", "no column source_id"),
        ("kind,source_id,name,name", "name is there twice"),
        ("", "no column kind"),
        ('kind,"source_id', "not CSV"),
    ],
)
def test_a_wrong_header_is_refused_by_name_and_nothing_is_taken(
    service: Service, tmp_path: Path, header: str, told: str
) -> None:
    (tmp_path / "r.csv").write_text(header + "\nmissing,1,x\n")
    with pytest.raises(Invalid, match=told):
        take(service, tmp_path / "r.csv")
    assert count(service) == 0


def test_unknown_columns_are_left_out_when_told_so(service: Service, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_text("kind,source_id,name,shoe\nmissing,1,李晓明,38\n")
    assert take(service, tmp_path / "r.csv", ignore_unknown=True).counts == {"filed": 1}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("[]", "not one JSON object"),
        ("{", "not one JSON object"),
        ('{"kind": "missing", "kind": "found"}', "twice"),
        ('{"kind": "missing", "source_id": "1", "nmae": "x"}', "no column nmae"),
        ('{"kind": "missing", "source_id": "1", "name": ["x"]}', "not text"),
        ('{"kind": "missing", "source_id": "1", "name": true}', "not text"),
        ('{"kind": "missing", "source_id": "1", "name": "\\ud800"}', "not text"),
        ('{"kind": "missing", "source_id": "1", "name": "\\u0000"}', "not text"),
        ('{"kind": "missing", "source_id": "1"}', "at least one thing"),
        ("[" * 100_000, "not one JSON object"),
    ],
)
def test_a_bad_line_of_json_is_told_with_its_number(
    service: Service, tmp_path: Path, line: str, told: str
) -> None:
    good = json.dumps(report_fields(source_id="good"))
    (tmp_path / "r.jsonl").write_text(f"{good}\n{line}\n")
    outcome = take(service, tmp_path / "r.jsonl")
    assert outcome.counts == {"filed": 1, "refused": 1}
    assert {problem.line for problem in outcome.problems} == {2}
    assert told in outcome.problems[0].text()


def test_a_file_in_another_encoding_is_refused_row_by_row_not_garbled(
    service: Service, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "r.csv", [report_fields(source_id="1")], "gb18030")
    outcome = take(service, path)
    assert outcome.counts == {"refused": 1}
    assert "not text" in outcome.problems[0].text()


@pytest.mark.parametrize("name", ["r.xls", "missing.csv"])
def test_a_file_that_is_none_is_told(service: Service, tmp_path: Path, name: str) -> None:
    if name == "r.xls":
        (tmp_path / name).write_bytes(b"\xd0\xcf")
    with pytest.raises(Invalid):
        take(service, tmp_path / name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(content=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".jsonl"]), header=st.booleans())
def test_any_bytes_are_read_or_refused_without_another_error(
    tmp_path: Path, content: bytes, suffix: str, header: bool
) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes((b"kind,source_id,name\n" if header else b"") + content)
    try:
        rows = list(tabular.rows(path))
    except Invalid:
        return
    assert all(row.problems or row.fields is not None for row in rows)


def test_an_import_and_a_family_that_withdraws_in_between_do_not_wait_in_a_circle(service: Service) -> None:
    rows = [parse(report_fields(source_id=name), "ngo") for name in ("A", "B")]
    with service.database.write() as session:
        given = [reports.take(session, service.keys, row, {}, actor="operator")[1] for row in rows]
    mine, other = given
    assert mine is not None
    assert other is not None
    again = [parse(report_fields(source_id=name, name="赵思远"), "ngo") for name in ("B", "A")]
    outcome: list[bool] = []

    def withdraw() -> None:
        with service.database.write() as session:
            outcome.append(reports.withdraw(session, service.keys, other.case_number, other.secret))

    thread = threading.Thread(target=withdraw)
    with service.database.write() as session:
        known = reports.known(session, again)
        thread.start()
        thread.join(0.2)
        for row in again:
            assert reports.take(session, service.keys, row, known, actor="operator")[0] == "amended"
    thread.join(20)
    assert outcome == [True]


def test_a_batch_that_met_another_one_is_taken_again(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_source, calls = reports.of_source, []

    def fail_once(*arguments: Any) -> dict[str, ReportRow]:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("deadlock", {}, Exception("deadlock"))
        return of_source(*arguments)

    monkeypatch.setattr(reports, "of_source", fail_once)
    outcome = take(service, write_csv(tmp_path / "a.csv", [report_fields(source_id="A")]))
    assert outcome.counts == {"filed": 1}
    assert count(service) == 1


def test_a_source_with_too_long_a_name_is_refused(service: Service) -> None:
    with pytest.raises(Invalid):
        importing.take_rows(service, [], source="x" * 201, actor="operator")
