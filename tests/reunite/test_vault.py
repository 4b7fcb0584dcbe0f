"""What is sealed: bound to its report and column, wrapped by a key outside, found in no file."""

import secrets
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text, update

from matching.evidence import Evidence
from reunite import accounts, candidates, contacts, keys, queues, reports, submission, vault, whereabouts
from reunite.config import Settings
from reunite.keys import Keys, load_keys, opened_with, sealed_with
from reunite.policy import Role
from reunite.problems import NotFound, StartupError
from reunite.receipts import ALPHABET
from reunite.reports import Receipt
from reunite.service import Service, open_service
from reunite.storage.tables import CandidateRow, ReportRow
from reunite.storage.vault_tables import ReportKeyRow, SealedRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked


def file(service: Service, kind: str = "found", **changes: str) -> Receipt:
    parsed = submission.parse(report_fields(kind, **changes))
    with service.database.write() as session:
        return reports.file(session, service.keys, parsed, actor="family")


def test_what_is_sealed_opens_for_its_report_and_column_only(service: Service) -> None:
    one, other = file(service).report_id, file(service).report_id
    with service.database.write() as session:
        sealed = vault.seal(session, service.keys, one, "here", b"plain")
        assert vault.open(session, service.keys, one, "here", sealed) == b"plain"
        changed = sealed[:-1] + bytes([sealed[-1] ^ 1])
        for report_id, column, value in (
            (other, "here", sealed), (one, "there", sealed), (one, "here", changed), (one, "here", b""),
        ):  # fmt: skip
            with pytest.raises(ValueError, match="another"):
                vault.open(session, service.keys, report_id, column, value)


def test_a_wrapped_key_moved_to_another_report_or_number_does_not_open(service: Service) -> None:
    one, other = file(service).report_id, file(service).report_id
    with service.database.write() as session:
        sealed = vault.seal(session, service.keys, one, "here", b"plain")
        wrapped = session.get_one(ReportKeyRow, one).wrapped
        session.get_one(ReportKeyRow, other).wrapped = wrapped
        with pytest.raises(ValueError, match="another"):
            vault.open(session, service.keys, other, "here", sealed)


def test_without_the_report_s_key_nothing_opens(service: Service) -> None:
    report_id = file(service).report_id
    with service.database.write() as session:
        sealed = vault.seal(session, service.keys, report_id, "here", b"plain")
        vault.destroy(session, report_id)
        with pytest.raises(NotFound):
            vault.open(session, service.keys, report_id, "here", sealed)
        assert contacts.reporter(session, service.keys, report_id) == {}


@given(st.binary(max_size=200), st.text(max_size=20))
def test_sealing_is_never_the_same_twice_and_always_opens(plain: bytes, context: str) -> None:
    key = bytes(range(32))
    context = context.encode("utf-8", "replace").decode()
    one, other = sealed_with(key, context, plain), sealed_with(key, context, plain)
    assert one != other
    assert opened_with(key, context, one) == opened_with(key, context, other) == plain


def test_whereabouts_are_kept_apart_and_given_back(service: Service) -> None:
    receipt = file(service, place_found="广东省广州市天河区某路12号")
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipt.report_id)
        assert "place_found" not in report.person
        assert whereabouts.whole(session, service.keys, report)["place_found"] == "广东省广州市天河区某路12号"


def test_the_same_report_again_changes_nothing_and_another_place_does(service: Service) -> None:
    receipt = file(service)
    for place, changed in (("广东省广州市", False), ("湖南省长沙市", True)):
        with service.database.write() as session:
            report = session.get_one(ReportRow, receipt.report_id)
            parsed = submission.parse(report_fields("found", place_found=place))
            assert reports.amend(session, service.keys, report, parsed, actor="test") is changed
            assert whereabouts.whole(session, service.keys, report)["place_found"] == place


def test_equal_numbers_are_found_in_any_spelling_and_none_can_be_read(service: Service) -> None:
    one = file(service, reporter_phone="+86 138-0000-0042").report_id
    two = file(service, kind="missing", reporter_phone="０１３８００００００４２").report_id
    file(service, reporter_phone="138 0000 0043")
    with service.database.read() as session:
        assert contacts.reports_with_phone(session, service.keys, "13800000042") == [one, two]
        assert contacts.reports_with_phone(session, service.keys, "12") == []
        other = Keys(b"x" * 32)
        assert contacts.reports_with_phone(session, other, "13800000042") == []


