"""Passwords: argon2id, which is slow and hungry on purpose, so never inside a transaction and few at a time."""

import re
import secrets
import threading
from base64 import b64encode
from collections.abc import Sequence

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION
from zxcvbn import zxcvbn

from reunite.problems import Problem

_HASHER = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low-memory profile)
# What an unknown account is checked against, so that it takes as long as a known one: a hash that nothing has, for to
# make a real one takes a fifth of a second of every command's start.
_NOBODY = "$argon2id$v={}$m={},t={},p={}${}${}".format(
    ARGON2_VERSION, _HASHER.memory_cost, _HASHER.time_cost, _HASHER.parallelism,
    *(b64encode(secrets.token_bytes(size)).decode().rstrip("=") for size in (_HASHER.salt_len, _HASHER.hash_len)),
)  # fmt: skip
# Each takes 64 MiB and a core: many sign-ins at once must not take the machine from those who file.
_AT_ONCE = threading.Semaphore(2)
_SHORTEST, _LONGEST = 12, 200
_LOOKED_AT = 72
_LONG_WORD, _LEFT = 3, 8
_SCORE = 3
"""zxcvbn: 3 is 'safely unguessable', more than 10^8 guesses of somebody who knows the usual ways."""
_OUR_WORDS = (
    "reunite",
    "huijia",
    "huí jiā",
    "回家",
    "baobeihuijia",
    "missing",
    "found",
    "volunteer",
    "police",
)


def problems(password: str, known: Sequence[str] = ()) -> list[Problem]:
    """What is wrong with a password that somebody chose; empty if it will do. `known` is what others know of them:
    e-mail, name, organisation."""
    limits = {"least": str(_SHORTEST), "most": str(_LONGEST)}
    if not _SHORTEST <= len(password) <= _LONGEST:
        return [
            Problem("password", "", "A password needs at least {least} characters, at most {most}.", limits)
        ]
    words = [*_OUR_WORDS, *(part for text in known for part in (text, *re.split(r"\W+", text)))]
    long = sorted((word for word in words if len(word) >= _LONG_WORD), key=len, reverse=True)
    # What is left without the words that everybody here knows must carry the password.
    rest = re.sub("|".join(map(re.escape, long)), "", password, flags=re.IGNORECASE)
    score = zxcvbn(password[:_LOOKED_AT], user_inputs=[word for word in words if word])["score"]
    if score < _SCORE or len(rest) < _LEFT:
        said = "This password is easily guessed. Take several words that do not belong together."
        return [Problem("password", "", said)]
    return []


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
