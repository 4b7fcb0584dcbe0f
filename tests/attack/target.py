"""The service that is attacked: a process of its own on SQLite and a free port, with worker, staff and reports.

It trusts one proxy, 127.0.0.1: so an attack can come from one address or from many, as X-Forwarded-For says.
"""

import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx2
from sqlalchemy import select

from benchmarks import generator
from reunite import accounts, jobs, partners, passwords
from reunite.config import Settings
from reunite.console import import_file
from reunite.policy import Role, Scope
from reunite.service import open_service
from reunite.storage.tables import CandidateRow, ReportRow
from tests.processes import command, wait_until
from tests.visitor import Visitor

ROOT = Path(__file__).parents[2]
_REPORTS, _PAIRS = 60, 30
PASSWORD = secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True)
class Target:
    """Where it answers, the keys that were made for it, what is really there for an attacker to be found."""

    settings: Settings
    address: str
    keys: dict[str, str]
    refs: tuple[str, ...]
    case_numbers: tuple[str, ...]


@contextmanager
def running(module: str = "reunite") -> Iterator[Target]:
    """Start it (by a module that takes the commands of reunite), wait until every report has been compared."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(
            data_dir=Path(scratch) / "data", port=0, trusted_proxies="127.0.0.1",
            partner_per_minute=1_000_000,  # what is behind the limit is to be attacked, not the limit
        )  # fmt: skip
        keys = _filled(settings, Path(scratch) / "generated")
        with command(settings, "-m", module, "serve") as process:
            address = process.wait_for(r"Reunite is at (http://\S+)")[1]
            service = open_service(settings)

            def compared() -> bool:
                with service.database.read() as session:
                    now = jobs.summary(session)
                return now.ready + now.leased == 0

            wait_until(compared, pause=0.2)
            with service.database.read() as session:
                refs = tuple(session.scalars(select(CandidateRow.ref).limit(5)))
                numbers = tuple(session.scalars(select(ReportRow.case_number).limit(5)))
            service.close()
            yield Target(settings, address, keys, refs, numbers)


def _filled(settings: Settings, folder: Path) -> dict[str, str]:
    service, keys = open_service(settings), {}
    generator.write(generator.generate(_REPORTS, _REPORTS, _PAIRS, 1, "demo"), folder)
    for name in ("missing.csv", "found.csv"):
        import_file(service, folder / name, source="attacked")
    hashed = passwords.hashed(PASSWORD)
    with service.database.write() as session:
        for role in Role:
            accounts.add(session, service.keys, actor="attack", email=email(role), name=f"One {role}", role=role,
                         password_hash=hashed)  # fmt: skip
        for scopes in ([Scope.WRITE_REPORTS], [Scope.READ_CASES], list(Scope)):
            keys["+".join(scopes)] = partners.create(
                session, service.keys, actor="attack", source="attacked", scopes=scopes
            )
    service.close()
    return keys


def email(role: Role) -> str:
    """The address that the member of staff of this role signs in with."""
    return f"{role}@example.invalid"


def sign_in(client: httpx2.Client, role: Role | None) -> Visitor:
    """Somebody of this role, or nobody, with a token for forms. The one place that knows how people sign in."""
    visitor = Visitor(client).open("/sign-in")
    if role is not None:
        visitor.sign_in(email(role), PASSWORD)
        assert visitor.page.url.path not in ("/sign-in",), visitor.text
    return visitor


def somewhere(random: Random) -> dict[str, str]:
    """The header of a request that comes from an address of its own (RFC 2544, for tests of networks)."""
    return {"X-Forwarded-For": f"198.18.{random.randrange(256)}.{random.randrange(1, 255)}"}


def fields_of_forms() -> tuple[str, ...]:
    """Every name that a route of ours asks a form for, read from the code."""
    names: set[str] = set()
    for path in (ROOT / "api").rglob("*.py"):
        text = path.read_text()
        names |= set(re.findall(r"fields(?:\.get\(|\[)\"([\w:]+)\"", text)) | set(
            re.findall(r'Field\(\s*"(\w+)"', text)
        )
    assert len(names) > 30
    return tuple(sorted(names - {"csrf"}))
