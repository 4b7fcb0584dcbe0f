"""Marked values in every field, filed in every way, are searched for in everything that is written or answered: they
are only where the policy table allows them."""

import re
import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import redis
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import inspect, text

from api.app import create_app
from reunite import accounts, messages, partners
from reunite.config import Settings
from reunite.console import import_file
from reunite.policy import Role, Scope
from reunite.service import Service
from tests.factory import report_fields
from tests.processes import command
from tests.reunite.test_cli import write_csv
from tests.visitor import Visitor
from workers.doorbell import MATCHING

SEALED = {"place_found", "reporter_name", "reporter_relation", "reporter_phone", "reporter_email"}
CONTACT = SEALED - {"place_found"}
MESSAGE = "message"
FREE = {"name", "other_names", "place_event", "place_home", "marks", "clothing", "belongings", "relatives", "languages",
        "memories", *SEALED}  # fmt: skip
ROUNDS = 4
MARK = re.compile(rb"zq(\d{3})x", re.IGNORECASE)
API = "/api/v1/reports"


@dataclass
class Filed:
    """What was filed: the column that each mark stands in, and all that was answered to families and partners."""

    columns: dict[int, str] = field(default_factory=dict)
    answers: list[httpx2.Response] = field(default_factory=list)

    def marked(self, kind: str) -> dict[str, str]:
        """A report of the kind with a new mark in every field that takes words."""
        fields = report_fields(kind)
        for column in sorted(FREE - ({"place_found"} if kind == "missing" else set())):
            number = len(self.columns)
            self.columns[number] = column
            mark = f"Zq{number:03d}x"
            written = f"{fields.get(column, '红色')} {mark}"
            fields[column] = f"{mark}@example.invalid" if column == "reporter_email" else written
        return fields

    def said(self) -> str:
        """Words of a message with a new mark."""
        number = len(self.columns)
        self.columns[number] = MESSAGE
        return f"Zq{number:03d}x"

    def found_in(self, content: bytes | str) -> set[str]:
        """The columns whose values are in it."""
        raw = content.encode() if isinstance(content, str) else content
        return {self.columns[int(number)] for number in MARK.findall(raw)}


def file_all(address: str, service: Service, key: str, folder: Path) -> Filed:
    """By the form, by the API with and without a key, and by an import; with mistakes in between."""
    filed = Filed()
    for number in range(ROUNDS):
        for kind in ("missing", "found"):
            unasked = {"kind", "language", *(("name_origin",) if kind == "missing" else ())}
            with Visitor.at(address) as family:
                fields = {name: said for name, said in filed.marked(kind).items() if name not in unasked}
                family.file_report(kind, **fields)
                assert family.status == 201, family.text
                filed.answers.append(family.page)
            headers = {"Authorization": f"Bearer {key}"} if number % 2 else {}
            said = {**filed.marked(kind), "source_id": f"{kind}-{number}"}
            with httpx2.Client(base_url=address, headers=headers, timeout=30) as client:
                filed.answers += [
                    client.post(API, json=said),
                    client.post(API, json={**said, "sex": said["name"], "colour": said["memories"]}),
                    client.post(API, content=str(said), headers={"Content-Type": "application/json"}),
                    client.post(f"{API}/{said['name']}", json=said),
                    client.post(
                        "/api/v1/case", json={"case_number": said["name"], "secret": said["memories"]}
                    ),
                ]
            rows = write_csv(folder / f"{kind}-{number}.csv", {**filed.marked(kind), "source_id": "row"})
            import_file(service, rows, source=f"shelter-{kind}-{number}")
    assert [one.status_code for one in filed.answers if one.status_code >= 500] == []
    assert sum(one.status_code == 201 for one in filed.answers) == ROUNDS * 4
    assert len(filed.columns) >= 300
    return filed


def write_all(address: str, service: Service, filed: Filed) -> None:
    """Messages to some reports of each side, and the families' answers, one of them too long."""
    with service.database.write() as session:
        coordinator = accounts.add(
            session, service.keys, actor="test", email="writer@example.invalid", name="writer", role=Role.COORDINATOR,
            password_hash="-",
        )  # fmt: skip
    made = [
        one.json()
        for one in filed.answers
        if one.status_code == 201 and "json" in one.headers["content-type"]
    ]
    assert {receipt["case_number"][0] for receipt in made[:4]} == {"M", "F"}
    for receipt in made[:4]:
        with service.database.write() as session:
            messages.write(session, service.keys, coordinator, receipt["case_number"], filed.said())
        with Visitor.at(address) as family:
            family.open("/case").press("/case", case_number=receipt["case_number"], secret=receipt["secret"])
            assert family.press("/case/answer", text=filed.said() * 500).status == 422
            assert family.press("/case/answer", text=filed.said()).status == 200


