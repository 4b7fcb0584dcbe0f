"""Anchors of the log on paper and elsewhere: what the database alone can no longer tell."""

from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from reunite import anchors, audit
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.audit_tables import AuditHeadRow, AuditRow


def log(service: Service, count: int) -> None:
    with service.database.write() as session:
        for number in range(count):
            audit.append(session, service.keys, actor="staff:1", action="test", subject=f"report:{number}")


def paper(service: Service) -> str:
    with service.database.read() as session:
        return str(anchors.current(session, service.keys))


def said(service: Service, line: str) -> list[str]:
    with service.database.read() as session:
        return [problem.message for problem in anchors.verify(session, service.keys, line)]


def head_put_back(service: Service, entry: int) -> None:
    """Cut the log after this entry by the same means as the program, key included."""
    with service.database.write() as session:
        session.execute(delete(AuditRow).where(AuditRow.no > entry))
        digest = session.get_one(AuditRow, entry).hash
        seal = service.keys.mac("audit-head", str(entry), digest)
        session.execute(update(AuditHeadRow).values(count=entry, hash=digest, seal=seal))


@pytest.fixture(autouse=True)
def _past_the_triggers(service: Service) -> None:
    """Who tampers owns the tables, or the file."""
    with service.database.engine.begin() as connection:
        duties.remove(connection)


@pytest.fixture
def written(service: Service) -> str:
    """An anchor of six entries, on paper; the log went on since."""
    log(service, 6)
    line = paper(service)
    log(service, 2)
    return line


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "elsewhere"
    made.mkdir()
    return made


def appended(service: Service, folder: Path) -> bool:
    with service.database.read() as session:
        path, minute = folder / "audit.anchors", folder / "no.anchor"
        return anchors.append_daily(session, service.keys, path, minute)


def test_what_was_written_down_fits_the_log_that_went_on(service: Service, written: str) -> None:
    assert said(service, written) == []


def test_case_spaces_dashes_and_letters_for_digits_do_not_matter(service: Service, written: str) -> None:
    assert said(service, "  " + written.lower().replace("-", " ", 20).replace(" ", "-", 2)) == []  # the date
    assert said(service, written.replace("0", "o").replace("1", "l")) == []


@pytest.mark.parametrize("at", [9, 11, 13, 20, 25, -1])
def test_a_slip_of_the_pen_is_called_that(service: Service, written: str, at: int) -> None:
    wrong = "7" if written[at] != "7" else "8"
    slipped = written[:at] + wrong + (written[at:][1:])
    assert said(service, slipped)[0].startswith(("This anchor was copied wrongly", "This is no anchor"))


@pytest.mark.parametrize(
    "line", ["", "x", "2026-01-31", "2026-01-31 99999999999999999999 AA BB", "\x00" * 50]
)
def test_what_is_no_anchor_is_called_that(service: Service, line: str) -> None:
    assert said(service, line)[0].startswith("This is no anchor")


def test_a_tail_cut_with_the_key_at_hand_is_found(service: Service, written: str) -> None:
    head_put_back(service, 5)
    with service.database.read() as session:
        assert audit.verify(session, service.keys, Path("no.anchor")) == []
    assert said(service, written) == [
        "Entry {no} was anchored on {day} and is not there: the log was cut or put back."
    ]


def test_an_old_log_put_back_and_written_on_is_found(service: Service, written: str) -> None:
    head_put_back(service, 3)
    log(service, 10)
    with service.database.read() as session:
        assert audit.verify(session, service.keys, Path("no.anchor")) == []
    assert said(service, written) == ["Entry {no} is another than the one anchored on {day}."]


def test_a_line_a_day_is_kept_elsewhere_and_wholly_checked(service: Service, folder: Path) -> None:
    log(service, 4)
    assert appended(service, folder)
    assert appended(service, folder)
    path = folder / "audit.anchors"
    assert path.read_text() == paper(service) + "\n"
    assert path.stat().st_mode & 0o077 == 0
    head_put_back(service, 3)
    with service.database.read() as session:
        count, problems = anchors.verify_file(session, service.keys, path)
    assert (count, [problem.line for problem in problems]) == (1, [1])


def yesterday(service: Service, path: Path) -> None:
    """Write the anchor of now as if it had been made long ago."""
    with service.database.read() as session:
        head = session.scalars(select(AuditHeadRow)).one()
    digest = head.hash[:16].upper()
    check = anchors._check_code(service.keys, "2020-01-01", head.count, digest)
    path.write_text(f"{anchors.Anchor('2020-01-01', head.count, digest, check)}\n")


def test_an_unsound_log_gets_no_new_line(service: Service, folder: Path) -> None:
    path = folder / "audit.anchors"
    log(service, 4)
    yesterday(service, path)
    log(service, 3)
    with service.database.write() as session:
        session.execute(update(AuditRow).where(AuditRow.no == 6).values(actor="staff:2"))
    assert not appended(service, folder)
    assert len(path.read_text().splitlines()) == 1


def test_only_what_came_since_the_last_line_is_walked(service: Service, folder: Path) -> None:
    path = folder / "audit.anchors"
    log(service, 4)
    yesterday(service, path)
    log(service, 3)
    with service.database.read() as session:
        assert anchors.verified_until(session, service.keys, path) == 4
    with service.database.write() as session:
        session.execute(update(AuditRow).where(AuditRow.no.in_([2, 6])).values(actor="staff:2"))
    with service.database.read() as session:
        new = audit.verify(session, service.keys, folder / "no.anchor", since=4)
        everything = audit.verify(session, service.keys, folder / "no.anchor")
    assert [problem.params["no"] for problem in new] == ["6"]
    assert [problem.params["no"] for problem in everything] == ["2", "6"]


def test_a_line_that_does_not_fit_vouches_for_nothing(service: Service, folder: Path) -> None:
    path = folder / "audit.anchors"
    log(service, 4)
    yesterday(service, path)
    head_put_back(service, 3)
    with service.database.read() as session:
        assert anchors.verified_until(session, service.keys, path) == 0


def test_a_folder_that_is_not_there_is_not_made(service: Service, tmp_path: Path) -> None:
    log(service, 1)
    with pytest.raises(OSError, match="nowhere"):
        appended(service, tmp_path / "nowhere")
