"""How to reach who filed: sealed, with a keyed hash of the telephone number so that equal ones can be found."""

import json
import re

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from reunite import vault
from reunite.keys import Keys
from reunite.storage.many import New, put_all
from reunite.storage.vault_tables import PhoneRow

COLUMN = "reporter"
_FEWEST_DIGITS = 6
_MOST_DIGITS = 11
"""A number is compared by its last eleven digits: with or without the country in front it is then the same, for
numbers of China have at most eleven of their own, and few elsewhere have more."""


def keep(session: Session, keys: Keys, report_id: int, reporter: dict[str, str]) -> None:
    """Seal the contact data in place of what was there."""
    vault.put(session, keys, report_id, COLUMN, written(reporter))
    session.execute(delete(PhoneRow).where(PhoneRow.report_id == report_id))
    put_all(session, phones(keys, report_id, reporter))


def written(reporter: dict[str, str]) -> str:
    """The contact data as it is sealed; empty where there is none."""
    return json.dumps(reporter, ensure_ascii=False, sort_keys=True) if reporter else ""


def phones(keys: Keys, report_id: int, reporter: dict[str, str]) -> list[New]:
    """The row by which the reporter's telephone number is found, where there is one."""
    hashed = phone_hash(keys, reporter.get("reporter_phone", ""))
    return [(PhoneRow, {"report_id": report_id, "phone_hash": hashed})] if hashed else []


def reporter(session: Session, keys: Keys, report_id: int) -> dict[str, str]:
    """The contact data of who filed, by column; ask the policy first."""
    said = vault.get(session, keys, report_id, COLUMN)
    contact: dict[str, str] = json.loads(said) if said else {}
    return contact


def reports_with_phone(session: Session, keys: Keys, phone: str, most: int | None = None) -> list[int]:
    """The ids of the reports whose reporter gave this number, in any spelling, the oldest `most` where given; none for
    what is no number."""
    return reports_with_hash(session, phone_hash(keys, phone), most)


def reports_with_hash(session: Session, hashed: str, most: int | None = None) -> list[int]:
    """The same by what `phone_hash` gave."""
    query = select(PhoneRow.report_id).where(PhoneRow.phone_hash == hashed).order_by(PhoneRow.report_id)
    return list(session.scalars(query.limit(most))) if hashed else []


def phone_hash(keys: Keys, phone: str) -> str:
    """The keyed hash of a telephone number, the same in every spelling; empty where it has fewer than six digits."""
    digits = "".join(str(int(digit)) for digit in re.findall(r"\d", phone)).lstrip("0")
    return keys.mac("phone", digits[-_MOST_DIGITS:]) if len(digits) >= _FEWEST_DIGITS else ""
