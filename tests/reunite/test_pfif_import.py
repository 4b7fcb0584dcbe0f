"""PFIF files are imported as others are: filed, amended, refused row by row; what expired is erased, never filed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from reunite import audit, contacts, exporting, originals, reports, retention
from reunite.actors import Staff
from reunite.exchange import importing, pfif_stored, tabular
from reunite.exchange.marks import Mark
from reunite.exchange.pfif import NoteRecord, PersonRecord
from reunite.exchange.pfif_dates import written
from reunite.exchange.pfif_export import domain_of, record_of_report
from reunite.exchange.pfif_rows import rows_of_pfif
from reunite.exchange.row import Row
from reunite.exchange.writing import FORMS
from reunite.exporting import Asked
from reunite.policy import Role
from reunite.problems import Invalid
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.tables import ReportRow
from reunite.storage.vault_tables import SealedRow
from reunite.submission import parse
from tests.factory import report_fields
from tests.reunite.pfif_examples import NOW, as_file, document, note, person, records

DOMAIN = "reunite.example"


def saved(folder: Path, content: bytes, name: str = "r.xml") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def rows(folder: Path, *elements: str, **more: str) -> list[Row]:
    return list(rows_of_pfif(saved(folder, document(*elements)), at=NOW, **more))


def take(service: Service, path: Path, *, source: str = "registry") -> importing.Outcome:
    told = tabular.rows(path, own_domain=DOMAIN)
    return importing.take_rows(service, told, source=source, actor="operator", mark=Mark.of(path, source))


def take_all(service: Service, folder: Path, *elements: str) -> importing.Outcome:
    return take(service, saved(folder, document(*elements)))


def the_report(service: Service, local: str = "1") -> ReportRow:
    with service.database.read() as session:
        return session.scalars(select(ReportRow).where(ReportRow.source_id == f"example.org/{local}")).one()


def exported(service: Service, report: ReportRow) -> PersonRecord | None:
    with service.database.read() as session:
        return record_of_report(
            session, service.keys, report, domain=DOMAIN, organisation="Invented", at=now(session)
        )


FOUND = note(person_record_id="example.org/2", status="is_note_author", last_known_location="武汉", text="t")
PERSON = person(
    full_name="王晓明", source_date="2010-01-13T00:00:00Z", author_name="Ann Author", author_phone="10005550199",
    photo_url="http://example.org/p.jpg", inside='<shoe xmlns="urn:x">38</shoe>' + note(text="a note"),
)  # fmt: skip


def test_persons_are_filed_with_the_notes_that_stand_anywhere(service: Service, tmp_path: Path) -> None:
    for_two = person("2", full_name="李小红")
    outcome = take_all(service, tmp_path, FOUND, person("1", full_name="王晓明"), for_two)
    assert outcome.problems == []
    assert outcome.counts == {"filed": 2}
    assert (the_report(service, "1").kind, the_report(service, "2").kind) == ("missing", "found")
    assert take_all(service, tmp_path, person("1", full_name="王晓明"), for_two, FOUND).counts == {
        "unchanged": 2
    }
    assert take_all(service, tmp_path, person("1", full_name="王小明")).counts == {"amended": 1}


def test_notes_before_and_after_a_person_and_in_it_come_together(tmp_path: Path) -> None:
    about = {"person_record_id": "example.org/1"}
    [row] = rows(
        tmp_path, note(text="a", **about), person("1", inside=note(text="b")), note(text="c", **about)
    )
    assert [one.text for one in pfif_stored.restored(row.original).notes] == ["b", "a", "c"]


def test_a_note_about_nobody_in_the_file_is_told(tmp_path: Path) -> None:
    first, second = rows(tmp_path, FOUND, person("1", full_name="A"))
    assert first.problems == ()
    assert second.line == 2
    assert "example.org/2, who is not in this file" in second.problems[0].text()
    assert second.position > first.position


def test_a_person_without_an_id_and_one_of_ours_are_refused(tmp_path: Path) -> None:
    bare = "<p:person><p:full_name>A</p:full_name></p:person>"
    none, own = rows(tmp_path, bare, person("M-1", full_name="A"), own_domain="Example.org")
    assert "no person_record_id" in none.problems[0].text()
    assert "example.org/M-1 is a report of this service" in own.problems[0].text()
    assert (none.line, own.line) == (2, 3)
    assert [row.problems for row in rows(tmp_path, person("M-1", full_name="A"), own_domain="ample.org")] == [
        ()
    ]


def test_a_broken_file_is_taken_up_to_the_break_and_told(service: Service, tmp_path: Path) -> None:
    content = document(*(person(str(n), full_name=f"王{n}") for n in range(700)))
    outcome = take(service, saved(tmp_path, content[:-100]))
    assert outcome.counts == {"filed": 699, "refused": 1}
    [problem] = outcome.problems
    assert (problem.line, "well-formed" in problem.text()) == (701, True)


def test_what_is_no_pfif_is_refused_and_nothing_taken(service: Service, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="document type"):
        take(service, saved(tmp_path, document(PERSON, before='<!DOCTYPE x [<!ENTITY a "b">]>'), "r.pfif"))
    with pytest.raises(Invalid, match="cannot be read"):
        list(tabular.rows(tmp_path / "none.xml"))
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(ReportRow)).one() == 0


def test_an_import_that_was_stopped_goes_on_where_it_was(service: Service, tmp_path: Path) -> None:
    path = saved(tmp_path, document(*(person(str(n), full_name=f"王{n}") for n in range(1_100))))

    def stop(position: int) -> None:
        raise KeyboardInterrupt

    def again(on_progress: object = lambda _: None) -> importing.Outcome:
        return importing.take_rows(
            service, tabular.rows(path), source="registry", actor="operator", mark=Mark.of(path, "registry"),
            on_progress=on_progress,  # type: ignore[arg-type]
        )  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        again(stop)
    assert again().counts == {"filed": 1_100}


def test_the_record_as_it_came_is_sealed_and_goes_out_again_as_it_came(
    service: Service, tmp_path: Path
) -> None:
    take_all(service, tmp_path, PERSON)
    report = the_report(service)
    told = records(document(PERSON))
    assert exported(service, report) == told[0]
    with service.database.read() as session:
        sealed = session.get_one(SealedRow, (report.id, originals.COLUMN)).sealed
        assert contacts.reporter(session, service.keys, report.id)["reporter_name"] == "Ann Author"
    for word in ("王晓明", "Ann Author", "10005550199", "a note"):
        assert word.encode() not in sealed


def test_a_report_that_says_something_else_by_now_goes_out_so_with_what_only_the_record_had(
    service: Service, tmp_path: Path
) -> None:
    take_all(service, tmp_path, PERSON)
    fields = report_fields(source_id="example.org/1", name="王小明")
    with service.database.write() as session:
        told = parse(fields, "registry")
        assert (
            reports.take(session, service.keys, told, reports.known(session, [told]), actor="operator")[0]
            == "amended"
        )
    record = exported(service, the_report(service))
    assert record is not None
    assert (record.person_record_id, record.full_name) == ("example.org/1", "王小明")
    assert record.photo_url == "http://example.org/p.jpg"
    assert record.extra == ('<shoe xmlns="urn:x">38</shoe>',)
    assert record.source_date == "2010-01-13T00:00:00Z"
    assert record.notes[0].text == "a note"
    [ours] = [one for one in record.notes if one.status]
    assert ours.note_record_id.startswith(f"{DOMAIN}/M-")


def test_a_report_of_our_own_goes_out_under_our_domain_and_is_not_taken_back(
    service: Service, tmp_path: Path
) -> None:
    with service.database.write() as session:
        receipt = reports.file(session, service.keys, parse(report_fields()), actor="family")
        own = session.get_one(ReportRow, receipt.report_id)
    record = exported(service, own)
    assert record is not None
    assert record.person_record_id == f"{DOMAIN}/{receipt.case_number}"
    assert domain_of("https://reunite.example:8443/x") == DOMAIN
    outcome = take(service, saved(tmp_path, as_file(record)))
    assert outcome.counts == {"refused": 1}


def test_an_id_that_is_none_of_pfif_is_replaced_by_ours(service: Service) -> None:
    with service.database.write() as session:
        told = parse(report_fields(source_id="A-1"), "ngo")
        reports.take(session, service.keys, told, {}, actor="operator")
        report = session.scalars(select(ReportRow)).one()
    record = exported(service, report)
    assert record is not None
    assert record.person_record_id == f"{DOMAIN}/{report.case_number}"


def ending(service: Service, **delta: float) -> str:
    with service.database.read() as session:
        return written(now(session) + timedelta(**delta))


def test_the_end_that_a_source_sets_is_the_report_s_end(service: Service, tmp_path: Path) -> None:
    ends = ending(service, days=40)
    take_all(service, tmp_path, person(full_name="王晓明", expiry_date=ends))
    assert written(the_report(service).expires_at or NOW) == ends
    later = ending(service, days=50)
    assert take_all(service, tmp_path, person(full_name="王晓明", expiry_date=later)).counts == {"amended": 1}
    assert written(the_report(service).expires_at or NOW) == later
    soon = ending(service, days=-1, hours=1)
    take_all(service, tmp_path, person(full_name="王晓明", expiry_date=soon))
    assert retention.sweep(service.database, service.keys, service.settings).erased == 0, "the day of grace"


@pytest.mark.parametrize("full_name", [None, "王晓明"], ids=["placeholder", "expired record"])
def test_a_record_that_ended_is_never_filed(service: Service, tmp_path: Path, full_name: str | None) -> None:
    told = {"full_name": full_name} if full_name else {}
    ended = person(expiry_date=ending(service, days=-2), source_date=ending(service, days=-2), **told)
    assert take_all(service, tmp_path, ended).counts == {"unchanged": 1}
    with service.database.read() as session:
        assert session.scalars(select(ReportRow)).all() == []


@pytest.mark.parametrize("full_name", [None, "王晓明"], ids=["placeholder", "expired record"])
def test_a_record_that_ended_erases_the_report_and_its_placeholder_is_passed_on(
    service: Service, tmp_path: Path, full_name: str | None
) -> None:
    take_all(service, tmp_path, PERSON, person("2", full_name="李小红"))
    report = the_report(service)
    ends = ending(service, days=-2)
    told = {"full_name": full_name} if full_name else {}
    outcome = take_all(service, tmp_path, person(expiry_date=ends, **told), person("2", full_name="李小红"))
    assert outcome.counts == {"withdrawn": 1, "unchanged": 1}
    erased = the_report(service)
    assert (erased.id, erased.person, erased.state) == (report.id, {}, "withdrawn")
    assert erased.erased_at is not None
    with service.database.read() as session:
        assert originals.original(session, service.keys, report.id) == ""
        assert session.scalars(select(SealedRow).where(SealedRow.report_id == report.id)).all() == []
    left = exported(service, erased)
    assert left == PersonRecord(
        person_record_id="example.org/1", entry_date=ends, expiry_date=ends, source_date=ends
    )
    assert take_all(service, tmp_path, PERSON).counts == {"unchanged": 1}, (
        "what was erased is not filled again"
    )
    assert the_report(service).person == {}


def test_a_record_and_its_placeholder_in_one_file_leave_nothing(service: Service, tmp_path: Path) -> None:
    gone = person(expiry_date=ending(service, days=-2))
    assert take_all(service, tmp_path, PERSON, gone).counts == {"filed": 1, "withdrawn": 1}
    assert the_report(service).person == {}


def test_another_source_erases_nothing_of_the_first_one_s(service: Service, tmp_path: Path) -> None:
    take_all(service, tmp_path, PERSON)
    gone = saved(tmp_path, document(person(expiry_date=ending(service, days=-2))))
    assert take(service, gone, source="somebody else").counts == {"unchanged": 1}
    assert the_report(service).person["name"] == "王晓明"


def test_the_operator_s_file_with_contacts_has_the_records_as_they_came_and_what_ended(
    service: Service, tmp_path: Path
) -> None:
    take_all(service, tmp_path, PERSON, person("2", full_name="李小红"))
    ends = ending(service, days=-2)
    take_all(service, tmp_path, person("2", expiry_date=ends))
    whole, officer = Asked(contacts=True, records=True), Staff(1, "police", "", Role.POLICE)

    def written_by(staff: Staff | None, asked: Asked) -> list[PersonRecord]:
        exporting.begin(service, staff, asked, "pfif")
        file = b"".join(FORMS["pfif"][0](exporting.rows(service, staff, asked), NOW))
        return records(file)

    came, ended = written_by(None, whole)
    told = records(document(PERSON))[0]
    assert replace(came, notes=()) == replace(told, notes=())
    assert [note.text for note in came.notes] == ["a note"]
    assert (ended.person_record_id, ended.expiry_date, ended.full_name) == ("example.org/2", ends, "")
    for staff, asked in ((officer, whole), (officer, Asked()), (None, Asked())):
        [record] = written_by(staff, asked)
        assert (record.author_phone, record.extra, record.photo_url) == ("", (), "")
    with service.database.read() as session:
        details = [one.detail for one in audit.entries(session, 20) if one.action == "reports.exported"]
    assert details == ["1 pfif", "1 pfif", "1 pfif", "2 pfif with contacts"], "the newest first"


def test_an_erased_report_without_an_end_of_its_source_is_told_to_nobody(service: Service) -> None:
    assert exported(service, ReportRow(id=1, case_number="M-1", erased_at=NOW, expires_at=None)) is None


def test_a_note_is_stored_and_restored_the_same() -> None:
    told = NoteRecord(text="t", extra=("<x></x>",))
    assert pfif_stored.note_of(pfif_stored.said(told)) == told
