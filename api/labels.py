"""Words for what the tables hold as states; translated where they are shown."""

from api.report_form import N_

LABELS = {
    "stage": {
        "open": N_("open for review"),
        "referred": N_("referred to the police"),
        "set_aside": N_("set aside"),
        "confirmed": N_("Confirmed"),
        "ruled_out": N_("Ruled out"),
        "closed": N_("closed"),
    },
    "reunion": {
        "protection": N_("Somebody asked whether contact is safe, and warnings are settled"),
        "wish": N_("The person found was told first and wants contact"),
        "family_told": N_("The family was told"),
        "dna": N_("DNA confirms it"),
        "meeting": N_("They met"),
    },
    "reunion_note": {
        "protection": N_("Who asked whom"),
        "wish": N_("Who told the person, and how they want it"),
        "family_told": N_("Who told the family"),
        "dna": N_("Reference of the laboratory"),
        "meeting": N_("Day and place"),
    },
    "verdict": {
        "plausible": N_("Plausible"),
        "unlikely": N_("Unlikely"),
        "ruled_out": N_("Cannot be"),
        "need_more": N_("Need more"),
    },
    "basis": {
        "dna": N_("DNA"),
        "documents": N_("Documents"),
        "recognition": N_("Recognition in person"),
        "other": N_("Something else"),
    },
    "suspicion": {
        "flood": N_("very many from one place"),
        "copy": N_("the same report again"),
        "same_person": N_("the same person as"),
        "same_phone": N_("the same telephone as"),
    },
    "alarm": {
        "many_cases_opened": N_("An account opened unusually many cases within an hour"),
        "many_cases_in_a_day": N_("An account opened unusually many cases within a day"),
        "receipt_guessing": N_("Somebody tried very many receipts"),
        "password_guessing": N_("Somebody tried very many passwords"),
        "look_ups_from_everywhere": N_("Very many receipts are tried, from many addresses"),
        "reports_from_everywhere": N_("Very many reports are filed, from many addresses"),
        "sightings_from_everywhere": N_("Very many sightings are told, from many addresses"),
        "log_contradicts_anchor": N_("The log contradicts its anchor outside the database"),
    },
    "state": {
        "open": N_("open"),
        "closed": N_("closed"),
        "withdrawn": N_("withdrawn"),
        "expired": N_("expired"),
    },
    "flag": {
        "custody_dispute": N_("Custody dispute"),
        "protection_order": N_("Protection order of a court"),
        "danger": N_("Danger to the child"),
    },
    "column": {
        "source_id": N_("The organisation's own id"),
        "language": N_("Language"),
        "photo": N_("Photo"),
    },
    "writer": {
        "family": N_("You"),
        "organisation": N_("From those who look after your case"),
        "staff": N_("From us"),
        "reporter": N_("From the reporter"),
    },
    "scope": {
        "reports:write": N_("File, amend and withdraw its reports"),
        "cases:read": N_("See what became of its reports"),
    },
    "key_state": {"valid": N_("valid"), "expired": N_("expired"), "revoked": N_("revoked")},
    "role": {
        "volunteer": N_("Volunteer"),
        "coordinator": N_("Coordinator"),
        "police": N_("Police"),
        "admin": N_("Administrator"),
        "auditor": N_("Auditor"),
    },
    "event": {
        "report.filed": N_("The report was filed"),
        "report.amended": N_("What it says was changed"),
        "report.extended": N_("It is kept on longer"),
        "report.end_noticed": N_("Its time will run out: the reporter is told"),
        "report.expired": N_("Its time ran out"),
        "report.withdrawn": N_("It was withdrawn"),
        "report.closed": N_("The case was closed"),
        "report.real": N_("Looked at: a real report"),
        "report.not_a_report": N_("Looked at: not a report"),
        "report.flagged": N_("A warning was set"),
        "report.unflagged": N_("A warning was cleared"),
        "report.merged": N_("Tied to another report of the same child"),
        "report.unmerged": N_("Untied from another report"),
        "report.reserved": N_("Reserved to the police"),
        "report.released": N_("No longer reserved to the police"),
        "photo.added": N_("A photo was added"),
        "photo.removed": N_("A photo was removed"),
        "poster.asked": N_("The family asked for a poster"),
        "poster.published": N_("The poster was published"),
        "poster.declined": N_("The poster was declined"),
        "poster.taken_back": N_("The family took the poster back"),
        "poster.taken_down": N_("The poster was taken down"),
        "sighting.sent": N_("Somebody told of a sighting"),
        "sighting.raised": N_("A found report was made of a sighting"),
        "candidate.referred": N_("A candidate went to the police"),
        "candidate.confirmed": N_("A candidate was confirmed"),
        "candidate.ruled_out": N_("A candidate was ruled out"),
        "compared": N_("Compared with all reports of the other side"),
    },
    "by": {
        "family": N_("by the family"),
        "staff": N_("by staff"),
        "partner": N_("by a partner organisation"),
        "public": N_("by somebody from the public"),
        "system": N_("by the service itself"),
    },
    "sign_of_one_child": {
        "phone": N_("same telephone"),
        "noticed": N_("looked alike when it came"),
        "name": N_("name alike"),
        "born": N_("born at the same time"),
        "province": N_("same province"),
    },
    "poster": {
        "asked": N_("asked for"),
        "published": N_("published"),
        "declined": N_("declined"),
        "taken_back": N_("taken back by the family"),
        "taken_down": N_("taken down"),
    },
    "kind": {
        "missing": N_("Family looks for a child"),
        "found": N_("Person looks for a family"),
    },
}

STRENGTHS = {"strong": N_("50 % and more"), "likely": N_("10 to 50 %"), "weak": N_("under 10 %")}
WAITS = {
    "week": N_("since this week"),
    "month": N_("for more than a week"),
    "longer": N_("for more than a month"),
}
AGES = {
    "small": N_("under 7"),
    "child": N_("7 to 17"),
    "grown": N_("18 and older"),
    "unknown": N_("not known"),
}
"""How the queue may be narrowed, by the keys of reunite.waiting; to be translated."""
