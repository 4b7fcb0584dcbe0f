"""Ways of cheating by raw SQL as the application's own database user: the database refuses each."""

import secrets
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import Engine, create_engine, make_url, select, text
from sqlalchemy.exc import DBAPIError

from reunite import accounts, candidates, confirmations, reports, reviews, submission
from reunite.actors import Staff
from reunite.policy import Role
from reunite.problems import Conflict, Invalid
from reunite.service import Service
from reunite.storage import duties, roles
from reunite.storage.clock import now
from reunite.storage.tables import CandidateRow
from tests.factory import report_fields
from tests.reunite.ranked import ranked

ROLES = {"one": Role.VOLUNTEER, "two": Role.VOLUNTEER, "three": Role.VOLUNTEER, "officer": Role.POLICE,
         "turned": Role.VOLUNTEER, "locked": Role.VOLUNTEER, "gone": Role.POLICE}  # fmt: skip
_PAIR = "missing_id = :m AND found_id = :f"
_REVIEW = (
    "INSERT INTO review (missing_id, found_id, reviewer_id, verdict, reason, at) "
    "VALUES (:m, :f, {who}, 'plausible', 'x', :at)"
)
_FINDING = (
    "INSERT INTO confirmation (missing_id, found_id, officer_id, outcome, basis, reference, note, at) "
    "VALUES (:m, :f, {who}, '{outcome}', 'dna', 'x', '', :at)"
)
_CLAIM = "UPDATE candidate SET claimed_by = {who}, claimed_until = :later WHERE " + _PAIR


@dataclass(frozen=True)
class Cheat:
    """What somebody tries, on a pair at this stage; `rule` is what stops it, empty for a key or a foreign key."""

    name: str
    stage: str
    rule: str
    sql: tuple[str, ...]


def _review(who: str) -> str:
    return _REVIEW.format(who=f":{who}")


def _finding(who: str, outcome: str = "confirmed") -> str:
    return _FINDING.format(who=f":{who}", outcome=outcome)


def _claim(who: str) -> str:
    return _CLAIM.format(who=f":{who}")


def _stage(stage: str) -> str:
    return f"UPDATE candidate SET stage = '{stage}' WHERE {_PAIR}"


