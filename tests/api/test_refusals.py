"""A refused action of staff is a line in the log."""

from collections.abc import Callable

from sqlalchemy import select

from reunite.refusals import ACTION
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from tests.visitor import Visitor


def refused(service: Service) -> list[tuple[str, str]]:
    with service.database.read() as session:
        rows = session.execute(select(AuditRow.actor, AuditRow.subject).where(AuditRow.action == ACTION))
        return [(actor, subject) for actor, subject in rows]


def test_who_is_refused_is_noted_with_the_template_of_the_route_once_a_minute(
    service: Service, staff: Callable[..., Visitor], visit: Callable[..., Visitor]
) -> None:
    volunteer, auditor = staff("volunteer"), staff("auditor")
    for number in ("M-7K3Q-9XT2", "F-0000-0000", "M-7K3Q-9XT2"):
        assert volunteer.open(f"/reports/{number}").status == 403
    volunteer.open("/log")
    auditor.open("/queue")
    visit().open("/queue")
    volunteer.open("/queue")
    who = {actor for actor, _ in refused(service)}
    assert len(who) == 2
    assert [subject for _, subject in refused(service)] == [
        "route:/reports/{case_number}",
        "route:/log",
        "route:/queue",
    ]
