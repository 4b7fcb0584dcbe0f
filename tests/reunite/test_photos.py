"""Photos are kept sealed beside the database, count in the matching, and are never half there."""

import errno
import io
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from matching import pictures
from reunite import photo_files, photo_rows, photos, reports, sanitising, submission
from reunite.problems import Busy, Conflict, Invalid, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.photo_tables import PhotoLeftoverRow, PhotoRow
from reunite.storage.tables import MatchJobRow, ReportRow
from tests.factory import report_fields


@pytest.fixture
def receipt(service: Service) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields()), actor="family")


@pytest.fixture(autouse=True)
def _cleaned_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What cleaning does is proven elsewhere; here a picture's number stands for it, without a process."""

    def clean(file: io.BufferedIOBase) -> sanitising.CleanPhoto:
        number = int(file.read() or b"0")
        return sanitising.CleanPhoto(
            b"\xff\xd8\xffphoto%d" % number, b"\xff\xd8\xffsmall", 40, 30, f"{number:016x}"
        )

    monkeypatch.setattr(sanitising, "clean", clean)


def add(service: Service, receipt: Receipt, number: int = 1) -> photos.Photo:
    file = io.BytesIO(str(number).encode())
    return photos.add(service, receipt.case_number, receipt.secret, file, actor="family")


def files(service: Service) -> list[Path]:
    return sorted((service.settings.data_dir / "photos").rglob("*.bin"))


def count(service: Service, table: type) -> int:
    with service.database.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def report(service: Service, receipt: Receipt) -> ReportRow:
    with service.database.read() as session:
        return session.get_one(ReportRow, receipt.report_id)


def previews(service: Service, receipt: Receipt) -> list[photos.Preview]:
    with service.database.read() as session:
        return photos.previews(service, session, receipt.case_number, receipt.secret)


def test_a_photo_is_a_sealed_file_that_only_we_can_read(service: Service, receipt: Receipt) -> None:
    add(service, receipt)
    (file,) = files(service)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert b"photo1" not in file.read_bytes()
    assert b"\xff\xd8\xff" not in file.read_bytes()[:3]
    with service.database.read() as session:
        row = session.scalars(select(PhotoRow)).one()
    assert row.ref not in file.name
    assert len(row.ref) == 24


def test_adding_and_removing_a_photo_changes_the_report_and_its_job_and_the_log(
    service: Service, receipt: Receipt
) -> None:
    add(service, receipt, 7)
    assert pictures.read(report(service, receipt).person["photo"]) == (7,)
    assert report(service, receipt).rev == 2
    (shown,) = previews(service, receipt)
    photos.remove(service, receipt.case_number, receipt.secret, shown.ref, actor="family")
    assert "photo" not in report(service, receipt).person
    with service.database.read() as session:
        assert session.get_one(MatchJobRow, receipt.report_id).rev == 3
        lines = session.execute(select(AuditRow.action, AuditRow.subject).order_by(AuditRow.no)).all()
    subject = f"report:{receipt.report_id}"
    assert lines[-2:] == [("photo.added", subject), ("photo.removed", subject)]
    assert files(service) == []
    assert count(service, PhotoLeftoverRow) == 0


def test_a_photo_sent_twice_is_there_once_and_the_seventh_is_refused(
    service: Service, receipt: Receipt
) -> None:
    assert add(service, receipt, 1) == add(service, receipt, 1)
    for number in range(2, 7):
        add(service, receipt, number)
    with pytest.raises(Conflict):
        add(service, receipt, 7)
    assert count(service, PhotoRow) == len(files(service)) == 6
    assert len(pictures.read(report(service, receipt).person["photo"])) == pictures.MOST_PICTURES


def test_an_import_or_a_form_writes_no_fingerprint_and_an_amendment_keeps_those_of_the_photos(
    service: Service, receipt: Receipt
) -> None:
    add(service, receipt, 7)
    said = submission.parse(report_fields(photo="00000000000000aa", marks="scar"))
    assert "photo" not in said.person
    with service.database.write() as session:
        row = session.get_one(ReportRow, receipt.report_id)
        assert reports.amend(session, service.keys, row, said, actor="operator")
    assert report(service, receipt).person["marks"] == "scar"
    assert pictures.read(report(service, receipt).person["photo"]) == (7,)
    with service.database.write() as session:
        row = session.get_one(ReportRow, receipt.report_id)
        assert not reports.amend(session, service.keys, row, said, actor="operator"), "nothing is new"


