"""What people decided, as pairs to fit the engine's weights on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.description import Description, describe
from matching.labelled import Labelled
from reunite import whereabouts
from reunite.keys import Keys
from reunite.storage.tables import ConfirmationRow, ReportRow


def decided(session: Session, keys: Keys) -> Labelled:
    """All reports that are not erased, with the pairs that an officer confirmed. The open reports of today count as
    having no partner yet: most have none, and the few that have one make the fit a little too careful, never too
    sure."""
    sides: dict[str, dict[int, Description]] = {"missing": {}, "found": {}}
    there = whereabouts.with_sealed().where(ReportRow.erased_at.is_(None))
    for row, version, wrapped, sealed in session.execute(there.execution_options(yield_per=1000)):
        person = whereabouts.compared(keys, row, version, wrapped, sealed)
        sides[row.kind][row.id] = describe(row.id, row.kind, person)
    confirmed = select(ConfirmationRow.missing_id, ConfirmationRow.found_id)
    pairs = session.execute(confirmed.where(ConfirmationRow.outcome == "confirmed"))
    known = frozenset(
        (missing_id, found_id) for missing_id, found_id in pairs
        if missing_id in sides["missing"] and found_id in sides["found"]
    )  # fmt: skip
    partnered = {found_id for _, found_id in known}
    alone = tuple(found_id for found_id in sides["found"] if found_id not in partnered)
    return Labelled(sides["missing"], sides["found"], known, alone)
