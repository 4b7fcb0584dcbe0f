"""Partner organisations' keys: shown once, kept as hashes, with scopes and an end."""

import base64
from datetime import timedelta

import pytest
from sqlalchemy import update

from reunite import audit, partners
from reunite.actors import Partner
from reunite.policy import Scope
from reunite.problems import Invalid, NotFound
from reunite.service import Service
from reunite.storage.clock import now
from reunite.storage.partner_tables import PartnerKeyRow
from tests.reunite.test_cli import run


def make(service: Service, source: str = "shelter-a", days: int = 365) -> str:
    with service.database.write() as session:
        return partners.create(
            session, service.keys, actor="test", source=source, scopes=list(Scope), days=days
        )


def caller(service: Service, key: str) -> Partner | None:
    return partners.caller(service.database, service.keys, key)


def known(service: Service) -> list[partners.PartnerKey]:
    with service.database.read() as session:
        return list(partners.list_keys(session))


def test_a_key_names_its_organisation_and_scopes(service: Service) -> None:
    asking = caller(service, make(service))
    assert asking is not None
    assert (asking.source, asking.scopes) == ("shelter-a", frozenset(Scope))
    assert asking.actor == f"partner:{asking.id}"


def test_a_key_has_256_random_bits_and_is_stored_as_a_keyed_hash_only(service: Service) -> None:
    first, second = make(service), make(service)
    assert first != second
    assert len(base64.urlsafe_b64decode(first[17:] + "=")) == 32
    with service.database.read() as session:
        rows = session.query(PartnerKeyRow).all()
        stored = " ".join(str(value) for row in rows for value in vars(row).values())
        log = " ".join(f"{one.actor} {one.subject} {one.detail}" for one in audit.entries(session, 10))
    for key in (first, second):
        assert key not in stored
        assert key[17:] not in stored + log
    assert "shelter-a" not in log


@pytest.mark.parametrize(
    "key", ["", "reunite_", "reunite_00000000_" + "A" * 43, "x" * 10_000, "reunite_\0", "Bearer reunite_"]
)
def test_what_is_no_key_is_nobody(service: Service, key: str) -> None:
    make(service)
    assert caller(service, key) is None


def test_a_key_that_ended_counts_no_longer(service: Service) -> None:
    key = make(service)
    with service.database.write() as session:
        session.execute(update(PartnerKeyRow).values(expires_at=now(session) - timedelta(seconds=1)))
    assert caller(service, key) is None
    assert known(service)[0].state == "expired"


def test_a_revoked_key_counts_no_longer_and_the_other_one_does(service: Service) -> None:
    old, new = make(service), make(service)
    asking = caller(service, old)
    assert asking is not None
    with service.database.write() as session:
        partners.revoke(session, service.keys, asking.id, actor="test")
    assert caller(service, old) is None
    assert caller(service, new) is not None
    with service.database.write() as session, pytest.raises(NotFound):
        partners.revoke(session, service.keys, 999, actor="test")


def test_the_use_of_a_key_is_noted_once_an_hour(service: Service) -> None:
    key = make(service)
    assert known(service)[0].last_used_at is None
    caller(service, key)
    first = known(service)[0].last_used_at
    assert first is not None
    caller(service, key)
    assert known(service)[0].last_used_at == first
    with service.database.write() as session:
        session.execute(update(PartnerKeyRow).values(last_used_at=first - timedelta(hours=1)))
    caller(service, key)
    later = known(service)[0].last_used_at
    assert later is not None
    assert later > first


@pytest.mark.parametrize(
    ("source", "scopes", "days"),
    [("", ["cases:read"], 1), ("x" * 201, ["cases:read"], 1), ("a", [], 1), ("a", ["all"], 1), ("a", ["cases:read"], 0),
     ("a", ["cases:read"], 1096)],
)  # fmt: skip
def test_a_key_without_name_scope_or_end_is_not_made(
    service: Service, source: str, scopes: list[str], days: int
) -> None:
    with pytest.raises(Invalid), service.database.write() as session:
        partners.create(session, service.keys, actor="test", source=source, scopes=scopes, days=days)
    assert known(service) == []


def test_the_technician_makes_lists_and_revokes_keys(service: Service) -> None:
    made = run(service.settings, "key", "create", "shelter [a]", "--scope", "cases:read", "--days", "30")
    assert made.returncode == 0, made.stderr
    key = made.stdout.strip()
    asking = caller(service, key)
    assert asking is not None
    assert asking.scopes == {Scope.READ_CASES}
    listed = run(service.settings, "key", "list").stdout
    assert "shelter [a]" in listed
    assert key not in listed
    assert run(service.settings, "key", "revoke", str(asking.id)).returncode == 0
    assert caller(service, key) is None
    assert run(service.settings, "key", "revoke", "999").returncode == 2
