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
    READ_REPORTS = "reports:read"
    ERASE_REPORTS = "reports:erase"
    READ_FEED = "feed:read"


USUAL_SCOPES = (Scope.WRITE_REPORTS, Scope.READ_CASES)
"""What a new key is offered: the others read what reports say, end them for good or copy all posters, and are chosen on
purpose."""


class Action(StrEnum):
    """What can be asked for. Every route names one."""

    SIGN_IN = "sign_in"
    SHOW_FACTOR = "show_factor"
    SECURE_ACCOUNT = "secure_account"
    FILE_REPORT = "file_report"
    SEE_OWN_CASE = "see_own_case"
    SEE_HOME = "see_home"
    SEE_QUEUE = "see_queue"
    SEE_CANDIDATE = "see_candidate"
    REVIEW = "review"
    SEE_REFERRALS = "see_referrals"
    CONFIRM = "confirm"
    PRINT_DOSSIER = "print_dossier"
    RECORD_REUNION = "record_reunion"
    SEE_REPORTS = "see_reports"
    SEE_CONTACT = "see_contact"
    WRITE_REPORTER = "write_reporter"
    SEE_EXACT_PLACE = "see_exact_place"
    SEE_PHOTOS = "see_photos"
    SEE_PHOTOS_UNCLAIMED = "see_photos_unclaimed"
    MANAGE_STAFF = "manage_staff"
    READ_AUDIT = "read_audit"
    MODERATE = "moderate"
    SEE_ALARMS = "see_alarms"
    SETTLE_ALARM = "settle_alarm"
    SEE_WITHHELD = "see_withheld"
    FLAG_REPORT = "flag_report"
    RESERVE_REPORT = "reserve_report"
    ASSIGN_REGION = "assign_region"
    SEE_FILED_REPORT = "see_filed_report"
    CHANGE_FILED_REPORT = "change_filed_report"
    READ_FILED_REPORT = "read_filed_report"
    ERASE_FILED_REPORT = "erase_filed_report"
    MANAGE_PARTNERS = "manage_partners"
    SEARCH_REPORTS = "search_reports"
    MERGE_REPORTS = "merge_reports"
    SEE_BOARD = "see_board"
    SEE_POSTER = "see_poster"
    SEND_SIGHTING = "send_sighting"
    PUBLISH_POSTER = "publish_poster"
    READ_SIGHTINGS = "read_sightings"
    IMPORT_REPORTS = "import_reports"
    STOP_MESSAGES = "stop_messages"
    RAISE_SIGHTING = "raise_sighting"
    REPLAY_WEBHOOKS = "replay_webhooks"
    READ_FEED = "read_feed"
    EXPORT_REPORTS = "export_reports"
    SEE_ALERTS = "see_alerts"
    SUBSCRIBE_ALERTS = "subscribe_alerts"
    APPROVE_ALERT = "approve_alert"


_ALL_STAFF = frozenset(Role)
_PUBLIC: frozenset[Role | None] = frozenset({None, *Role})
_V, _C, _P = Role.VOLUNTEER, Role.COORDINATOR, Role.POLICE

TABLE: dict[Action, frozenset[Role | None]] = {
    Action.SIGN_IN: _PUBLIC,
    Action.SHOW_FACTOR: frozenset(_ALL_STAFF),
    Action.SECURE_ACCOUNT: frozenset(_ALL_STAFF),
    Action.FILE_REPORT: frozenset({None, _V, _C, _P}),
    Action.SEE_OWN_CASE: _PUBLIC,
    Action.SEE_HOME: frozenset(_ALL_STAFF),
    Action.SEE_QUEUE: frozenset({_V, _C}),
    Action.SEE_CANDIDATE: frozenset({_V, _C, _P}),
    Action.REVIEW: frozenset({_V, _C}),
    Action.SEE_REFERRALS: frozenset({_P}),
    Action.CONFIRM: frozenset({_P}),
    Action.PRINT_DOSSIER: frozenset({_P}),
    Action.RECORD_REUNION: frozenset({_P}),
    Action.SEE_REPORTS: frozenset({_C, _P}),
    Action.SEE_CONTACT: frozenset({_C, _P}),
    Action.WRITE_REPORTER: frozenset({_C, _P}),
    Action.SEE_EXACT_PLACE: frozenset({_C, _P}),
    Action.SEE_PHOTOS: frozenset({_V, _C, _P}),
    Action.SEE_PHOTOS_UNCLAIMED: frozenset({_C, _P}),
    Action.MANAGE_STAFF: frozenset({Role.ADMIN}),
    Action.READ_AUDIT: frozenset({Role.AUDITOR}),
    Action.MODERATE: frozenset({_C}),
    Action.SEE_ALARMS: frozenset({_C, Role.ADMIN, Role.AUDITOR}),
    Action.SETTLE_ALARM: frozenset({_C, Role.ADMIN}),
    Action.SEE_WITHHELD: frozenset({_P}),
    Action.FLAG_REPORT: frozenset({_C, _P}),
    Action.RESERVE_REPORT: frozenset({_P}),
    Action.ASSIGN_REGION: frozenset({_C, Role.ADMIN}),
    Action.SEE_FILED_REPORT: frozenset(),
    Action.CHANGE_FILED_REPORT: frozenset(),
    Action.READ_FILED_REPORT: frozenset(),
    Action.ERASE_FILED_REPORT: frozenset(),
    Action.MANAGE_PARTNERS: frozenset({Role.ADMIN}),
    Action.SEARCH_REPORTS: frozenset({_V, _C, _P}),
    Action.MERGE_REPORTS: frozenset({_C}),
    Action.SEE_BOARD: frozenset({_C}),
    Action.SEE_POSTER: _PUBLIC,
    Action.SEND_SIGHTING: frozenset({None, _V, _C, _P}),
    Action.PUBLISH_POSTER: frozenset({_C}),
    Action.READ_SIGHTINGS: frozenset({_C, _P}),
    Action.IMPORT_REPORTS: frozenset({_C}),
    Action.STOP_MESSAGES: _PUBLIC,
    Action.RAISE_SIGHTING: frozenset({_C, _P}),
    Action.REPLAY_WEBHOOKS: frozenset(),
    Action.READ_FEED: frozenset(),
    Action.EXPORT_REPORTS: frozenset({_C, _P}),
    Action.SEE_ALERTS: _PUBLIC,
    Action.SUBSCRIBE_ALERTS: _PUBLIC,
    Action.APPROVE_ALERT: frozenset({_P}),
}

