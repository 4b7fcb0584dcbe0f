"""Who may decide what, held by the database itself: the same rules as triggers on SQLite and PostgreSQL.

Each rule is a table, an event, a condition under which the write is refused, and the sentence that says what holds. The
conditions are SQL that both databases understand; NEW and OLD are the row after and before, {now} is the time.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

MARK = "duties: "
"""What the message of a refused write begins with."""
_NOW = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "postgresql": "clock_timestamp()",
}
_ERASED = (
    "EXISTS (SELECT 1 FROM report r WHERE r.id IN (OLD.missing_id, OLD.found_id) AND r.erased_at IS NOT NULL)"
)
_RESERVED = (
    "EXISTS (SELECT 1 FROM report r WHERE r.id IN (NEW.missing_id, NEW.found_id) AND r.do_not_disclose)"
)
_LEFT = "EXISTS (SELECT 1 FROM report r WHERE r.id IN (NEW.missing_id, NEW.found_id) AND r.state <> 'open')"
_ADMISSIBLE = " AND NOT ".join(
    (
        "NEW.stage <> OLD.stage",
        "(OLD.stage = 'open' AND NEW.stage IN ('referred', 'set_aside', 'closed'))",
        "(OLD.stage = 'set_aside' AND NEW.stage IN ('open', 'referred', 'closed'))",
        "(OLD.stage = 'referred' AND NEW.stage IN ('confirmed', 'ruled_out', 'closed'))",
    )
)


@dataclass(frozen=True, slots=True)
class Rule:
    """A write that is refused: INSERT, UPDATE or DELETE on a table, when the condition holds."""

    name: str
    table: str
    event: str
    says: str
    when: str


def _verdicts(*verdicts: str) -> str:
    """How many different people gave one of these verdicts on the pair."""
    return (
        "(SELECT count(DISTINCT v.reviewer_id) FROM review v WHERE v.missing_id = NEW.missing_id "  # noqa: S608
        f"AND v.found_id = NEW.found_id AND v.verdict IN ({_quoted(verdicts)}))"
    )


def _staff(person: str, *roles: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM staff s WHERE s.id = {person} AND s.state = 'active' "  # noqa: S608
        f"AND s.role IN ({_quoted(roles)}))"
    )


def _said(rule: Rule) -> str:
    return "'" + (MARK + rule.says).replace("'", "''") + "'"


def _quoted(words: tuple[str, ...]) -> str:
    return ", ".join(f"'{word}'" for word in words)


RULES = (
    Rule("review_needs_a_claim", "review", "INSERT",
         "a review is given by who has claimed the open candidate",
         "NOT EXISTS (SELECT 1 FROM candidate c WHERE c.missing_id = NEW.missing_id AND c.found_id = NEW.found_id "
         "AND c.stage = 'open' AND c.current AND c.claimed_by = NEW.reviewer_id AND c.claimed_until > {now})"),
    Rule("review_needs_a_reviewer", "review", "INSERT",
         "only active volunteers and coordinators review",
         f"NOT {_staff('NEW.reviewer_id', 'volunteer', 'coordinator')}"),
    Rule("review_stays", "review", "UPDATE",
         "a verdict is never changed; only its words go, when a report of the pair is erased",
         "NEW.missing_id <> OLD.missing_id OR NEW.found_id <> OLD.found_id OR NEW.reviewer_id <> OLD.reviewer_id "
         "OR NEW.verdict <> OLD.verdict OR NEW.at <> OLD.at "
         f"OR (NEW.reason <> OLD.reason AND (NEW.reason <> '' OR NOT {_ERASED}))"),
    Rule("review_is_kept", "review", "DELETE", "a verdict is never removed", "true"),
    Rule("confirmation_needs_a_referral", "confirmation", "INSERT",
         "only a referred candidate is decided",
         "NOT EXISTS (SELECT 1 FROM candidate c WHERE c.missing_id = NEW.missing_id AND c.found_id = NEW.found_id "
         "AND c.stage = 'referred')"),
    Rule("confirmation_needs_an_officer", "confirmation", "INSERT",
         "only an active officer decides",
         f"NOT {_staff('NEW.officer_id', 'police')}"),
    Rule("confirmation_by_another", "confirmation", "INSERT",
         "who reviewed a candidate does not decide it",
         "EXISTS (SELECT 1 FROM review v WHERE v.missing_id = NEW.missing_id AND v.found_id = NEW.found_id "
         "AND v.reviewer_id = NEW.officer_id)"),
    Rule("confirmation_stays", "confirmation", "UPDATE",
         "a finding is never changed; only its words go, when a report of the pair is erased",
         "NEW.missing_id <> OLD.missing_id OR NEW.found_id <> OLD.found_id OR NEW.officer_id <> OLD.officer_id "
         "OR NEW.outcome <> OLD.outcome OR NEW.basis <> OLD.basis OR NEW.at <> OLD.at "
         "OR ((NEW.reference <> OLD.reference OR NEW.note <> OLD.note) "
         f"AND (NEW.reference <> '' OR NEW.note <> '' OR NOT {_ERASED}))"),
    Rule("confirmation_is_kept", "confirmation", "DELETE", "a finding is never removed", "true"),
    Rule("candidate_begins_open", "candidate", "INSERT",
         "a candidate begins open, or referred where a report is reserved to the police",
         f"NEW.stage <> 'open' AND NOT (NEW.stage = 'referred' AND {_RESERVED})"),
    Rule("candidate_keeps_its_pair", "candidate", "UPDATE",
         "a candidate stays that of its pair",
         "NEW.missing_id <> OLD.missing_id OR NEW.found_id <> OLD.found_id OR NEW.ref <> OLD.ref"),
    Rule("candidate_goes_forward", "candidate", "UPDATE",
         "a candidate goes forward only: what was decided or closed stays so", _ADMISSIBLE),
    Rule("referral_by_two", "candidate", "UPDATE",
         "two different people find a candidate plausible before it is referred",
         f"NEW.stage = 'referred' AND OLD.stage <> 'referred' AND {_verdicts('plausible')} < 2 AND NOT {_RESERVED}"),
    Rule("set_aside_by_two", "candidate", "UPDATE",
         "two different people find a candidate unlikely before it is set aside",
         "NEW.stage = 'set_aside' AND OLD.stage <> 'set_aside' "
         f"AND {_verdicts('unlikely', 'ruled_out')} < 2"),
    Rule("decided_by_an_officer", "candidate", "UPDATE",
         "a candidate is confirmed or ruled out by an officer's finding",
         "NEW.stage IN ('confirmed', 'ruled_out') AND NEW.stage <> OLD.stage "
         "AND NOT EXISTS (SELECT 1 FROM confirmation f WHERE f.missing_id = NEW.missing_id "
         "AND f.found_id = NEW.found_id AND f.outcome = NEW.stage)"),
    Rule("closed_with_a_report", "candidate", "UPDATE",
         "a candidate is closed when one of its reports has left",
         f"NEW.stage = 'closed' AND OLD.stage <> 'closed' AND NOT {_LEFT}"),
    Rule("candidate_is_kept", "candidate", "DELETE", "a candidate is never removed", "true"),
    Rule("exclusion_by_an_officer", "exclusion", "INSERT",
         "a pair is excluded by an officer's finding",
         "NOT EXISTS (SELECT 1 FROM confirmation f WHERE f.missing_id = NEW.missing_id "
         "AND f.found_id = NEW.found_id AND f.outcome = 'ruled_out')"),
    Rule("exclusion_stays", "exclusion", "UPDATE",
         "an exclusion stays that of its pair",
         "NEW.missing_id <> OLD.missing_id OR NEW.found_id <> OLD.found_id"),
    Rule("exclusion_is_kept", "exclusion", "DELETE", "an exclusion is never removed", "true"),
    Rule("report_is_kept", "report", "DELETE", "a report is erased, never removed", "true"),
    Rule("report_stays_left", "report", "UPDATE",
         "a report keeps its number and side, and does not come back once it has left",
         "NEW.id <> OLD.id OR NEW.case_number <> OLD.case_number OR NEW.kind <> OLD.kind "
         "OR (OLD.state <> 'open' AND NEW.state = 'open') OR (OLD.erased_at IS NOT NULL AND NEW.erased_at IS NULL)"),
    Rule("log_goes_on", "audit_entry", "INSERT",
         "an entry of the log follows on the last one",
         "NEW.no <> (SELECT coalesce(max(e.no), 0) + 1 FROM audit_entry e)"),
    Rule("log_stays", "audit_entry", "UPDATE", "an entry of the log is never changed", "true"),
    Rule("log_is_kept", "audit_entry", "DELETE", "an entry of the log is never removed", "true"),
    Rule("log_head_goes_on", "audit_head", "UPDATE",
         "the head of the log goes on by one entry", "NEW.id <> OLD.id OR NEW.count <> OLD.count + 1"),
    Rule("log_head_is_kept", "audit_head", "DELETE", "the head of the log is never removed", "true"),
)  # fmt: skip
_LOCKED = ("review", "confirmation")
"""Tables whose inserts lock the pair's candidate first, so that a review and a finding cannot pass each other."""


