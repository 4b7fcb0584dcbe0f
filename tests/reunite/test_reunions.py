"""From a confirmed pair to a meeting: an order that protects the person found, sealed words, lines in the log."""

import pytest
from sqlalchemy import func, select

from reunite import erasure, queues, reunions
from reunite.actors import Staff
from reunite.problems import Conflict, Forbidden, Invalid
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.reunion_tables import ReunionStepRow
from reunite.storage.tables import ReportRow
from reunite.storage.vault_tables import SealedRow
from tests.reunite.office import Office


@pytest.fixture
def office(service: Service) -> Office:
    return Office(service)


@pytest.fixture
def officer(office: Office) -> Staff:
    return office.who["officer"]


@pytest.fixture
def ref(office: Office) -> str:
    """A pair that an officer has confirmed."""
    made = office.pair(office.file(), office.file("found"))
    office.refer(made)
    office.decide(made)
    return made


def record(service: Service, staff: Staff, ref: str, step: str, answer: str = "yes", note: str = "") -> None:
    with service.database.write() as session:
        reunions.record(session, service.keys, staff, ref, step=step, answer=answer, note=note)


def answers(service: Service, staff: Staff, ref: str) -> dict[str, str]:
    with service.database.read() as session:
        row = queues.find(session, staff, ref)
        return {one.step: one.answer for one in reunions.steps(session, service.keys, staff, row)}


def test_every_step_is_open_after_the_confirmation_and_the_list_gets_empty(
    service: Service, officer: Staff, ref: str
) -> None:
    assert answers(service, officer, ref) == dict.fromkeys(reunions.STEPS, "")
    for number, step in enumerate(reunions.STEPS):
        with service.database.read() as session:
            [waiting] = reunions.pending(session, officer)
        assert waiting.open_steps == len(reunions.STEPS) - number
        record(service, officer, ref, step)
    with service.database.read() as session:
        assert reunions.pending(session, officer) == []


@pytest.mark.parametrize("step", ["family_told", "meeting"])
@pytest.mark.parametrize(
    "done",
    [
        (),
        (("protection", "yes"),),
        (("wish", "yes"),),
        (("protection", "yes"), ("wish", "no")),
        (("protection", "no"), ("wish", "yes")),
    ],
)
def test_nobody_brings_them_together_before_it_is_safe_and_wanted(
    service: Service, officer: Staff, ref: str, step: str, done: tuple[tuple[str, str], ...]
) -> None:
    for one, answer in done:
        record(service, officer, ref, one, answer)
    with pytest.raises(Conflict, match="contact is safe"):
        record(service, officer, ref, step)
    record(service, officer, ref, step, "no")
    assert answers(service, officer, ref)[step] == "no"


def test_what_is_written_is_sealed_and_each_step_is_a_line_in_the_log(
    service: Service, officer: Staff, ref: str
) -> None:
    record(service, officer, ref, "protection", note="asked sister Wang at the station")
    with service.database.read() as session:
        row = queues.find(session, officer, ref)
        [first, *_] = reunions.steps(session, service.keys, officer, row)
        assert (first.note, first.by) == ("asked sister Wang at the station", officer.name)
        sealed = session.scalars(
            select(SealedRow.sealed).where(SealedRow.column == "reunion:protection")
        ).one()
        assert b"sister" not in sealed
        line = session.scalars(select(AuditRow).where(AuditRow.action == "reunion.recorded")).one()
        assert (line.detail, line.actor) == ("protection:yes", officer.actor)


def test_only_a_confirmed_pair_and_only_steps_and_answers_there_are(
    service: Service, officer: Staff, ref: str
) -> None:
    for step, answer in (("party", "yes"), ("dna", "perhaps"), ("", "")):
        with pytest.raises(Invalid):
            record(service, officer, ref, step, answer)
    with pytest.raises(Invalid, match="too long"):
        record(service, officer, ref, "dna", note="x" * 501)


def test_a_pair_that_is_only_referred_has_no_checklist(
    service: Service, office: Office, officer: Staff
) -> None:
    made = office.pair(office.file(), office.file("found"))
    office.refer(made)
    assert answers(service, officer, made) == {}
    with pytest.raises(Conflict, match="confirmed pair"):
        record(service, officer, made, "dna")


@pytest.mark.parametrize("who", ["coordinator", "one"])
def test_only_the_police_record_and_see_it(service: Service, office: Office, ref: str, who: str) -> None:
    with pytest.raises(Forbidden), service.database.read() as session:
        reunions.pending(session, office.who[who])
    with pytest.raises(Forbidden):
        record(service, office.who[who], ref, "dna")


@pytest.mark.parametrize("side", ["missing", "found"])
def test_erasing_either_report_takes_all_of_it_away(
    service: Service, officer: Staff, ref: str, side: str
) -> None:
    record(service, officer, ref, "protection", note="sealed words")
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        report = session.scalars(select(ReportRow).where(ReportRow.kind == side)).one()
        erasure.erase(session, service.keys, ledger, report, actor="family")
    with service.database.read() as session:
        assert session.scalars(select(func.count()).select_from(ReunionStepRow)).one() == 0
        assert session.scalars(select(SealedRow).where(SealedRow.column.like("reunion:%"))).all() == []


def test_nothing_is_recorded_of_a_pair_of_which_a_report_was_erased(
    service: Service, officer: Staff, ref: str
) -> None:
    ledger = erasure.Ledger(service.settings.data_dir, service.keys)
    with service.database.write() as session:
        report = session.scalars(select(ReportRow).where(ReportRow.kind == "missing")).one()
        erasure.erase(session, service.keys, ledger, report, actor="family")
    with pytest.raises(Conflict, match="erased"):
        record(service, officer, ref, "dna", note="a new key would bring its words back")
    with service.database.read() as session:
        assert reunions.pending(session, officer) == []
        assert session.scalars(select(SealedRow).where(SealedRow.column.like("reunion:%"))).all() == []


def test_pairs_whose_steps_are_all_recorded_hide_none_that_wait(
    service: Service, office: Office, officer: Staff, ref: str
) -> None:
    for step in reunions.STEPS:
        record(service, officer, ref, step)
    later = office.pair(office.file(), office.file("found"))
    office.refer(later)
    office.decide(later)
    with service.database.read() as session:
        assert [one.ref for one in reunions.pending(session, officer, limit=1)] == [later]
