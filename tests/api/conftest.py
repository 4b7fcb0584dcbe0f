"""The application answering in this process, and people who visit it."""

from collections.abc import Callable, Iterator

import httpx2
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.app import create_app
from reunite import accounts, passwords
from reunite.policy import Role
from reunite.service import Service
from tests.visitor import Visitor

PASSWORD = "four words make it"
# Hundreds of people sign in here; what guessing a real hash costs is tested with the passwords.
_QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = _QUICK.hash(PASSWORD)


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "_HASHER", _QUICK)
    monkeypatch.setattr(passwords, "_NOBODY", _QUICK.hash("nobody"))


@pytest.fixture
def app(service: Service) -> FastAPI:
    """The application that all visitors of a test meet."""
    return create_app(service)


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx2.Client]:
    """A client without cookies of its own; errors of ours come as answers, as they do to people."""
    with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def visit(app: FastAPI) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with a browser of their own."""
    opened: list[TestClient] = []

    def make(language: str = "en") -> Visitor:
        made = TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)
        opened.append(made)
        return Visitor(made, language)

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def staff(service: Service, visit: Callable[..., Visitor]) -> Callable[..., Visitor]:
    """Makes members of staff who have signed in."""

    def make(role: str, name: str = "", language: str = "en") -> Visitor:
        email = f"{name or role}@example.invalid"
        with service.database.write() as session:
            accounts.add(
                session, service.keys, actor="test", email=email, name=name or role, role=Role(role),
                password_hash=HASH,
            )  # fmt: skip
        return visit(language).sign_in(email, PASSWORD)

    return make
