"""An upgrade in the middle of the day: the version before runs on the tables of the next one."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import text

from reunite import confirmations, readiness, reports, reviews, submission
from reunite.config import Settings
from reunite.service import Service, open_service
from reunite.storage import schema
from reunite.storage.tables import CandidateRow
from tests.factory import report_fields
from tests.reunite.office import Office
from workers.drain import Drain

SCRIPTS = sorted((Path(schema.__file__).parent / "migrations/versions").glob("[0-9]*.py"))
LAST_WITHOUT_RULE = 24
ADDED = (
    "CREATE TABLE of_the_next_version (id INTEGER PRIMARY KEY, said VARCHAR(80) NOT NULL)",
    *(
        statement
        for table in ("report", "match_job", "candidate", "review", "audit_entry", "staff", "confirmation")
        for statement in (
            f"ALTER TABLE {table} ADD COLUMN may_be_empty VARCHAR(80)",
            f"ALTER TABLE {table} ADD COLUMN has_a_default INTEGER DEFAULT 7 NOT NULL",
        )
    ),
    "UPDATE alembic_version SET version_num = '9999'",
)


def upgrade(service: Service) -> None:
    """What the next version's migration could do."""
    with service.database.engine.begin() as connection:
        for statement in ADDED:
            connection.execute(text(statement))


def test_this_version_does_all_its_work_on_the_next_one_s_tables(
    settings: Settings, service: Service
) -> None:
    office = Office(service)
    upgrade(service)
    again = open_service(settings)  # a process that is started again in the middle of the upgrade
    assert readiness.missing(again) == []
    for kind in ("missing", "found"):
        with again.database.write() as session:
            reports.file(session, again.keys, submission.parse(report_fields(kind)), actor="family")
    Drain(again).run()
    with again.database.read() as session:
        ref = session.query(CandidateRow.ref).scalar()
    for name in ("one", "two"):
        with again.database.write() as session:
            reviews.claim(session, again.keys, office.who[name], ref, 30)
            reviews.judge(session, again.keys, office.who[name], ref, "plausible", "marks agree")
    with again.database.write() as session:
        confirmations.decide(
            session, again.keys, office.who["officer"], ref, outcome="confirmed", basis="dna", reference="1"
        )
    drain = Drain(again)
    drain.run()
    drain.housekeeping()
    with again.database.read() as session:
        assert session.query(CandidateRow.stage).scalar() == "confirmed"
    again.close()


def test_a_version_that_is_too_old_for_the_tables_is_not_ready(service: Service) -> None:
    upgrade(service)
    with service.database.engine.begin() as connection:
        connection.execute(text("UPDATE installation SET oldest_program = 9999"))
    assert [one.what for one in readiness.missing(service)] == ["schema"]


TAKING = {"drop_table", "drop_column", "alter_column", "rename_table", "drop_constraint"}


def breaks(source: str) -> list[str]:
    """What the version before could not live with in the upgrade of a migration."""
    found = []
    for function in ast.parse(source).body:
        if not isinstance(function, ast.FunctionDef) or function.name != "upgrade":
            continue
        for call in ast.walk(function):
            name = (
                call.func.attr if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) else ""
            )
            if name in TAKING:
                found.append(name)
            elif (
                name == "add_column"
                and "nullable=False" in ast.unparse(call)
                and "server_default" not in ast.unparse(call)
            ):
                found.append("add_column that must not be empty")
    return found


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_migration_only_adds_or_says_which_program_can_live_with_it(path: Path) -> None:
    source = path.read_text()
    assert int(path.stem[:4]) <= LAST_WITHOUT_RULE or not breaks(source) or "oldest_program" in source, (
        breaks(source)
    )


def test_what_takes_away_is_seen() -> None:
    assert breaks("def upgrade():\n    op.drop_column('report', 'person')")
    assert breaks("def upgrade():\n    op.add_column('report', sa.Column('x', sa.Integer(), nullable=False))")
    assert not breaks(
        "def upgrade():\n    op.add_column('report', sa.Column('x', sa.Integer(), nullable=True))"
    )
    assert not breaks("def downgrade():\n    op.drop_table('report')")
