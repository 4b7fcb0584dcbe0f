"""Photos on pages and by the API: added by who has the receipt, seen by who may, never by anybody else."""

from collections.abc import Callable

import httpx2
import pytest
from sqlalchemy import select

from reunite import candidates
from reunite.reports import Receipt
from reunite.service import Service
from reunite.storage.audit_tables import AuditRow
from reunite.storage.tables import CandidateRow
from tests import images
from tests.reunite.ranked import ranked
from tests.reunite.test_photos import PHOTOS, add, file
from tests.visitor import Visitor

API = "/api/v1/case/photos"


def upload(client: httpx2.Client, receipt: Receipt, *files: bytes, **more: str) -> httpx2.Response:
    said = {"case_number": receipt.case_number, "secret": receipt.secret, **more}
    return client.post(API, data=said, files=[("photo", ("a.jpg", data, "image/jpeg")) for data in files])


@pytest.fixture
def pair(service: Service) -> tuple[str, str, str]:
    """A candidate with a photo on each side: its ref, and the refs of the photos."""
    both = file(service, "missing"), file(service, "found")
    refs = [add(service, one, PHOTOS[place]).ref for place, one in enumerate(both)]
    suggestion = candidates.Suggestion(both[0].report_id, "missing", 2, "test", (ranked(both[1].report_id),))
    with service.database.write() as session:
        candidates.store(session, suggestion, {both[1].report_id: 2}, 0.0)
        return session.scalars(select(CandidateRow.ref)).one(), refs[0], refs[1]


def test_a_family_adds_photos_on_its_case_page_and_removes_one(
    service: Service, visit: Callable[..., Visitor]
) -> None:
    receipt = file(service)
    family = visit().open("/case").press("/case", case_number=receipt.case_number, secret=receipt.secret)
    token = family.field("/case/photos", "csrf")
    said = {"case_number": receipt.case_number, "secret": receipt.secret, "csrf": token}
    sent = [("photo", ("a.jpg", PHOTOS[0], "image/jpeg")), ("photo", ("b.jpg", b"no photo", "image/jpeg"))]
    family._show(family._client.post("/case/photos", data=said, files=sent))
    assert family.status == 422
    assert "One photo is with your report now." in family.text
    assert "Photo 2" in family.text
    assert "data:image/jpeg;base64," in family.page.text
    family.press("/case/photos/remove")
    assert "data:image/jpeg" not in family.page.text


def test_a_program_adds_a_photo(service: Service, client: httpx2.Client) -> None:
    answer = upload(client, file(service), images.saved(images.picture()))
    assert (answer.status_code, answer.json()) == (201, {"width": 400, "height": 300})


@pytest.mark.parametrize("files", [(), (PHOTOS[0], PHOTOS[1]), (b"",), (b"<svg/>",), (b"\xff\xd8\xff",)])
def test_what_is_no_photo_is_refused_in_words(
    service: Service, client: httpx2.Client, files: tuple[bytes, ...]
) -> None:
    answer = upload(client, file(service), *files)
    assert answer.status_code in (400, 422)
    assert answer.headers["content-type"].startswith("application/problem+json")


def test_an_upload_that_is_too_large_is_ended_while_it_streams(
    service: Service, client: httpx2.Client
) -> None:
    answer = upload(client, file(service), b"\xff\xd8\xff" + bytes(20_000_001))
    assert answer.status_code in (413, 422)


def test_a_wrong_receipt_and_an_unknown_field_add_nothing(service: Service, client: httpx2.Client) -> None:
    receipt = file(service)
    assert upload(client, Receipt(receipt.case_number, "wrong", 0), PHOTOS[0]).status_code == 404
    assert upload(client, receipt, PHOTOS[0], other="x").status_code == 422


def test_a_volunteer_sees_the_photos_of_what_they_have_claimed_and_nobody_else_s(
    service: Service, staff: Callable[..., Visitor], pair: tuple[str, str, str]
) -> None:
    ref, mine, _ = pair
    volunteer = staff("volunteer", "one")
    address = f"/candidates/{ref}/photos"
    assert volunteer.open(address).status == 404
    assert volunteer.open(f"{address}/{mine}").status == 404
    assert "Show the photos" not in volunteer.open(f"/candidates/{ref}").text
    volunteer.press(f"/candidates/{ref}/claim")
    assert "Show the photos" in volunteer.text
    assert volunteer.open(address).status == 200
    seen = volunteer.open(f"{address}/{mine}").page
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")
    assert seen.headers["cache-control"] == "no-store"
    assert seen.content.startswith(b"\xff\xd8")
    assert staff("volunteer", "two").open(f"{address}/{mine}").status == 404
    with service.database.read() as session:
        assert "photo.viewed" in session.scalars(select(AuditRow.action)).all()


@pytest.mark.parametrize(
    ("role", "status"), [("coordinator", 200), ("police", 404), ("admin", 403), ("auditor", 403)]
)
def test_others_see_photos_as_the_table_says(
    staff: Callable[..., Visitor], pair: tuple[str, str, str], role: str, status: int
) -> None:
    ref, mine, _ = pair  # it is not referred: no officer's yet
    assert staff(role).open(f"/candidates/{ref}/photos/{mine}").status == status


def test_a_photo_is_shown_only_as_part_of_its_own_candidate(
    service: Service, staff: Callable[..., Visitor], pair: tuple[str, str, str]
) -> None:
    foreign = add(service, file(service), PHOTOS[3]).ref
    coordinator = staff("coordinator")
    for photo in (foreign, "nothing", "..%2f..%2fsecret.key", "x" * 200):
        assert coordinator.open(f"/candidates/{pair[0]}/photos/{photo}").status == 404
