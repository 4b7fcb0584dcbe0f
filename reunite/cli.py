"""`reunite …`: everything the technician does, in one command."""

import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy.exc import SQLAlchemyError

from reunite import (
    accounts,
    cli_audit,
    cli_backup,
    cli_bounces,
    cli_engine,
    cli_export,
    cli_feeds,
    cli_keys,
    cli_partners,
    cli_policy,
    cli_tables,
    cli_webhooks,
    demo,
    jobs,
    readiness,
)
from reunite.actors import OPERATOR
from reunite.config import Settings
from reunite.console import err, import_file, out, print_problems
from reunite.policy import Role
from reunite.problems import Invalid, Problem, ReuniteError, StartupError
from reunite.service import Service, configured, open_configured
from reunite.storage import roles

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Bring missing children home: reports in, candidates reviewed, reunifications confirmed.",
)
app.add_typer(cli_audit.app, name="audit")
app.add_typer(cli_partners.app, name="key")
app.add_typer(cli_webhooks.app, name="webhook")


def main() -> None:
    """Run a command; what went wrong is said in words, without a traceback."""
    try:
        app()
    except Invalid as error:
        print_problems(error.problems)
        sys.exit(2)
    except ReuniteError as error:
        err.print(f"[red]{error}[/red]", highlight=False)
        sys.exit(1)
    except SQLAlchemyError as error:
        # Its message may hold what people wrote.
        err.print(f"[red]The database refused ({type(error).__name__}). Nothing was stored by half.[/red]")
        sys.exit(1)


@app.command()
def serve() -> None:
    """Run the service: pages, API and, without Redis, the worker."""
    service = open_configured(patient=True)
    email = _first_administrator(service)

    def ready(address: str) -> None:
        out.print(f"Reunite is at [bold]{address}[/bold] (stop: Ctrl-C)")
        if email:
            out.print(
                "Nobody works here yet. The first administrator opens this link, once, within seven days:"
            )
            _print_invitation(service, email, Role.ADMIN, service.settings.public_url or address)

    _command("serve")(service, on_ready=ready)


@app.command()
def worker(embedded: Annotated[bool, typer.Option(hidden=True)] = False, until_empty: bool = False) -> None:
    """Work through the jobs: the poller beside Celery; the embedded service starts its own."""
    service = open_configured(patient=True)
    done = _command("worker")(service, embedded=embedded, until_empty=until_empty)
    if not embedded:
        out.print(f"{done} jobs done.")
    service.close()


@app.command()
def migrate(
    grant_to: Annotated[
        str, typer.Option(help="PostgreSQL role that the service runs as; it owns nothing")
    ] = "",
    password: Annotated[str, typer.Option(envvar="REUNITE_GRANT_PASSWORD", hidden=True)] = "",
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password that a role made now shall have")
    ] = None,
) -> None:
    """Bring the database to this version's schema, and make the key where the database is new."""
    service = open_configured()
    if grant_to:
        if service.database.is_sqlite:
            raise Invalid([Problem("grant-to", grant_to[:60], "SQLite has no roles. Leave --grant-to out.")])
        if password_file is not None:
            password = _read_password(password_file)
        with service.database.engine.begin() as connection:
            roles.grant(connection, grant_to, password)
    service.close()
    out.print("The database is up to date.")


@app.command("import")
def import_(
    files: Annotated[
        list[Path], typer.Argument(help="CSV or JSON Lines in the exchange format, or PFIF (.xml, .pfif)")
    ],
    source: Annotated[str, typer.Option(help="The submitting organisation: its source ids are its own")],
    ignore_unknown: Annotated[
        bool, typer.Option(help="Leave out columns that the format does not have")
    ] = False,
    kind: Annotated[
        str, typer.Option(help="PFIF: missing or found, what persons are of whom no note tells it")
    ] = "missing",
    receipts: Annotated[
        Path | None, typer.Option(help="Write source id, case number and secret of new reports here")
    ] = None,
) -> None:
    """Import reports; a row with the same source and source id amends, a bad row is told and left out."""
    service = open_configured()
    refused = 0
    for path in files:
        outcome = import_file(
            service, path, source=source, ignore_unknown=ignore_unknown, receipts=receipts, kind=kind
        )
        counts = outcome.counts
        gone = f"{counts['withdrawn']} withdrawn, " if counts["withdrawn"] else ""
        out.print(f"{path.name}: {counts['filed']} filed, {counts['amended']} amended, "
                  f"{counts['unchanged']} unchanged, {gone}{counts['refused']} refused", highlight=False)  # fmt: skip
        refused += counts["refused"]
    service.close()
    if refused:
        raise typer.Exit(2)


