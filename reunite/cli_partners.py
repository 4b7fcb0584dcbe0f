"""`reunite key …`: the keys of partner organisations."""

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from reunite import partners
from reunite.actors import OPERATOR
from reunite.console import out
from reunite.policy import USUAL_SCOPES, Scope
from reunite.problems import Invalid, NotFound, Problem
from reunite.service import open_configured

app = typer.Typer(no_args_is_help=True, help="Keys with which partner organisations use the JSON API.")


@app.command()
def create(
    source: Annotated[str, typer.Argument(help="The organisation, as in --source of its imports")],
    scope: Annotated[list[Scope], typer.Option(help="What it is for; may be given again")] = list(USUAL_SCOPES),  # noqa: B006
    days: Annotated[int, typer.Option(help="Days that it lasts")] = partners.DAYS,
) -> None:  # fmt: skip
    """Make a key; it is shown once."""
    service = open_configured()
    with service.database.write() as session:
        key = partners.create(session, service.keys, actor=OPERATOR, source=source, scopes=scope, days=days)
    out.print(key, soft_wrap=True, highlight=False)
    service.close()


@app.command("list")
def list_() -> None:
    """Every key, but never the key itself."""
    service = open_configured()
    with service.database.read() as session:
        known = partners.list_keys(session)
    table = Table("key", "organisation", "begins with", "scopes", "until", "last used", "state")
    for one in known:
        name = escape(one.source)
        used = one.last_used_at.date().isoformat() if one.last_used_at else "never"
        table.add_row(
            str(one.id), name, one.prefix, " ".join(one.scopes), one.expires_at.date().isoformat(), used, one.state
        )  # fmt: skip
    out.print(table)
    service.close()


@app.command()
def revoke(key: Annotated[int, typer.Argument(help="Its number, as in reunite key list")]) -> None:
    """The key counts no longer, from now on."""
    service = open_configured()
    try:
        with service.database.write() as session:
            partners.revoke(session, service.keys, key, actor=OPERATOR)
    except NotFound:
        raise Invalid([Problem("key", str(key), "There is no key of this number.")]) from None
    service.close()
