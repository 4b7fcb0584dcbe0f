"""Reports as somebody may see them, to be written to a file: the operator's whole, staff's by the policy's table.

Who takes many at once leaves a line in the log before the first of them leaves.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, false, func, or_, select
from sqlalchemy.orm import Session

from reunite import audit, contacts, masking, search_scope, whereabouts
from reunite.actors import OPERATOR, Staff
from reunite.exchange.pfif_export import domain_of, record_id, record_of_report
from reunite.exchange.pfif_mapping import About
from reunite.exchange.writing import Exported
from reunite.policy import Action, demand
from reunite.problems import Invalid, Problem
from reunite.searching import KINDS, STATES
from reunite.service import Service
from reunite.storage.clock import aware, now
from reunite.storage.policy_tables import ReportRegionRow
from reunite.storage.tables import ReportRow

_A_STEP = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """Which reports; what is empty is not asked. For the operator alone: `contacts`, with contact data; `records`, as
    PFIF records as they came, with all that is in them, and of those that their source ended that they did."""

    kind: str = ""
    state: str = ""
    province: str = ""
    contacts: bool = False
    records: bool = False


def begin(service: Service, staff: Staff | None, asked: Asked, form: str) -> int:
    """Write the line in the log, `staff` None for the operator; how many reports it will be. Raises Forbidden, and
    Invalid for a kind or a state that there is not."""
    if staff is not None:
        demand(staff.role, Action.EXPORT_REPORTS)
    if asked.kind not in ("", *KINDS) or asked.state not in ("", *STATES):
        raise Invalid([Problem("kind", "", "Please choose from the list.")])
    with service.database.write() as session:
        where = _where(session, staff, asked)
        count = session.scalars(select(func.count()).select_from(ReportRow).where(*where)).one()
        told = (
            f"{count} {form}{' with contacts' if staff is None and (asked.contacts or asked.records) else ''}"
        )
        audit.append(session, service.keys, actor=staff.actor if staff else OPERATOR, action="reports.exported",
                     subject="reports:0", detail=told)  # fmt: skip
    return count


def rows(service: Service, staff: Staff | None, asked: Asked) -> Iterator[Exported]:
    """The reports in the order of filing, read a few at a time."""
    after = 0
    while True:
        with service.database.read() as session:
            query = select(ReportRow).where(ReportRow.id > after, *_where(session, staff, asked))
            found = session.scalars(query.order_by(ReportRow.id).limit(_A_STEP)).all()
            step = [_exported(session, service, staff, row, asked) for row in found]
        if not found:
            return
        yield from step
        after = found[-1].id


def _where(session: Session, staff: Staff | None, asked: Asked) -> list[ColumnElement[bool]]:
    ended = ReportRow.expires_at.is_not(None) if staff is None and asked.records else false()
    where: list[ColumnElement[bool]] = [or_(ReportRow.erased_at.is_(None), ended)]
    if staff is not None:
        where += search_scope.visible(session, staff)
    if asked.kind:
        where.append(ReportRow.kind == asked.kind)
    if asked.state:
        where.append(ReportRow.state == asked.state)
    if asked.province:
        of_it = ReportRegionRow.report_id == ReportRow.id, ReportRegionRow.province == asked.province
        where.append(exists().where(*of_it))
    return where


def _exported(
    session: Session, service: Service, staff: Staff | None, row: ReportRow, asked: Asked
) -> Exported:
    """A report that has no id of its source goes under its case number: an import wants one."""
    domain, organisation = (
        domain_of(service.settings.public_url) or "localhost",
        service.settings.organisation,
    )
    about = About(
        record_id(row, domain),
        f"{domain}/{row.case_number}.status",
        organisation,
        aware(row.filed_at),
        now(session),
    )
    if staff is None and asked.records:
        record = record_of_report(
            session, service.keys, row, domain=domain, organisation=organisation, at=about.written_at
        )
        return Exported({}, about, record)
    person = whereabouts.whole(session, service.keys, row)
    person.pop("photo", None)
    columns = {
        "kind": row.kind,
        "source_id": row.source_id or row.case_number,
        **person,
        "language": row.language,
    }
    if staff is not None:
        columns = masking.person_for(staff.role, columns)
    elif asked.contacts:
        columns |= contacts.reporter(session, service.keys, row.id)
    return Exported(columns, about)
