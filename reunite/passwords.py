"""Passwords: argon2id, which is slow and hungry on purpose, so never inside a transaction and few at a time."""

import secrets
import threading

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from reunite.problems import Problem

_HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low-memory profile)
# What an unknown account is checked against, so that it takes as long as a known one.
_NOBODY = _HASHER.hash(secrets.token_hex(16))
# Each takes 64 MiB and a core: many sign-ins at once must not take the machine from those who file.
_AT_ONCE = threading.Semaphore(2)
_SHORTEST, _LONGEST = 12, 200


def problems(password: str) -> list[Problem]:
    """What is wrong with a password that somebody chose; empty if it will do."""
    if _SHORTEST <= len(password) <= _LONGEST:
        return []
    return [
        Problem("password", "", "A password needs at least {least} characters.", {"least": str(_SHORTEST)})
    ]


def hashed(password: str) -> str:
    """What is stored."""
    with _AT_ONCE:
        return _HASHER.hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the password; None, for an account that is not there, takes as long and is False."""
    try:
        with _AT_ONCE:
            return (
                _HASHER.verify(password_hash or _NOBODY, password[: _LONGEST + 1])
                and password_hash is not None
            )
    except (Argon2Error, InvalidHashError):
        return False
