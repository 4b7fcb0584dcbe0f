"""A partner organisation's own reports, page by page, in the order in which they were filed.

A page begins after the last report of the one before, so it stays where it was while others are filed or changed. Where
it begins is sealed for the organisation and what it asked for: how many reports there are is nobody's business.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import messages, reports, steps
from reunite.actors import Partner
from reunite.keys import Keys
from reunite.partner_reports import OwnReport
from reunite.problems import Invalid, Problem
from reunite.storage.tables import ReportRow

MOST = 200
_DIGITS = 20
_NOT_OURS = "This cursor is not of this list. Begin again without it, or leave the filters as they were."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list shall hold; empty: everything."""

    kind: str = ""
    step: str = ""
    source_id: str = ""
    changed_after: datetime | None = None


def page(
    session: Session, keys: Keys, partner: Partner, wanted: Wanted, limit: int, cursor: str
) -> tuple[list[OwnReport], str]:
    """At most so many reports after the cursor (empty: from the first), and the cursor of the next page, empty where
    there is none. Raises Invalid for a cursor of another organisation, of another list, or of nobody."""
    step = steps.step()
    query = select(ReportRow, step).where(ReportRow.source == partner.source, ReportRow.erased_at.is_(None))
    if cursor:
        query = query.where(ReportRow.id > _opened(keys, partner, wanted, cursor))
    if wanted.kind:
        query = query.where(ReportRow.kind == wanted.kind)
    if wanted.step:
        query = query.where(step == wanted.step)
    if wanted.source_id:
        query = query.where(ReportRow.source_id == wanted.source_id)
    if wanted.changed_after is not None:
        query = query.where(ReportRow.changed_at > wanted.changed_after)
    rows = session.execute(query.order_by(ReportRow.id).limit(limit + 1)).all()
    shown = [(report, at) for report, at in rows[:limit]]
    more = _sealed(keys, partner, wanted, shown[-1][0].id) if len(rows) > limit else ""
    return _known(session, shown), more


def _known(session: Session, shown: Sequence[tuple[ReportRow, str]]) -> list[OwnReport]:
    unread = messages.unread(session, [report.id for report, _ in shown])
    return [
        OwnReport(
            reports.status_at(report, at), report.source_id or "", report.changed_at, unread.get(report.id, 0)
        )
        for report, at in shown
    ]


def _sealed(keys: Keys, partner: Partner, wanted: Wanted, report_id: int) -> str:
    sealed = keys.seal("list-cursor", _context(partner, wanted), f"{report_id:0{_DIGITS}}")
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _opened(keys: Keys, partner: Partner, wanted: Wanted, cursor: str) -> int:
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return int(keys.open("list-cursor", _context(partner, wanted), sealed))
    except (binascii.Error, ValueError):
        raise Invalid([Problem("cursor", "", _NOT_OURS)]) from None


def _context(partner: Partner, wanted: Wanted) -> str:
    since = wanted.changed_after.astimezone(UTC).isoformat() if wanted.changed_after else ""
    return json.dumps([partner.source, wanted.kind, wanted.step, wanted.source_id, since])
