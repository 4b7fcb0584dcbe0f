"""Who asks, and whether they may: every route names its action, the one policy table answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from api import security
from api.negotiation import negotiate
from reunite import i18n, partners, refusals, sessions
from reunite.actors import Partner, Staff
from reunite.policy import WITHOUT_FACTOR, Action, allows, allows_partner, wants_proof
from reunite.problems import Forbidden, NotFound
from reunite.rates import Rates
from reunite.service import Service
from reunite.submission import tidy


class SignInNeededError(Exception):
    """Nobody is signed in, and the page is for staff."""


class FactorNeededError(Exception):
    """The password was right, the second factor is still to be shown."""


class ProofNeededError(Exception):
    """They must prove again who they are, and then go back to `back`, a page of ours."""

    def __init__(self, back: str) -> None:
        super().__init__("proof needed")
        self.back = back


class KeyNeededError(Exception):
    """The API was asked with a key that does not count, or without one for what only partners may do."""


class ForgedFormError(Exception):
    """The form was not sent from a page of ours, or the page was too old."""


@dataclass(frozen=True, slots=True)
class Context:
    """What every request knows: the service, the language, who is signed in, the browser's token; of the API the
    partner whose key asks, and whether a key was sent that does not count.

    `half` is somebody whose second factor is missing: to all but the pages that ask for it they are nobody.
    """

    service: Service
    language: str
    staff: Staff | None
    visitor: str | None
    token: str | None
    half: Staff | None = None
    has_factor: bool = False
    fresh: bool = False
    partner: Partner | None = None
    bad_key: bool = False

    @property
    def catalogue(self) -> i18n.Catalogue:
        """The sentences of the request's language."""
        return i18n.catalogue(self.language)


async def context(request: Request) -> Context:
    """What the request's cookies say; kept with the request, so that they are read once, by `Needs` first."""
    known: Context | None = getattr(request.state, "context", None)
    return known if known is not None else await run_in_threadpool(read_context, request)


def read_context(request: Request, *, known_staff: bool = True) -> Context:
    """The request's context; without `known_staff` the database is not asked, for it may be what failed."""
    known: Context | None = getattr(request.state, "context", None)
    if known is not None:
        return known
    service: Service = request.app.state.service
    cookies: security.Cookies = request.app.state.cookies
    api = request.url.path.startswith("/api/")
    language = negotiate(
        request.cookies.get(cookies.name(security.LANGUAGE)),
        request.headers.get("accept-language"),
        "en" if api else "zh_Hans",
    )
    token = request.cookies.get(cookies.name(security.SESSION))
    found = _session(service, token[:100]) if token and not api and known_staff else None
    visitor = security.visitor_of(request.cookies.get(cookies.name(security.VISITOR)))
    made = Context(service, language, None, visitor, None)
    if api and known_staff:
        asking, bad_key = _partner(request, service)
        made = replace(made, partner=asking, bad_key=bad_key)
    elif found is not None:
        staff, half = (found.staff, None) if found.whole else (None, found.staff)
        made = replace(
            made, staff=staff, half=half, token=token, has_factor=found.has_factor, fresh=found.fresh
        )
    request.state.context = made
    return made


def _session(service: Service, token: str) -> sessions.Known | None:
    with service.database.read() as session:
        found = sessions.known(session, service.keys, token, service.settings.session_idle_minutes)
    if found is not None and found.stale:
        with service.database.write() as session:
            sessions.seen(session, service.keys, token)
    return found


def _partner(request: Request, service: Service) -> tuple[Partner | None, bool]:
    """The partner whose key asks, and whether something was sent as a key that is none. In an address a key never
    counts: addresses are logged on the way."""
    sent = request.headers.getlist("authorization")
    in_address = partners.BEGINS in request.url.query
    if not sent and not in_address:
        return None, False
    scheme, _, key = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
    if in_address or scheme.lower() != "bearer":
        return None, True
    asking = partners.caller(service.database, service.keys, key.strip())
    return asking, asking is None


def _shows_nothing(request: Request) -> bool:
    """Whether the request has neither a session nor what looks like a key."""
    cookies: security.Cookies = request.app.state.cookies
    return not (
        cookies.name(security.SESSION) in request.cookies
        or "authorization" in request.headers
        or partners.BEGINS in request.url.query
    )