def install(connection: Connection) -> None:
    """Make the triggers, in place of those of an older version."""
    remove(connection)
    for statement in _postgresql() if connection.dialect.name == "postgresql" else _sqlite():
        connection.exec_driver_sql(statement)


def remove(connection: Connection, *names: str) -> None:
    """Drop the triggers, or those of these names; for migrations and for tests that show what each is good for."""
    for rule in RULES:
        if not names or rule.name in names:
            on = f" ON {rule.table}" if connection.dialect.name == "postgresql" else ""
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {rule.name}{on}")


def _sqlite() -> list[str]:
    now = _NOW["sqlite"]
    return [
        f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} WHEN {rule.when.replace('{now}', now)} "
        f"BEGIN SELECT RAISE(ABORT, {_said(rule)}); END"
        for rule in RULES
    ]


def _postgresql() -> list[str]:
    """A function and a trigger a rule. The search path is that of the tables, whoever writes."""
    made = []
    for rule in RULES:
        condition = rule.when.replace("{now}", _NOW["postgresql"])
        lock = (
            "PERFORM 1 FROM candidate c WHERE c.missing_id = NEW.missing_id AND c.found_id = NEW.found_id FOR UPDATE; "
            if rule.table in _LOCKED and rule.event == "INSERT"
            else ""
        )
        row = "OLD" if rule.event == "DELETE" else "NEW"
        made += [
            f"CREATE OR REPLACE FUNCTION {rule.name}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT "
            f"AS $$ BEGIN {lock}IF {condition} THEN RAISE EXCEPTION {_said(rule)} USING ERRCODE = "
            f"'check_violation'; END IF; RETURN {row}; END $$",
            f"CREATE TRIGGER {rule.name} BEFORE {rule.event} ON {rule.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {rule.name}()",
        ]
    return made
