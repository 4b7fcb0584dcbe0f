"""`reunite bounces`: mails that came back."""

import sys
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from reunite import bounce_mailbox
from reunite import bounces as returned_mails
from reunite.console import err, out
from reunite.problems import StartupError
from reunite.service import open_configured

_LATER = 75
"""EX_TEMPFAIL of sysexits.h: a mail server keeps the message and tries again."""


def bounces(
    mailbox: Annotated[
        bool, typer.Option("--mailbox", help="Look into REUNITE_BOUNCES_MAILBOX now, as the worker does")
    ] = False,
) -> None:
    """Take in a mail that came back, from standard input; for an alias of the mail server."""
    if mailbox:
        _look()
        return
    message = sys.stdin.buffer.read(returned_mails.MOST_BYTES)
    while sys.stdin.buffer.read(returned_mails.MOST_BYTES):
        pass  # or the mail server's pipe breaks
    try:
        service = open_configured()
        returned = returned_mails.read(service.keys, message)
        if returned is not None:
            with service.database.write() as session:
                silenced = returned_mails.note(session, returned)
            out.print("Nothing more is sent to that address." if silenced else "It was noted.")
        else:
            out.print("This came to no address of ours.")
        service.close()
    except (StartupError, SQLAlchemyError) as error:
        said = str(error) if isinstance(error, StartupError) else type(error).__name__
        err.print(f"Not taken in, to be tried again: {said}", highlight=False)
        raise typer.Exit(_LATER) from None


def _look() -> None:
    service = open_configured()
    url = service.settings.bounces_mailbox
    if not url:
        raise StartupError("Set REUNITE_BOUNCES_MAILBOX first.")
    came, silenced = 0, 0
    for returned in bounce_mailbox.look(url, service.keys):
        with service.database.write() as session:
            silenced += returned_mails.note(session, returned)
        came += 1
    service.close()
    out.print(f"{came} mails came back; nothing more is sent to {silenced} addresses.", highlight=False)
