"""Photos of a report: kept sealed, counted in the matching, gone with the report, never half there."""

import io
from pathlib import Path

import pytest
from sqlalchemy import select

from matching import pictures
from reunite import erasure, photos, reports, submission
from reunite.problems import Busy, Conflict, NotFound
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.photo_tables import PhotoLeftoverRow, PhotoRow
from reunite.storage.tables import MatchJobRow, ReportRow
from tests import images
from tests.factory import report_fields

PHOTOS = [images.saved(images.picture(seed, (120, 90)), exif=images.exif()) for seed in range(1, 9)]


def file(service: Service, kind: str = "missing") -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(kind)), actor="family")


def add(service: Service, receipt: Receipt, data: bytes) -> photos.Photo:
    with io.FileIO(_scratch(service, data)) as opened:
        return photos.add(service, receipt.case_number, receipt.secret, opened, actor="family")


def _scratch(service: Service, data: bytes) -> Path:
    path = service.settings.data_dir.parent / "upload"
    path.write_bytes(data)
    return path


def kept(service: Service) -> list[Path]:
    return sorted((service.settings.data_dir / "photos").rglob("*.bin"))


def report_of(service: Service, receipt: Receipt) -> ReportRow:
    with service.database.read() as session:
        return session.get_one(ReportRow, receipt.report_id)


def test_a_photo_is_kept_sealed_and_counts_in_the_matching(service: Service) -> None:
    receipt = file(service)
    added = add(service, receipt, PHOTOS[0])
    assert (added.width, added.height) == (120, 90)
    report = report_of(service, receipt)
    assert len(pictures.read(report.person["photo"])) == 1
    assert report.rev == 2
    with service.database.read() as session:
        assert session.get_one(MatchJobRow, report.id).state == "ready"
        assert session.scalars(select(PhotoLeftoverRow)).all() == []
        (preview,) = photos.previews(service, session, receipt.case_number, receipt.secret)
    assert preview.data.startswith("data:image/jpeg;base64,")
    (path,) = kept(service)
    sealed = path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert b"JFIF" not in sealed
    assert images.MARK not in sealed


def test_amending_the_words_keeps_the_photos(service: Service) -> None:
    receipt = file(service)
    add(service, receipt, PHOTOS[0])
    parsed = submission.parse(report_fields("missing", name="李晓明"))
    with service.database.write() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        assert reports.amend(session, service.keys, report, parsed, actor="test")
        assert report.person["photo"]
        assert not reports.amend(session, service.keys, report, parsed, actor="test")


def test_the_same_photo_again_adds_nothing_and_a_seventh_is_one_too_many(service: Service) -> None:
    receipt = file(service)
    first = add(service, receipt, PHOTOS[0])
    assert add(service, receipt, PHOTOS[0]).ref == first.ref
    for data in PHOTOS[1:6]:
        add(service, receipt, data)
    with pytest.raises(Conflict, match="six photos"):
        add(service, receipt, PHOTOS[6])
    assert len(kept(service)) == 6


def test_a_wrong_receipt_adds_shows_and_removes_nothing(service: Service) -> None:
    receipt, other = file(service), file(service)
    added = add(service, receipt, PHOTOS[0])
    with pytest.raises(NotFound):
        add(service, Receipt(receipt.case_number, other.secret, 0), PHOTOS[1])
    with pytest.raises(NotFound):
        photos.remove(service, other.case_number, other.secret, added.ref, actor="family")
    with service.database.read() as session:
        assert photos.previews(service, session, receipt.case_number, other.secret) == []
    assert len(kept(service)) == 1


def test_a_removed_photo_leaves_no_file_and_no_fingerprint(service: Service) -> None:
    receipt = file(service)
    added = add(service, receipt, PHOTOS[0])
    photos.remove(service, receipt.case_number, receipt.secret, added.ref, actor="family")
    assert kept(service) == []
    assert "photo" not in report_of(service, receipt).person
    with service.database.read() as session:
        said = session.scalars(select(AuditRow.action).order_by(AuditRow.no)).all()
    assert said[-2:] == ["photo.added", "photo.removed"]


def test_an_erased_report_takes_its_photos_along(service: Service) -> None:
    receipt = file(service)
    add(service, receipt, PHOTOS[0])
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        assert erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)
    assert photos.sweep(service) == 1
    assert kept(service) == []
    with service.database.read() as session:
        assert session.scalars(select(PhotoRow)).all() == []


def test_a_crash_between_file_and_row_leaves_a_file_that_is_swept_later(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file(service)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("reunite.photos._fingerprint", crash)
        with pytest.raises(KeyboardInterrupt):
            add(service, receipt, PHOTOS[0])
    assert len(kept(service)) == 1
    assert photos.sweep(service) == 0, "it may still be being written"
    with service.database.write() as session:
        (left,) = session.scalars(select(PhotoLeftoverRow)).all()
        left.due = left.due.replace(year=2000)
    assert photos.sweep(service) == 1
    assert kept(service) == []
    add(service, receipt, PHOTOS[0])
    assert photos.sweep(service) == 0
    assert len(kept(service)) == 1


def test_a_full_disk_is_told_and_nothing_is_stored_by_half(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file(service)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("reunite.photos._write", full)
        with pytest.raises(Busy):
            add(service, receipt, PHOTOS[0])
    assert "photo" not in report_of(service, receipt).person
    with service.database.read() as session:
        assert session.scalars(select(PhotoRow)).all() == []


def test_a_report_that_has_left_takes_no_photo(service: Service) -> None:
    receipt = file(service)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, receipt.case_number, receipt.secret)
    with pytest.raises(Conflict, match="no longer open"):
        add(service, receipt, PHOTOS[0])
