"""Photos through pages and API: a family adds, sees and removes its own; staff see them where the table says so."""

import base64
import io
import re
import tempfile
from collections.abc import Callable
from typing import BinaryIO

import httpx2
import pytest
from PIL import Image
from sqlalchemy import select, update

from api import app as application
from reunite import photos, reports, sanitising, submission
from reunite.policy import Action, Role, allows
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage import duties
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import CandidateRow, ReportRow
from tests import images
from tests.api.test_policy_of_routes import routes
from tests.factory import report_fields
from tests.visitor import Visitor
from workers.drain import Drain

Visit = Callable[..., Visitor]
PHOTO = images.saved(images.picture(), quality=95, exif=images.exif(turn=1), comment=images.MARK)


@pytest.fixture
def receipts(service: Service) -> dict[str, Receipt]:
    """Of a missing and a found report that the engine suggests to people."""
    made = {}
    with service.database.write() as session:
        for kind in ("missing", "found"):
            parsed = submission.parse(report_fields(kind=kind))
            made[kind] = reports.file(session, service.keys, parsed, actor="family")
    return made


@pytest.fixture
def candidate(service: Service, receipts: dict[str, Receipt]) -> str:
    """The address of the candidate, whose missing report has a photo."""
    kept = receipts["missing"]
    photos.add(service, kept.case_number, kept.secret, spooled(PHOTO), actor="family")
    Drain(service).run()
    with service.database.read() as session:
        return f"/candidates/{session.scalars(select(CandidateRow.ref)).one()}"


