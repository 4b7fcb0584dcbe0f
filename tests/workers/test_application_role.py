"""The whole service on PostgreSQL as a role that owns no table: it does its work, and has not one right more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select

from reunite import accounts, confirmations, erasure, people, reports, reserved, reviews, submission
from reunite.actors import Staff
from reunite.config import Settings
from reunite.policy import Role
from reunite.service import Service, open_service
from reunite.storage import roles
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from workers.drain import Drain

ROLE = "reunite_service_of_a_test"
LONG_ENOUGH = "crane under three bridges"


@pytest.fixture
def limited(postgres_url: str, tmp_path: Path) -> Iterator[Service]:
    """The service as the owner prepared it for its role."""
    settings = Settings(data_dir=tmp_path / "data", database_url=postgres_url, port=0)
    owner = open_service(settings)
    with owner.database.engine.begin() as connection:
        roles.grant(connection, ROLE, password=ROLE)
    engine: Engine = create_engine(owner.database.url)
    owner.close()
    url = engine.url.set(username=ROLE, password=ROLE).render_as_string(hide_password=False)
    service = open_service(settings.model_copy(update={"database_url": url}))
    yield service
    service.close()
    with engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {ROLE}")
        connection.exec_driver_sql(f"DROP ROLE {ROLE}")
    engine.dispose()


def add(service: Service, role: Role, name: str) -> Staff:
    with service.database.write() as session:
        return accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name, role=role,
                            password_hash="-")  # fmt: skip


def test_from_filing_to_the_confirmation_and_to_erasure(limited: Service) -> None:
    receipts = {}
    for kind in ("missing", "found"):
        with limited.database.write() as session:
            parsed = submission.parse(report_fields(kind))
            receipts[kind] = reports.file(session, limited.keys, parsed, actor="family", idempotency_key=kind)
    drain = Drain(limited)
    drain.run()
    with limited.database.read() as session:
        ref = session.scalars(select(CandidateRow.ref)).one()
    for name in ("one", "two"):
        volunteer = add(limited, Role.VOLUNTEER, name)
        with limited.database.write() as session:
            reviews.claim(session, limited.keys, volunteer, ref, 30)
            reviews.judge(session, limited.keys, volunteer, ref, "plausible", "the same marks")
    officer = add(limited, Role.POLICE, "officer")
    with limited.database.write() as session:
        confirmations.decide(
            session, limited.keys, officer, ref, outcome="confirmed", basis="dna", reference="file 1"
        )
    drain.run()
    drain.housekeeping()
    ledger = erasure.Ledger(limited.settings.data_dir, limited.keys)
    with limited.database.write() as session:
        found = receipts["found"]
        assert erasure.by_receipt(session, limited.keys, ledger, found.case_number, found.secret)
    drain.run()
    with limited.database.read() as session:
        assert session.get_one(ReportRow, found.report_id).person == {}
        assert session.scalars(select(CandidateRow.stage)).one() == "confirmed"


def test_people_are_invited_locked_and_sign_in(limited: Service) -> None:
    admin = add(limited, Role.ADMIN, "admin")
    with limited.database.write() as session:
        token = accounts.invite(
            session, limited.keys, actor=admin.actor, email="new@example.invalid", role=Role.VOLUNTEER
        )
    new = accounts.accept(limited.database, limited.keys, token, "New", LONG_ENOUGH)
    assert accounts.sign_in(limited.database, limited.keys, new.email, "wrong") is None
    assert accounts.sign_in(limited.database, limited.keys, new.email, LONG_ENOUGH) is not None
    with limited.database.write() as session:
        people.lock(session, limited.keys, admin, new.id)
    assert accounts.sign_in(limited.database, limited.keys, new.email, LONG_ENOUGH) is None


def test_a_report_is_reserved_to_the_police(limited: Service) -> None:
    officer = add(limited, Role.POLICE, "officer")
    with limited.database.write() as session:
        filed = reports.file(session, limited.keys, submission.parse(report_fields()), actor="family")
        reserved.reserve(session, limited.keys, officer, session.get_one(ReportRow, filed.report_id), on=True)
    with limited.database.write() as session:
        reports.file(session, limited.keys, submission.parse(report_fields("found")), actor="family")
    Drain(limited).run()
    with limited.database.read() as session:
        assert session.scalars(select(CandidateRow.stage)).all() == ["referred"]
