"""Erased for good: the key is gone, the words are gone, and an old backup does not bring them back."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from matching.model import load_model
from reunite import accounts, candidates, confirmations, contacts, erasure, reports, reviews, submission
from reunite.config import Settings
from reunite.learning import decided
from reunite.policy import Role
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.clock import now
from reunite.storage.tables import (
    CandidateRow,
    ConfirmationRow,
    IdempotencyRow,
    MatchJobRow,
    ReportRow,
    ReviewRow,
)
from reunite.storage.vault_tables import PhoneRow, ReportKeyRow, SealedRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked
from tests.reunite.test_vault import everything_written
from workers.indices import Indices

WORDS = {
    "name": "蔺采薇",
    "memories": "村口有棵歪脖子槐树",
    "reporter_name": "Invented Aunt",
    "place_found": "某市某巷77号",
}


def file(service: Service, kind: str = "found", **changes: str) -> Receipt:
    parsed = submission.parse(report_fields(kind, **changes))
    with service.database.write() as session:
        return reports.file(
            session, service.keys, parsed, actor="family", idempotency_key=f"{kind}{len(changes)}"
        )


def erase(service: Service, receipt: Receipt) -> bool:
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        done = erasure.by_receipt(session, service.keys, ledger, receipt.case_number, receipt.secret)
    service.database.scrub()
    return done


def reapply(service: Service) -> int:
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    return erasure.reapply(service.database, service.keys, ledger)


def reviewed_pair(service: Service) -> tuple[Receipt, Receipt]:
    """A pair that two people found plausible and an officer confirmed."""
    missing, found = file(service, "missing"), file(service, **WORDS)
    suggestion = candidates.Suggestion(missing.report_id, "missing", 1, "test", (ranked(found.report_id),))
    with service.database.write() as session:
        candidates.store(session, [suggestion], {found.report_id: 1}, 0.0)
        ref = session.scalars(select(CandidateRow.ref)).one()
        people = [
            accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name, role=role,
                         password_hash="-")
            for name, role in (("one", Role.VOLUNTEER), ("two", Role.VOLUNTEER), ("officer", Role.POLICE))
        ]  # fmt: skip
    for person in people[:2]:
        with service.database.write() as session:
            reviews.claim(session, service.keys, person, ref, 30)
            reviews.judge(session, service.keys, person, ref, "plausible", "歪脖子槐树 on both sides")
    with service.database.write() as session:
        confirmations.decide(session, service.keys, people[2], ref, outcome="confirmed", basis="dna",
                             reference="file of 蔺采薇", note="told 歪脖子槐树")  # fmt: skip
    return missing, found


def test_everything_of_the_report_is_gone_and_its_number_stays(service: Service) -> None:
    receipt = file(service, **WORDS)
    assert erase(service, receipt)
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        assert (report.person, report.source_id, report.state) == ({}, None, "withdrawn")
        assert report.erased_at is not None
        for table in (ReportKeyRow, SealedRow, PhoneRow, IdempotencyRow):
            assert session.scalars(select(table)).all() == []
        last = session.scalars(select(AuditRow).order_by(AuditRow.no.desc())).first()
        assert last is not None
        assert (last.action, last.subject) == ("report.erased", f"report:{receipt.report_id}")
        assert session.scalars(select(MatchJobRow.state)).one() == "ready"


def test_the_receipt_then_opens_nothing(service: Service) -> None:
    receipt = file(service)
    assert erase(service, receipt)
    with service.database.read() as session:
        assert reports.status(session, service.keys, receipt.case_number, receipt.secret) is None
    assert not erase(service, receipt)


def test_a_wrong_secret_erases_nothing(service: Service) -> None:
    receipt = file(service)
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        assert not erasure.by_receipt(session, service.keys, ledger, receipt.case_number, "wrong")
    assert list(ledger.read()) == []


def test_words_of_reviews_and_findings_go_and_the_decisions_stay(service: Service) -> None:
    _, found = reviewed_pair(service)
    assert erase(service, found)
    with service.database.read() as session:
        assert {(row.verdict, row.reason) for row in session.scalars(select(ReviewRow))} == {
            ("plausible", "")
        }
        finding = session.scalars(select(ConfirmationRow)).one()
        assert (finding.outcome, finding.reference, finding.note) == ("confirmed", "", "")
        pair = session.scalars(select(CandidateRow)).one()
        assert (pair.stage, pair.current, pair.evidence) == ("confirmed", False, [])


def test_no_file_holds_a_word_of_it_any_more(service: Service) -> None:
    _, found = reviewed_pair(service)
    assert "歪脖子槐树".encode() in _readable(service)
    assert erase(service, found)
    written = _readable(service)
    for word in ("蔺采薇", "歪脖子槐树", "某巷77号", "Invented Aunt"):
        assert word.encode() not in written


def test_a_backup_put_back_is_erased_again_before_anybody_is_served(
    settings: Settings, tmp_path: Path
) -> None:
    service = open_service(settings)
    receipt = file(service, **WORDS)
    restore = _backup(service, tmp_path)
    assert erase(service, receipt)
    service.close()
    restore()
    again = open_service(settings)
    with again.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        assert report.erased_at is not None
        assert report.person == {}
        assert contacts.reporter(session, again.keys, receipt.report_id) == {}
        assert reports.status(session, again.keys, receipt.case_number, receipt.secret) is None
    again.close()


def test_another_report_under_an_erased_number_is_left_alone(service: Service) -> None:
    receipt = file(service)
    path = service.settings.data_dir / erasure.FILE
    path.write_text(f"\n{receipt.report_id} {'0' * 64} 2026-01-01\nnot a line\n{receipt.report_id} 00")
    assert reapply(service) == 0
    with service.database.read() as session:
        assert session.get_one(ReportRow, receipt.report_id).person


def test_a_number_given_anew_after_a_restored_backup_hides_no_line_of_the_ledger(service: Service) -> None:
    receipt = file(service)
    with service.database.read() as session:
        erasure.Ledger(service.settings.data_dir, service.keys).add(
            session.get_one(ReportRow, receipt.report_id)
        )
    path = service.settings.data_dir / erasure.FILE
    assert receipt.case_number not in path.read_text()
    path.write_text(path.read_text() + f"\n{receipt.report_id} {'0' * 64} 2026-01-01")
    assert reapply(service) == 1
    assert reapply(service) == 0


def test_an_import_does_not_bring_an_expired_record_back_and_its_id_stays(service: Service) -> None:
    parsed = submission.parse(report_fields(source_id="example.org/p-1"), source="ngo")
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        filed = reports.file(session, service.keys, parsed, actor="test")
        report = session.get_one(ReportRow, filed.report_id)
        report.expires_at = now(session) - timedelta(days=2)
        erasure.erase(session, service.keys, ledger, report, actor="test")
    with service.database.write() as session:
        known = reports.known(session, [parsed])
        assert reports.take(session, service.keys, parsed, known, actor="test") == ("unchanged", None)
        report = session.scalars(select(ReportRow)).one()
        assert (report.source_id, report.person) == ("example.org/p-1", {})


def test_weights_are_fitted_without_a_pair_that_lost_a_side(service: Service) -> None:
    missing, found = reviewed_pair(service)
    with service.database.read() as session:
        assert decided(session, service.keys).pairs == {(missing.report_id, found.report_id)}
    assert erase(service, found)
    with service.database.read() as session:
        assert not decided(session, service.keys).pairs


def test_the_engine_forgets_it(service: Service) -> None:
    receipt = file(service, **WORDS)
    indices = Indices(load_model(), service.keys)
    path = service.settings.data_dir / "sides"
    with service.database.read() as session:
        indices.catch_up(session)
    indices.store(path)
    assert WORDS["name"].encode() in path.read_bytes()
    assert WORDS["place_found"].encode() not in path.read_bytes()
    assert erase(service, receipt)
    with service.database.read() as session:
        indices.catch_up(session)
    assert indices.left
    indices.store(path)
    assert WORDS["name"].encode() not in path.read_bytes()
    assert WORDS["memories"].encode() not in path.read_bytes()


def test_nothing_is_erased_where_the_ledger_cannot_be_written(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    receipt = file(service)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("reunite.erasure.os.fsync", full)
        with pytest.raises(OSError, match="space"):
            erase(service, receipt)
    with service.database.read() as session:
        assert session.get_one(ReportRow, receipt.report_id).erased_at is None


def _readable(service: Service) -> bytes:
    """What is written, with what JSON escaped made readable."""
    written = everything_written(service)
    said = re.sub(
        rb"\\\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)).encode("utf-8", "replace"), written
    )
    return written + said


def _backup(service: Service, folder: Path) -> Callable[[], None]:
    """Take the database as it is now; gives what puts it back."""
    if service.database.is_sqlite:
        copy = folder / "backup.db"
        with service.database.engine.connect() as connection:
            connection.connection.cursor().execute(f"VACUUM INTO '{copy}'")
        live = service.settings.data_dir / "reunite.db"

        def put_back() -> None:
            for part in live.parent.glob("reunite.db*"):
                part.unlink()
            shutil.copy(copy, live)
            with closing(sqlite3.connect(live)) as opened:
                assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)

        return put_back
    with service.database.engine.begin() as connection:
        names = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        for name in names:
            connection.execute(text(f'CREATE TABLE "kept_{name}" AS TABLE "{name}"'))
    url = service.database.url

    def put_back() -> None:
        from reunite.storage.session import Database

        database = Database(url)
        with database.engine.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for name in names:
                connection.execute(text(f'DELETE FROM "{name}"'))
                connection.execute(text(f'INSERT INTO "{name}" SELECT * FROM "kept_{name}"'))
        database.dispose()

    return put_back
