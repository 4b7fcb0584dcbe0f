"""Posters for tests: what a family and a coordinator do until one hangs. The parts stand for what is typeset."""

from collections.abc import Collection

from sqlalchemy import func, select

from reunite import accounts, poster_consent, poster_decisions, reports, sightings, submission
from reunite.actors import Staff
from reunite.policy import ON_POSTERS, Role
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.poster_tables import PosterRow, SightingRow
from reunite.storage.staff_tables import StaffRow
from tests.factory import report_fields

PARTS = {"pdf": b"%PDF-x", "png": b"\x89PNG-x"}
PHOTO = {"photo": b"\xff\xd8\xffphoto", "preview": b"\xff\xd8\xffsmall"}


def a_report(service: Service, kind: str = "missing", **changes: str) -> Receipt:
    """A fresh report."""
    with service.database.write() as session:
        return reports.file(
            session, service.keys, submission.parse(report_fields(kind, **changes)), actor="family"
        )


def a_coordinator(service: Service) -> Staff:
    """The coordinator who decides, made at the first call."""
    with service.database.write() as session:
        row = session.scalars(
            select(StaffRow).where(StaffRow.email == "posters@example.invalid")
        ).one_or_none()
        if row is None:
            return accounts.add(
                session, service.keys, actor="test", email="posters@example.invalid", name="posters",
                role=Role.COORDINATOR, password_hash="-",
            )  # fmt: skip
        return Staff(row.id, row.name, row.email, Role.COORDINATOR)


def ask(service: Service, receipt: Receipt, columns: Collection[str] = ON_POSTERS, photo: str = "") -> None:
    """The family asks for a poster."""
    with service.database.write() as session:
        poster_consent.ask(
            session, service.keys, receipt.case_number, receipt.secret, columns, photo, agrees=True
        )


def publish(
    service: Service, receipt: Receipt, columns: Collection[str] = ON_POSTERS, photo: bool = False
) -> str:
    """The coordinator publishes it as it is asked for; gives its ref."""
    who = a_coordinator(service)
    with service.database.write() as session:
        wish = poster_decisions.of_report(session, service.keys, who, receipt.case_number)
        parts = {**PARTS, **(PHOTO if photo else {})}
        return poster_decisions.publish(
            session, service.keys, who, receipt.case_number, wish.reviewed, columns, parts
        )


def a_poster(service: Service, **changes: str) -> tuple[Receipt, str]:
    """A poster that hangs, and the receipt of its report."""
    receipt = a_report(service, **changes)
    ask(service, receipt)
    return receipt, publish(service, receipt)


def a_sighting(service: Service, **told: str) -> tuple[Receipt, int]:
    """What somebody tells of the child on a fresh poster: the receipt of its report, and the sighting's number."""
    receipt, ref = a_poster(service)
    return receipt, tell(service, ref, **told)


def tell(service: Service, ref: str, **told: str) -> int:
    """Tell of the child on this poster; gives the sighting's number."""
    with service.database.write() as session:
        sightings.send(session, service.keys, ref, {"what": "在桥边", **told})
        return session.scalars(select(func.max(SightingRow.id))).one()


def ref_of(service: Service, receipt: Receipt) -> str:
    """The poster's name, whether it hangs or not."""
    with service.database.read() as session:
        return session.get_one(PosterRow, receipt.report_id).ref
