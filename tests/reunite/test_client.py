"""reunite.client against a running server, and against one that is busy or breaks off."""

import ast
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from reunite import accounts, client, messages, partners
from reunite.client import (
    ApiError,
    Busy,
    ChangedMeanwhile,
    Client,
    Filed,
    KeyRefused,
    NotNow,
    NotThere,
    Refused,
)
from reunite.config import Settings
from reunite.policy import Role, Scope
from reunite.service import Service
from tests import images
from tests.factory import report_fields
from tests.processes import command

PHOTO = images.saved(images.picture())


@pytest.fixture
def address(settings: Settings, service: Service) -> Iterator[str]:
    """Of a server that is a process of its own."""
    with command(settings, "-m", "reunite", "serve") as server:
        yield server.wait_for(r"Reunite is at (http://\S+)")[1]


def new_key(service: Service, *scopes: Scope) -> str:
    with service.database.write() as session:
        return partners.create(
            session, service.keys, actor="test", source="shelter-a", scopes=scopes or list(Scope)
        )


def write(service: Service, case_number: str) -> None:
    """A coordinator writes to who filed the report."""
    with service.database.write() as session:
        writer = accounts.add(session, service.keys, actor="test", email="writer@example.invalid", name="writer",
                              role=Role.COORDINATOR, password_hash="-")  # fmt: skip
        messages.write(session, service.keys, writer, case_number, "Was there a bridge?")


def test_a_partner_does_everything_with_a_running_server(service: Service, address: str) -> None:
    with Client(address, new_key(service)) as api:
        filed = api.file(report_fields(source_id="A-1"))
        assert filed.secret is not None
        assert api.file(report_fields(source_id="A-1", name="王芳")) == Filed(filed.case_number, None)
        number = filed.case_number
        status = api.status(number)
        assert (status.source_id, status.kind, status.unread) == ("A-1", "missing", 0)
        assert isinstance(status.filed_at, datetime)
        for name in ("A-2", "A-3"):
            api.file(report_fields("found", source_id=name))
        assert [one.source_id for one in api.list(page_size=1)] == ["A-1", "A-2", "A-3"]
        assert [one.source_id for one in api.list(kind="found", changed_after=status.filed_at)] == [
            "A-2",
            "A-3",
        ]
        _change(api, number)
        _photos(api, number)
        write(service, number)
        (letter,) = api.messages(number)
        assert (letter.writer, letter.text) == ("service", "Was there a bridge?")
        api.mark_read(number)
        assert api.status(number).unread == 0
        assert api.answer(number, "Of stone").writer == "you"
        assert api.poster(number).state == ""
        assert api.ask_for_poster(number, ("name", "marks")).shows == ["name", "marks"]
        api.end_poster(number)
        assert api.poster(number).state == "taken_back"
        assert api.extend(number).step in ("received", "compared")
        assert api.withdraw(number).step == "withdrawn"
        with pytest.raises(NotNow):
            api.amend(number, report_fields(source_id="A-1"))
        api.erase(number)
        with pytest.raises(NotThere):
            api.status(number)
        assert [one.source_id for one in api.list()] == ["A-2", "A-3"]


def _change(api: Client, number: str) -> None:
    known = api.content(number)
    assert known.report["name"] == "王芳"
    assert known.reporter["reporter_phone"] == "•••••100"
    changed = api.change(number, {"marks": "右眉上有疤", "memories": None})
    said = api.content(number)
    assert (said.report["marks"], "memories" in said.report) == ("右眉上有疤", False)
    with pytest.raises(ChangedMeanwhile):
        api.change(number, {"marks": ""}, etag='"of-another-time"')
    amended = api.amend(number, report_fields(source_id="A-1"), etag=api.status(number).etag)
    assert api.content(number).report["memories"] == "门前有一座石桥"
    assert amended.etag != changed.etag


def _photos(api: Client, number: str) -> None:
    photo = api.add_photo(number, PHOTO)
    assert (photo.width, photo.height) == (400, 300)
    assert api.photos(number) == (photo,)
    assert api.photo(number, photo.ref)[:2] == b"\xff\xd8"
    api.remove_photo(number, photo.ref)
    assert api.photos(number) == ()
    with pytest.raises(Refused) as error:
        api.add_photo(number, b"no picture")
    assert [field for field, _ in error.value.problems] == ["photo"]


def test_what_is_refused_is_an_error_of_its_own_kind(service: Service, address: str) -> None:
    with Client(address, new_key(service), language="zh") as api:
        with pytest.raises(Refused) as error:
            api.file({"kind": "missing", "source_id": "A-1", "name": "a", "birth_date": "1998-02-30"})
        assert error.value.problems == (("birth_date", "那个月没有这一天。"),)
        with pytest.raises(Refused):
            api.file({"kind": "missing", "source_id": "A-1", "memories": "a" * 300_000})
        for strange in ("M-0000-0000", "../case", "%2e%2e", "?", "é/\n"):
            with pytest.raises(NotThere):
                api.status(strange)
        api.file(report_fields(source_id="A-1"), idempotency_key="one")
        with pytest.raises(NotNow):
            api.file(report_fields(source_id="A-2"), idempotency_key="one")
    with Client(address, new_key(service, Scope.READ_CASES)) as api, pytest.raises(KeyRefused) as error_:
        api.file(report_fields(source_id="A-1"))
    assert error_.value.status == 403
    with Client(address, "reunite_no_key") as api, pytest.raises(KeyRefused):
        list(api.list())


