"""`reunite webhook …`: where partner organisations' programs are told of their own reports."""

from datetime import datetime
from typing import Annotated

import httpx
import typer
from rich.markup import escape
from rich.table import Table

from reunite import webhooks
from reunite.actors import OPERATOR
from reunite.addresses import PrivateAddressError
from reunite.console import out
from reunite.problems import Invalid, NotFound, Problem
from reunite.service import open_configured
from reunite.storage.clock import aware
from reunite.webhook_events import EventType
from reunite.webhook_sender import Sender

app = typer.Typer(
    no_args_is_help=True, help="Where partner organisations' programs are told of their own reports."
)
Number = Annotated[int, typer.Argument(help="Its number, as in reunite webhook list")]


@app.command()
def create(
    source: Annotated[str, typer.Argument(help="The organisation, as in its keys")],
    url: Annotated[str, typer.Argument(help="Where it is told, https://…")],
    event: Annotated[list[EventType], typer.Option(help="What it is told; may be given again")] = list(EventType),  # noqa: B006
) -> None:  # fmt: skip
    """Make a webhook; its secret is shown once."""
    service = open_configured()
    with service.database.write() as session:
        secret = webhooks.create(
            session, service.keys, actor=OPERATOR, source=source, url=url, events=event,
            private=service.settings.webhook_private,
        )  # fmt: skip
    out.print(secret, soft_wrap=True, highlight=False)
    service.close()


@app.command("list")
def list_() -> None:
    """Every webhook, but never its secret."""
    service = open_configured()
    with service.database.read() as session:
        known = webhooks.list_all(session)
    table = Table("webhook", "organisation", "address", "events", "failures", "state")
    for one in known:
        table.add_row(
            str(one.id), escape(one.source), escape(one.url), " ".join(one.events), str(one.failures), one.state
        )  # fmt: skip
    out.print(table)
    service.close()


@app.command()
def end(number: Number) -> None:
    """The webhook is told nothing more, from now on."""
    service = open_configured()
    try:
        with service.database.write() as session:
            webhooks.end(session, service.keys, number, actor=OPERATOR)
    except NotFound:
        raise _unknown(number) from None
    service.close()


@app.command()
def test(number: Number) -> None:
    """Send an event that says nothing, at once, and tell what was answered."""
    service = open_configured()
    try:
        status = Sender(service.settings, service.keys, service.database).test(number)
    except NotFound:
        raise _unknown(number) from None
    except (OSError, httpx.HTTPError, PrivateAddressError) as error:
        out.print(f"Not taken: {type(error).__name__}")
        raise typer.Exit(1) from None
    finally:
        service.close()
    out.print(f"{'Taken' if 200 <= status < 300 else 'Not taken'}: {status}")
    if not 200 <= status < 300:
        raise typer.Exit(1)


@app.command()
def replay(
    number: Number,
    since: Annotated[datetime, typer.Option(help="From when, in UTC", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])],
) -> None:  # fmt: skip
    """Tell again, under the same ids, what happened since then and at most 30 days ago."""
    service, queued, more = open_configured(), 0, aware(since)
    service.connect_doorbell()
    try:
        while True:
            with service.database.write() as session:
                done = webhooks.replay(session, service.keys, more, actor=OPERATOR, hook_id=number)
            queued += done.queued
            if done.more_since is None:
                break
            more = done.more_since
    except NotFound:
        raise _unknown(number) from None
    finally:
        service.close()
    out.print(f"Queued again: {queued}")


def _unknown(number: int) -> Invalid:
    return Invalid([Problem("webhook", str(number), "There is no webhook of this number that counts.")])