CHEATS = (
    Cheat("review what one has not claimed", "open", "review_needs_a_claim", (_review("three"),)),
    Cheat("review twice", "open", "", (_claim("two"), _review("two"))),
    Cheat("review as an officer", "open", "review_needs_a_reviewer", (_claim("officer"), _review("officer"))),
    Cheat("review after being locked", "open", "review_needs_a_reviewer", (_claim("locked"), _review("locked"))),
    Cheat("change one's verdict", "open", "review_stays", (f"UPDATE review SET verdict = 'unlikely' WHERE {_PAIR}",)),
    Cheat("make a review another's", "open", "review_stays",
          (f"UPDATE review SET reviewer_id = :three WHERE {_PAIR}",)),
    Cheat("rewrite a reason", "open", "review_stays", (f"UPDATE review SET reason = 'other words' WHERE {_PAIR}",)),
    Cheat("take a verdict back", "open", "review_is_kept", (f"DELETE FROM review WHERE {_PAIR}",)),
    Cheat("refer alone", "open", "referral_by_two", (_stage("referred"),)),
    Cheat("set aside alone", "open", "set_aside_by_two", (_stage("set_aside"),)),
    Cheat("hide an open pair", "open", "closed_with_a_report", (_stage("closed"),)),
    Cheat("confirm what nobody referred", "open", "candidate_goes_forward",
          ("UPDATE candidate SET stage = 'confirmed' WHERE " + _PAIR,)),
    Cheat("decide what nobody referred", "open", "confirmation_needs_a_referral", (_finding("officer"),)),
    Cheat("begin a pair as referred", "open", "candidate_begins_open",
          ("INSERT INTO candidate (missing_id, found_id, ref, missing_rev, found_rev, engine_version, prior, total, "
           "probability, evidence, current, stage, created_at, updated_at) VALUES (:m, :g, 'new', 1, 1, '2', 0, 0, "
           "0.5, '[]', true, 'referred', :at, :at)",)),
    Cheat("move a pair under its reviews", "open", "candidate_keeps_its_pair",
          (f"UPDATE candidate SET found_id = :g WHERE {_PAIR}",)),
    Cheat("remove a pair", "open", "candidate_is_kept", (f"DELETE FROM candidate WHERE {_PAIR}",)),
    Cheat("confirm what one reviewed", "referred", "confirmation_by_another",
          ("UPDATE staff SET role = 'police' WHERE id = :one", _finding("one"))),
    Cheat("decide without being an officer", "referred", "confirmation_needs_an_officer", (_finding("three"),)),
    Cheat("decide after being locked", "referred", "confirmation_needs_an_officer", (_finding("gone"),)),
    Cheat("confirm without a finding", "referred", "decided_by_an_officer", (_stage("confirmed"),)),
    Cheat("confirm what was ruled out", "referred", "decided_by_an_officer",
          (_finding("officer", "ruled_out"), _stage("confirmed"))),
    Cheat("send back what was referred", "referred", "candidate_goes_forward", (_stage("open"),)),
    Cheat("exclude without a finding", "referred", "exclusion_by_an_officer",
          ("INSERT INTO exclusion (missing_id, found_id, total, at) VALUES (:m, :f, 0, :at)",)),
    Cheat("decide twice", "ruled_out", "", (_finding("officer"),)),
    Cheat("change a finding", "ruled_out", "confirmation_stays",
          (f"UPDATE confirmation SET outcome = 'confirmed' WHERE {_PAIR}",)),
    Cheat("rewrite the words of a finding", "ruled_out", "confirmation_stays",
          (f"UPDATE confirmation SET note = 'other words' WHERE {_PAIR}",)),
    Cheat("remove a finding", "ruled_out", "confirmation_is_kept", (f"DELETE FROM confirmation WHERE {_PAIR}",)),
    Cheat("reopen what was ruled out", "ruled_out", "candidate_goes_forward", (_stage("open"),)),
    Cheat("move an exclusion", "ruled_out", "exclusion_stays", (f"UPDATE exclusion SET found_id = :g WHERE {_PAIR}",)),
    Cheat("lift an exclusion", "ruled_out", "exclusion_is_kept", (f"DELETE FROM exclusion WHERE {_PAIR}",)),
    Cheat("remove a report", "open", "report_is_kept", ("DELETE FROM report WHERE id = :g",)),
    Cheat("turn a report round", "open", "report_stays_left", ("UPDATE report SET kind = 'missing' WHERE id = :g",)),
    Cheat("bring a report back", "withdrawn", "report_stays_left", ("UPDATE report SET state = 'open' WHERE id = :g",)),
    Cheat("remove who reviewed", "referred", "", ("DELETE FROM staff WHERE id = :one",)),
    Cheat("renumber who reviewed", "referred", "", ("UPDATE staff SET id = 999 WHERE id = :one",)),
    Cheat("edit the log", "open", "log_stays", ("UPDATE audit_entry SET actor = 'staff:7' WHERE no = 1",)),
    Cheat("cut the log", "open", "log_is_kept", ("DELETE FROM audit_entry WHERE no > 1",)),
    Cheat("leave a gap in the log", "open", "log_goes_on",
          ("INSERT INTO audit_entry (no, at, actor, action, subject, detail, previous, hash) "
           "VALUES (9999, '', '', '', '', '', 'x', 'x')",)),
    Cheat("put the head of the log back", "open", "log_head_goes_on", ("UPDATE audit_head SET count = count - 1",)),
    Cheat("remove the head of the log", "open", "log_head_is_kept", ("DELETE FROM audit_head",)),
)  # fmt: skip


