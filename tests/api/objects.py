"""For every route with a name in its path: an object that the role may open, one that is there and not for it, and one
that is not there at all. Whoever adds such a route adds its builder; a test fails until it is here."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from matching.model import load_model
from reunite import (
    accounts,
    candidates,
    partners,
    people,
    reports,
    reserved,
    silence,
    submission,
    vault,
    webhooks,
)
from reunite.actors import Staff
from reunite.candidates import Suggestion
from reunite.policy import Role
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.photo_tables import PhotoRow
from reunite.storage.policy_tables import StaffRegionRow
from reunite.storage.staff_tables import StaffRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.reunite import hanging, sending, subscribers
from tests.reunite.ranked import ranked

HENAN, SICHUAN = "410000", "510000"


@dataclass(frozen=True)
class Objects:
    """What stands in the path. `own` is empty where this role has none; `foreign` where everything is for it."""

    own: str
    foreign: str
    unknown: str


Builder = Callable[[Service, Role | None], Objects]


def a_pair(service: Service, place: str = "四川省成都市", *, reserve: bool = False) -> CandidateRow:
    """A candidate of two fresh reports of this place."""
    with service.database.write() as session:
        there = dict.fromkeys(("place_event", "place_home"), place)
        ids = [
            reports.file(
                session, service.keys, submission.parse(report_fields(kind, **there, **more)), actor="family"
            ).report_id
            for kind, more in (("missing", {}), ("found", {"place_found": place}))
        ]
        if reserve:
            reserved.reserve(
                session, service.keys, an(Role.POLICE), session.get_one(ReportRow, ids[0]), on=True
            )
        suggestion = Suggestion(ids[0], "missing", 1, load_model().version, (ranked(ids[1]),))
        candidates.store(session, [suggestion], {ids[1]: 1}, 0.0)
        return session.scalars(select(CandidateRow).where(CandidateRow.missing_id == ids[0])).one()


def an(role: Role) -> Staff:
    """Somebody of this role who did not sign in; for what a test sets up."""
    return Staff(0, role.value, "", role)


def case_number(service: Service, report_id: int) -> str:
    """Of a report."""
    with service.database.read() as session:
        return session.get_one(ReportRow, report_id).case_number


def a_candidate(service: Service, role: Role | None) -> Objects:
    """Volunteers: of another region. Coordinators: reserved to the police. Police: not with them."""
    if role is Role.VOLUNTEER:
        with service.database.write() as session:
            for person in session.scalars(select(StaffRow.id).where(StaffRow.role == role.value)).all():
                session.merge(StaffRegionRow(staff_id=person, province=SICHUAN))
    own = a_pair(service, reserve=role is Role.POLICE).ref
    foreign = {
        Role.VOLUNTEER: lambda: a_pair(service, "河南省郑州市").ref,
        Role.COORDINATOR: lambda: a_pair(service, reserve=True).ref,
        Role.POLICE: lambda: a_pair(service).ref,
    }
    return Objects(own, foreign[role]() if role in foreign else own, "nothing-here")


def a_report(service: Service, role: Role | None) -> Objects:
    """Coordinators: one that is reserved to the police, who may open all."""
    own, secret = (case_number(service, a_pair(service, reserve=on).missing_id) for on in (False, True))
    return Objects(own, "" if role is Role.POLICE else secret, "M-0000-0000")


def two_reports(service: Service, role: Role | None) -> Objects:
    """Two reports of one side; foreign: the second is reserved to the police; unknown: of the other side."""
    pairs = [a_pair(service) for _ in range(2)]
    (own, found), (other, _) = (
        [case_number(service, one) for one in (pair.missing_id, pair.found_id)] for pair in pairs
    )
    secret = case_number(service, a_pair(service, reserve=True).missing_id)
    return Objects(f"{own}|{other}", f"{own}|{secret}", f"{own}|{found}")


def photo_of_a_report(service: Service, role: Role | None) -> Objects:
    """Foreign: that of another report under this one."""
    pairs = [a_pair(service) for _ in range(2)]
    own = case_number(service, pairs[0].missing_id)
    mine, other = (_with_photo(service, pair.ref) for pair in pairs)
    return Objects(f"{own}|{mine}", f"{own}|{other}", f"{own}|nothing-here")


def an_invitation(service: Service, role: Role | None) -> Objects:
    """Who holds the link is the one it is for: there is no foreign one."""
    with service.database.write() as session:
        token = accounts.invite(
            session, service.keys, actor="operator", email="invited@example.invalid", role=Role.VOLUNTEER
        )
    return Objects(token, "", "nothing-here")


def _claimed(service: Service, role: Role | None, ref: str) -> None:
    """By the volunteer who looks: photos are shown in what one has claimed."""
    with service.database.write() as session:
        row = session.scalars(select(CandidateRow).where(CandidateRow.ref == ref)).one()
        row.claimed_by = (
            session.scalar(select(StaffRow.id).where(StaffRow.role == role.value)) if role else None
        )
        row.claimed_until = now(session) + timedelta(hours=1)


def photos_of_a_candidate(service: Service, role: Role | None) -> Objects:
    """Volunteers: those of a candidate that they have not claimed."""
    made = a_candidate(service, role)
    if role is not Role.VOLUNTEER:
        return made
    _claimed(service, role, made.own)
    return Objects(made.own, a_pair(service).ref, made.unknown)


def a_photo(service: Service, role: Role | None) -> Objects:
    """The same, each with a photo; foreign: that of another candidate under one's own."""
    made = photos_of_a_candidate(service, role)
    mine, other = (_with_photo(service, ref) for ref in (made.own, a_pair(service).ref))
    return Objects(f"{made.own}|{mine}", f"{made.own}|{other}", f"{made.own}|nothing-here")


