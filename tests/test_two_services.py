"""Two services tell each other of a child over HTTP only: each with its own data folder, server and worker.

A family files in A and asks for a poster, a coordinator publishes it, and B, which holds the found child, pulls A's
feed with a key: B's worker stores the pair. The family withdraws in A, B pulls again, and nothing of its copy is left.
"""

import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import select

from reunite.config import Settings
from reunite.storage.session import Database
from reunite.storage.tables import CandidateRow, ReportRow
from tests.factory import report_fields
from tests.processes import command, wait_until
from tests.test_main_job import PASSWORD, join
from tests.visitor import Visitor

COORDINATOR = "coordinator@example.invalid"


@dataclass
class Running:
    """A service that runs: its settings, its address, and the path of its first invitation."""

    settings: Settings
    address: str
    invitation: str

    def run(self, *arguments: str) -> str:
        """What the technician is told by a command."""
        with command(self.settings, "-m", "reunite", *arguments) as process:
            code = process.popen.wait(timeout=120)
            assert code == 0, process.output()
            return process.output()

    def file(self, kind: str, **changes: str) -> dict[str, str]:
        answer = httpx2.post(f"{self.address}/api/v1/reports", json=report_fields(kind, **changes))
        assert answer.status_code == 201, answer.text
        said: dict[str, str] = answer.json()
        return said

    def reports(self) -> list[ReportRow]:
        with self._database() as database, database.read() as session:
            return list(session.scalars(select(ReportRow).order_by(ReportRow.id)))

    def stages(self) -> list[str]:
        """How far each pair is."""
        with self._database() as database, database.read() as session:
            return list(session.scalars(select(CandidateRow.stage)))

    @contextmanager
    def _database(self) -> Iterator[Database]:
        database = Database(self.settings.url())
        yield database
        database.dispose()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Running, Running]]:
    with ExitStack() as stack:
        found = []
        for name in ("a", "b"):
            settings = Settings(data_dir=tmp_path / name, port=0)
            server = stack.enter_context(command(settings, "-m", "reunite", "serve"))
            link = server.wait_for(r"(http://[^/\s]+)(/invitation/\S+)")
            found.append(Running(settings, link[1], link[2]))
        yield found[0], found[1]


def publish(service: Running, case: dict[str, str]) -> str:
    """A family asks for a poster of its child, a coordinator who has just joined publishes it; gives its address."""
    number = case["case_number"]
    with Visitor.at(service.address) as family:
        family.open("/case").press("/case", case_number=number, secret=case["secret"])
        family.press("/case/poster", show_name="yes", show_marks="yes", show_birth_date="yes", show_sex="yes",
                     show_event_date="yes", show_place_event="yes", agree="yes")  # fmt: skip
    join(service.address, service.invitation, "admin@localhost.local")
    with Visitor.at(service.address) as admin:
        admin.sign_in("admin@localhost.local", PASSWORD)
        admin.open("/people").press("/people", email=COORDINATOR, role="coordinator")
        join(service.address, re.findall(r"/invitation/[\w-]+", admin.text)[0], COORDINATOR)
    with Visitor.at(service.address) as coordinator:
        address = f"/reports/{number}/poster"
        coordinator.sign_in(COORDINATOR, PASSWORD).open(address)
        coordinator.press(address, "publish", show_name="yes", show_marks="yes", show_birth_date="yes", show_sex="yes",
                          show_event_date="yes", show_place_event="yes")  # fmt: skip
        return next(link for link in coordinator.links if re.fullmatch(r"\S*/posters/[0-9A-Z]{8}", link))


def test_a_child_on_a_poster_in_one_service_is_matched_in_the_other_and_forgotten_when_withdrawn(
    both: tuple[Running, Running], tmp_path: Path
) -> None:
    a, b = both
    case = a.file("missing")
    b.file("found")
    feed, key_file = f"{a.address}/api/v1/pfif/person", tmp_path / "key"
    key_file.write_text(a.run("key", "create", "service-b", "--scope", "feed:read"))

    def pull() -> str:
        return b.run("pull-pfif", feed, "--source", "service-a", "--key-file", str(key_file))

    assert "0 filed" in pull(), "nothing leaves before the family and a coordinator agree"
    poster = publish(a, case)
    assert "1 filed" in pull()
    _, copy = b.reports()
    assert (copy.kind, copy.source, copy.person["name"]) == ("missing", "service-a", "王晓明")
    assert "memories" not in copy.person
    assert str(copy.source_id).endswith(poster.rpartition("/")[2])
    wait_until(lambda: b.stages() == ["open"])
    assert "1 unchanged" in pull()

    with Visitor.at(a.address) as family:
        family.open("/case").press("/case", case_number=case["case_number"], secret=case["secret"])
        family.press("/case/withdraw", sure="yes")
    assert httpx2.get(f"{a.address}{poster}").status_code == 404
    assert "1 withdrawn" in pull()
    found, copy = b.reports()
    assert copy.erased_at is not None
    assert copy.person == {}
    assert b.stages() == ["closed"]
    assert (found.state, found.erased_at) == ("open", None)
    assert "0 filed, 0 amended, 1 unchanged, 0 withdrawn, 0 refused" in pull()