@dataclass
class Scene:
    """A pair of reports with another found one, people, and a connection as the application has it."""

    service: Service
    people: dict[str, Staff]
    ref: str
    ids: dict[str, int]
    application: Engine

    def run(self, *statements: str, engine: Engine | None = None) -> None:
        """Run the statements in one transaction."""
        with self.service.database.read() as session:
            at = now(session)
        moments = {"at": at, "later": at + timedelta(hours=1)}
        if self.service.database.is_sqlite:
            moments = {name: str(value.replace(tzinfo=None)) for name, value in moments.items()}  # type: ignore[misc]
        said = {**self.ids, **moments, **{name: person.id for name, person in self.people.items()}}
        with (engine or self.application).begin() as connection:
            for statement in statements:
                names = {name: value for name, value in said.items() if f":{name}" in statement}
                connection.execute(text(statement), names)

    def review(self, who: str) -> None:
        """The honest way, through the service."""
        with self.service.database.write() as session:
            reviews.claim(session, self.service.keys, self.people[who], self.ref, 30)
            reviews.judge(session, self.service.keys, self.people[who], self.ref, "plausible", "same marks")

    def bring_to(self, stage: str) -> None:
        """What happened before the cheat."""
        self.review("two")
        with self.service.database.write() as session:
            if stage in ("referred", "ruled_out"):
                pass
            else:
                reviews.claim(session, self.service.keys, self.people["one"], self.ref, 30)
        if stage in ("referred", "ruled_out"):
            self.review("one")
        if stage == "ruled_out":
            with self.service.database.write() as session:
                confirmations.decide(session, self.service.keys, self.people["officer"], self.ref, outcome="ruled_out",
                                     basis="dna", reference="file 7")  # fmt: skip
        if stage == "withdrawn":
            self.run("UPDATE report SET state = 'withdrawn' WHERE id = :g")
        self.run("UPDATE staff SET state = 'locked' WHERE id IN (:locked, :gone)")


@pytest.fixture
def application(service: Service) -> Iterator[Engine]:
    """The database as the service uses it: on PostgreSQL as a role that owns no table."""
    if service.database.is_sqlite:
        yield service.database.engine
        return
    role = f"reunite_app_{secrets.token_hex(3)}"
    with service.database.engine.begin() as connection:
        roles.grant(connection, role, password=role)
        roles.grant(connection, role)  # again, as every upgrade does
    engine = create_engine(make_url(service.database.url).set(username=role, password=role))
    yield engine
    engine.dispose()
    with service.database.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP OWNED BY {role}")
        connection.exec_driver_sql(f"DROP ROLE {role}")


@pytest.fixture
def scene(service: Service, application: Engine) -> Scene:
    with service.database.write() as session:
        ids = [
            reports.file(session, service.keys, submission.parse(report_fields(kind)), actor="test").report_id
            for kind in ("missing", "found", "found")
        ]
        suggestion = candidates.Suggestion(ids[0], "missing", 1, "test", (ranked(ids[1]),))
        candidates.store(session, [suggestion], {ids[1]: 1}, 0.0)
        people = {
            name: accounts.add(session, service.keys, actor="test", email=f"{name}@example.invalid", name=name,
                               role=role, password_hash="-")
            for name, role in ROLES.items()
        }  # fmt: skip
        ref = session.scalars(select(CandidateRow.ref)).one()
    return Scene(service, people, ref, dict(zip("mfg", ids, strict=True)), application)


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.name.replace(" ", "_"))
def test_nobody_cheats(scene: Scene, cheat: Cheat) -> None:
    scene.bring_to(cheat.stage)
    with pytest.raises(DBAPIError) as refused:
        scene.run(*cheat.sql)
    by_right = "permission denied" in str(refused.value.orig)  # PostgreSQL's rights stand before some rules
    assert by_right or not cheat.rule or duties.MARK in str(refused.value.orig)