@pytest.fixture
def filed(
    settings: Settings, service: Service, redis_url: str, tmp_path: Path
) -> tuple[Filed, str, dict[str, bytes]]:
    """All is filed with a server and compared by a worker, each a process of its own; gives what they logged, and what
    lay in Redis."""
    with service.database.write() as session:
        key = partners.create(session, service.keys, actor="test", source="marked", scopes=list(Scope))
    scaled = settings.model_copy(update={"redis_url": redis_url})
    with command(scaled, "-m", "reunite", "serve") as server:
        address = server.wait_for(r"http://[\d.]+:\d+")[0]
        made = file_all(address, service, key, tmp_path)
        write_all(address, service, made)
        logged = server.output()
    with redis.Redis.from_url(redis_url) as client:
        queue = {name.decode(): client.dump(name) or b"" for name in client.scan_iter()}
        queue |= {
            f"{name} (list)": b"".join(client.lrange(name, 0, -1))
            for name in queue
            if client.type(name) == b"list"
        }
    with command(settings, "-m", "reunite", "worker", "--until-empty") as worker:
        worker.wait_for(r"jobs done")
        logged += worker.output()
    return made, logged, queue


def test_marked_values_are_only_where_the_table_allows_them(
    settings: Settings, service: Service, filed: tuple[Filed, str, dict[str, bytes]], tmp_path: Path,
    staff: Callable[..., Visitor], visit: Callable[..., Visitor],
) -> None:  # fmt: skip
    made, logged, queue = filed
    for answer in made.answers:
        assert made.found_in(answer.content) == set(), "an answer repeats what was sent"
        assert made.found_in(str(answer.headers)) == set()
        assert answer.headers["cache-control"] == "no-store"
    assert made.found_in(logged) == set(), "a log line tells what somebody wrote"
    assert MATCHING in queue, "nothing rang"
    assert made.found_in(b"".join(name.encode() + content for name, content in queue.items())) == set()
    _search_storage(made, service, settings, tmp_path)
    for role in (None, "admin", "auditor"):
        assert _seen(service, visit() if role is None else staff(role), made) == set(), role
    volunteer = _seen(service, staff("volunteer"), made)
    assert volunteer, "the volunteer saw no report at all"
    assert volunteer & (SEALED | {MESSAGE}) == set()
    for role in ("coordinator", "police"):
        seen = _seen(service, staff(role), made)
        assert seen & CONTACT == set(), f"contact data without being asked for: {role}"
        assert MESSAGE in seen, role


def _search_storage(made: Filed, service: Service, settings: Settings, folder: Path) -> None:
    """Database, write-ahead log, backup and every other file; the log's rows hold nothing at all."""
    tables = inspect(service.database.engine).get_table_names()
    with service.database.read() as session:
        rows = {name: str(session.execute(text(f'SELECT * FROM "{name}"')).all()) for name in tables}
    assert made.found_in(rows["report"]), "nothing is there"
    assert made.found_in(rows["audit_entry"]) == set()
    assert {name: made.found_in(content) & (SEALED | {MESSAGE}) for name, content in rows.items()} == {
        name: set() for name in rows
    }
    if service.database.is_sqlite:
        with sqlite3.connect(settings.data_dir / "reunite.db") as connection:
            connection.execute("VACUUM INTO ?", (str(folder / "backup.db"),))
        assert made.found_in((folder / "backup.db").read_bytes()), "the backup is empty"
        assert made.found_in((folder / "backup.db").read_bytes()) & (SEALED | {MESSAGE}) == set()
    files = [path for path in settings.data_dir.rglob("*") if path.is_file()]
    assert any("index" in path.parts for path in files), "the worker stored no index"
    assert {path.name: made.found_in(path.read_bytes()) & (SEALED | {MESSAGE}) for path in files} == {
        path.name: set() for path in files
    }


def _seen(service: Service, visitor: Visitor, made: Filed) -> set[str]:
    """The columns whose values somebody sees who opens every page that they can reach, and takes a candidate."""
    waiting = [one.path for one in _pages(service) if "{" not in one.path]
    opened: set[str] = set()
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in opened or not path.startswith("/") or path.startswith("/static") or len(opened) > 80:
            continue
        opened.add(path)
        visitor.open(path)
        found |= made.found_in(visitor.page.content) | made.found_in(str(visitor.page.headers))
        kept = "public, max-age=60" if path.startswith(("/alerts/feed.atom", "/alerts/cap/")) else "no-store"
        assert kept in visitor.page.headers["cache-control"], path
        claims = [action for action in visitor.actions() if action.endswith("/claim")]
        for action in claims:
            found |= made.found_in(visitor.press(action).page.content)
        waiting += visitor.links
    return found


def _pages(service: Service) -> Iterable[APIRoute]:
    for one in iter_route_contexts(create_app(service).routes):
        if isinstance(one.route, APIRoute) and "GET" in one.route.methods:
            yield one.route
