"""The demonstration: staff with random passwords, and a look at the work being done."""

import secrets
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from sqlalchemy import func, select

from reunite import accounts, jobs, passwords
from reunite.actors import OPERATOR
from reunite.policy import Role
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


def make_staff(service: Service) -> list[tuple[Role, str, str]]:
    """One account a role (two volunteers: it takes two), each with a random password: role, e-mail, password."""
    chosen = [secrets.token_urlsafe(12) for _ in _STAFF]
    hashes = [passwords.hashed(password) for password in chosen]
    with service.database.write() as session:
        for (email, name, role), password_hash in zip(_STAFF, hashes, strict=True):
            accounts.add(
                session, service.keys, actor=OPERATOR, email=email, name=name, role=role,
                password_hash=password_hash,
            )  # fmt: skip
    return [(role, email, password) for (email, _, role), password in zip(_STAFF, chosen, strict=True)]


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


def welcome(service: Service, address: str, shown: list[tuple[Role, str, str]], console: Console) -> None:
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
    for role, email, password in shown:
        staff.add_row(role.value, email, password)
    console.print(staff)