@pytest.mark.parametrize(
    "cheat", [cheat for cheat in CHEATS if cheat.rule], ids=lambda cheat: cheat.name.replace(" ", "_")
)
def test_without_its_rule_the_cheat_would_succeed(scene: Scene, cheat: Cheat) -> None:
    scene.bring_to(cheat.stage)
    # What goes straight to confirmed breaks two rules; each is shown by a cheat of its own as well.
    also = ["decided_by_an_officer"] if cheat.name == "confirm what nobody referred" else []
    with scene.service.database.engine.begin() as connection:
        duties.remove(connection, cheat.rule, *also)
    scene.run(*cheat.sql, engine=scene.service.database.engine)


def test_every_rule_stops_a_cheat() -> None:
    assert {rule.name for rule in duties.RULES} == {cheat.rule for cheat in CHEATS if cheat.rule}


def test_the_honest_way_works_as_the_application_too(scene: Scene) -> None:
    scene.run(_claim("one"), _review("one"), _claim("two"), _review("two"), _stage("referred"),
              _finding("officer"), _stage("confirmed"))  # fmt: skip


def test_a_reserved_pair_goes_to_the_police_without_reviews(scene: Scene) -> None:
    scene.run(
        "UPDATE report SET do_not_disclose = true WHERE id = :f", _stage("referred"), _finding("officer")
    )


def test_replacing_a_row_is_no_way_round(scene: Scene) -> None:
    scene.bring_to("open")
    verb = "INSERT OR REPLACE" if scene.service.database.is_sqlite else "INSERT"
    after = (
        ""
        if scene.service.database.is_sqlite
        else " ON CONFLICT (missing_id, found_id, reviewer_id) DO UPDATE SET verdict = excluded.verdict"
    )
    with pytest.raises(DBAPIError):
        scene.run(_claim("two"), _review("two").replace("INSERT", verb, 1) + after)


def test_the_application_s_role_cannot_switch_a_rule_off(scene: Scene) -> None:
    if scene.service.database.is_sqlite:
        pytest.skip("SQLite has no roles: who can write the file can do anything, and the log shows it")
    for attempt in (
        "ALTER TABLE review DISABLE TRIGGER ALL", "DROP TRIGGER review_stays ON review", "TRUNCATE review",
        "DROP FUNCTION review_stays() CASCADE", "SET session_replication_role = replica", "DROP TABLE review",
        "TRUNCATE audit_entry", "UPDATE alembic_version SET version_num = '0001'",
        "CREATE OR REPLACE FUNCTION review_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match=r"denied|must be owner"):
            scene.run(attempt)


def test_a_role_that_does_not_exist_is_named(service: Service) -> None:
    if service.database.is_sqlite:
        pytest.skip("SQLite has no roles")
    with service.database.engine.begin() as connection, pytest.raises(Invalid, match="no role nobody_here"):
        roles.grant(connection, "nobody_here")


def test_a_refused_write_is_told_in_words(scene: Scene) -> None:
    with pytest.raises(Conflict, match="another person"), scene.service.database.write() as session:
        session.execute(text(_stage("referred")), scene.ids)


def test_a_review_being_written_and_a_finding_by_the_same_person_do_not_pass_each_other(scene: Scene) -> None:
    if scene.service.database.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    scene.bring_to("open")
    refused: list[str] = []

    def decide() -> None:
        try:
            scene.run(
                "UPDATE report SET do_not_disclose = true WHERE id = :f", _stage("referred"), _finding("one")
            )
        except DBAPIError as error:
            refused.append(str(error.orig))

    with scene.application.connect() as writing, scene.service.database.read() as session:
        at = now(session)
        said = {"m": scene.ids["m"], "f": scene.ids["f"], "one": scene.people["one"].id, "at": at}
        writing.execute(text(_review("one")), said)
        officer = threading.Thread(target=decide)
        officer.start()
        officer.join(1.0)
        assert officer.is_alive()
        writing.execute(text("UPDATE staff SET role = 'police' WHERE id = :one"), {"one": said["one"]})
        writing.commit()
        officer.join(20)
    assert len(refused) == 1
    assert "who reviewed a candidate does not decide it" in refused[0]