def test_another_receipt_adds_sees_and_removes_nothing(service: Service, receipt: Receipt) -> None:
    add(service, receipt)
    with service.database.write() as session:
        fields = submission.parse(report_fields("found"))
        other = reports.file(session, service.keys, fields, actor="family")
    (shown,) = previews(service, receipt)
    with pytest.raises(NotFound):
        photos.remove(service, other.case_number, other.secret, shown.ref, actor="family")
    with pytest.raises(NotFound):
        photos.add(service, receipt.case_number, other.secret, io.BytesIO(b"2"), actor="family")
    assert previews(service, other) == []
    assert len(files(service)) == 1


def test_a_withdrawn_report_takes_no_photo_but_gives_its_own_back(service: Service, receipt: Receipt) -> None:
    add(service, receipt)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    with pytest.raises(Conflict):
        add(service, receipt, 2)
    (shown,) = previews(service, receipt)
    photos.remove(service, receipt.case_number, receipt.secret, shown.ref, actor="family")
    assert files(service) == []


@pytest.mark.parametrize("step", ["write", "fsync"])
def test_a_full_disk_is_told_and_leaves_nothing_by_half(
    service: Service, receipt: Receipt, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(*((photo_files, "write") if step == "write" else (os, "fsync")), full)
        with pytest.raises(Busy):
            add(service, receipt)
    assert count(service, PhotoRow) == 0
    assert "photo" not in report(service, receipt).person
    later(service)
    photos.sweep(service)
    assert files(service) == []
    add(service, receipt)
    assert len(previews(service, receipt)) == 1


def later(service: Service) -> None:
    """As if an hour had passed for what is being written."""
    with service.database.write() as session:
        session.execute(update(PhotoLeftoverRow).values(due=now(session) - timedelta(hours=1)))


def test_a_crash_before_the_commit_leaves_a_file_that_housekeeping_removes(
    service: Service, receipt: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(photos, "_log", crash)
        with pytest.raises(KeyboardInterrupt):
            add(service, receipt)
    assert len(files(service)) == 1
    assert photos.sweep(service) == 0, "it could still be being written"
    later(service)
    assert photos.sweep(service) == 1
    assert files(service) == []


def test_a_photo_that_took_so_long_that_its_file_was_swept_is_not_stored(
    service: Service, receipt: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "_BEING_WRITTEN", timedelta(0))
    real = photo_rows.of_report

    def swept_meanwhile(session: Session, report_id: int) -> Sequence[PhotoRow]:
        session.execute(delete(PhotoLeftoverRow))
        return real(session, report_id)

    monkeypatch.setattr(photo_rows, "of_report", swept_meanwhile)
    with pytest.raises(Busy):
        add(service, receipt)
    assert count(service, PhotoRow) == 0
    assert files(service) == []


def test_housekeeping_leaves_alone_what_it_was_not_told_of(service: Service, receipt: Receipt) -> None:
    add(service, receipt)
    stranger = service.settings.data_dir / "photos" / "ab" / "of-another-database.bin"
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_bytes(b"of another database")
    photos.sweep(service)
    assert stranger.exists()
    assert len(files(service)) == 2


def test_destroying_forgets_all_photos_of_one_report_and_of_no_other(
    service: Service, receipt: Receipt
) -> None:
    with service.database.write() as session:
        fields = submission.parse(report_fields("found"))
        other = reports.file(session, service.keys, fields, actor="family")
    for number in (1, 2):
        add(service, receipt, number)
    add(service, other, 3)
    with service.database.write() as session:
        photo_rows.leave(session, photo_rows.of_report(session, receipt.report_id))
    assert photos.sweep(service) == 2
    assert len(files(service)) == len(previews(service, other)) == 1


def test_a_file_that_is_lost_does_not_close_the_case_to_its_family(
    service: Service, receipt: Receipt
) -> None:
    add(service, receipt)
    files(service)[0].unlink()
    assert [one.data for one in previews(service, receipt)] == [""]


def test_a_file_put_in_the_place_of_another_is_not_shown(service: Service, receipt: Receipt) -> None:
    add(service, receipt, 1)
    add(service, receipt, 2)
    one, other = files(service)
    one.write_bytes(other.read_bytes())
    assert sorted(bool(shown.data) for shown in previews(service, receipt)) == [False, True]


def test_what_cannot_be_taken_leaves_no_trace(
    service: Service, receipt: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> None:
        raise sanitising.too_large()

    monkeypatch.setattr(sanitising, "clean", refuse)
    with pytest.raises(Invalid):
        add(service, receipt)
    assert count(service, PhotoRow) == count(service, PhotoLeftoverRow) == 0
    assert files(service) == []