def _with_photo(service: Service, ref: str) -> str:
    """Put a photo to the missing side of a candidate; gives the photo's name."""
    with service.database.write() as session:
        report_id = session.scalars(select(CandidateRow.missing_id).where(CandidateRow.ref == ref)).one()
        row = PhotoRow(report_id=report_id, ref=f"photo-{ref}", file=f"aa/{ref}.bin", fingerprint="", width=1,
                       height=1, size=1, position=1, filed_at=now(session))  # fmt: skip
        session.add(row)
        session.flush()
        sealed = vault.seal(session, service.keys, report_id, f"photo:{row.id}", b"\0\0\0\1xy")
        path = service.settings.data_dir / "photos" / row.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sealed)
        return row.ref


def a_partner_s_key(service: Service, role: Role | None) -> Objects:
    """All keys are for the administrator."""
    with service.database.write() as session:
        partners.create(session, service.keys, actor="test", source="ngo", scopes=["reports:write"])
        (key, *_) = partners.list_keys(session)
    return Objects(str(key.id), "", "999999")


def a_webhook(service: Service, role: Role | None) -> Objects:
    """All webhooks are for the administrator."""
    with service.database.write() as session:
        webhooks.create(session, service.keys, actor="test", source="ngo", url="https://ngo.example.org/hook")
        (hook, *_) = webhooks.list_all(session)
    return Objects(str(hook.id), "", "999999")


def a_reset_link(service: Service, role: Role | None) -> Objects:
    """Who holds the link is the one it is for."""
    number = secrets.token_hex(4)
    with service.database.write() as session:
        admin, person = (
            accounts.add(session, service.keys, actor="test", email=f"{name}{number}@example.invalid", name=name,
                         role=role, password_hash="-")
            for name, role in (("another", Role.ADMIN), ("forgot", Role.AUDITOR))
        )  # fmt: skip
        token = people.reset_link(session, service.keys, admin, person.id)
    return Objects(token, "", "nothing-here")


def a_kind(service: Service, role: Role | None) -> Objects:
    """A word, no object."""
    return Objects("missing", "", "nothing-here")


def a_topic(service: Service, role: Role | None) -> Objects:
    """Two words, no object; what somebody else writes is behind a code that stands in no path."""
    return Objects("missing|when", "", "missing|nothing-here")


def a_poster(service: Service, role: Role | None) -> Objects:
    """Posters are for everybody; foreign: one that no coordinator has published."""
    asked = hanging.a_report(service)
    hanging.ask(service, asked)
    return Objects(hanging.a_poster(service)[1], hanging.ref_of(service, asked), "nothing-here")


def a_file_of_a_poster(service: Service, role: Role | None) -> Objects:
    """The same with a file."""
    made = a_poster(service, role)
    return Objects(f"{made.own}|poster.pdf", f"{made.foreign}|poster.pdf", f"{made.own}|nothing-here")


def a_report_with_a_poster(service: Service, role: Role | None) -> Objects:
    """Coordinators: of a report that is reserved to the police."""
    own, secret = (hanging.a_report(service) for _ in range(2))
    for receipt in (own, secret):
        hanging.ask(service, receipt)
    with service.database.write() as session:
        row = session.get_one(ReportRow, secret.report_id)
        reserved.reserve(session, service.keys, an(Role.POLICE), row, on=True)
    return Objects(own.case_number, secret.case_number, "M-0000-0000")


def a_report_with_a_poster_that_hangs(service: Service, role: Role | None) -> Objects:
    """The police may open all; that there is a poster is what an alert needs."""
    return Objects(hanging.a_poster(service)[0].case_number, "", "M-0000-0000")