Ctx = Annotated[Context, Depends(context)]


@dataclass(frozen=True)
class Needs:
    """A route's dependency: the action that the one who asks must be allowed."""

    action: Action

    async def __call__(self, request: Request) -> None:
        # Who shows nothing is known without asking anybody, and for that no thread is needed.
        if _shows_nothing(request) and self.action is not Action.SEE_OWN_CASE:
            self._demand(request)
        else:
            await run_in_threadpool(self._demand, request)

    def _demand(self, request: Request) -> None:
        ctx = read_context(request)
        if ctx.bad_key:
            raise KeyNeededError
        rates: Rates = request.app.state.rates
        if ctx.partner is not None:
            rates.partner(ctx.partner.id)
        if self.action is Action.SEE_OWN_CASE and request.method not in ("GET", "HEAD"):
            # Whoever shows a receipt is counted before anything is looked up, on every such route.
            rates.look_up(address_of(request))
        if ctx.half is not None:
            if self.action in WITHOUT_FACTOR:
                return
            raise FactorNeededError
        if ctx.partner is not None:
            if not allows_partner(ctx.partner.scopes, self.action):
                raise Forbidden("This is not for your role.")
            return
        role = ctx.staff.role if ctx.staff else None
        if allows(role, self.action):
            if wants_proof(role, self.action) and not ctx.fresh:
                raise ProofNeededError(_page_of(request))
            return
        if ctx.staff is None:
            raise KeyNeededError if request.url.path.startswith("/api/") else SignInNeededError
        template = str(getattr(request.scope.get("route"), "path", ""))
        refusals.note(ctx.service.database, ctx.service.keys, ctx.staff, template)
        raise Forbidden("This is not for your role.")


def _page_of(request: Request) -> str:
    """The page that was asked for, with its filters, or on which the form stands that was sent."""
    path, query = request.url.path, request.url.query
    above = path.rpartition("/")[0]
    if above and request.method not in ("GET", "HEAD"):
        return above
    return f"{path}?{query}" if query else path


def address_of(request: Request) -> str:
    """The address of who asks: the connection's, or what a trusted proxy says of it."""
    return request.client.host if request.client else ""


def needs(action: Action) -> list[Depends]:  # type: ignore[valid-type]
    """For a route's `dependencies`."""
    return [Depends(Needs(action))]


def signed_in(ctx: Ctx) -> Staff:
    """The member of staff who asks."""
    if ctx.staff is None:
        raise NotFound
    return ctx.staff


Signed = Annotated[Staff, Depends(signed_in)]


def partner(ctx: Ctx) -> Partner:
    """The partner organisation whose key asks."""
    if ctx.partner is None:
        raise NotFound
    return ctx.partner


Asking = Annotated[Partner, Depends(partner)]
_MOST_FIELDS = 60


async def form(request: Request, ctx: Ctx) -> Mapping[str, str]:
    """The fields of a form sent from one of our pages; raises ForgedFormError for others."""
    try:
        sent = await request.form(max_files=0, max_fields=_MOST_FIELDS)
    except HTTPException:
        raise
    except Exception as error:
        raise ForgedFormError from error
    return own_fields(request, ctx, sent.multi_items())


def own_fields(
    request: Request, ctx: Context, sent: Sequence[tuple[str, UploadFile | str]]
) -> Mapping[str, str]:
    """The text of a form, if one of our pages sent it; raises ForgedFormError for others. No page of ours sends a field
    twice: which of the two was meant could not be told."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise ForgedFormError
    # NUL and surrogates cannot be stored, and marks that turn the writing direction deceive who reads.
    said = [(name, tidy(value)) for name, value in sent if isinstance(value, str)]
    fields = dict(said)
    if len(fields) != len(said):
        raise HTTPException(400)
    keys = ctx.service.keys
    if (signed := ctx.staff or ctx.half) is not None:
        expected = signed.csrf
    elif ctx.visitor is not None:
        expected = security.visitor_token(keys, ctx.visitor)
    else:
        raise ForgedFormError
    if not security.same_token(fields.pop("csrf", ""), expected):
        raise ForgedFormError
    return fields


Form = Annotated[Mapping[str, str], Depends(form)]
