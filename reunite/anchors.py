"""Anchors of the log for people: a line a day, to be printed or written down, and a file of such lines elsewhere.

A line has the date (UTC), the number of entries, the first 64 bits of the last entry's hash and 32 bits of a keyed
check code, so that a slip of the pen is told from a log that was changed. It holds nothing personal.
"""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from reunite import audit
from reunite.keys import Keys
from reunite.problems import Problem
from reunite.storage.audit_tables import AuditHeadRow, AuditRow
from reunite.storage.clock import now

_LINE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{1,18}) ([0-9A-F]{16}) ([0-9A-F]{8})")
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})


@dataclass(frozen=True, slots=True)
class Anchor:
    """That on this day (ISO, UTC) the log had `count` entries, the last with a hash that begins with `digest`."""

    day: str
    count: int
    digest: str
    check: str

    def __str__(self) -> str:
        groups = "-".join(self.digest[at : at + 4] for at in range(0, len(self.digest), 4))
        return f"{self.day} {self.count} {groups} {self.check}"


def current(session: Session, keys: Keys) -> Anchor:
    """The anchor of the log as it is now."""
    head = session.scalars(select(AuditHeadRow)).one()
    day, digest = now(session).date().isoformat(), head.hash[:16].upper()
    return Anchor(day, head.count, digest, _check_code(keys, day, head.count, digest))


def read(text: str) -> Anchor | None:
    """The anchor that somebody wrote down, however spaced and in whatever case; None where it is none."""
    plain = " ".join(text.upper().translate(_MISREAD).split())
    day, _, rest = plain.partition(" ")
    count, _, codes = rest.partition(" ")
    codes = re.sub(r"[-\s]", "", codes)
    said = _LINE.fullmatch(f"{day} {count} {codes[:16]} {codes[16:]}")
    return Anchor(said[1], int(said[2]), said[3], said[4]) if said else None


def verify(session: Session, keys: Keys, text: str, line: int | None = None) -> list[Problem]:
    """Whether what was written down fits the log; a sentence where not. `line` is its number in a file."""

    def problem(message: str, **params: str) -> list[Problem]:
        return [Problem("anchor", "", message, params, line)]

    anchor = read(text)
    if anchor is None:
        return problem("This is no anchor. One reads like 2026-01-31 1234 1A2B-3C4D-5E6F-7081 92A3B4C5.")
    if anchor.check != _check_code(keys, anchor.day, anchor.count, anchor.digest):
        return problem(
            "This anchor was copied wrongly or is not of this installation. Compare each character."
        )
    if anchor.count == 0:
        return []
    entry = session.get(AuditRow, anchor.count)
    if entry is None:
        text = "Entry {no} was anchored on {day} and is not there: the log was cut or put back."
        return problem(text, no=str(anchor.count), day=anchor.day)
    if entry.hash[:16].upper() != anchor.digest:
        text = "Entry {no} is another than the one anchored on {day}."
        return problem(text, no=str(anchor.count), day=anchor.day)
    return []


def verify_file(session: Session, keys: Keys, path: Path) -> tuple[int, list[Problem]]:
    """How many lines the file of daily anchors has, and what is wrong with them; no file has none."""
    lines = _lines(path)
    return len(lines), [
        problem for at, text in enumerate(lines, 1) for problem in verify(session, keys, text, at)
    ]


def verified_until(session: Session, keys: Keys, path: Path) -> int:
    """Number of the last entry that a daily anchor vouches for; 0 where the newest line is missing or unfit."""
    lines = _lines(path)
    if not lines or verify(session, keys, lines[-1]):
        return 0
    anchor = read(lines[-1])
    return anchor.count if anchor else 0


def append_daily(session: Session, keys: Keys, path: Path, minute_anchor: Path) -> bool:
    """Add today's line where there is none yet, after a walk of what came since the last line.

    False, and nothing is written, where the log or the last line is unsound. Raises OSError where the folder is not
    there: it is not made, so that a missing mount shows.
    """
    lines = _lines(path)
    last = read(lines[-1]) if lines else None
    today = now(session).date()
    if last is not None and date.fromisoformat(last.day) >= today:
        return True
    if lines and verify(session, keys, lines[-1]):
        return False
    if audit.verify(session, keys, minute_anchor, since=last.count if last else 0):
        return False
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w") as file:
        file.write(f"{current(session, keys)}\n")
        file.flush()
        os.fsync(file.fileno())
    return True


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else []


def _check_code(keys: Keys, day: str, count: int, digest: str) -> str:
    return keys.mac("audit-line", day, str(count), digest)[:8].upper()
