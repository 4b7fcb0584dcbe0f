"""Posters of missing children, as everybody may see them.

A poster is shown only while it is published, the report is open and not reserved, the police know of no finding, and
nobody has set a warning; that is asked of the database at every look, so that nothing has to be taken down in time.
What is shown is what the coordinator saw: it was sealed with the report's key when the poster was published.
"""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, exists, select
from sqlalchemy.orm import Session

from reunite import merging, vault
from reunite.keys import Keys
from reunite.problems import NotFound
from reunite.storage.policy_tables import ReportFlagRow
from reunite.storage.poster_tables import PosterPartRow, PosterRow
from reunite.storage.tables import ConfirmationRow, ReportRow

PARTS = ("facts", "pdf", "png", "photo", "preview")
A_PAGE = 24
_REF = re.compile(r"[0-9A-Z]{8}")


@dataclass(frozen=True, slots=True)
class Poster:
    """A poster that is shown to everybody: what of the report stands on it, by column; `language` is the reporter's."""

    ref: str
    facts: dict[str, str]
    language: str
    has_photo: bool
    since: datetime


def is_shown() -> ColumnElement[bool]:
    """Whether a poster is shown now; for queries that join it with its report."""
    found = exists().where(ConfirmationRow.missing_id == ReportRow.id, ConfirmationRow.outcome == "confirmed")
    return and_(
        PosterRow.state == "published", ReportRow.state == "open", ReportRow.erased_at.is_(None),
        ReportRow.do_not_disclose.is_(False), ~found, ~merging.was_closed(ReportRow.id),
        ~exists().where(ReportFlagRow.report_id == ReportRow.id),
    )  # fmt: skip


def find(session: Session, ref: str) -> tuple[PosterRow, ReportRow]:
    """The poster of this name and its report; NotFound for every one that is not shown now, or never was."""
    query = (
        select(PosterRow, ReportRow)
        .join(ReportRow, ReportRow.id == PosterRow.report_id)
        .where(PosterRow.ref == (ref if _REF.fullmatch(ref) else ""), is_shown())
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise NotFound
    return found[0], found[1]


def show(session: Session, keys: Keys, ref: str) -> Poster:
    """One poster; raises NotFound."""
    return opened(session, keys, *find(session, ref))


def part(session: Session, keys: Keys, ref: str, name: str) -> bytes:
    """A part of a poster that is shown: pdf, png, photo or preview; raises NotFound."""
    poster, _ = find(session, ref)
    kept = read(session, keys, poster.report_id, name)
    if kept is None:
        raise NotFound
    return kept


def newest(session: Session, keys: Keys, page: int) -> tuple[list[Poster], bool]:
    """A page of the posters that are shown, the newest first, from page 1; and whether there are more."""
    query = (
        select(PosterRow, ReportRow)
        .join(ReportRow, ReportRow.id == PosterRow.report_id)
        .where(is_shown())
        .order_by(PosterRow.decided_at.desc(), PosterRow.report_id.desc())
        .limit(A_PAGE + 1)
        .offset((page - 1) * A_PAGE)
    )
    rows = session.execute(query).all()
    return [opened(session, keys, *row) for row in rows[:A_PAGE]], len(rows) > A_PAGE


def of_reports(session: Session, keys: Keys, report_ids: Collection[int]) -> dict[int, Poster]:
    """The posters of these reports that are shown now, by report."""
    query = (
        select(PosterRow, ReportRow)
        .join(ReportRow, ReportRow.id == PosterRow.report_id)
        .where(PosterRow.report_id.in_(report_ids), is_shown())
    )
    return {row[1].id: opened(session, keys, *row) for row in session.execute(query)}


def keep(session: Session, keys: Keys, report_id: int, parts: Mapping[str, bytes]) -> None:
    """Seal the parts of a poster in place of those that there were."""
    forget_parts(session, report_id)
    for name, plain in parts.items():
        sealed = vault.seal(session, keys, report_id, f"poster:{name}", plain)
        session.add(PosterPartRow(report_id=report_id, part=name, sealed=sealed))
    session.flush()


def read(session: Session, keys: Keys, report_id: int, name: str) -> bytes | None:
    """A kept part; None where there is none."""
    row = session.get(PosterPartRow, (report_id, name))
    return None if row is None else vault.open(session, keys, report_id, f"poster:{name}", row.sealed)


def forget_parts(session: Session, report_id: int) -> None:
    """The poster is not shown any more, or another will be."""
    session.execute(delete(PosterPartRow).where(PosterPartRow.report_id == report_id))


def forget(session: Session, report_id: int) -> None:
    """The report is erased."""
    forget_parts(session, report_id)
    session.execute(delete(PosterRow).where(PosterRow.report_id == report_id))


def opened(session: Session, keys: Keys, poster: PosterRow, report: ReportRow) -> Poster:
    """A poster that `is_shown`, with what stands on it."""
    facts = json.loads(read(session, keys, report.id, "facts") or b"{}")
    has_photo = session.get(PosterPartRow, (report.id, "photo")) is not None
    return Poster(poster.ref, facts, report.language, has_photo, poster.decided_at or poster.asked_at)