# What a partner's key may be asked for, and the scope it needs: of the partner's own reports only, and of posters,
# which everybody may see.
SCOPES: dict[Action, Scope] = {
    Action.FILE_REPORT: Scope.WRITE_REPORTS,
    Action.CHANGE_FILED_REPORT: Scope.WRITE_REPORTS,
    Action.SEE_FILED_REPORT: Scope.READ_CASES,
    Action.SEE_OWN_CASE: Scope.READ_CASES,
    Action.READ_FILED_REPORT: Scope.READ_REPORTS,
    Action.ERASE_FILED_REPORT: Scope.ERASE_REPORTS,
    Action.REPLAY_WEBHOOKS: Scope.READ_CASES,
    Action.READ_FEED: Scope.READ_FEED,
}


class Outsider(StrEnum):
    """Who looks without being staff: anybody, who holds the report's receipt, or the organisation that filed it, by a
    key that may read."""

    PUBLIC = "public"
    FAMILY = "family"
    PARTNER = "partner"


class Show(StrEnum):
    """How a field is shown: not at all; just enough to know it again; its province alone; only in a candidate that one
    has claimed; after a reason, with a line in the log; as it was written."""

    HIDDEN = "hidden"
    MASKED = "masked"
    COARSE = "coarse"
    CLAIMED = "claimed"
    REASON = "reason"
    FULL = "full"


def _rule(
    volunteer: Show = Show.FULL,
    coordinator: Show = Show.FULL,
    police: Show = Show.FULL,
    family: Show = Show.FULL,
    partner: Show = Show.FULL,
) -> dict[Role | Outsider, Show]:
    """Nobody else is shown anything: an administrator opens no case, an auditor reads ids."""
    hidden = Show.HIDDEN
    return {Outsider.PUBLIC: hidden, Outsider.FAMILY: family, Outsider.PARTNER: partner, _V: volunteer,
            _C: coordinator, _P: police, Role.ADMIN: hidden, Role.AUDITOR: hidden}  # fmt: skip


_PERSON = ("kind", "name", "other_names", "name_origin", "sex", "birth_date", "age_at_event", "event_date",
           "found_date", "place_event", "place_home", "height_cm", "blood_type", "marks", "clothing", "belongings",
           "relatives", "languages", "memories")  # fmt: skip
_REPORTER = ("reporter_name", "reporter_relation", "reporter_phone", "reporter_email")

FIELDS: dict[str, dict[Role | Outsider, Show]] = {
    **{column: _rule() for column in _PERSON},
    "place_found": _rule(volunteer=Show.COARSE),
    "photo": _rule(volunteer=Show.CLAIMED),
    **{
        column: _rule(Show.HIDDEN, Show.REASON, Show.REASON, Show.MASKED, Show.MASKED) for column in _REPORTER
    },
    **{column: _rule(Show.HIDDEN, family=Show.HIDDEN) for column in ("source_id", "language")},
    "withheld": _rule(Show.HIDDEN, Show.HIDDEN, Show.FULL, Show.HIDDEN, Show.HIDDEN),
}
"""For every column of a report and everybody who may look, how it is shown; to a family that of its own report."""

ON_POSTERS = ("name", "other_names", "sex", "birth_date", "age_at_event", "event_date", "place_event", "height_cm",
              "marks", "clothing", "belongings", "languages")  # fmt: skip
"""What of a missing report may stand on a poster, each only with the family's consent and a coordinator's approval:
nothing that leads to the family, and nothing by which somebody else could pass for the child."""

SECOND_FACTOR: frozenset[Role] = frozenset({_P, _C, Role.ADMIN})
"""Roles that must have a second factor; others may."""

WITHOUT_FACTOR: frozenset[Action] = frozenset({Action.SIGN_IN, Action.SHOW_FACTOR})
"""All that a session may do whose second factor is missing."""

FRESH: frozenset[Action] = frozenset(
    {
        Action.CONFIRM,
        Action.EXPORT_REPORTS,
        Action.MANAGE_PARTNERS,
        Action.MANAGE_STAFF,
        Action.SEE_CONTACT,
        Action.SECURE_ACCOUNT,
    }
)
"""Actions for which one must have proved again, within the last minutes, who one is."""

_FORMS_OF_FRESH = frozenset({(_P, Action.SEE_CANDIDATE), (_P, Action.SEE_REPORTS), (_C, Action.SEE_REPORTS)})


def wants_proof(role: Role | None, action: Action) -> bool:
    """Whether a fresh proof is wanted: for the action itself, and for the page where its form stands, so that what
    somebody writes there is not lost."""
    return action in FRESH or (role, action) in _FORMS_OF_FRESH


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
