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
    "role": {
        "volunteer": N_("Volunteer"),
        "coordinator": N_("Coordinator"),
        "police": N_("Police"),
        "admin": N_("Administrator"),
        "auditor": N_("Auditor"),
    },
}
