"""The auditor narrows the log and takes it away: the right lines, ids only, formula-safe, and known to the log."""

import csv
import io
import json

import pytest

from reunite import audit, audit_search
from reunite.actors import Staff
from reunite.audit_search import Wanted
from reunite.policy import Role
from reunite.problems import Forbidden, NotFound
from reunite.service import Service
from tests.reunite.office import Office


@pytest.fixture
def auditor() -> Staff:
    return Staff(99, "Auditor", "auditor@example.invalid", Role.AUDITOR, "")


@pytest.fixture
def office(service: Service) -> Office:
    made = Office(service)
    made.refer(made.pair(made.file(), made.file("found")))
    return made


def found(service: Service, auditor: Staff, **wanted: str) -> list[str]:
    with service.database.read() as session:
        return [row.action for row in audit_search.find(session, auditor, Wanted(**wanted), 1000)]


def test_the_log_is_narrowed_by_kind_person_report_and_day(
    service: Service, office: Office, auditor: Staff
) -> None:
    everything = found(service, auditor)
    assert found(service, auditor, kind="report") == ["report.filed", "report.filed"]
    assert set(found(service, auditor, actor=office.who["one"].actor)) == {
        "candidate.claimed", "candidate.judged_plausible",
    }  # fmt: skip
    of_report = found(service, auditor, subject="report:1")
    assert "report.filed" in of_report
    assert "candidate.referred" in of_report, "a pair is of both its reports"
    assert found(service, auditor, subject="report:77") == []
    assert found(service, auditor, since="2000-01-01", until="2999-01-01") == everything
    assert found(service, auditor, until="2000-01-01") == []
    assert found(service, auditor, since="nonsense", kind="nonsense") == everything


def test_a_case_number_leads_to_the_id_that_the_log_has(
    service: Service, office: Office, auditor: Staff
) -> None:
    receipt = office.file()
    with service.database.read() as session:
        typed = receipt.case_number.lower().replace("-", " ")
        assert audit_search.subject_of(session, auditor, typed) == f"report:{receipt.report_id}"
        for wrong in ("M-0000-0000", "", "x" * 500):
            with pytest.raises(NotFound):
                audit_search.subject_of(session, auditor, wrong)


@pytest.mark.parametrize("form", audit_search.FORMATS)
def test_what_is_found_is_taken_away_as_a_file_and_the_log_knows(
    service: Service, office: Office, auditor: Staff, form: str
) -> None:
    with service.database.write() as session:
        audit.append(session, service.keys, actor="=cmd()", action="report.x", subject="report:1")
    with audit_search.export(service.database, service.keys, auditor, Wanted(kind="report"), form) as file:
        text = file.read().decode()
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(text)))
        assert rows[-1]["actor"] == "'=cmd()"
    else:
        rows = [json.loads(line) for line in text.splitlines()]
    assert [row["action"] for row in rows] == ["report.filed", "report.filed", "report.x"]
    with service.database.read() as session:
        [told] = audit_search.find(session, auditor, Wanted(kind="log"), 10)
    assert (told.action, told.detail, told.actor) == ("log.exported", "lines:3", auditor.actor)


def test_only_the_auditor_reads_and_exports(service: Service, office: Office) -> None:
    for who in office.who.values():
        with pytest.raises(Forbidden), service.database.read() as session:
            audit_search.find(session, who, Wanted(), 1)
        with pytest.raises(Forbidden):
            audit_search.export(service.database, service.keys, who, Wanted(), "csv")
