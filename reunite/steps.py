"""How far a report is, as who filed it may know: one expression, for a report and for lists of them."""

from sqlalchemy import ColumnElement, case, exists, or_

from reunite import merging
from reunite.storage.tables import ConfirmationRow, MatchJobRow, ReportRow

STEPS = ("received", "compared", "news", "withdrawn", "expired", "closed")


def step() -> ColumnElement[str]:
    """One of STEPS, for queries of reports: the same whether or not a candidate exists, and `news` only after the
    police have confirmed."""
    of_it = or_(ConfirmationRow.missing_id == ReportRow.id, ConfirmationRow.found_id == ReportRow.id)
    confirmed = exists().where(ConfirmationRow.outcome == "confirmed", of_it)
    compared = exists().where(MatchJobRow.report_id == ReportRow.id, MatchJobRow.state == "done")
    return case(
        (or_(confirmed, merging.was_closed(ReportRow.id)), "news"),
        (ReportRow.state != "open", ReportRow.state),
        (compared, "compared"),
        else_="received",
    )