STATUS = {
    "case_number": "M-7K3Q-9XT2", "kind": "missing", "source_id": "A-1", "step": "received", "call": "", "unread": 0,
    "filed_at": "2026-03-01T08:30:00Z", "changed_at": "2026-03-01T08:30:00Z", "of_a_later_service": 1,
}  # fmt: skip
Answers = Callable[..., tuple[Client, list[httpx.Request], list[float]]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A client of a server that answers like this, one after the other; what it was asked, and how long was waited."""

    def make(*said: httpx.Response | Exception) -> tuple[Client, list[httpx.Request], list[float]]:
        left, asked, waits = list(said), list[httpx.Request](), list[float]()

        def answer(request: httpx.Request) -> httpx.Response:
            asked.append(request)
            one = left.pop(0)
            if isinstance(one, Exception):
                raise one
            return one

        monkeypatch.setattr(client.time, "sleep", waits.append)
        return Client("http://test", "key", transport=httpx.MockTransport(answer)), asked, waits

    return make


def busy(seconds: str = "7", status: int = 503) -> httpx.Response:
    return httpx.Response(status, headers={"Retry-After": seconds}, json={"title": "busy", "status": status})


def good() -> httpx.Response:
    return httpx.Response(200, headers={"ETag": '"1"'}, json=STATUS)


def test_a_busy_service_is_asked_again_after_the_time_that_it_names(answers: Answers) -> None:
    api, asked, waits = answers(busy(), busy("soon"), busy("9999"), good())
    assert api.status("M-7K3Q-9XT2").etag == '"1"'
    assert (len(asked), waits) == (4, [7.0, 14.0, 60.0])
    api, asked, waits = answers(busy("60", 429), good())
    api.status("M-7K3Q-9XT2")
    assert (len(asked), waits) == (2, [60.0])
    api, asked, _ = answers(*(busy() for _ in range(9)))
    with pytest.raises(Busy):
        api.status("M-7K3Q-9XT2")
    assert len(asked) == 5


def test_filing_again_after_a_lost_answer_carries_the_same_idempotency_key(answers: Answers) -> None:
    lost, filed = (
        httpx.ReadError("lost"),
        httpx.Response(201, json={"case_number": "M-7K3Q-9XT2", "secret": "s"}),
    )
    api, asked, _ = answers(lost, busy(), filed, filed)
    assert api.file({"kind": "missing"}).secret == "s"
    api.file({"kind": "missing"})
    sent = [request.headers["idempotency-key"] for request in asked]
    assert len(set(sent[:3])) == 1
    assert sent[3] != sent[0]


def test_what_may_have_been_done_already_is_sent_again_only_where_that_does_no_harm(answers: Answers) -> None:
    away, lost = httpx.ConnectError("away"), httpx.ReadError("lost")
    api, asked, _ = answers(away, lost)
    with pytest.raises(httpx.ReadError):
        api.erase("M-7K3Q-9XT2")
    assert len(asked) == 2
    api, asked, _ = answers(lost, good())
    api.change("M-7K3Q-9XT2", {"marks": "scar"})
    assert len(asked) == 2
    api, asked, _ = answers(lost)
    with pytest.raises(httpx.ReadError):
        api.change("M-7K3Q-9XT2", {"marks": "scar"}, etag='"1"')
    assert asked[0].headers["if-match"] == '"1"'


def test_an_answer_of_somebody_on_the_way_is_an_error_too(answers: Answers) -> None:
    api, _, _ = answers(httpx.Response(502, text="<html>"), httpx.Response(404, json=["nothing"]))
    with pytest.raises(ApiError) as error:
        api.status("M-7K3Q-9XT2")
    assert (error.value.status, error.value.title) == (502, "Bad Gateway")
    with pytest.raises(NotThere):
        api.status("M-7K3Q-9XT2")


def test_a_status_that_is_known_is_not_read_again(answers: Answers) -> None:
    api, asked, _ = answers(good(), httpx.Response(304), good())
    known = api.status("M-7K3Q-9XT2")
    assert api.changed(known) is None
    assert api.changed(known) == known
    assert asked[1].headers["if-none-match"] == '"1"'


def test_the_client_is_one_short_file_that_can_be_copied() -> None:
    text = Path(client.__file__).read_text()
    assert len(text.splitlines()) < 300
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).partition(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported - set(sys.stdlib_module_names) == {"httpx"}