def spooled(data: bytes) -> BinaryIO:
    """A file as the server holds what was sent."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is forgotten
    file.write(data)
    return file  # type: ignore[return-value]


def send(visitor: Visitor, receipt: Receipt, *files: bytes) -> Visitor:
    """Choose files in the form of the case page and press its button."""
    visitor.open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    said = {name: visitor.field("/case/photos", name) for name in ("csrf", "case_number", "secret")}
    sent = [("photo", ("IMG_0001 of a child.jpg", data, "image/jpeg")) for data in files]
    return visitor._show(visitor._client.post("/case/photos", data=said, files=sent, follow_redirects=True))


def shown(visitor: Visitor) -> list[Image.Image]:
    """The pictures that stand in the page itself."""
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', visitor.page.text)
    return [Image.open(io.BytesIO(base64.b64decode(one))) for one in found]


def actions(service: Service) -> list[str]:
    with service.database.read() as session:
        return list(session.scalars(select(AuditRow.action).order_by(AuditRow.no)))


def test_a_family_adds_sees_and_removes_its_photos(
    service: Service, visit: Visit, receipts: dict[str, Receipt]
) -> None:
    family = send(visit(), receipts["missing"], PHOTO, images.saved(images.picture(2), "PNG"))
    assert family.status == 200
    assert "The photos are with your report now." in family.text
    assert [one.size for one in shown(family)] == [(320, 240)] * 2
    assert images.MARK not in family.page.content
    assert "IMG_0001" not in family.page.text
    family.press("/case/photos/remove")
    assert len(shown(family)) == 1
    with service.database.read() as session:
        report = session.get_one(ReportRow, receipts["missing"].report_id)
    assert len(report.person["photo"]) == 16


def test_the_receipt_offers_to_add_photos_after_the_report_is_safe(visit: Visit) -> None:
    visitor = visit().file_report("missing", name="王晓明")
    assert visitor.status == 201
    assert "/case/photos" in visitor.actions()
    assert "Your report is safe already" in visitor.text


def test_a_photo_that_cannot_be_taken_keeps_none_of_the_others_away(
    visit: Visit, receipts: dict[str, Receipt]
) -> None:
    family = send(visit(), receipts["missing"], b"\0\0\0\x18ftypheic", PHOTO, PHOTO[:5_000])
    assert family.status == 422
    assert "Photo 1: This photo is in a format that not everybody can open" in family.text
    assert "Photo 3: This photo is damaged" in family.text
    assert len(shown(family)) == 1


def test_no_photo_chosen_is_said_in_words(visit: Visit, receipts: dict[str, Receipt]) -> None:
    visitor, kept = visit(), receipts["missing"]
    visitor.open("/case").press("/case", case_number=kept.case_number, secret=kept.secret)
    said = {name: visitor.field("/case/photos", name) for name in ("csrf", "case_number", "secret")}
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in said.items()
    ]
    # A browser sends one empty file without a name where none was chosen.
    parts.append('--x\r\nContent-Disposition: form-data; name="photo"; filename=""\r\n\r\n\r\n--x--\r\n')
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = visitor._client.post("/case/photos", content="".join(parts), headers=kind)
    assert answer.status_code == 422
    assert "Please choose a photo first." in answer.text


def test_a_photo_over_the_limit_is_refused_while_it_comes(
    visit: Visit, receipts: dict[str, Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sanitising, "MOST_BYTES", 1_000_000)
    family = send(visit(), receipts["missing"], PHOTO[:-2] + bytes(1_000_000))
    assert family.status == 422
    assert "at most 1 MB" in family.text


def test_only_the_routes_of_photos_and_tables_take_more_than_a_quarter_of_a_megabyte(
    client: httpx2.Client, service: Service
) -> None:
    for path in ("/case", "/report/missing/who", "/api/v1/reports", "/case/photos/remove", "/sign-in"):
        assert client.post(path, content=bytes(300_000), headers=FORM).status_code in (413, 415), path
    ours = ["/case/photos", "/report/missing/photos", "/report/found/photos", "/imports"]
    ours += ["/api/v1/case/photos", "/api/v1/reports/{case_number}/photos"]
    paths = {route.path.replace("{kind}", kind) for route in routes(service) for kind in ("missing", "found")}
    larger = {path for path in paths if any(re.fullmatch(one, path) for one in application.LARGER)}
    assert larger == set(ours)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def test_a_form_of_another_site_adds_nothing(
    visit: Visit, service: Service, receipts: dict[str, Receipt]
) -> None:
    visitor, kept = visit(), receipts["missing"]
    visitor.open("/case")
    said = {"csrf": "0" * 64, "case_number": kept.case_number, "secret": kept.secret}
    answer = visitor._client.post("/case/photos", data=said, files={"photo": ("a.jpg", PHOTO)})
    assert answer.status_code == 403
    assert "photo.added" not in actions(service)


def test_a_volunteer_sees_photos_only_while_the_candidate_is_claimed_by_them(
    service: Service, staff: Visit, candidate: str
) -> None:
    volunteer, other = staff("volunteer", "one"), staff("volunteer", "two")
    assert f"{candidate}/photos" not in volunteer.open(candidate).links
    assert volunteer.open(f"{candidate}/photos").status == 404
    volunteer.open(candidate).press(f"{candidate}/claim")
    assert f"{candidate}/photos" in volunteer.links
    picture = first_picture(volunteer.open(f"{candidate}/photos"))
    assert volunteer.open(picture).status == 200
    assert other.open(picture).status == 404
    assert other.open(f"{candidate}/photos").status == 404
    with service.database.write() as session:
        session.execute(update(CandidateRow).values(claimed_by=None, claimed_until=None))
    assert volunteer.open(picture).status == 404


def first_picture(visitor: Visitor) -> str:
    found = re.findall(r'<img src="(/candidates/[^"]+)"', visitor.page.text)
    assert found
    return str(found[0])


def test_each_photo_that_is_looked_at_is_a_line_in_the_log_and_the_page_that_links_to_it_is_none(
    service: Service, staff: Visit, candidate: str
) -> None:
    coordinator = staff("coordinator").open(candidate)
    shown, _, asked_for = coordinator.page.text.partition("<template>")
    assert "<img" not in shown, "hidden until asked for"
    assert "<img" in asked_for
    coordinator.open(f"{candidate}/photos")
    assert "photo.viewed" not in actions(service)
    coordinator.open(first_picture(coordinator))
    assert actions(service).count("photo.viewed") == 1


def test_a_photo_is_served_so_that_no_browser_takes_it_for_something_else(
    staff: Visit, candidate: str
) -> None:
    coordinator = staff("coordinator").open(f"{candidate}/photos")
    page = coordinator.open(first_picture(coordinator)).page
    assert page.headers["content-type"] == "image/jpeg"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["content-disposition"] == 'inline; filename="photo.jpg"'
    assert Image.open(io.BytesIO(page.content)).size == (400, 300)
    assert images.MARK not in page.content


@pytest.mark.parametrize("role", [None, Role.ADMIN, Role.AUDITOR, Role.POLICE])
def test_who_may_not_open_the_candidate_sees_no_photo(
    service: Service, staff: Visit, visit: Visit, candidate: str, role: Role | None
) -> None:
    coordinator = staff("coordinator").open(f"{candidate}/photos")
    picture = first_picture(coordinator)
    visitor = visit() if role is None else staff(role.value)
    for path in (f"{candidate}/photos", picture):
        visitor.open(path)
        assert "image/jpeg" not in visitor.page.headers["content-type"]
        assert visitor.status in (403, 404) or visitor.page.url.path == "/sign-in"


def test_an_officer_sees_the_photos_of_a_referred_candidate(
    service: Service, staff: Visit, candidate: str
) -> None:
    with service.database.write() as session:
        duties.remove(session.connection(), "referral_by_two")
        session.execute(update(CandidateRow).values(stage="referred"))
    officer = staff("police").open(f"{candidate}/photos")
    assert officer.open(first_picture(officer)).status == 200


def test_a_photo_of_another_report_is_not_there_under_this_candidate(
    service: Service, staff: Visit, candidate: str
) -> None:
    with service.database.write() as session:
        parsed = submission.parse(report_fields("missing", name="Somebody Else"))
        other = reports.file(session, service.keys, parsed, actor="family")
    added = photos.add(service, other.case_number, other.secret, spooled(PHOTO), actor="family")
    assert staff("coordinator").open(f"{candidate}/photos/{added.ref}").status == 404


@pytest.mark.parametrize(
    "ref", ["nothing-here", "%00", "..%2f..%2fsecret.key", "'or'1'='1", "a" * 500, "\u202e"]
)
def test_a_wrong_name_of_a_photo_is_not_there(staff: Visit, candidate: str, ref: str) -> None:
    assert staff("coordinator").open(f"{candidate}/photos/{ref}").status == 404


API = "/api/v1/case/photos"


def test_a_program_adds_a_photo_with_the_receipt(
    client: httpx2.Client, service: Service, receipts: dict[str, Receipt]
) -> None:
    kept = receipts["found"]
    said = {"case_number": kept.case_number, "secret": kept.secret}
    answer = client.post(API, data=said, files={"photo": ("a.jpg", PHOTO)})
    assert answer.status_code == 201
    assert answer.json() == {"ref": answer.json()["ref"], "width": 400, "height": 300}
    assert client.post(API, data=said, files={"photo": ("a.jpg", PHOTO)}).status_code == 201
    assert actions(service).count("photo.added") == 1


def test_bad_requests_of_programs_are_told_without_repeating_them(
    client: httpx2.Client, service: Service, receipts: dict[str, Receipt]
) -> None:
    mark, kept = "Zyxwv-marked", receipts["found"]
    said = {"case_number": kept.case_number, "secret": kept.secret}
    file = {"photo": (f"{mark}.jpg", PHOTO)}
    tries = [
        (client.post(API, data=said), 400),
        (client.post(API, json={**said, "photo": mark}), 400),
        (client.post(API, data={**said, mark: mark}, files=file), 422),
        (client.post(API, data={"case_number": kept.case_number}, files=file), 422),
        (client.post(API, data={**said, "secret": mark}, files=file), 404),
        (client.post(API, data=said, files=[("photo", (mark, PHOTO)), ("photo", (mark, PHOTO))]), 422),
        (client.post(API, data=said, files={mark: (mark, PHOTO)}), 422),
        (client.post(API, data=said, files={"photo": (mark, b"%PDF-" + mark.encode())}), 422),
        (client.post(API, data={f"{mark}{number}": mark for number in range(100)}, files=file), 400),
        (client.post(API, data={**said, "case_number": [mark, mark]}, files=file), 400),
        (client.post(API, content=PHOTO, headers={"Content-Type": "multipart/form-data"}), 400),
        (client.post(API, content=PHOTO, headers={"Content-Type": "multipart/form-data; boundary=x"}), 400),
        (client.post(API, content=PHOTO, headers={"Content-Type": "image/jpeg"}), 400),
    ]
    for number, (answer, status) in enumerate(tries):
        assert answer.status_code == status, number
        assert answer.headers["content-type"] == "application/problem+json"
        assert mark not in answer.text
    assert "photo.added" not in actions(service)


def test_too_many_at_once_are_told_to_come_back(
    client: httpx2.Client, receipts: dict[str, Receipt], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sanitising._line, "acquire", lambda **_: False)
    kept = receipts["found"]
    said = {"case_number": kept.case_number, "secret": kept.secret}
    answer = client.post(API, data=said, files={"photo": ("a.jpg", PHOTO)})
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0


def test_the_table_says_who_sees_photos() -> None:
    assert {role for role in Role if allows(role, Action.SEE_PHOTOS)} == {
        Role.VOLUNTEER, Role.COORDINATOR, Role.POLICE,
    }  # fmt: skip
    assert not allows(None, Action.SEE_PHOTOS)
    assert not allows(Role.VOLUNTEER, Action.SEE_PHOTOS_UNCLAIMED)
