"""The log: whoever edits, removes, inserts, reorders or cuts it is found out."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text, update

from reunite import audit
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.audit_tables import AuditHeadRow, AuditRow


@pytest.fixture
def anchor(service: Service, tmp_path: Path) -> Path:
    with service.database.write() as session:
        for number in range(6):
            audit.append(session, service.keys, actor="staff:1", action="test", subject=f"report:{number}")
    path = tmp_path / "audit.anchor"
    with service.database.read() as session:
        audit.anchor(session, service.keys, path)
    # Who tampers has got past the triggers: they own the tables, or the file.
    with service.database.engine.begin() as connection:
        duties.remove(connection)
    return path


def problems(service: Service, anchor: Path) -> list[str]:
    with service.database.read() as session:
        return [problem.text() for problem in audit.verify(session, service.keys, anchor)]


def test_an_untouched_log_is_sound(service: Service, anchor: Path) -> None:
    assert problems(service, anchor) == []


@pytest.mark.parametrize("column", ["at", "actor", "action", "subject", "detail", "previous", "hash"])
def test_an_edit_of_any_column_is_found(service: Service, anchor: Path, column: str) -> None:
    with service.database.write() as session:
        session.execute(update(AuditRow).where(AuditRow.no == 3).values({column: "0" * 20}))
    assert any("3" in problem for problem in problems(service, anchor))


def test_a_removed_entry_is_found(service: Service, anchor: Path) -> None:
    with service.database.write() as session:
        session.execute(delete(AuditRow).where(AuditRow.no == 3))
    assert "Entry 3 is missing: the next one there is 4." in problems(service, anchor)


def test_two_exchanged_entries_are_found(service: Service, anchor: Path) -> None:
    with service.database.write() as session:
        for old, new in ((3, 99), (4, 3), (99, 4)):
            session.execute(update(AuditRow).where(AuditRow.no == old).values(no=new))
    assert problems(service, anchor)


def test_a_cut_tail_is_found(service: Service, anchor: Path) -> None:
    with service.database.write() as session:
        session.execute(delete(AuditRow).where(AuditRow.no >= 5))
    assert any("end was cut" in problem for problem in problems(service, anchor))


def test_a_cut_tail_with_an_older_head_put_back_is_found_by_the_anchor(
    service: Service, anchor: Path
) -> None:
    with service.database.read() as session:
        head = session.scalars(select(AuditHeadRow)).one()
        old = {"count": head.count, "hash": head.hash, "seal": head.seal}
    with service.database.write() as session:
        audit.append(session, service.keys, actor="staff:1", action="theft", subject="report:1")
    with service.database.read() as session:
        audit.anchor(session, service.keys, anchor)
    with service.database.write() as session:
        session.execute(delete(AuditRow).where(AuditRow.no == 7))
        session.execute(update(AuditHeadRow).values(**old))
    assert problems(service, anchor) == ["Entry 7 was anchored outside, but the log ends at 6."]


def test_an_emptied_log_is_found(service: Service, anchor: Path) -> None:
    with service.database.write() as session:
        session.execute(text("DELETE FROM audit_entry"))
        session.execute(text("DELETE FROM audit_head"))
    assert len(problems(service, anchor)) == 2


def test_a_changed_anchor_is_found(service: Service, anchor: Path) -> None:
    anchor.write_text(json.dumps({**json.loads(anchor.read_text()), "count": 2}))
    assert problems(service, anchor) == ["The anchor file audit.anchor was changed."]


def test_the_anchor_never_goes_back(service: Service, anchor: Path) -> None:
    before = anchor.read_text()
    with service.database.write() as session:
        session.execute(update(AuditHeadRow).values(count=1))
    with service.database.read() as session:
        audit.anchor(session, service.keys, anchor)
    assert anchor.read_text() == before


def test_an_anchor_that_contradicts_the_log_is_kept_and_goes_on_telling(
    service: Service, anchor: Path
) -> None:
    with service.database.write() as session:
        session.execute(update(AuditRow).where(AuditRow.no == 6).values(hash="0" * 64))
        audit.append(session, service.keys, actor="staff:1", action="later", subject="report:1")
    before = anchor.read_text()
    with service.database.read() as session:
        assert audit.anchor(session, service.keys, anchor) is False
    assert anchor.read_text() == before
    assert any("anchored outside" in problem for problem in problems(service, anchor))


def test_a_sound_log_moves_the_anchor_on(service: Service, anchor: Path) -> None:
    with service.database.write() as session:
        audit.append(session, service.keys, actor="staff:1", action="later", subject="report:1")
    with service.database.read() as session:
        assert audit.anchor(session, service.keys, anchor) is True
    assert json.loads(anchor.read_text())["count"] == 7