def a_table_to_import(service: Service, role: Role | None) -> Objects:
    """All tables are for every coordinator."""
    return Objects(sending.a_table(service), "", "nothing-here")


def a_link_that_stops(service: Service, role: Role | None) -> Objects:
    """Who holds the link is the one it is for."""
    return Objects(silence.token(service.keys, "0" * 32), "", "nothing-here")


def a_link_that_confirms(service: Service, role: Role | None) -> Objects:
    """Who holds the link is the one it is for."""
    return Objects(subscribers.a_link(service, "confirm"), "", "nothing-here")


def a_link_that_leaves(service: Service, role: Role | None) -> Objects:
    """The same."""
    return Objects(subscribers.a_link(service, "leave"), "", "nothing-here")


def a_link_of_a_device(service: Service, role: Role | None) -> Objects:
    """The same."""
    return Objects(subscribers.a_link_of_a_device(service), "", "nothing-here")


def an_alert(service: Service, role: Role | None) -> Objects:
    """Alerts are for everybody."""
    return Objects(f"{subscribers.an_alert(service)[1]}.xml", "", "nothing-here")


def a_sighting(service: Service, role: Role | None) -> Objects:
    """Foreign: that of another report under this one."""
    told = [hanging.a_sighting(service) for _ in range(2)]
    (own, mine), (_, other) = ((receipt.case_number, sighting) for receipt, sighting in told)
    return Objects(f"{own}|{mine}", f"{own}|{other}", f"{own}|999999")


BUILDERS: dict[str, Builder] = {
    "/alerts/confirm/{token}": a_link_that_confirms,
    "/alerts/leave/{token}": a_link_that_leaves,
    "/alerts/device/{token}": a_link_of_a_device,
    "/alerts/cap/{file}": an_alert,
    "/reports/{case_number}/alert": a_report_with_a_poster_that_hangs,
    "/posters/{ref}": a_poster,
    "/posters/{ref}/sighting": a_poster,
    "/posters/{ref}/{file}": a_file_of_a_poster,
    "/reports/{case_number}/poster": a_report_with_a_poster,
    "/reports/{case_number}/sightings": a_report,
    "/reports/{case_number}/sightings/{sighting}/raise": a_sighting,
    "/candidates/{ref}": a_candidate,
    "/candidates/{ref}/claim": a_candidate,
    "/candidates/{ref}/release": a_candidate,
    "/candidates/{ref}/verdict": a_candidate,
    "/candidates/{ref}/decision": a_candidate,
    "/candidates/{ref}/dossier": a_candidate,
    "/candidates/{ref}/reunion": a_candidate,
    "/candidates/{ref}/photos": photos_of_a_candidate,
    "/candidates/{ref}/photos/{photo}": a_photo,
    "/imports/{ref}": a_table_to_import,
    "/imports/{ref}/check": a_table_to_import,
    "/imports/{ref}/start": a_table_to_import,
    "/imports/{ref}/stop": a_table_to_import,
    "/imports/{ref}/remove": a_table_to_import,
    "/imports/{ref}/refused.csv": a_table_to_import,
    "/partners/{key_id}/revoke": a_partner_s_key,
    "/partners/webhooks/{webhook_id}/end": a_webhook,
    "/reset/{token}": a_reset_link,
    "/reports/{case_number}": a_report,
    "/reports/{case_number}/contact": a_report,
    "/reports/{case_number}/flag": a_report,
    "/reports/{case_number}/reserve": a_report,
    "/reports/{case_number}/messages": a_report,
    "/reports/{case_number}/messages/settle": a_report,
    "/reports/{case_number}/photos": a_report,
    "/reports/{case_number}/photos/{photo}": photo_of_a_report,
    "/reports/{case_number}/duplicates": a_report,
    "/reports/{case_number}/duplicates/{other}": two_reports,
    "/reports/{case_number}/untie": a_report,
    "/invitation/{token}": an_invitation,
    "/stop/{token}": a_link_that_stops,
    "/stop/{token}/undo": a_link_that_stops,
    "/report/{kind}": a_kind,
    "/report/{kind}/check": a_kind,
    "/report/{kind}/photos": a_kind,
    "/report/{kind}/photos/remove": a_kind,
    "/report/{kind}/{topic}": a_topic,
}
FIELDS = {
    "verdict": "plausible", "reason": "both have the same mark", "outcome": "ruled_out", "basis": "dna",
    "reference": "file 1", "flag": "danger", "set": "yes", "text": "Where was the scar?", "decision": "decline",
}  # fmt: skip
"""What a form may ask; each route takes what it knows."""
