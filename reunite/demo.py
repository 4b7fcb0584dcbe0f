"""The demonstration: staff with random passwords, and a look at the work being done."""

import secrets
import time
from dataclasses import dataclass

import pyotp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import func, select

from reunite import accounts, factors, jobs, passwords
from reunite.actors import OPERATOR
from reunite.policy import SECOND_FACTOR, Role
from reunite.service import Service
from reunite.storage.tables import CandidateRow

_STAFF = (
    ("volunteer@demo.invalid", "Volunteer One", Role.VOLUNTEER),
    ("volunteer2@demo.invalid", "Volunteer Two", Role.VOLUNTEER),
    ("coordinator@demo.invalid", "Coordinator", Role.COORDINATOR),
    ("police@demo.invalid", "Officer", Role.POLICE),
    ("admin@demo.invalid", "Administrator", Role.ADMIN),
    ("auditor@demo.invalid", "Auditor", Role.AUDITOR),
)
_PATIENCE_S = 300
_CODES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Shown:
    """One account of the demonstration, as it is printed once; `codes` open it where its role wants a second factor."""

    role: Role
    email: str
    password: str
    codes: tuple[str, ...]


def make_staff(service: Service) -> list[Shown]:
    """One account a role (two volunteers: it takes two), each with a random password; those whose role wants a second
    factor have one, so that a recovery code is enough to look at it."""
    chosen = [secrets.token_urlsafe(12) for _ in _STAFF]
    hashes = [passwords.hashed(password) for password in chosen]
    shown = []
    with service.database.write() as session:
        for (email, name, role), password, password_hash in zip(_STAFF, chosen, hashes, strict=True):
            staff = accounts.add(
                session, service.keys, actor=OPERATOR, email=email, name=name, role=role,
                password_hash=password_hash,
            )  # fmt: skip
            codes: list[str] = []
            if role in SECOND_FACTOR:
                codes = factors.store(session, service.keys, staff, pyotp.random_base32())
            shown.append(Shown(role, email, password, tuple(codes)))
    return shown


def nothing_waits(service: Service) -> bool:
    """Whether every report has been compared."""
    with service.database.read() as session:
        now = jobs.summary(session)
    return now.ready + now.leased == 0


def watch(service: Service, console: Console) -> None:
    """Show how the worker compares every report with all of the other side, until it has."""
    ends = time.monotonic() + _PATIENCE_S
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("Comparing every report with all of the other side", total=None)
        while time.monotonic() < ends:
            with service.database.read() as session:
                now = jobs.summary(session)
            progress.update(task, completed=now.done, total=now.done + now.ready + now.leased)
            if now.ready + now.leased == 0:
                return
            time.sleep(0.2)


def welcome(service: Service, address: str, shown: list[Shown], console: Console) -> None:
    """Print where to look and, once, who may sign in."""
    with service.database.read() as session:
        suggested = session.scalar(select(func.count()).where(CandidateRow.current.is_(True)))
    console.print(
        f"\n{suggested} candidates wait for people. Everything in this demonstration is invented.\n",
        highlight=False,
    )
    table = Table("what", "address", box=None)
    table.add_row("families", f"{address}/")
    table.add_row("staff", f"{address}/sign-in")
    table.add_row("API", f"{address}/api/v1/openapi.json")
    console.print(table)
    if not shown:
        console.print(
            f"\nThe passwords were shown at the first start. To begin anew, delete {service.settings.data_dir}."
        )
        return
    staff = Table("role", "e-mail", "password (shown only now)")
    for one in shown:
        staff.add_row(one.role.value, one.email, one.password)
    console.print(staff)
    console.print(
        "\nCoordinator, police and administrator are asked for a code, too. Copy one of these; each works once "
        "(a name at the top of their pages leads to ten new ones):",
        highlight=False,
    )
    second = Table("role", "codes (shown only now)", box=None)
    for one in shown:
        if one.codes:
            second.add_row(one.role.value, "\n".join(one.codes[:_CODES_SHOWN]))
    console.print(second)
