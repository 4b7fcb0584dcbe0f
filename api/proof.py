"""A fresh proof of who somebody is, asked in the middle of their work: what they had sent waits on the page that asks,
goes along with the proof, and is sent on when the proof is right. So nothing that was written is lost."""

from collections.abc import Mapping
from urllib.parse import urlencode

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from api import security
from api.access import ForgedFormError, ProofNeededError, form, read_context
from api.rendering import page

_OURS = ("proof", "back", "sent_to")


async def ask(request: Request, error: ProofNeededError) -> Response:
    """Ask for the proof: in place of a page that was asked for, or holding on to a form that was sent."""
    ctx = read_context(request)
    elsewhere = RedirectResponse(f"/prove?{urlencode({'back': error.back})}", 303)
    if request.method != "POST":
        return elsewhere
    try:
        sent = await form(request, ctx)
    except (ForgedFormError, HTTPException):
        return elsewhere
    return shown(request, {**sent, "back": error.back, "sent_to": request.url.path}, 403)


def shown(request: Request, fields: Mapping[str, str], status: int = 200, problem: str = "") -> Response:
    """The page that asks; `fields` of an earlier form stay in it, unseen."""
    return page(
        request, "prove.html", status, back=security.local(fields.get("back", "/staff")), problem=problem,
        sent_to=fields.get("sent_to", ""), has_factor=read_context(request).has_factor,
        sent={name: text for name, text in fields.items() if name not in _OURS},
    )  # fmt: skip


def onward(fields: Mapping[str, str]) -> RedirectResponse:
    """Where the proof leads: the form is sent on as it was (307 keeps what was posted), or the page is opened."""
    if sent_to := fields.get("sent_to", ""):
        return RedirectResponse(security.local(sent_to), 307)
    return RedirectResponse(security.local(fields.get("back", "")), 303)
