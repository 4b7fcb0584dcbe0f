"""The second factor: codes of an authenticator app (TOTP, RFC 6238), and recovery codes for the day it is lost."""

import base64
import hmac
from dataclasses import dataclass

import pyotp
import segno
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from reunite import audit, receipts, sessions, throttling
from reunite.actors import Staff
from reunite.keys import Keys
from reunite.problems import Conflict, NotFound
from reunite.storage.clock import now
from reunite.storage.sign_in_tables import FactorRow, RecoveryCodeRow

_STEP_S = 30
_DRIFT = 1
RECOVERY_CODES = 10


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person scans or types into the app: the key in base 32, and the same as a QR code (a data: address)."""

    key: str
    picture: str


def offer(keys: Keys, staff: Staff, token: str, issuer: str) -> Offer:
    """The key this session may enrol. It is derived from the session's token, so that nothing is stored before the
    person has shown a code of it."""
    key = _offered(keys, token)
    address = pyotp.TOTP(key).provisioning_uri(name=staff.email, issuer_name=issuer.replace(":", " "))
    return Offer(key, segno.make(address, error="m").svg_data_uri(scale=5, border=4, light="white"))


def enrol(session: Session, keys: Keys, staff: Staff, token: str, code: str) -> list[str] | None:
    """Take the offered key if the code is one of it: gives the recovery codes, to be shown once. None where it is
    not, and the try is counted; raises Conflict where there is a factor already."""
    if has(session, staff.id):
        raise Conflict("There is a second factor already. An administrator can reset it.")
    key = _offered(keys, token)
    step = _step_of(key, code, int(now(session).timestamp()))
    if step is None:
        sessions.count_try(session, keys, token)
        return None
    return store(session, keys, staff, key, step)


def store(session: Session, keys: Keys, staff: Staff, key: str, last_step: int = 0) -> list[str]:
    """Keep the key as this person's factor; gives the recovery codes."""
    session.add(
        FactorRow(staff_id=staff.id, sealed=keys.seal("second-factor", staff.actor, key), last_step=last_step,
                  since=now(session))
    )  # fmt: skip
    _note(session, keys, staff, "staff.factor_added")
    return _new_codes(session, keys, staff.id)


def shows(session: Session, keys: Keys, staff: Staff, token: str, said: str, device: str) -> bool:
    """Whether it is a code of the app or a recovery code that was not used yet; it is used up by that. A wrong one
    is counted, for the session and for the account; raises Conflict while the account waits."""
    counter = throttling.codes_of(keys, staff.id, device)
    throttling.refuse_while_waiting(session, counter)
    if _take(session, keys, staff, said):
        throttling.clear(session, counter)
        return True
    throttling.count_failure(session, counter, throttling.CODE_WAIT_S)
    sessions.count_try(session, keys, token)
    _note(session, keys, staff, "staff.factor_failed")
    return False


def has(session: Session, staff_id: int) -> bool:
    """Whether this person has a second factor."""
    return session.get(FactorRow, staff_id) is not None


def codes_left(session: Session, staff_id: int) -> int:
    """How many recovery codes are not used."""
    query = select(func.count()).select_from(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id)
    return session.scalar(query) or 0


def renew_codes(session: Session, keys: Keys, staff: Staff) -> list[str]:
    """Ten new recovery codes, to be shown once; the old ones are worth nothing. Raises NotFound without a factor."""
    if not has(session, staff.id):
        raise NotFound
    _note(session, keys, staff, "staff.recovery_renewed")
    return _new_codes(session, keys, staff.id)


def give_up(session: Session, keys: Keys, staff: Staff) -> None:
    """Take one's own factor away, where the role allows that; ask the policy first."""
    remove(session, staff.id)
    _note(session, keys, staff, "staff.factor_removed")


def remove(session: Session, staff_id: int) -> None:
    """Take the factor and its codes away; sessions end with it."""
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    session.execute(delete(FactorRow).where(FactorRow.staff_id == staff_id))
    sessions.end_all(session, staff_id)


def _take(session: Session, keys: Keys, staff: Staff, said: str) -> bool:
    row = session.get(FactorRow, staff.id, with_for_update=True, populate_existing=True)
    if row is None:
        return False
    key = keys.open("second-factor", staff.actor, row.sealed)
    step = _step_of(key, said, int(now(session).timestamp()))
    if step is not None and step > row.last_step:
        row.last_step = step
        return True
    used = delete(RecoveryCodeRow).where(
        RecoveryCodeRow.code_hash == _hash(keys, staff.id, said), RecoveryCodeRow.staff_id == staff.id
    )
    if not session.scalars(used.returning(RecoveryCodeRow.code_hash)).all():
        return False
    _note(session, keys, staff, "staff.recovery_used")
    return True


def _step_of(key: str, said: str, at: int) -> int | None:
    """The time step whose code it is, one before and one after now included."""
    plain = "".join(said[:40].split())
    totp, found = pyotp.TOTP(key), None
    for step in range(at // _STEP_S - _DRIFT, at // _STEP_S + _DRIFT + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), plain.encode("utf-8", "replace")):
            found = step
    return found


def _new_codes(session: Session, keys: Keys, staff_id: int) -> list[str]:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.staff_id == staff_id))
    codes = [receipts.new_secret() for _ in range(RECOVERY_CODES)]
    session.add_all(
        RecoveryCodeRow(code_hash=_hash(keys, staff_id, code), staff_id=staff_id) for code in codes
    )
    return codes


def _hash(keys: Keys, staff_id: int, code: str) -> str:
    return receipts.hash_secret(keys, f"recovery:{staff_id}", code)


def _offered(keys: Keys, token: str) -> str:
    return base64.b32encode(bytes.fromhex(keys.mac("factor-offer", token))[:20]).decode()


def _note(session: Session, keys: Keys, staff: Staff, action: str) -> None:
    audit.append(session, keys, actor=staff.actor, action=action, subject=staff.actor)
