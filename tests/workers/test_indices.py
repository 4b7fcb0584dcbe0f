"""The index is a cache of the database: it misses nothing, and forgets what has left."""

import os
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from matching.columns_texts import WordsColumn
from matching.description import Description, describe
from matching.model import load_model
from reunite import reports, submission
from reunite.config import Settings
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.tables import ReportRow
from tests.factory import report_fields
from workers.drain import Drain
from workers.indices import Indices


@pytest.fixture
def indices(service: Service) -> Indices:
    return Indices(load_model(), service.keys)


def file(service: Service, **changes: str) -> Receipt:
    with service.database.write() as session:
        return reports.file(session, service.keys, submission.parse(report_fields(**changes)), actor="family")


def catch_up(service: Service, indices: Indices) -> int:
    with service.database.read() as session:
        return indices.catch_up(session)


def test_catching_up_takes_what_is_new_and_nothing_twice(service: Service, indices: Indices) -> None:
    first = file(service)
    assert catch_up(service, indices) == 1
    second = file(service, kind="found")
    assert catch_up(service, indices) == 1
    assert catch_up(service, indices) == 0
    assert first.report_id in indices.sides["missing"]
    assert second.report_id in indices.sides["found"]


def test_an_amended_report_replaces_its_row(service: Service, indices: Indices) -> None:
    filed = file(service)
    catch_up(service, indices)
    with service.database.write() as session:
        row = session.get_one(ReportRow, filed.report_id)
        reports.amend(
            session, service.keys, row, submission.parse(report_fields(name="赵思远")), actor="family"
        )
    assert catch_up(service, indices) == 1
    assert len(indices.sides["missing"]) == 1
    assert indices.revs[filed.report_id] == 2


def test_a_withdrawn_report_leaves_the_index(service: Service, indices: Indices) -> None:
    filed = file(service)
    catch_up(service, indices)
    with service.database.write() as session:
        reports.withdraw(session, service.keys, filed.case_number, filed.secret)
    catch_up(service, indices)
    assert filed.report_id not in indices.sides["missing"]
    assert len(indices.sides["missing"]) == 0


def test_a_report_of_a_filing_that_rolled_back_never_enters(service: Service, indices: Indices) -> None:
    def fail_after_filing() -> None:
        with service.database.write() as session:
            reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_filing()
    assert catch_up(service, indices) == 0


def test_a_transaction_that_commits_late_with_a_lower_number_is_not_missed(
    settings: Settings, service: Service, indices: Indices
) -> None:
    if service.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time: no transaction can commit late")
    began, go_on = threading.Event(), threading.Event()
    late: list[Receipt] = []

    def file_slowly() -> None:
        with service.database.write() as session:
            late.append(
                reports.file(session, service.keys, submission.parse(report_fields()), actor="family")
            )
            began.set()
            go_on.wait(30)

    # The audit log would make the quick filing wait for the slow one; a bare change of its own does not.
    file(service, kind="found")
    slow = threading.Thread(target=file_slowly)
    slow.start()
    assert began.wait(30)
    try:
        with service.database.write() as session:
            session.execute(
                text("UPDATE report SET rev = rev + 1, change_no = pg_current_xact_id()::text::bigint")
            )
        assert catch_up(service, indices) == 1
        assert len(indices.sides["missing"]) == 0
    finally:
        go_on.set()
        slow.join(30)
    assert catch_up(service, indices) == 1
    assert late[0].report_id in indices.sides["missing"]


