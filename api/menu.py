"""The menu of staff: what each role may open, in the order of a working day; the policy decides who sees an entry."""

from dataclasses import dataclass

from api.report_form import N_
from reunite.actors import Staff
from reunite.policy import Action, allows


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the action that its page names, where the page is, and its label, to be translated."""

    action: Action
    path: str
    label: str


ENTRIES = (
    Entry(Action.SEE_BOARD, "/board", N_("Board")),
    Entry(Action.SEE_QUEUE, "/queue", N_("Queue")),
    Entry(Action.SEE_REFERRALS, "/referrals", N_("Referrals")),
    Entry(Action.RECORD_REUNION, "/reunions", N_("Reunions")),
    Entry(Action.MANAGE_STAFF, "/people", N_("People")),
    Entry(Action.MANAGE_PARTNERS, "/partners", N_("Partners")),
    Entry(Action.WRITE_REPORTER, "/messages", N_("Messages")),
    Entry(Action.READ_SIGHTINGS, "/sightings", N_("Sightings")),
    Entry(Action.PUBLISH_POSTER, "/poster-requests", N_("Posters")),
    Entry(Action.SEARCH_REPORTS, "/search", N_("Search")),
    Entry(Action.ASSIGN_REGION, "/regions", N_("Regions")),
    Entry(Action.IMPORT_REPORTS, "/imports", N_("Imports")),
    Entry(Action.MODERATE, "/moderation", N_("Moderation")),
    Entry(Action.SEE_ALARMS, "/alarms", N_("Alarms")),
    Entry(Action.READ_AUDIT, "/log", N_("Log")),
    Entry(Action.READ_AUDIT, "/contact-access", N_("Looks at contact data")),
)


def menu_of(staff: Staff) -> list[Entry]:
    """The entries that this person may open."""
    return [entry for entry in ENTRIES if allows(staff.role, entry.action)]
