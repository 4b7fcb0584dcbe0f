"""Guessing becomes slow, and nobody can lock another out.

Failures are counted for each account, known or not. A browser in which somebody has signed in before keeps a signed
cookie, and its tries have a counter of their own: whoever guesses from elsewhere makes only their own kind wait.
Addresses are counted by reunite.rates.
"""

import hmac
import re
import secrets
from datetime import timedelta

from sqlalchemy import delete
from sqlalchemy.orm import Session

from reunite.keys import Keys
from reunite.problems import Conflict
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import SignInFailureRow

_FREE_TRIES = 5
PASSWORD_WAIT_S = 60
CODE_WAIT_S = 900
"""A code has a million values, three of which fit. Only who has the password comes so far: the wait may be long."""
_KEPT = timedelta(days=1)


def account_of(keys: Keys, email: str) -> str:
    """The keyed hash under which an account is counted, whether it is there or not."""
    return keys.mac("account", email.strip().lower())


def new_device(keys: Keys, email: str) -> str:
    """The cookie of a browser in which this account has signed in."""
    name = secrets.token_urlsafe(18)
    return f"{name}.{_device_mark(keys, email, name)}"


def known_device(keys: Keys, email: str, cookie: str) -> str:
    """The browser's name if the cookie is ours and of this account, else empty."""
    name, _, mark = cookie[:200].partition(".")
    fits = hmac.compare_digest(mark.encode(), _device_mark(keys, email, name).encode())
    return name if fits and re.fullmatch(r"[\w-]{24}", name) else ""


def passwords_of(keys: Keys, email: str, device: str) -> str:
    """The counter of wrong passwords: the account's, or its known browser's own."""
    account = account_of(keys, email)
    return keys.mac("account-device", account, device) if device else account


def codes_of(keys: Keys, staff_id: int, device: str) -> str:
    """The counter of wrong codes: the account's, or its known browser's own."""
    return keys.mac("account-codes", str(staff_id), device)


def refuse_while_waiting(session: Session, counter: str) -> None:
    """Raise Conflict while one has to wait."""
    failure = session.get(SignInFailureRow, counter)
    if failure is not None and failure.not_before > now(session):
        raise Conflict("Too many wrong tries for this account. Please wait a little and try again.")


def count_failure(session: Session, counter: str, longest_s: int) -> None:
    """One more; after five each makes the wait longer, up to `longest_s` seconds."""
    failure = session.get(SignInFailureRow, counter, with_for_update=True)
    if failure is None:
        failure = SignInFailureRow(account_hash=counter, failures=0, not_before=now(session))
        session.add(failure)
    failure.failures += 1
    over = failure.failures - _FREE_TRIES
    wait = min(4 * 2 ** min(over, 10), longest_s) if over >= 0 else 0
    failure.not_before = now(session) + timedelta(seconds=wait)


def clear(session: Session, counter: str) -> None:
    """A right one: the count begins anew."""
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.account_hash == counter))


def forget_old(session: Session) -> None:
    """Remove counters that nobody touched for a day."""
    session.execute(delete(SignInFailureRow).where(SignInFailureRow.not_before < now(session) - _KEPT))


def _device_mark(keys: Keys, email: str, name: str) -> str:
    return keys.mac("device", account_of(keys, email), name)
