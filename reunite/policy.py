"""Who may do and see what: one table, asked by every entry point."""

from enum import StrEnum

from reunite.problems import Forbidden


class Role(StrEnum):
    """What a member of staff is; the public and families have none."""

    VOLUNTEER = "volunteer"
    COORDINATOR = "coordinator"
    POLICE = "police"
    ADMIN = "admin"
    AUDITOR = "auditor"


class Scope(StrEnum):
    """What a partner organisation's key may be used for; a key has scopes and no role."""

    WRITE_REPORTS = "reports:write"
    READ_CASES = "cases:read"


class Action(StrEnum):
    """What can be asked for. Every route names one."""

    SIGN_IN = "sign_in"
    FILE_REPORT = "file_report"
    SEE_OWN_CASE = "see_own_case"
    SEE_HOME = "see_home"
    SEE_QUEUE = "see_queue"
    SEE_CANDIDATE = "see_candidate"
    REVIEW = "review"
    SEE_REFERRALS = "see_referrals"
    CONFIRM = "confirm"
    SEE_REPORTS = "see_reports"
    SEE_CONTACT = "see_contact"
    SEE_EXACT_PLACE = "see_exact_place"
    MANAGE_STAFF = "manage_staff"
    READ_AUDIT = "read_audit"
    MODERATE = "moderate"
    SEE_ALARMS = "see_alarms"
    SETTLE_ALARM = "settle_alarm"
    SEE_FILED_REPORT = "see_filed_report"
    CHANGE_FILED_REPORT = "change_filed_report"
    MANAGE_PARTNERS = "manage_partners"


_ALL_STAFF = frozenset(Role)
_PUBLIC: frozenset[Role | None] = frozenset({None, *Role})
_V, _C, _P = Role.VOLUNTEER, Role.COORDINATOR, Role.POLICE

TABLE: dict[Action, frozenset[Role | None]] = {
    Action.SIGN_IN: _PUBLIC,
    Action.FILE_REPORT: frozenset({None, _V, _C, _P}),
    Action.SEE_OWN_CASE: _PUBLIC,
    Action.SEE_HOME: frozenset(_ALL_STAFF),
    Action.SEE_QUEUE: frozenset({_V, _C}),
    Action.SEE_CANDIDATE: frozenset({_V, _C, _P}),
    Action.REVIEW: frozenset({_V, _C}),
    Action.SEE_REFERRALS: frozenset({_P}),
    Action.CONFIRM: frozenset({_P}),
    Action.SEE_REPORTS: frozenset({_C, _P}),
    Action.SEE_CONTACT: frozenset({_C, _P}),
    Action.SEE_EXACT_PLACE: frozenset({_C, _P}),
    Action.MANAGE_STAFF: frozenset({Role.ADMIN}),
    Action.READ_AUDIT: frozenset({Role.AUDITOR}),
    Action.MODERATE: frozenset({_C}),
    Action.SEE_ALARMS: frozenset({_C, Role.ADMIN, Role.AUDITOR}),
    Action.SETTLE_ALARM: frozenset({_C, Role.ADMIN}),
    Action.SEE_FILED_REPORT: frozenset(),
    Action.CHANGE_FILED_REPORT: frozenset(),
    Action.MANAGE_PARTNERS: frozenset({Role.ADMIN}),
}

# What a partner's key may be asked for, and the scope it needs; always of the partner's own reports only.
SCOPES: dict[Action, Scope] = {
    Action.FILE_REPORT: Scope.WRITE_REPORTS,
    Action.CHANGE_FILED_REPORT: Scope.WRITE_REPORTS,
    Action.SEE_FILED_REPORT: Scope.READ_CASES,
    Action.SEE_OWN_CASE: Scope.READ_CASES,
}

# Only for who has proved within the last ten minutes again who they are.
FRESH: frozenset[Action] = frozenset({Action.MANAGE_PARTNERS})


def allows(role: Role | None, action: Action) -> bool:
    """Whether the role (None: nobody signed in) may do it."""
    return role in TABLE[action]


def allows_partner(scopes: frozenset[Scope], action: Action) -> bool:
    """Whether a partner's key with these scopes may do it."""
    return action in SCOPES and SCOPES[action] in scopes


def demand(role: Role | None, action: Action) -> None:
    """Raise Forbidden where the table does not allow it."""
    if not allows(role, action):
        raise Forbidden("This is not for your role.")