def test_a_report_that_cannot_be_described_keeps_no_other_out_and_is_tried_again(
    service: Service, indices: Indices, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = file(service), file(service, kind="found")

    def fail(id: int, kind: str, person: dict[str, str]) -> Description:
        if id == bad.report_id:
            raise ValueError
        return describe(id, kind, person)

    monkeypatch.setattr("workers.indices.describe", fail)
    assert catch_up(service, indices) == 1
    assert good.report_id in indices.sides["found"]
    file(service, kind="found")
    monkeypatch.setattr("workers.indices.describe", describe)
    assert catch_up(service, indices) == 2
    assert bad.report_id in indices.sides["missing"]


def test_an_index_that_was_interrupted_in_the_middle_of_a_row_is_loaded_anew(
    service: Service, indices: Indices, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = file(service)
    catch_up(service, indices)
    second = file(service, name="赵四")
    with monkeypatch.context() as patched:
        patched.setattr(WordsColumn, "append", interrupted)
        with pytest.raises(TimeoutError):
            catch_up(service, indices)
    assert catch_up(service, indices) == 2
    assert {first.report_id, second.report_id} == set(indices.sides["missing"].ids())


def interrupted(*_: object) -> None:
    raise TimeoutError


def restored(service: Service, path: Path) -> tuple[Indices, int]:
    again = Indices(load_model(), service.keys)
    with service.database.read() as session:
        return again, again.restore(session, path)


def test_indices_come_back_from_their_file_and_read_only_what_changed_since(
    service: Service, indices: Indices, tmp_path: Path
) -> None:
    kept, amended, withdrawn = file(service), file(service, kind="found"), file(service, name="赵四")
    catch_up(service, indices)
    indices.store(tmp_path / "sides")
    assert restored(service, tmp_path / "sides")[1] == 0
    with service.database.write() as session:
        row = session.get_one(ReportRow, amended.report_id)
        changed = submission.parse(report_fields(kind="found", name="赵思远"))
        reports.amend(session, service.keys, row, changed, actor="family")
        reports.withdraw(session, service.keys, withdrawn.case_number, withdrawn.secret)
    new = file(service)
    again, read = restored(service, tmp_path / "sides")
    assert read == 3
    assert again.revs[amended.report_id] == 2
    assert set(again.sides["missing"].ids()) == {kept.report_id, new.report_id}
    assert catch_up(service, again) == 0


def test_a_file_of_another_database_brings_none_of_its_people(
    service: Service, indices: Indices, tmp_path: Path
) -> None:
    first = file(service)
    catch_up(service, indices)
    indices.store(tmp_path / "sides")
    with service.database.write() as session:
        duties.remove(session.connection(), "report_stays_left")
        session.get_one(ReportRow, first.report_id).case_number = "another case"
    again, read = restored(service, tmp_path / "sides")
    assert read == 1
    assert again.sides["missing"].ids() == [first.report_id]
    with service.database.write() as session:
        session.execute(text("UPDATE report SET state = 'withdrawn', rev = rev + 1"))
    assert restored(service, tmp_path / "sides")[0].sides["missing"].ids() == []


def test_a_broken_file_is_made_anew_from_the_reports(service: Service, tmp_path: Path) -> None:
    file(service)
    (tmp_path / "sides").write_bytes(b"not an index")
    assert restored(service, tmp_path / "sides")[1] == 1


def test_a_worker_that_read_many_reports_stores_them_for_the_next(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.drain._WORTH_STORING", 2)
    file(service), file(service, kind="found")
    assert Drain(service).warm_up() == 2
    monkeypatch.setattr(Indices, "_take", interrupted)
    assert Drain(service).warm_up() == 2


def test_a_withdrawn_report_is_not_in_the_file_that_the_next_start_leaves(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.drain._WORTH_STORING", 1)
    filed = file(service, name="蔺采薇")
    Drain(service).warm_up()
    path = service.settings.data_dir / "index" / "sides"
    assert "蔺采薇".encode() in path.read_bytes()
    with service.database.write() as session:
        reports.withdraw(session, service.keys, filed.case_number, filed.secret)
    monkeypatch.setattr("workers.drain._WORTH_STORING", 1000)
    Drain(service).warm_up()
    assert "蔺采薇".encode() not in path.read_bytes()


def test_a_running_worker_forgets_a_withdrawn_report_within_the_hour(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.drain._WORTH_STORING", 1)
    filed = file(service, name="蔺采薇")
    drain = Drain(service)
    drain.warm_up()
    path = service.settings.data_dir / "index" / "sides"
    with service.database.write() as session:
        reports.withdraw(session, service.keys, filed.case_number, filed.secret)
    drain.run()
    drain.forget()
    assert "蔺采薇".encode() in path.read_bytes()
    os.utime(path, (0, 0))
    drain.forget()
    assert "蔺采薇".encode() not in path.read_bytes()


def test_a_copy_that_a_killed_worker_left_is_deleted(service: Service) -> None:
    left = service.settings.data_dir / "index" / "sides.1.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half of a file")
    Drain(service).warm_up()
    assert not left.exists()


def test_without_room_for_the_file_the_worker_starts_all_the_same(service: Service) -> None:
    file(service)
    (service.settings.data_dir / "index").write_bytes(b"in the way of the folder")
    assert Drain(service).warm_up() == 1


def test_a_database_that_went_another_way_from_a_backup_is_read_again(
    service: Service, indices: Indices, tmp_path: Path
) -> None:
    filed = file(service)
    with service.database.write() as session:
        session.execute(text("UPDATE report SET rev = 2, changed_at = '2026-01-01 10:00:00'"))
    catch_up(service, indices)
    indices.store(tmp_path / "sides")
    with service.database.write() as session:
        session.execute(text("UPDATE report SET rev = 2, changed_at = '2026-01-01 11:00:00'"))
    again, read = restored(service, tmp_path / "sides")
    assert (read, again.revs[filed.report_id]) == (1, 2)


def test_a_restore_that_fails_in_the_middle_loses_no_change(
    service: Service, indices: Indices, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file(service)
    catch_up(service, indices)
    indices.store(tmp_path / "sides")
    file(service, kind="found")
    again = Indices(load_model(), service.keys)
    with monkeypatch.context() as patched, service.database.read() as session:
        patched.setattr(Indices, "_take", interrupted)
        with pytest.raises(TimeoutError):
            again.restore(session, tmp_path / "sides")
    assert catch_up(service, again) == 2


@pytest.mark.parametrize("content", [b"a file of an older version: ", None], ids=["refused", "foreign"])
def test_a_file_that_is_not_used_is_written_anew_so_that_nobody_stays_in_it(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    monkeypatch.setattr("workers.indices._BATCH", 1)
    path = service.settings.data_dir / "index" / "sides"
    for _ in range(3):
        file(service, name="蔺采薇")
    with service.database.read() as session:
        before = Indices(load_model(), service.keys)
        before.catch_up(session)
        before.store(path)
    if content:
        path.write_bytes(content + "蔺采薇".encode())
    with service.database.write() as session:
        session.execute(text("UPDATE report SET state = 'withdrawn', rev = rev + 1"))
    Drain(service).warm_up()
    assert "蔺采薇".encode() not in path.read_bytes()