app.command()(cli_tables.import_table)
app.command()(cli_feeds.pull_pfif)
app.command()(cli_export.export)
app.command()(cli_engine.evaluate)
app.command("fit")(cli_engine.fit_)
app.command()(cli_engine.rematch)


@app.command("jobs")
def jobs_(
    retry: Annotated[int | None, typer.Option(help="Report id of a quarantined job to try again")] = None,
) -> None:
    """How the work stands, and which jobs need a human."""
    service = open_configured()
    if retry is not None:
        with service.database.write() as session:
            if not jobs.retry(session, retry):
                raise Invalid(
                    [Problem("retry", str(retry), "There is no quarantined job of report {value}.")]
                )
    with service.database.read() as session:
        summary, set_aside = jobs.summary(session), jobs.quarantined(session)
    table = Table("ready", "leased", "done", "quarantined", "oldest unmatched")
    table.add_row(
        *(str(n) for n in (summary.ready, summary.leased, summary.done, summary.quarantined)),
        f"{summary.oldest_s:.0f} s",
    )
    out.print(table)
    if set_aside:
        needs = Table(
            "case", "report", "attempts", "problem", title="Set aside: needs a human, then --retry REPORT"
        )
        for row in set_aside:
            needs.add_row(*(str(cell) for cell in row))
        out.print(needs)
    service.close()


@app.command("settings")
def settings_() -> None:
    """Every setting with its meaning and its value now."""
    table = Table("variable", "meaning", "value")
    values = configured()
    for name, field in Settings.model_fields.items():
        secret = not field.repr or (
            name in ("database_url", "redis_url") and "@" in str(getattr(values, name))
        )
        table.add_row(
            f"REUNITE_{name.upper()}",
            field.description,
            "(set)" if secret and getattr(values, name) else str(getattr(values, name) or ""),
        )
    out.print(table)


@app.command()
def invite(email: str, role: Role) -> None:
    """Invite somebody to the staff; the link is shown once and lasts seven days."""
    service = open_configured()
    settings = service.settings
    _print_invitation(service, email, role, settings.public_url or f"http://{settings.host}:{settings.port}")
    service.close()


@app.command("demo")
def demo_(
    folder: Annotated[Path, typer.Argument(help="Folder with generated missing.csv and found.csv")],
) -> None:
    """Fill an empty data folder with generated reports and staff, and run the service on it."""
    service = open_configured()
    with service.database.read() as session:
        fresh = not accounts.list_staff(session)
    if fresh:
        for name in ("missing.csv", "found.csv"):
            import_file(service, folder / name, source="demo")
        shown = demo.make_staff(service)
    else:
        shown = []

    def ready(address: str) -> None:
        demo.watch(service, out)
        demo.welcome(service, address, shown, out)

    _command("serve")(service, on_ready=ready)


@app.command()
def ready() -> None:
    """Whether all is there that the service needs; what is not is said, and the status is 1."""
    service = open_configured()
    service.connect_doorbell()
    missing = readiness.missing(service)
    service.close()
    for one in missing:
        err.print(one.said, highlight=False)
    if missing:
        raise typer.Exit(1)


app.command("erase")(cli_keys.erase)
app.command("backup")(cli_backup.backup)
app.command("restore")(cli_backup.restore)
app.command()(cli_bounces.bounces)
app.command("policy")(cli_policy.policy)
app.add_typer(cli_keys.app, name="keys")


def _command(name: str) -> Callable[..., Any]:
    """A command that another package gives: the domain knows neither the web nor the workers."""
    for entry in entry_points(group="reunite.commands", name=name):
        command: Callable[..., Any] = entry.load()
        return command
    raise StartupError(f"This installation has no {name!r}. Install the package again.")


def _read_password(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        raise Invalid([Problem("password-file", str(path), "{value} cannot be read.")]) from None


def _first_administrator(service: Service) -> str:
    """Whom to invite where nobody works yet; empty where somebody does."""
    with service.database.read() as session:
        if accounts.list_staff(session):
            return ""
    if not sys.stdin.isatty():
        return "admin@localhost.local"
    while True:
        try:
            return accounts.read_email(typer.prompt("E-mail address of the first administrator"))
        except Invalid as error:
            print_problems(error.problems)


def _print_invitation(service: Service, email: str, role: Role, address: str) -> None:
    with service.database.write() as session:
        token = accounts.invite(session, service.keys, actor=OPERATOR, email=email, role=role)
    out.print(f"{address.rstrip('/')}/invitation/{token}", soft_wrap=True, highlight=False)