def everything_written(service: Service) -> bytes:
    """Every file of the data folder with a backup made now; on PostgreSQL every row of every table too."""
    folder = service.settings.data_dir
    written = b""
    if service.database.is_sqlite:
        backup = folder / "backup.db"
        backup.unlink(missing_ok=True)
        with service.database.engine.connect() as connection:
            connection.connection.cursor().execute(f"VACUUM INTO '{backup}'")
    else:
        with service.database.read() as session:
            tables = session.scalars(
                text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
            ).all()
            rows = [
                str(row)
                for name in tables
                for row in session.execute(text(f'SELECT t::text FROM "{name}" t'))
            ]
        written = "\n".join(rows).encode()
    return written + b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def marker() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(12))


def test_no_file_holds_contact_data_or_whereabouts(service: Service) -> None:
    marks = {column: marker() for column in ("reporter_name", "reporter_relation", "place_found", "name")}
    file(service, reporter_email=f"{marker()}@example.invalid", reporter_phone="10005559871", **marks)
    written = everything_written(service)
    assert marks["name"].encode() in written  # so that the search can find at all
    for column in ("reporter_name", "reporter_relation", "place_found"):
        assert marks[column].encode() not in written, column
    assert b"example.invalid" not in written
    assert b"10005559871" not in written


def test_a_rotation_rewraps_every_report_and_the_running_service_goes_on(service: Service) -> None:
    before = [file(service, reporter_name=f"Invented {number}").report_id for number in range(3)]
    path = service.settings.key_path()
    assert keys.add_wrapping_key(path, keep={1}) == 2
    after = file(service, reporter_name="Invented 3").report_id
    with service.database.write() as session:
        assert session.get_one(ReportKeyRow, after).version == 2
        assert vault.rewrap(session, service.keys) == 3
        assert vault.rewrap(session, service.keys) == 0
        assert vault.versions(session) == {2}
        names = [contacts.reporter(session, service.keys, one)["reporter_name"] for one in [*before, after]]
    assert names == [f"Invented {number}" for number in range(4)]
    assert keys.add_wrapping_key(path, keep={2}) == 3
    assert keys.add_wrapping_key(path, keep={2}) == 4
    assert [line.partition(":")[0] for line in path.read_text().split()[1:]] == ["2", "4"]
    assert path.stat().st_mode & 0o077 == 0
    again = load_keys(path, create=False)
    with service.database.read() as session:
        assert contacts.reporter(session, again, after)["reporter_name"] == "Invented 3"


def test_a_key_that_is_gone_from_the_file_is_named(service: Service) -> None:
    path = service.settings.key_path()
    keys.add_wrapping_key(path, keep={1})
    report_id = file(service).report_id
    path.write_text(path.read_text().split()[0])
    fresh = load_keys(path, create=False)
    with service.database.read() as session, pytest.raises(StartupError, match="no wrapping key 2"):
        contacts.reporter(session, fresh, report_id)


def test_the_key_can_come_from_the_environment(settings: Settings, service: Service) -> None:
    report_id = file(service).report_id
    service.close()
    content = settings.key_path().read_text()
    settings.key_path().unlink()
    opened = open_service(settings.model_copy(update={"key": content}))
    with opened.database.read() as session:
        assert contacts.reporter(session, opened.keys, report_id)["reporter_phone"] == "10005550100"
    opened.close()
    assert not settings.key_path().exists()


def test_stored_evidence_names_no_whereabouts_and_is_shown_with_them(service: Service) -> None:
    one, other = (
        file(service, kind="missing").report_id,
        file(service, place_found="广东省广州市天河区某路12号").report_id,
    )
    line = Evidence("place_found", "far", -1.5, "四川省", "广东省广州市天河区某路12号", {"km": "1200"})
    suggested = replace(ranked(other), evidence=(line,))
    suggestion = candidates.Suggestion(one, "missing", 1, "test", (suggested,))
    with service.database.write() as session:
        candidates.store(session, [suggestion], {other: 1}, 0.0)
        officer = accounts.add(session, service.keys, actor="test", email="c@example.invalid", name="C",
                               role=Role.COORDINATOR, password_hash="-")  # fmt: skip
        stored = session.scalars(select(CandidateRow)).one()
        assert stored.evidence[0]["found"] == ""
        view = queues.view(session, service.keys, officer, stored.ref)
    assert view.evidence == [line]


def test_a_sealed_value_changed_in_the_database_is_an_error_not_a_text(service: Service) -> None:
    report_id = file(service).report_id
    with service.database.write() as session:
        session.execute(update(SealedRow).values(sealed=b"0" * 40))
    with service.database.read() as session, pytest.raises(ValueError, match="another"):
        contacts.reporter(session, service.keys, report_id)


def test_a_key_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    load_keys(path, create=True)
    before = path.read_text()
    keys.add_wrapping_key(path, keep=set())
    assert path.read_text().startswith(before.strip())
    assert [child.name for child in tmp_path.iterdir()] == ["secret.key"]
